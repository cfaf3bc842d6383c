#include "app/collector_control.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gem {

namespace {

api::WatchedRepo as_api(WatchedRepository const& watched) {
    return {.repo = watched.repo.text(),
            .state = watched.state,
            .reason = watched.reason,
            .last_poll = watched.last_poll,
            .next_poll = watched.next_poll,
            .from_configuration = watched.from_configuration};
}

/// Until the first of the targets is to be asked again.
std::optional<seconds> until_retry(CollectReport const& report) {
    std::optional<UtcTime> first;
    for (auto const& target : report.targets) {
        if (target.next_poll && (!first || *target.next_poll < *first)) first = target.next_poll;
    }
    if (!first) return std::nullopt;
    return std::max(*first - report.finished, seconds(1));
}

constexpr std::size_t most_reasons = 5;

std::string reason_of(std::vector<std::string> const& errors) {
    auto const shown = std::min(errors.size(), most_reasons);
    auto reason =
        fmt::format("{}", fmt::join(errors.begin(), errors.begin() + static_cast<std::ptrdiff_t>(shown), "; "));
    if (errors.size() > shown) reason += fmt::format("; and {} more", errors.size() - shown);
    return reason;
}

} // namespace

Result<api::CollectOutcome> outcome_of(CollectReport const& report) {
    bool const failed = report.all_failed();
    auto const by_store = std::ranges::find_if(report.targets, &TargetReport::store_failed);
    if (failed && by_store != report.targets.end()) return fail(ErrorCode::unavailable, by_store->message);
    api::CollectOutcome outcome{.status = failed                  ? "failed"
                                          : report.errors.empty() ? "completed"
                                                                  : "partial",
                                .events_collected = static_cast<std::int64_t>(report.events_collected),
                                .new_events = static_cast<std::int64_t>(report.new_events),
                                .duplicate_events = static_cast<std::int64_t>(report.duplicate_events),
                                .inserted = static_cast<std::int64_t>(report.inserted)};
    if (failed) {
        outcome.reason = reason_of(report.errors);
        outcome.retry_after = until_retry(report);
    }
    return outcome;
}

Async<Result<api::CollectOutcome>> CollectorDesk::collect_now(std::optional<std::int64_t> limit) {
    std::optional<std::size_t> most;
    if (limit) most = static_cast<std::size_t>(std::max<std::int64_t>(*limit, 0));
    auto& collector = collecting_.collector();
    // Where run() polls, it fetches the rest as well. Else nobody would: what webhooks note is paid by these cycles.
    FollowUp const turns = collector.status().running ? FollowUp{.details_turns = 0, .history_turns = 0} : FollowUp{};
    auto const report = co_await collect_and_follow_up(collector, most, turns);
    if (!report) co_return fail(report.error());
    co_return outcome_of(*report);
}

std::string CollectorDesk::status() const { return collecting_.collector().status().status; }

std::optional<UtcTime> CollectorDesk::last_poll() const { return collecting_.collector().last_poll(); }

std::vector<std::string> CollectorDesk::targets() const {
    auto targets = collecting_.collector().status().targets;
    auto const& configured = collecting_.configured();
    // Everybody's time line is asked when nobody is named; it is a target only where somebody said so.
    if (std::ranges::count(configured, "public") == 0) std::erase(targets, "public");
    return targets;
}

