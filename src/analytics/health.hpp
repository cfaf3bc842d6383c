// The health of a repository in one number, with its receipts.
#pragma once

#include <map>
#include <span>

#include "analytics/security.hpp"
#include "analytics/work_items.hpp"

namespace gem {

/// Which definition of the scores was used; grows when METRICS.md's changes.
inline constexpr std::int64_t health_formula_version = 1;

struct HealthFigures {
    std::string repo_name;
    std::optional<std::int64_t> analysis_period_hours;
    std::int64_t total_events = 0;
    std::optional<Score> health_score; ///< null unless collaboration or maintenance is known
    std::optional<Score> activity_score;
    std::optional<Score> collaboration_score;
    std::optional<Score> maintenance_score;
    std::optional<Score> security_score;
    std::map<std::string, std::int64_t> activity_breakdown; ///< by type
};
BOOST_DESCRIBE_STRUCT(HealthFigures, (),
                      (repo_name, analysis_period_hours, total_events, health_score, activity_score,
                       collaboration_score, maintenance_score, security_score, activity_breakdown))

struct HealthReceipt : PeopleBasis {
    std::vector<Signal> explanation; ///< the four parts, then the signals of activity, collaboration, maintenance
    std::int64_t formula_version = health_formula_version;
};
BOOST_DESCRIBE_STRUCT(HealthReceipt, (PeopleBasis), (explanation, formula_version))

struct RepositoryHealth : HealthFigures, HealthReceipt {};
BOOST_DESCRIBE_STRUCT(RepositoryHealth, (HealthFigures, HealthReceipt), ())

/// 100·ln(1 + v)/ln(1 + target), at most 100.
double growth_points(double value, double target);

/// 100 at `best` or less, 0 at `worst` or more, linear in the logarithm of the time between.
double quickness_points(seconds time, seconds best, seconds worst);

/// Healthy from 80 on, warning from 60, else critical; unknown without a score.
std::string_view health_band(std::optional<double> score);

/// What a score is made of.
struct HealthEvidence {
    std::span<EventFactsRow const> rows; ///< of the window and of review_history before it, oldest first
    /// The same rows and those of known_facts(): for what becomes of issues and pull requests, and releases. Empty: the
    /// rows alone.
    std::span<EventFactsRow const> with_history{};
    TimeWindow window;
    Bots bots = Bots::exclude; ///< whose pushes, pull requests and issues count as activity
    bool seen = false;         ///< events were stored, or it is vouched for that there were none
    std::optional<double> security;
};

/// The four parts weigh 30, 25, 25 and 20, scaled over those that are known; within a part all signals weigh the same.
/// - Activity: pushes, pull requests and issues opened a week (growth_points with 100, 50, 50), people (20).
/// - Collaboration: share of merged pull requests with a review by another human; median first response (100 at ≤ 4
///   hours, 0 at ≥ 14 days); reviews and review comments for each pull request opened (8).
/// - Maintenance, known when anything was opened or closed: issues and pull requests closed for each one opened; median
///   merge time (100 at ≤ 1 day, 0 at ≥ 30 days); releases in 30 days (4); share of weeks with a push.
/// - Security: see measure_security().
RepositoryHealth measure_health(HealthEvidence const& evidence);

/// Default window: 168 hours.
Async<Result<Windowed<RepositoryHealth>>> repository_health(DatabaseService& database, RepoPeopleParams params,
                                                            UtcTime now);

} // namespace gem
