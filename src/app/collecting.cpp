#include "app/collecting.hpp"

#include "app/alerting.hpp"
#include "app/children.hpp"
#include "app/providers.hpp"
#include "app/signals.hpp"
#include "base/process_identity.hpp"

namespace gem {

namespace {

/// A single cycle fetches commits in so many turns, in which it spends what five minutes bring; and what was before a
/// repository was watched. The next cycle goes on.
constexpr FollowUp a_single_cycle{.details_turns = 10, .history_turns = 30};

std::vector<github::EventTarget> parse_targets(std::vector<std::string> const& texts) {
    std::vector<github::EventTarget> targets;
    for (auto const& text : texts) {
        if (auto target = github::EventTarget::parse(text))
            targets.push_back(std::move(*target)); // settings refused others
    }
    return targets;
}

CollectorOptions options_of(Settings const& settings, Collecting::Use use) {
    CollectorOptions options{.targets = parse_targets(settings.target_repositories)};
    options.poller.limits.ceiling = settings.poll_interval;
    options.poller.limits.floor = std::min(options.poller.limits.floor, settings.poll_interval);
    options.history = {.on = settings.history_on_arrival, .limits = history_limits_within(settings.database.retention)};
    options.details.on = settings.commit_details;
    options.details.max_per_hour = settings.commit_details_max_per_hour;
    if (settings.commit_details) {
        auto const tokens = static_cast<double>(std::max<std::size_t>(settings.github_tokens.size(), 1));
        auto const hourly = settings.github_tokens.empty() ? 60.0 : 5000.0 * tokens;
        options.budget.reserve_share =
            std::min(0.2, static_cast<double>(settings.commit_details_max_per_hour) / hourly);
    }
    using enum Collecting::Use;
    bool const waits_to_be_asked = use == on_demand || (use == serve && settings.poll == PollMode::off);
    options.run_for_everybody = use == collect || use == one_cycle || settings.poll == PollMode::on;
    options.lease = {.id = process_identity(),
                     .length = settings.collector_lease,
                     .one_cycle = use == one_cycle || waits_to_be_asked,
                     .surely_ended = &has_surely_ended};
    if (options.lease.one_cycle) options.state_flush = seconds(0);
    return options;
}

} // namespace

Collecting::Collecting(DatabaseService& database, Settings const& settings, Clock const& clock, Log& log, Use use)
    : configured_(settings.target_repositories), random_(std::random_device{}()),
      github_(http_, clock, {.api_base = settings.github_api_base, .tokens = settings.github_tokens}),
      watch_list_(database, clock, repositories_among(parse_targets(configured_))),
      monitors_(
          database, clock, [this] { collector_.wake(); }, watch_list_),
      collector_(
          database, github_, watch_list_, clock, log,
          [this] { return std::uniform_real_distribution<double>(0, 1)(random_); }, options_of(settings, use)) {
    collector_.follow(monitors_);
}

Async<Result<CollectReport>> collect_and_follow_up(Collector& collector, std::optional<std::size_t> limit,
                                                   FollowUp turns) {
    auto report = co_await collector.collect_once(limit);
    if (!report) co_return report;
    for (int turn = 0; turn < turns.details_turns && collector.owes_commits(); ++turn) {
        auto const before = collector.figures().details.requests;
        auto const paid = co_await collector.pay_debts();
        if (!paid) report->errors.push_back(paid.error().message);
        if (!paid || collector.figures().details.requests == before) break;
    }
    for (int turn = 0; turn < turns.history_turns && (turn == 0 || collector.lacks_history()); ++turn) {
        auto const before = collector.figures().history;
        auto const filled = co_await collector.fill_history();
        if (!filled) report->errors.push_back(filled.error().message);
        auto const after = collector.figures().history;
        bool const moved = after.requests != before.requests || after.known != before.known;
        if (!filled || !moved) break;
    }
    co_return report;
}

Result<CollectReport> collect_once(Settings const& settings, std::optional<std::size_t> limit, Clock const& clock,
                                   Log& log) {
    asio::io_context context(1);
    auto const work = [&](DatabaseService& database) -> Async<Result<CollectReport>> {
        Collecting collecting(database, settings, clock, log, Collecting::Use::one_cycle);
        co_return co_await collect_and_follow_up(collecting.collector(), limit, a_single_cycle);
    };
    auto answer = run_until_signal(context, with_database(settings.database, clock, log, work));
    if (!answer)
        return fail(ErrorCode::unavailable, "stopped by a signal; what was stored stays, and the next cycle goes on");
    return std::move(*answer);
}

Result<void> collect_until_signal(Settings const& settings, Clock const& clock, Log& log) {
    asio::io_context context(1);
    std::function<void()> stop;
    bool stopping = false;
    auto const work = [&](DatabaseService& database) -> Async<Result<void>> {
        Collecting collecting(database, settings, clock, log, Collecting::Use::collect);
        Alerting alerting(database, collecting.watch_list(), settings, clock, log);
        Children children(co_await asio::this_coro::executor);
        children.spawn(collecting.collector().run());
        alerting.spawn_into(children);
        stop = [&children] { children.cancel(); };
        if (stopping) stop();
        log.info("collecting", {{"provider", settings.database.provider}, {"github", settings.github_api_base}});
        co_await children.wait();
        stop = {};
        if (auto const kept = co_await collecting.collector().flush(); !kept)
            log.warn("poll_state_not_written", {{"reason", kept.error().message}});
        co_return children.outcome();
    };
    auto answer = run_until_signal(context, with_database(settings.database, clock, log, work), [&](int signal) {
        log.info("stopping", {{"signal", signal}});
        stopping = true;
        if (stop) stop();
    });
    if (!answer) return {};
    return std::move(*answer);
}

} // namespace gem
