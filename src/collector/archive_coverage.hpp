// Which hours the archive vouches for: those whose file was stored whole.
//
// Key in the store: coverage#archive#SCOPE#2024-01  {"hours"}, SCOPE being `*` for all repositories or owner/name;
// `hours` has a character for each hour of the month, `1` if it was stored whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.hpp"
#include "base/result.hpp"
#include "domain/repo_name.hpp"
#include "storage/database_service.hpp"

namespace gem {

/// GH Archive misses events from here on (METRICS.md, "Sources"): its files are stored, but vouch for nothing.
inline constexpr UtcTime archive_whole_until = std::chrono::sys_days(std::chrono::year(2025) / 5 / 1);

/// The hour that a file is about by its name (`2015-01-01-15.json.gz`), path or not; nothing if it is no such name.
std::optional<UtcTime> hour_of_file(std::string_view name);

/// Notes that the file of `hour` was stored whole, for `scopes` (lower-case owner/name; of all when empty).
Async<Result<void>> vouch_for_hour(DatabaseService& database, UtcTime hour, std::vector<std::string> scopes);

/// What `backfill --gaps` is to fetch.
struct GapsToFill {
    std::vector<UtcTime> hours;      ///< ascending, each once
    std::vector<RepoName> repos;     ///< watched repositories with gaps
    std::vector<std::string> owners; ///< lower case; of organizations with gaps
    std::vector<std::string> left;   ///< sentences: what cannot be filled so, or not yet
};

/// Reads the gaps of the ledger. Hours that ended less than two hours before `now` have no file yet.
Async<Result<GapsToFill>> gaps_to_fill(DatabaseService& database, UtcTime now);

} // namespace gem
