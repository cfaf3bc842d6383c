// Repositories side by side, and who is ahead in what.
#pragma once

#include <map>

#include "analytics/answer.hpp"

namespace gem {

/// Grows when the definition of one of the scores changes.
inline constexpr std::int64_t comparison_formula_version = 1;

struct ComparisonParams : WindowParams { ///< default: 168 hours
    std::vector<RepoName> repos;         ///< 2–10
    std::string bots = "exclude";
};
BOOST_DESCRIBE_STRUCT(ComparisonParams, (WindowParams), (repos, bots))

struct ComparedRepository {
    std::string repo;
    std::int64_t total_events = 0;
    std::map<std::string, std::int64_t> event_breakdown;
    std::int64_t unique_actors = 0;
    Score activity_score; ///< of /metrics/repository-activity
    std::optional<Score> health_score;
    std::optional<Score> security_score;
    std::optional<Score> community_health_score;
    std::int64_t stars = 0;
    std::int64_t releases = 0;
    std::int64_t push_events = 0;
    std::optional<std::int64_t> pr_merge_time_median_seconds;
    std::optional<std::int64_t> issue_first_response_median_seconds;
    std::optional<std::int64_t> bus_factor;
    std::vector<Signal> explanation; ///< the activity score's, then the parts of the health score
};
BOOST_DESCRIBE_STRUCT(ComparedRepository, (),
                      (repo, total_events, event_breakdown, unique_actors, activity_score, health_score, security_score,
                       community_health_score, stars, releases, push_events, pr_merge_time_median_seconds,
                       issue_first_response_median_seconds, bus_factor, explanation))

/// The names of the repositories in which a figure is known, the greatest first, ties by name.
std::map<std::string, std::vector<std::string>> rank(std::vector<ComparedRepository> const& repositories);

struct ComparisonFigures {
    std::vector<std::string> repos;
    std::optional<std::int64_t> hours;
    std::vector<ComparedRepository> repositories; ///< in the order asked for
    std::map<std::string, std::vector<std::string>> ranking;
};
BOOST_DESCRIBE_STRUCT(ComparisonFigures, (), (repos, hours, repositories, ranking))

struct ComparisonBasis : PeopleBasis {
    std::int64_t formula_version = comparison_formula_version;
};
BOOST_DESCRIBE_STRUCT(ComparisonBasis, (PeopleBasis), (formula_version))

struct Comparison : ComparisonFigures, ComparisonBasis {};
BOOST_DESCRIBE_STRUCT(Comparison, (ComparisonFigures, ComparisonBasis), ())

/// The figures are those of the single questions. The coverage is of all of them: complete where each is.
Async<Result<Windowed<Comparison>>> compare_repositories(DatabaseService& database, ComparisonParams params,
                                                         UtcTime now);

} // namespace gem
