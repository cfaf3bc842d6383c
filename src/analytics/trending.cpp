#include "analytics/trending.hpp"

#include <cmath>
#include <tuple>

#include <fmt/format.h>

namespace gem {

namespace {

/// How many of the busiest repositories `order=score` looks at, and how far back their habit is taken from.
constexpr std::size_t scored_repositories = 500;
constexpr days habit{28};
/// Histories are read in groups of this many repositories, so that few rows are in memory at once.
constexpr std::size_t history_group = 50;

/// The latest minute of each distinct (actor, type, day) of known people, bots out, with the type's weight; sorted by
/// (minute, weight), so that sums over it are the same on every provider.
std::vector<std::pair<UtcTime, double>> latest_contributions(std::span<ActivityRow const> rows) {
    std::vector<std::tuple<std::int64_t, std::string_view, std::int64_t, UtcTime>> all;
    all.reserve(rows.size());
    for (auto const& row : rows) {
        if (row.actor == 0 || row.bot) continue;
        auto const day = std::chrono::floor<days>(row.minute).time_since_epoch().count();
        all.emplace_back(row.actor, row.type, day, row.minute);
    }
    std::ranges::sort(all);
    std::vector<std::pair<UtcTime, double>> latest;
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const& [actor, type, day, minute] = all[i];
        bool const last = i + 1 == all.size() || std::get<0>(all[i + 1]) != actor || std::get<1>(all[i + 1]) != type ||
                          std::get<2>(all[i + 1]) != day;
        if (last) latest.emplace_back(minute, trend_weight(type));
    }
    std::ranges::sort(latest);
    return latest;
}

std::int64_t count_of(RepoActivity const& activity, std::string const& type) {
    auto const found = activity.counts.find(type);
    return found == activity.counts.end() ? 0 : found->second;
}

TrendingRepository describe(RepoActivity const& activity, TimeWindow window, Bots bots) {
    auto const contributions = actor_type_days(activity.rows, bots);
    return {.repo = activity.repo,
            .repo_name = activity.repo,
            .total_events = activity.total_events,
            .watch_events = count_of(activity, "WatchEvent"),
            .pr_events = count_of(activity, "PullRequestEvent"),
            .issues_events = count_of(activity, "IssuesEvent"),
            .unique_actors = unique_actors(activity.rows),
            .activity_score = activity_score(contributions, window),
            .event_breakdown = activity.counts,
            .trending_score = {},
            .explanation = {explain_activity(contributions, window, bots)}};
}

/// What `order=score` made of a repository, beside what describe() says.
struct Scored {
    TrendingRepository item;
    double score = 0;
    std::int64_t bots_excluded = 0;
};

Scored score(RepoActivity const& activity, TimeWindow window, Bots bots, double expected) {
    double const mass = trend_mass(activity.rows, window);
    double const unit = std::sqrt(expected + 5.0);
    Scored scored{.item = describe(activity, window, bots),
                  .score = trend_score(mass, expected),
                  .bots_excluded = bots_left_out(activity.rows, bots)};
    scored.item.trending_score.value = scored.score;
    scored.item.explanation.push_back(
        {.signal = "attention",
         .value = mass,
         .weight = 1.0 / unit,
         .points = mass / unit,
         .sentence = "weighted distinct (person, type, UTC day) of the window, recent ones more, bots left out"});
    scored.item.explanation.push_back({.signal = "habit",
                                       .value = expected,
                                       .weight = -1.0 / unit,
                                       .points = -expected / unit,
                                       .sentence = "the same as expected from the 28 days before the window"});
    return scored;
}

/// The scores of `busiest`, in its order.
Async<Result<std::vector<Scored>>> score_all(DatabaseService& database, std::vector<RepoActivity> busiest,
                                             TimeWindow window, Bots bots) {
    TimeWindow const history{.from = window.from - habit, .to = window.from};
    std::vector<Scored> items;
    items.reserve(busiest.size());
    for (std::size_t start = 0; start < busiest.size(); start += history_group) {
        auto const end = std::min(start + history_group, busiest.size());
        std::vector<RepoName> names;
        std::vector<std::size_t> places;
        for (auto i = start; i < end; ++i) {
            auto name = RepoName::parse(busiest[i].repo);
            if (!name) continue; // old archives hold names that GitHub no longer allows: nobody can ask for them
            names.push_back(std::move(*name));
            places.push_back(i);
        }
        auto before = co_await database.events().activity(history, std::move(names));
        if (!before) co_return fail(before.error());
        std::map<std::size_t, double> expected;
        for (std::size_t i = 0; i < places.size() && i < before->size(); ++i) {
            expected[places[i]] = expected_trend_mass((*before)[i].rows, history, window);
        }
        for (auto i = start; i < end; ++i) {
            items.push_back(score(busiest[i], window, bots, expected[i]));
        }
    }
    co_return items;
}

} // namespace

