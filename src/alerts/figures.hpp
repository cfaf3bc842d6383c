// The figures that a rule is held against, read through the questions of analytics.
#pragma once

#include "alerts/judge.hpp"

namespace gem::alerts {

/// A repository that a rule is about.
struct AlertScope {
    RepoName repo;
    std::optional<UtcTime> watched_since; ///< when somebody put it on the watch list
};

/// Over the window of the rule that ends at `now` rounded up to the minute; of a silence twice as long.
Async<Result<RepoFigures>> figures_for(DatabaseService& database, AlertRule rule, AlertScope scope, UtcTime now);

} // namespace gem::alerts
