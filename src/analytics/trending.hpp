// Which repositories something is happening in: by events, or by how far they are above their own habit.
#pragma once

#include <map>
#include <span>

#include "analytics/activity.hpp"
#include "analytics/answer.hpp"
#include "storage/private_repositories.hpp"

namespace gem {

struct TrendingParams : WindowParams { ///< default: 24 hours
    std::int64_t limit = 10;           ///< 1–100
    std::string order = "events";      ///< `events` or `score`
    std::string bots = "exclude";      ///< whom the activity score counts; the trending score never counts bots
    RepositoryNames hidden{};          ///< not to be told of, in lower case
};
BOOST_DESCRIBE_STRUCT(TrendingParams, (WindowParams), (limit, order, bots))

struct TrendingRepository {
    std::string repo;
    std::string repo_name; ///< the same as `repo`
    std::int64_t total_events = 0;
    std::int64_t watch_events = 0;
    std::int64_t pr_events = 0;
    std::int64_t issues_events = 0;
    std::int64_t unique_actors = 0; ///< bots too
    Score activity_score;           ///< of those whom `bots` names
    std::map<std::string, std::int64_t> event_breakdown;
    json::Absent<Ratio> trending_score; ///< with `order=score` only
    std::vector<Signal> explanation;
};
BOOST_DESCRIBE_STRUCT(TrendingRepository, (),
                      (repo, repo_name, total_events, watch_events, pr_events, issues_events, unique_actors,
                       activity_score, event_breakdown, trending_score, explanation))

struct TrendingList {
    std::optional<std::int64_t> hours;
    std::int64_t limit = 0;
    std::vector<TrendingRepository> repositories;
    std::vector<TrendingRepository> items; ///< the same list
};
BOOST_DESCRIBE_STRUCT(TrendingList, (), (hours, limit, repositories, items))

/// Which definition of the scores was used; grows when METRICS.md's changes.
inline constexpr std::int64_t trending_formula_version = 1;

struct TrendingBasis : PeopleBasis {
    std::int64_t formula_version = trending_formula_version;
};
BOOST_DESCRIBE_STRUCT(TrendingBasis, (PeopleBasis), (formula_version))

struct Trending : TrendingList, TrendingBasis {};
BOOST_DESCRIBE_STRUCT(Trending, (TrendingList, TrendingBasis), ())

/// METRICS.md: Watch 2, Fork 3, PullRequest 3, Issues 2, Push 1, others 1.
double trend_weight(std::string_view type);

/// Half-life h of an event's weight: 6 hours for windows to 24 hours, 2 days to a week, 7 days beyond.
seconds trend_half_life(TimeWindow window);

/// A: sum over distinct (actor, type, UTC day) of w(type)·2^(−age/h), bots and unknown actors out. The age is that of
/// the latest such event, up to the end of the window.
double trend_mass(std::span<ActivityRow const> rows, TimeWindow window);

/// B: what A would be if the repository went on as in `history`: the weights of its distinct (actor, type, day) a
/// second, times the integral of 2^(−age/h) over the window, h/ln 2·(1 − 2^(−L/h)).
double expected_trend_mass(std::span<ActivityRow const> history_rows, TimeWindow history, TimeWindow window);

/// (A − B)/√(B + 5)
double trend_score(double mass, double expected);

/// Ties of the order go by lower-case name.
Async<Result<Windowed<Trending>>> trending(DatabaseService& database, TrendingParams params, UtcTime now);

} // namespace gem