double trend_weight(std::string_view type) {
    if (type == "ForkEvent" || type == "PullRequestEvent") return 3;
    if (type == "WatchEvent" || type == "IssuesEvent") return 2;
    return 1;
}

seconds trend_half_life(TimeWindow window) {
    if (window.length() <= hours(24)) return hours(6);
    if (window.length() <= days(7)) return days(2);
    return days(7);
}

double trend_mass(std::span<ActivityRow const> rows, TimeWindow window) {
    auto const half_life = static_cast<double>(trend_half_life(window).count());
    double mass = 0;
    for (auto const& [minute, weight] : latest_contributions(rows)) {
        auto const age = static_cast<double>((window.to - minute).count());
        mass += weight * std::exp2(-age / half_life);
    }
    return mass;
}

double expected_trend_mass(std::span<ActivityRow const> history_rows, TimeWindow history, TimeWindow window) {
    double weights = 0;
    for (auto const& [minute, weight] : latest_contributions(history_rows)) weights += weight;
    auto const half_life = static_cast<double>(trend_half_life(window).count());
    auto const length = static_cast<double>(window.length().count());
    double const reach = half_life / std::log(2.0) * (1.0 - std::exp2(-length / half_life));
    return weights / static_cast<double>(history.length().count()) * reach;
}

double trend_score(double mass, double expected) { return (mass - expected) / std::sqrt(expected + 5.0); }

Async<Result<Windowed<Trending>>> trending(DatabaseService& database, TrendingParams params, UtcTime now) {
    auto const window = params.window(now, hours(24));
    bool const by_score = params.order == "score";
    auto const limit = static_cast<std::size_t>(params.limit);
    auto const candidates = (by_score ? scored_repositories : limit) + params.hidden.size();
    auto busiest = co_await database.events().busiest(window, candidates, true);
    if (!busiest) co_return fail(busiest.error());
    std::erase_if(*busiest, [&](RepoActivity const& each) { return is_among(params.hidden, each.repo); });
    if (!by_score && busiest->size() > limit) busiest->resize(limit);

    Trending figures;
    auto const bots = parse_bots(params.bots);
    if (by_score) {
        auto scored = co_await score_all(database, std::move(*busiest), window, bots);
        if (!scored) co_return fail(scored.error());
        std::ranges::sort(*scored, [](Scored const& a, Scored const& b) {
            if (a.score != b.score) return a.score > b.score;
            return ascii_lower(a.item.repo) < ascii_lower(b.item.repo);
        });
        if (scored->size() > limit) scored->resize(limit);
        for (auto& each : *scored) {
            figures.bots_excluded += each.bots_excluded;
            figures.repositories.push_back(std::move(each.item));
        }
    } else {
        for (auto const& activity : *busiest) {
            figures.bots_excluded += bots_left_out(activity.rows, bots);
            figures.repositories.push_back(describe(activity, window, bots));
        }
    }
    figures.hours = whole_hours(window);
    figures.limit = params.limit;
    figures.items = figures.repositories;
    figures.bots = params.bots;
    auto part = co_await windowed_part(database, window, std::nullopt, now);
    if (!part) co_return fail(part.error());
    co_return Windowed(std::move(figures), std::move(*part));
}

} // namespace gem
