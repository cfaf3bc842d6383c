#include "app/application.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "api/api.hpp"
#include "app/alerting.hpp"
#include "app/children.hpp"
#include "app/collecting.hpp"
#include "app/collector_control.hpp"
#include "app/mcp_face.hpp"
#include "app/providers.hpp"
#include "app/signals.hpp"
#include "dashboard/site.hpp"
#include "http/server.hpp"
#include "storage/repo_history.hpp"

namespace gem {

namespace {

/// What SEED.md's quick start runs beside us: DynamoDB Local takes 8000.
constexpr std::uint16_t second_port = 8080;
constexpr seconds shutdown_grace{10};

bool is_loopback(std::string const& host) {
    if (host == "localhost") return true;
    boost::system::error_code error;
    auto const address = asio::ip::make_address(host, error);
    return !error && address.is_loopback();
}

std::string url_of(std::string const& host, std::uint16_t port) {
    return host.find(':') == std::string::npos ? fmt::format("http://{}:{}", host, port)
                                               : fmt::format("http://[{}]:{}", host, port);
}

http::ServerOptions server_options(Settings const& settings, std::uint16_t port) {
    http::ServerOptions options;
    options.host = settings.api_host;
    options.port = port;
    options.cors_origins = settings.cors_origins;
    options.trusted_proxies = settings.trusted_proxies;
    options.shutdown_grace = shutdown_grace;
    options.rate_limit.reset();
    if (settings.rate_limit) {
        options.rate_limit = http::RateLimit{.requests_per_second = static_cast<double>(*settings.rate_limit),
                                             .burst = static_cast<unsigned>(2 * *settings.rate_limit)};
    }
    return options;
}

/// A server that listens; on the second port when the first is taken and nobody asked for it.
Result<std::unique_ptr<http::Server>> listen(asio::io_context& context, http::Service& service,
                                             EffectiveSettings const& settings, Clock const& clock, Log& log) {
    auto const& values = settings.values;
    auto server = std::make_unique<http::Server>(context, service, clock, log, server_options(values, values.api_port));
    auto listening = server->listen();
    if (!listening && listening.error().code == ErrorCode::conflict && settings.is_default("api_port")) {
        log.warn("port_taken",
                 {{"port", values.api_port}, {"instead", second_port}, {"hint", "API_PORT or --port names another"}});
        server = std::make_unique<http::Server>(context, service, clock, log, server_options(values, second_port));
        listening = server->listen();
    }
    if (!listening) return fail(std::move(listening.error()));
    return server;
}

/// Once an hour, and at the start.
Async<void> keep_retention(DatabaseService& database, days retention, Clock const& clock, Log& log) {
    auto const tell = [&log](std::string_view what, Result<std::int64_t> const& removed) {
        if (!removed)
            log.error("retention_failed", {{"reason", removed.error().message}});
        else if (*removed > 0)
            log.info("retention", {{what, *removed}});
    };
    while (true) {
        tell("removed", co_await database.maintenance().apply_retention());
        tell("history_pages_removed", co_await remove_histories_before(database.metrics(), clock.now() - retention));
        co_await sleep_for(hours(1));
    }
}

/// What a signal sets in motion, at whatever stage the start is.
struct Stop {
    bool asked = false;
    std::function<void()> act;
};

Async<Result<void>> serve_until(Stop& stop, asio::io_context& context, DatabaseService& database,
                                EffectiveSettings const& settings, Clock const& clock, Log& log) {
    auto const& values = settings.values;
    auto tokens = api::TokenList::parse(values.api_tokens);
    if (!tokens) co_return fail(std::move(tokens.error()));
    Collecting collecting(database, values, clock, log, Collecting::Use::serve);
    CollectorDesk desk(collecting);
    WebhookIntake webhooks(database, clock, log, values.webhook_secrets, [&collecting](std::vector<Event> events) {
        return collecting.collector().note_pushes(std::move(events));
    });
    api::AccessRules const access{.tokens = std::move(*tokens),
                                  .loopback_only = is_loopback(values.api_host),
                                  .cors_origins = values.cors_origins};
    Alerting alerting(database, collecting.watch_list(), values, clock, log);
    api::Api service(database, &desk, clock, log,
                     {.access = access,
                      .supported_providers = built_in_providers(),
                      .webhooks = &webhooks,
                      .monitors = &collecting.monitors(),
                      .alerts = values.alerts ? &alerting.engine() : nullptr,
                      .private_receivers = values.alert_allow_private_addresses});
    McpFace face(service, database, values, access, clock, log);
    mcp::HttpTransport front(face.engine(), &service, clock, log, face.http_options());
    service.metrics().also_tell([&face, &front] { return face.figures(front.sessions()); });
    dashboard::Site site(front);
    auto server = listen(context, site, settings, clock, log);
    if (!server) co_return fail(std::move(server.error()));
    log.info("listening", {{"url", url_of(values.api_host, (*server)->port())},
                           {"provider", values.database.provider},
                           {"version", GEM_VERSION}});

    Children children(co_await asio::this_coro::executor);
    stop.act = [&] {
        (*server)->shutdown(shutdown_grace);
        children.cancel();
    };
    if (stop.asked) stop.act();
    children.spawn((*server)->run());
    children.spawn(face.watch());
    alerting.spawn_into(children);
    if (values.poll != PollMode::off) children.spawn(collecting.collector().run());
    if (auto const kept = values.database.retention; kept > days(0))
        children.spawn(keep_retention(database, kept, clock, log));
    co_await children.wait();
    stop.act = {};
    co_await front.finish();
    co_await webhooks.finish();
    if (auto const kept = co_await collecting.collector().flush(); !kept)
        log.warn("poll_state_not_written", {{"reason", kept.error().message}});
    co_return children.outcome();
}

} // namespace

Result<void> serve(EffectiveSettings const& settings, Clock const& clock, Log& log) {
    asio::io_context context(1);
    Stop stop;
    auto const work = [&](DatabaseService& database) {
        return serve_until(stop, context, database, settings, clock, log);
    };
    auto ended = run_until_signal(context, with_database(settings.values.database, clock, log, work), [&](int signal) {
        log.info("stopping", {{"signal", signal}, {"hint", "a second signal ends it at once"}});
        stop.asked = true;
        if (stop.act) stop.act();
    });
    if (!ended || !*ended) return ended ? std::move(*ended) : Result<void>();
    log.info("stopped");
    return {};
}

} // namespace gem
