// Who this process is among those that use one store, on this machine and on others.
#pragma once

#include <string>
#include <string_view>

namespace gem {

/// `MACHINE.PID.START`: no other process has it, neither at this time nor later. MACHINE stands for this start of this
/// machine and what a process sees of it (its PID namespace); random where the system does not tell.
std::string const& process_identity();

/// Whether that is a process of this machine that has ended. False for what is not known.
bool has_surely_ended(std::string_view identity);

} // namespace gem
