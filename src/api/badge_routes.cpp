// `/badge/{owner}/{name}/{metric}.svg`: one figure of a repository as a small sign for its README.
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analytics/activity.hpp"
#include "analytics/commits.hpp"
#include "analytics/community.hpp"
#include "analytics/deployments.hpp"
#include "analytics/event_counts.hpp"
#include "analytics/health.hpp"
#include "api/route.hpp"
#include "charts/badge.hpp"
#include "charts/svg.hpp"
#include "charts/text.hpp"

namespace gem::api {

namespace {

using charts::Ink;

/// What a badge says of a figure: its value, the colour behind it, and whether all of the window was seen.
struct Sign {
    std::string value;
    Ink ink = Ink::badge_plain;
    bool complete = true;
};
using SignResult = Result<Sign>;

Sign unknown_sign() { return {.value = "unknown", .ink = Ink::badge_unknown}; }

/// A count; of a window that is not fully covered at least so many.
Sign count_sign(std::int64_t count, Coverage const& coverage) {
    auto const text = charts::format_short(count);
    if (coverage.complete) return {.value = text};
    if (count == 0) return {.value = "unknown", .ink = Ink::badge_unknown, .complete = false};
    return {.value = "≥ " + text, .complete = false};
}

/// A score of 0 to 100 in its bands: from 80, from 60, below.
Sign score_sign(std::optional<Score> const& score, Coverage const& coverage) {
    if (!score) return unknown_sign();
    auto const ink = score->value >= 80 ? Ink::badge_good : score->value >= 60 ? Ink::badge_fair : Ink::badge_poor;
    return {.value = fmt::format("{:.0f}/100", score->value), .ink = ink, .complete = coverage.complete};
}

/// `45 min`, `3.2 h`, `2.1 d`
std::string short_span(std::int64_t length) {
    auto const span = static_cast<double>(length);
    if (length < 3600) return fmt::format("{:.0f} min", std::max(1.0, span / 60));
    if (length < 48 * 3600) return fmt::format("{:.1f} h", span / 3600);
    return fmt::format("{:.1f} d", span / 86400);
}

Sign wait_sign(std::optional<std::int64_t> const& median, Coverage const& coverage) {
    if (!median) return unknown_sign();
    return {.value = short_span(*median), .complete = coverage.complete};
}

RepoPeopleParams with_people(RepoWindowParams params) {
    RepoPeopleParams more;
    static_cast<RepoWindowParams&>(more) = std::move(params);
    return more;
}

Async<SignResult> events_sign(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    EventCountsParams counted;
    static_cast<WindowParams&>(counted) = params;
    counted.repo = params.repo;
    auto const answer = co_await event_counts(database, std::move(counted), now);
    if (!answer) co_return fail(answer.error());
    co_return count_sign(answer->total_events, answer->coverage);
}

Async<SignResult> stars_sign(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto const answer = co_await stars(database, std::move(params), now);
    if (!answer) co_return fail(answer.error());
    co_return count_sign(answer->stars, answer->coverage);
}

/// What the pushes tell; where they do not tell, the commits that are stored, which may not be all.
Async<SignResult> commits_sign(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto const pushed = co_await push_activity(database, params, now);
    if (!pushed) co_return fail(pushed.error());
    if (pushed->total_commits) co_return count_sign(*pushed->total_commits, pushed->coverage);
    RecentCommitsParams recent;
    static_cast<RepoWindowParams&>(recent) = std::move(params);
    recent.limit = 1;
    auto const stored = co_await recent_commits(database, std::move(recent), now);
    if (!stored) co_return fail(stored.error());
    auto sign = count_sign(stored->total_commits, Coverage{});
    co_return sign;
}

Async<SignResult> release_sign(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto const answer = co_await release_deployment(database, std::move(params), now);
    if (!answer) co_return fail(answer.error());
    auto const& releases = answer->releases.recent_releases;
    if (!releases.empty()) co_return Sign{.value = releases.front().tag_name, .complete = answer->coverage.complete};
    if (answer->coverage.complete) co_return Sign{.value = "none", .ink = Ink::badge_unknown};
    co_return unknown_sign();
}

Async<SignResult> health_sign(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto const answer = co_await repository_health(database, with_people(std::move(params)), now);
    if (!answer) co_return fail(answer.error());
    co_return score_sign(answer->health_score, answer->coverage);
}

Async<SignResult> security_sign(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto const answer = co_await security_monitoring(database, std::move(params), now);
    if (!answer) co_return fail(answer.error());
    co_return score_sign(answer->security_score, answer->coverage);
}

Async<SignResult> activity_sign(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto const answer = co_await repository_activity(database, with_people(std::move(params)), now);
    if (!answer) co_return fail(answer.error());
    if (answer->total_events == 0 && !answer->coverage.complete) co_return unknown_sign();
    auto sign = score_sign(answer->activity_score, answer->coverage);
    sign.ink = Ink::badge_plain; // a quiet repository is no bad one
    co_return sign;
}

Async<SignResult> contributors_sign(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto const answer = co_await community_engagement(database, with_people(std::move(params)), now);
    if (!answer) co_return fail(answer.error());
    co_return count_sign(answer->total_contributors, answer->coverage);
}

Async<SignResult> merge_time_sign(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto const answer = co_await pr_merge_time(database, std::move(params), now);
    if (!answer) co_return fail(answer.error());
    co_return wait_sign(answer->median_seconds, answer->coverage);
}

Async<SignResult> first_response_sign(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto const answer = co_await issue_first_response(database, std::move(params), now);
    if (!answer) co_return fail(answer.error());
    co_return wait_sign(answer->median_seconds, answer->coverage);
}

struct BadgeMetric {
    std::string_view name; ///< in the path
    std::string_view label;
    std::int64_t hours; ///< of the window when none is named
    bool tells_window;  ///< whether the label has it
    std::string_view sentence;
    Async<SignResult> (*ask)(DatabaseService&, RepoWindowParams, UtcTime);
};

constexpr std::array<BadgeMetric, 10> badge_metrics = {{
    {"events", "events", 24, true, "Events that were stored", &events_sign},
    {"stars", "stars", 168, true, "Stars given", &stars_sign},
    {"commits", "commits", 168, true, "Commits pushed", &commits_sign},
    {"contributors", "contributors", 720, true, "People who did something", &contributors_sign},
    {"release", "release", 8760, false, "The latest release", &release_sign},
    {"health", "health", 168, false, "Health of the repository", &health_sign},
    {"activity", "activity", 168, false, "How active the repository is", &activity_sign},
    {"security", "security", 720, false, "Security as far as events show it", &security_sign},
    {"merge-time", "merge time", 720, false, "Median time from opening to merging", &merge_time_sign},
    {"first-response", "first response", 720, false, "Median time to an issue's first answer", &first_response_sign},
}};

/// `7 d`, `36 h`
std::string short_window(TimeWindow window) {
    auto const length = window.length();
    if (length >= hours(48) && length % days(1) == seconds(0)) return fmt::format("{} d", length / days(1));
    if (length % hours(1) == seconds(0)) return fmt::format("{} h", length / hours(1));
    return fmt::format("{} min", length / minutes(1));
}

Problem unknown_metric(std::string_view given) {
    std::vector<std::string_view> names;
    for (auto const& metric : badge_metrics) names.push_back(metric.name);
    auto const near = nearest(given, names);
    return {.status = 404,
            .error_code = "NOT_FOUND",
            .detail = fmt::format("There is no badge of that name. {}There are: {}",
                                  near.empty() ? std::string() : fmt::format("Did you mean {}? ", near),
                                  fmt::join(names, ", "))};
}

Async<Outcome> get_badge(Context const& context, Arguments const& arguments) {
    auto const text = [&](std::string_view name) { return arguments.get<std::string>(name).value_or(""); };
    auto const repo = RepoName::parse(text("owner") + '/' + text("name"));
    if (!repo) {
        co_return std::unexpected(
            Problem{.status = 422, .error_code = "INVALID_REPO_FORMAT", .detail = repo.error().message});
    }
    auto const metric = std::ranges::find(badge_metrics, text("metric"), &BadgeMetric::name);
    if (metric == badge_metrics.end()) co_return std::unexpected(unknown_metric(text("metric")));
    auto params = arguments.read<RepoWindowParams>();
    params.repo = *repo;
    if (!params.hours && !params.offset_minutes) params.hours = metric->hours;
    auto const window = params.window(context.now, hours(metric->hours));
    auto const sign = co_await metric->ask(context.database, std::move(params), context.now);
    if (!sign) co_return std::unexpected(problem_of(sign.error()));
    auto label =
        metric->tells_window ? fmt::format("{} ({})", metric->label, short_window(window)) : std::string(metric->label);
    charts::Badge const badge{.name = arguments.get<std::string>("label").value_or(std::move(label)),
                              .value = sign->value,
                              .ink = sign->ink,
                              .description = fmt::format("{} of {} in the last {}: {}.{}", metric->sentence,
                                                         repo->text(), short_window(window), sign->value,
                                                         sign->complete ? "" : " Not all of that time is covered.")};
    Reply reply{.status = 200,
                .content_type = "image/svg+xml",
                .body = charts::to_svg(charts::draw(badge), {.id = "badge"}),
                .headers = {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"}}};
    co_return reply;
}

} // namespace

void add_badge_routes(std::vector<Route>& table) {
    auto const in_path = [](std::string_view name, std::string_view sentence, std::int64_t most,
                            std::string_view example) {
        return Parameter{.name = name,
                         .type = ParameterType::text,
                         .sentence = sentence,
                         .required = true,
                         .max = most,
                         .place = ParameterPlace::path,
                         .example = example};
    };
    table.push_back(
        {.method = "GET",
         .path = "/badge/{owner}/{name}/{metric}.svg",
         .summary = "One figure of a repository as a badge",
         .description = "For a README. `≥` where the window is not fully covered, `unknown` where nobody can know.",
         .parameters = {in_path("owner", "Owner of the repository.", 39, "octo-org"),
                        in_path("name", "Name of the repository.", 100, "hello-world"),
                        in_path("metric",
                                "events, stars, commits, contributors, release, health, activity, security, merge-time "
                                "or first-response; 404 for others.",
                                64, "events"),
                        hours_parameter(std::nullopt), offset_minutes_parameter(), until_parameter(),
                        Parameter{.name = "label",
                                  .type = ParameterType::text,
                                  .sentence = "What the left half says; by the metric when left out.",
                                  .max = 60}},
         .handler = &get_badge,
         .answer = {.name = {}, .content_type = "image/svg+xml"}});
}

} // namespace gem::api
