// When of the week something happens in a repository.
#pragma once

#include <span>

#include "analytics/answer.hpp"

namespace gem {

struct ActivityHeatmap {
    std::string repo;
    std::optional<std::int64_t> hours;
    std::int64_t total_events = 0;
    /// Events by day of the week (Monday first) and hour of the day, UTC: seven lists of 24.
    std::vector<std::vector<std::int64_t>> cells;
};
BOOST_DESCRIBE_STRUCT(ActivityHeatmap, (), (repo, hours, total_events, cells))

/// Adds hourly counts up by hour of the week.
std::vector<std::vector<std::int64_t>> sum_by_hour_of_week(std::span<BucketTally const> hourly);

/// Hours that the window cuts are counted as far as they lie in it. Default window: 672 hours.
Async<Result<Windowed<ActivityHeatmap>>> activity_heatmap(DatabaseService& database, RepoWindowParams params,
                                                          UtcTime now);

} // namespace gem
