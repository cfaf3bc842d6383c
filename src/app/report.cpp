#include "app/report.hpp"

#include <fmt/format.h>

namespace gem {

namespace {

constexpr std::int64_t listed_commits = 10;
constexpr std::int64_t listed_developers = 10;

/// Buckets that show the course of a window: about a hundred of them.
std::int64_t bucket_minutes_for(TimeWindow window) {
    auto const length = window.length();
    if (length <= hours(6)) return 5;
    if (length <= hours(36)) return 15;
    if (length <= hours(96)) return 60;
    if (length <= days(32)) return 360;
    return 1440;
}

/// The parameters of a question out of those that all share.
template <class Params>
Params asked_with(RepoPeopleParams const& shared) {
    Params params;
    static_cast<WindowParams&>(params) = shared;
    params.repo = shared.repo;
    if constexpr (requires { params.bots; }) params.bots = shared.bots;
    return params;
}

/// Puts an answer in its place; what went wrong when there is none.
template <class Answer>
std::optional<Error> take(Answer& place, Result<Answer> answer) {
    if (!answer) return answer.error();
    place = std::move(*answer);
    return std::nullopt;
}

Async<std::optional<Error>> ask_what_happened(DatabaseService& database, RepoPeopleParams shared, UtcTime now,
                                              RepositoryReport& report) {
    auto const window = asked_with<RepoWindowParams>(shared);
    auto series = asked_with<EventSeriesParams>(shared);
    series.bucket_minutes = bucket_minutes_for(report.window);
    auto recent = asked_with<RecentCommitsParams>(shared);
    recent.limit = listed_commits;
    if (auto e = take(report.activity, co_await repository_activity(database, shared, now))) co_return e;
    if (auto e = take(report.events_over_time, co_await event_series(database, series, now))) co_return e;
    if (auto e = take(report.hours_of_the_week, co_await activity_heatmap(database, window, now))) co_return e;
    if (auto e = take(report.pull_requests, co_await pr_timeline(database, window, now))) co_return e;
    if (auto e = take(report.merge_time, co_await pr_merge_time(database, window, now))) co_return e;
    if (auto e = take(report.first_response, co_await issue_first_response(database, window, now))) co_return e;
    if (auto e = take(report.commits, co_await change_summary(database, window, now))) co_return e;
    if (auto e = take(report.recent_commits, co_await gem::recent_commits(database, recent, now))) co_return e;
    if (auto e = take(report.pushes, co_await push_activity(database, window, now))) co_return e;
    if (auto e = take(report.stars, co_await gem::stars(database, window, now))) co_return e;
    co_return std::nullopt;
}

Async<std::optional<Error>> ask_how_it_is(DatabaseService& database, RepoPeopleParams shared, UtcTime now,
                                          RepositoryReport& report) {
    auto const window = asked_with<RepoWindowParams>(shared);
    auto people = asked_with<DeveloperParams>(shared);
    people.limit = listed_developers;
    if (auto e = take(report.health, co_await repository_health(database, shared, now))) co_return e;
    if (auto e = take(report.developers, co_await developer_productivity(database, people, now))) co_return e;
    if (auto e = take(report.community, co_await community_engagement(database, shared, now))) co_return e;
    if (auto e = take(report.releases, co_await release_deployment(database, window, now))) co_return e;
    if (auto e = take(report.dora, co_await gem::dora(database, asked_with<DoraParams>(shared), now))) co_return e;
    if (auto e = take(report.security, co_await security_monitoring(database, window, now))) co_return e;
    if (auto e = take(report.anomalies, co_await event_anomalies(database, window, now))) co_return e;
    co_return std::nullopt;
}

} // namespace

Async<Result<RepositoryReport>> make_report(DatabaseService& database, RepoPeopleParams params, UtcTime now) {
    if (!params.repo) co_return fail(ErrorCode::invalid_argument, "repo: expected owner/name");
    auto const known = co_await database.events().find_repository(*params.repo);
    if (!known) co_return fail(known.error());
    if (!*known) {
        co_return fail(
            ErrorCode::not_found,
            fmt::format("nothing about {} is stored: is the name right? `collect` or `backfill` brings events",
                        params.repo->text()));
    }
    // One window for all questions, whatever their own defaults and however long it takes.
    auto const window = params.window(now, hours(168));
    params.until = window.to;
    params.hours.reset();
    params.offset_minutes = std::chrono::duration_cast<minutes>(window.length()).count();
    auto part = co_await windowed_part(database, window, params.repo, now);
    if (!part) co_return fail(part.error());
    RepositoryReport report;
    static_cast<WindowedPart&>(report) = std::move(*part);
    report.repo = (*known)->repo;
    if (auto const error = co_await ask_what_happened(database, params, now, report)) co_return fail(*error);
    if (auto const error = co_await ask_how_it_is(database, params, now, report)) co_return fail(*error);
    co_return report;
}

} // namespace gem
