#include "app/collecting.hpp"

#include "app/children.hpp"
#include "app/providers.hpp"
#include "app/signals.hpp"

namespace gem {

namespace {

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
    options.run_for_everybody = use != Collecting::Use::serve || settings.poll == PollMode::on;
    if (use == Collecting::Use::one_cycle) options.state_flush = seconds(0);
    return options;
}

} // namespace

Collecting::Collecting(DatabaseService& database, Settings const& settings, Clock const& clock, Log& log, Use use)
    : configured_(settings.target_repositories), random_(std::random_device{}()),
      github_(http_, clock, {.api_base = settings.github_api_base, .tokens = settings.github_tokens}),
      watch_list_(database, clock, repositories_among(parse_targets(configured_))),
      collector_(
          database, github_, watch_list_, clock, log,
          [this] { return std::uniform_real_distribution<double>(0, 1)(random_); }, options_of(settings, use)) {}

Result<CollectReport> collect_once(Settings const& settings, std::optional<std::size_t> limit, Clock const& clock,
                                   Log& log) {
    asio::io_context context(1);
    auto const work = [&](DatabaseService& database) -> Async<Result<CollectReport>> {
        Collecting collecting(database, settings, clock, log, Collecting::Use::one_cycle);
        co_return co_await collecting.collector().collect_once(limit);
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
        Children children(co_await asio::this_coro::executor);
        children.spawn(collecting.collector().run());
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
