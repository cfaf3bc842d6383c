// Who takes part in a repository, how much rests on few of them, and whether new ones come.
#pragma once

#include <span>

#include "analytics/people.hpp"

namespace gem {

/// Which definition of the score was used; grows when METRICS.md's changes.
inline constexpr std::int64_t community_formula_version = 1;

struct EngagementDistribution {
    std::int64_t high_engagement = 0;   ///< 20 points or more
    std::int64_t medium_engagement = 0; ///< 5 to 19
    std::int64_t low_engagement = 0;
};
BOOST_DESCRIBE_STRUCT(EngagementDistribution, (), (high_engagement, medium_engagement, low_engagement))

struct Contributor {
    std::string actor_login;
    std::int64_t total_events = 0;
    std::int64_t engagement_points = 0;
    std::optional<Ratio> share; ///< of all contributions (events but stars and forks); null when there is none
    std::optional<bool> new_;   ///< first seen in the window; null when nothing from before it is stored
};
BOOST_DESCRIBE_STRUCT(Contributor, (), (actor_login, total_events, engagement_points, share, new_))

struct CommunityFigures {
    std::string repo_name;
    std::optional<std::int64_t> analysis_period_hours;
    std::int64_t total_contributors = 0;
    std::optional<std::int64_t> new_contributors; ///< null when nothing from before the window is stored
    std::int64_t active_contributors = 0;         ///< three events or more
    std::optional<std::int64_t> bus_factor;       ///< null without contributions
    std::optional<Score> community_health_score;  ///< null without contributors
    EngagementDistribution engagement_distribution;
    std::vector<Contributor> top_contributors; ///< at most ten, by share, points, login
};
BOOST_DESCRIBE_STRUCT(CommunityFigures, (),
                      (repo_name, analysis_period_hours, total_contributors, new_contributors, active_contributors,
                       bus_factor, community_health_score, engagement_distribution, top_contributors))

struct CommunityReceipt : PeopleBasis {
    std::vector<Signal> explanation;
    std::int64_t formula_version = community_formula_version;
};
BOOST_DESCRIBE_STRUCT(CommunityReceipt, (PeopleBasis), (explanation, formula_version))

struct CommunityEngagement : CommunityFigures, CommunityReceipt {};
BOOST_DESCRIBE_STRUCT(CommunityEngagement, (CommunityFigures, CommunityReceipt), ())

/// Watch 1, Fork 2, IssueComment 2, Issues 3, CommitComment 3, PullRequestReview 4, PullRequest 5, others 0.
std::int64_t engagement_points(std::string_view type);

/// CHAOSS's contributor absence factor: the fewest people who make more than half of the contributions. Nothing
/// without contributions. 1000, 202, 90, 33, 332, 343, 42, 433 give 2.
std::optional<std::int64_t> bus_factor(std::vector<std::int64_t> contributions);

/// Everybody of whom `bots` takes count, but for the pushes of the repository's owner. `known_before`: keys of people
/// (Person::key()) seen before the window; nothing when nobody can know.
CommunityEngagement measure_community(std::span<EventFactsRow const> rows, std::string_view owner, Bots bots,
                                      std::optional<std::set<std::string>> const& known_before);

/// Default window: 168 hours.
Async<Result<Windowed<CommunityEngagement>>> community_engagement(DatabaseService& database, RepoPeopleParams params,
                                                                  UtcTime now);

} // namespace gem
