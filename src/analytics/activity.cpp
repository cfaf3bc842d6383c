#include "analytics/activity.hpp"

#include <cmath>
#include <tuple>

#include <fmt/format.h>

namespace gem {

namespace {

bool counts(ActivityRow const& row, Bots bots) { return bots == Bots::include || row.bot == (bots == Bots::only); }

} // namespace

std::int64_t unique_actors(std::span<ActivityRow const> rows) {
    std::vector<std::int64_t> actors;
    actors.reserve(rows.size());
    for (auto const& row : rows) {
        if (row.actor != 0) actors.push_back(row.actor);
    }
    std::ranges::sort(actors);
    return std::ranges::distance(actors.begin(), std::ranges::unique(actors).begin());
}

std::int64_t actor_type_days(std::span<ActivityRow const> rows, Bots bots) {
    std::vector<std::tuple<std::int64_t, std::string_view, std::int64_t>> distinct;
    distinct.reserve(rows.size());
    for (auto const& row : rows) {
        if (row.actor == 0 || !counts(row, bots)) continue;
        auto const day = std::chrono::floor<days>(row.minute).time_since_epoch().count();
        distinct.emplace_back(row.actor, row.type, day);
    }
    std::ranges::sort(distinct);
    return std::ranges::distance(distinct.begin(), std::ranges::unique(distinct).begin());
}

double activity_score(std::int64_t actor_type_days, TimeWindow window) {
    double const window_days = std::max(1.0, static_cast<double>(window.length().count()) / 86400.0);
    double const x = static_cast<double>(actor_type_days) / window_days;
    return 100.0 * (1.0 - std::exp(-x / 8.0));
}

Signal explain_activity(std::int64_t actor_type_days, TimeWindow window, Bots bots) {
    auto const* const who = bots == Bots::exclude ? "person" : bots == Bots::only ? "bot" : "actor";
    auto const* const rest = bots == Bots::exclude ? ", bots left out" : "";
    auto const length = whole_hours(window) ? fmt::format("{} hours", *whole_hours(window))
                                            : fmt::format("{} minutes", window.length().count() / 60);
    return {.signal = "actor_type_days",
            .value = static_cast<double>(actor_type_days),
            .weight = 1.0,
            .points = activity_score(actor_type_days, window),
            .sentence = fmt::format("{} distinct ({}, type, UTC day) in {}{}", actor_type_days, who, length, rest)};
}

std::int64_t bots_left_out(std::span<ActivityRow const> rows, Bots bots) {
    std::int64_t events = 0;
    for (auto const& row : rows) {
        if (row.bot && bots == Bots::exclude) events += row.events;
    }
    return events;
}

RepositoryActivity measure_activity(RepoActivity const& activity, TimeWindow window, std::string const& bots) {
    auto const who = parse_bots(bots);
    auto const contributions = actor_type_days(activity.rows, who);
    RepositoryActivity figures;
    figures.repo = activity.repo;
    figures.hours = whole_hours(window);
    figures.total_events = activity.total_events;
    figures.event_breakdown = activity.counts;
    figures.unique_actors = gem::unique_actors(activity.rows);
    figures.activity_score = gem::activity_score(contributions, window);
    figures.bots = bots;
    figures.bots_excluded = bots_left_out(activity.rows, who);
    figures.explanation.push_back(explain_activity(contributions, window, who));
    return figures;
}

Async<Result<Windowed<RepositoryActivity>>> repository_activity(DatabaseService& database, RepoPeopleParams params,
                                                                UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(24), now);
    if (!asked) co_return fail(asked.error());
    auto activity = co_await database.events().activity(asked->window, {*params.repo});
    if (!activity) co_return fail(activity.error());
    if (activity->size() != 1) co_return fail(ErrorCode::internal, "one repository was asked for, another number came");
    co_return Windowed(measure_activity(activity->front(), asked->window, params.bots), std::move(asked->part));
}

} // namespace gem
