// How active a repository is, and by how many people: figures made of activity rows.
#pragma once

#include <map>
#include <span>

#include "analytics/answer.hpp"

namespace gem {

/// Which definition of the activity score was used; grows when METRICS.md's changes.
inline constexpr std::int64_t activity_formula_version = 1;

/// Different people (bots too) among the rows; events of unknown actors count for nobody.
std::int64_t unique_actors(std::span<ActivityRow const> rows);

/// Distinct (actor, type, UTC day) among the rows: what the activity score is made of. Unknown actors are left out.
std::int64_t actor_type_days(std::span<ActivityRow const> rows, Bots bots);

/// METRICS.md: 100·(1 − e^(−x/8)) with x = actor_type_days / max(1, hours/24). 0 to 100.
double activity_score(std::int64_t actor_type_days, TimeWindow window);

/// The receipt of an activity score.
Signal explain_activity(std::int64_t actor_type_days, TimeWindow window, Bots bots);

/// Events among the rows that a figure which counts `bots` that way leaves out for being a bot's.
std::int64_t bots_left_out(std::span<ActivityRow const> rows, Bots bots);

struct ActivityFigures {
    std::optional<std::string> repo;
    std::optional<std::int64_t> hours;
    std::int64_t total_events = 0;
    std::map<std::string, std::int64_t> event_breakdown; ///< by type
    std::int64_t unique_actors = 0;                      ///< bots too
    Score activity_score;                                ///< of those whom `bots` names
};
BOOST_DESCRIBE_STRUCT(ActivityFigures, (), (repo, hours, total_events, event_breakdown, unique_actors, activity_score))

struct ActivityReceipt {
    std::vector<Signal> explanation;
    std::int64_t formula_version = activity_formula_version;
};
BOOST_DESCRIBE_STRUCT(ActivityReceipt, (), (explanation, formula_version))

struct RepositoryActivity : ActivityFigures, PeopleBasis, ActivityReceipt {};
BOOST_DESCRIBE_STRUCT(RepositoryActivity, (ActivityFigures, PeopleBasis, ActivityReceipt), ())

/// The figures of one repository in `window`.
RepositoryActivity measure_activity(RepoActivity const& activity, TimeWindow window, std::string const& bots);

/// Default window: 24 hours; invalid_argument without a repo.
Async<Result<Windowed<RepositoryActivity>>> repository_activity(DatabaseService& database, RepoPeopleParams params,
                                                                UtcTime now);

} // namespace gem
