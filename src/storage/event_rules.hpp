// What every provider asks of an event before it stores it.
#pragma once

#include <optional>
#include <string>

#include "domain/event.hpp"

namespace gem {

/// Why `event` cannot be stored, for a person; nothing if it can.
std::optional<std::string> reason_to_reject(Event const& event);

} // namespace gem
