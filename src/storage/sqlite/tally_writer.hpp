// What the tallies of an hour are changed by: one statement a row, whoever changes them.
#pragma once

#include "storage/sqlite/tallies.hpp"

namespace gem::sqlite {

/// Adds to the tally of all repositories; negative counts take away, and a row without events goes.
void add_to_hour(Handle& handle, std::int64_t hour, std::uint16_t kind, KindCounts const& counts);
/// The same for one repository.
void add_to_repo_hour(Handle& handle, std::uint32_t repo, std::int64_t hour, std::uint16_t kind,
                      KindCounts const& counts);

} // namespace gem::sqlite
