// Rollups against raw events: recounting, comparing, making anew, and taking events out of all of them.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "storage/database_interface.hpp"
#include "storage/hour_page.hpp"
#include "storage/sqlite/handle.hpp"

namespace gem::sqlite {

Result<VerifyReport> verify_rollups(Handle& handle);
/// Inside a transaction of the caller.
Result<void> rebuild_rollups(Handle& handle);

/// What the parts of an hour's page say together, normalised; corrupt when one is damaged.
Result<std::vector<PageRow>> stored_page(Handle& handle, std::int64_t hour);

struct Removed {
    std::int64_t events = 0;
    std::set<std::uint32_t> repos;
};
/// Takes the page rows for which `goes(hour, row)` holds out of pages and tallies of these hours. Raw rows are the
/// caller's. Inside a transaction of the caller.
Result<Removed> remove_from_rollups(Handle& handle, std::vector<std::int64_t> const& hours,
                                    std::function<bool(std::int64_t, PageRow const&)> const& goes);

} // namespace gem::sqlite