std::vector<api::CollectorFigure> CollectorDesk::figures() const {
    auto const now = collecting_.collector().figures();
    auto const status = collecting_.collector().status();
    std::vector<api::CollectorFigure> all;
    auto const add = [&](std::string name, std::string help, bool counter, double value,
                         std::vector<std::pair<std::string, std::string>> labels = {}) {
        all.push_back({.name = std::move(name),
                       .help = std::move(help),
                       .counter = counter,
                       .labels = std::move(labels),
                       .value = value});
    };
    auto const number = [](auto value) { return static_cast<double>(value); };
    add("gem_targets", "Time lines that are polled.", false, number(status.targets.size()));
    add("gem_collectors", "Collectors that work on this database, this one included.", false, number(now.collectors));
    add("gem_targets_elsewhere", "Time lines that another collector polls.", false, number(now.asked_elsewhere));
    add("gem_targets_parked", "Time lines that GitHub no longer has.", false, number(status.parked));
    add("gem_targets_failing", "Time lines whose last poll failed.", false, number(status.failing));
    for (auto const& [outcome, count] : now.polls)
        add("gem_polls_total", "Polls of time lines by what came of them.", true, number(count),
            {{"outcome", outcome}});
    add("gem_github_requests_total", "Requests for time lines that GitHub answered.", true, number(now.requests));
    add("gem_github_charged_total", "Of these the ones that were no 304.", true, number(now.charged));
    add("gem_poll_events_total", "Events that polls brought.", true, number(now.inserted), {{"result", "inserted"}});
    add("gem_poll_events_total", "Events that polls brought.", true, number(now.duplicates), {{"result", "duplicate"}});
    add("gem_poll_gaps_total", "Polls before which events may have been missed.", true, number(now.gaps));
    if (now.lag)
        add("gem_poll_lag_seconds", "Since the last complete poll of the target that waits longest.", false,
            number(now.lag->count()));
    add("gem_poll_latency_seconds_total", "From an event to its poll, added up.", true, number(now.latency_sum));
    add("gem_poll_latency_events_total", "Events in that sum.", true, number(now.timed_events));
    add("gem_poll_tightness", "0: polled as wanted; above 2: the rate limit does not suffice.", false,
        status.tightness);
    add("gem_histories_unfinished", "Newly watched repositories whose past GitHub is still asked for.", false,
        number(now.history.unfinished));
    add("gem_history_requests_total", "Requests for the past of newly watched repositories.", true,
        number(now.history.requests));
    add("gem_owed_pushes", "Pushes whose commits are still to be fetched.", false, number(now.details.owed));
    add("gem_commit_requests_total", "Requests for commits.", true, number(now.details.requests));
    add("gem_commits_detailed_total", "Commits stored with their statistics.", true, number(now.details.commits));
    add("gem_commits_given_up_total", "Commits or pushes that GitHub no longer has.", true,
        number(now.details.given_up));
    for (auto const& token : collecting_.collector().tokens().entries()) {
        if (token.rate.remaining)
            add("gem_github_rate_limit_remaining", "X-RateLimit-Remaining as last told, by token.", false,
                number(*token.rate.remaining), {{"token", token.fingerprint}});
    }
    return all;
}

Async<Result<std::vector<api::WatchedRepo>>> CollectorDesk::watched() {
    auto const list = co_await collecting_.watch_list().list();
    if (!list) co_return fail(list.error());
    std::vector<api::WatchedRepo> answer;
    answer.reserve(list->size());
    for (auto const& watched : *list) answer.push_back(as_api(watched));
    co_return answer;
}

Async<Result<std::optional<api::WatchedRepo>>> CollectorDesk::find_watched(RepoName repo) {
    auto const found = co_await collecting_.watch_list().find(std::move(repo));
    if (!found) co_return fail(found.error());
    if (!*found) co_return std::optional<api::WatchedRepo>();
    co_return std::optional(as_api(**found));
}

Async<Result<std::pair<api::WatchedRepo, bool>>> CollectorDesk::watch(RepoName repo) {
    auto const before = co_await collecting_.watch_list().find(repo);
    if (!before) co_return fail(before.error());
    auto const added = co_await collecting_.watch_list().add(std::move(repo));
    if (!added) co_return fail(added.error());
    collecting_.collector().wake();
    co_return std::pair(as_api(*added), !before->has_value());
}

Async<Result<void>> CollectorDesk::unwatch(RepoName repo) {
    auto removed = co_await collecting_.watch_list().remove(std::move(repo));
    if (removed) collecting_.collector().wake();
    co_return removed;
}

} // namespace gem
