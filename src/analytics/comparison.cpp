#include "analytics/comparison.hpp"

#include <algorithm>

#include "analytics/activity.hpp"
#include "analytics/community.hpp"
#include "analytics/event_counts.hpp"
#include "analytics/health.hpp"
#include "analytics/work_items.hpp"

namespace gem {

namespace {

constexpr std::size_t health_parts = 4; ///< signals in front of a health score's explanation

std::int64_t count_of(std::map<std::string, std::int64_t> const& counts, std::string const& type) {
    auto const found = counts.find(type);
    return found == counts.end() ? 0 : found->second;
}

/// One repository with what its single questions answer, and the part of its answer.
struct Compared {
    ComparedRepository figures;
    std::int64_t bots_excluded = 0;
    WindowedPart part;
};

Async<Result<Compared>> compare_one(DatabaseService& database, RepoPeopleParams params, UtcTime now) {
    auto activity = co_await repository_activity(database, params, now);
    if (!activity) co_return fail(activity.error());
    auto health = co_await repository_health(database, params, now);
    if (!health) co_return fail(health.error());
    auto const community = co_await community_engagement(database, params, now);
    if (!community) co_return fail(community.error());
    auto const merge = co_await pr_merge_time(database, params, now);
    if (!merge) co_return fail(merge.error());
    auto const response = co_await issue_first_response(database, params, now);
    if (!response) co_return fail(response.error());
    auto const published = co_await gem::releases(database, params, now);
    if (!published) co_return fail(published.error());

    Compared compared;
    auto& figures = compared.figures;
    figures.repo = health->repo_name;
    figures.total_events = activity->total_events;
    figures.event_breakdown = activity->event_breakdown;
    figures.unique_actors = activity->unique_actors;
    figures.activity_score = activity->activity_score;
    figures.health_score = health->health_score;
    figures.security_score = health->security_score;
    figures.community_health_score = community->community_health_score;
    figures.stars = count_of(activity->event_breakdown, "WatchEvent");
    figures.releases = published->releases;
    figures.push_events = count_of(activity->event_breakdown, "PushEvent");
    figures.pr_merge_time_median_seconds = merge->median_seconds;
    figures.issue_first_response_median_seconds = response->median_seconds;
    figures.bus_factor = community->bus_factor;
    figures.explanation = std::move(activity->explanation);
    health->explanation.resize(std::min(health->explanation.size(), health_parts));
    std::ranges::move(health->explanation, std::back_inserter(figures.explanation));
    compared.bots_excluded = activity->bots_excluded;
    compared.part = std::move(*activity);
    co_return compared;
}

template <class Value>
std::vector<std::string> order(std::vector<ComparedRepository> const& repositories, Value value) {
    std::vector<std::pair<double, std::string>> known;
    for (auto const& each : repositories) {
        if (std::optional<double> const figure = value(each)) known.emplace_back(-*figure, each.repo);
    }
    std::ranges::sort(known);
    std::vector<std::string> names;
    for (auto& [negated, name] : known) names.push_back(std::move(name));
    return names;
}

} // namespace

std::map<std::string, std::vector<std::string>> rank(std::vector<ComparedRepository> const& repositories) {
    using One = ComparedRepository const&;
    auto const score = [](std::optional<Score> const& known) {
        return known ? std::optional<double>(known->value) : std::nullopt;
    };
    auto const count = [](std::int64_t known) { return std::optional(static_cast<double>(known)); };
    std::map<std::string, std::vector<std::string>> ranking;
    ranking["total_events"] = order(repositories, [&](One each) { return count(each.total_events); });
    ranking["activity_score"] = order(repositories, [&](One each) { return score(each.activity_score); });
    ranking["health_score"] = order(repositories, [&](One each) { return score(each.health_score); });
    ranking["security_score"] = order(repositories, [&](One each) { return score(each.security_score); });
    ranking["community_health_score"] =
        order(repositories, [&](One each) { return score(each.community_health_score); });
    ranking["stars"] = order(repositories, [&](One each) { return count(each.stars); });
    ranking["releases"] = order(repositories, [&](One each) { return count(each.releases); });
    ranking["push_events"] = order(repositories, [&](One each) { return count(each.push_events); });
    return ranking;
}

Async<Result<Windowed<Comparison>>> compare_repositories(DatabaseService& database, ComparisonParams params,
                                                         UtcTime now) {
    // The single questions have defaults of their own.
    if (!params.hours && !params.offset_minutes) params.hours = 168;
    Comparison figures;
    WindowedPart part;
    for (auto const& repo : params.repos) {
        RepoPeopleParams one;
        static_cast<WindowParams&>(one) = params;
        one.repo = repo;
        one.bots = params.bots;
        auto compared = co_await compare_one(database, std::move(one), now);
        if (!compared) co_return fail(compared.error());
        figures.repos.push_back(compared->figures.repo);
        figures.bots_excluded += compared->bots_excluded;
        unite(part, std::move(compared->part), compared->figures.repo);
        figures.repositories.push_back(std::move(compared->figures));
    }
    figures.hours = whole_hours(part.window);
    figures.ranking = rank(figures.repositories);
    figures.bots = params.bots;
    co_return Windowed(std::move(figures), std::move(part));
}

} // namespace gem
