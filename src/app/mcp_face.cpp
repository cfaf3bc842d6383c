#include "app/mcp_face.hpp"

#include <csignal>

#include <unistd.h>

#include "app/children.hpp"
#include "app/collecting.hpp"
#include "app/collector_control.hpp"
#include "app/providers.hpp"
#include "app/signals.hpp"
#include "mcp/stdio.hpp"
#include "mcp/tools/product_catalog.hpp"

namespace gem {

namespace {

constexpr std::chrono::seconds watch_interval{1};

mcp::CatalogOptions catalog_options(Settings const& settings, api::AccessRules const& rules) {
    return {.version = GEM_VERSION,
            .output_schemas = settings.mcp_output_schemas,
            .private_answers = !rules.tokens.empty(),
            .tell_names = rules.loopback_only || !rules.tokens.empty()};
}

} // namespace

McpFace::McpFace(api::Api& api, DatabaseService& database, Settings const& settings, api::AccessRules rules,
                 Clock const& clock, Log& log)
    : database_(database), rules_(std::move(rules)), allow_writes_(settings.mcp_allow_writes), clock_(clock), log_(log),
      catalog_(mcp::product_catalog(api, database, clock, catalog_options(settings, rules_))),
      engine_(catalog_, hub_, log) {}

mcp::HttpOptions McpFace::http_options() const {
    mcp::HttpOptions options;
    options.allowed_origins = rules_.cors_origins;
    options.may_write = allow_writes_;
    options.refuse = [this](http::Request const& request, bool to_write) -> std::optional<http::Response> {
        auto const problem = api::refuse(rules_, to_write ? api::Access::admin : api::Access::read, request);
        if (!problem) return std::nullopt;
        return problem->response(clock_.now());
    };
    return options;
}

Async<void> McpFace::watch() {
    return mcp::watch_resources(
        hub_, catalog_, [this] { return database_.connection().write_generation(); }, watch_interval, log_);
}

std::vector<api::CollectorFigure> McpFace::figures(std::size_t sessions) const {
    std::vector<api::CollectorFigure> all;
    for (auto const& [what, number] : engine_.calls()) {
        all.push_back({.name = "gem_mcp_calls_total",
                       .help = "Calls of MCP tools over HTTP by how they ended.",
                       .counter = true,
                       .labels = {{"tool", std::string(what.first)}, {"outcome", std::string(what.second)}},
                       .value = static_cast<double>(number)});
    }
    all.push_back({.name = "gem_mcp_sessions",
                   .help = "MCP clients of the versions with sessions.",
                   .value = static_cast<double>(sessions)});
    all.push_back({.name = "gem_mcp_subscriptions",
                   .help = "MCP clients that are told of changes.",
                   .value = static_cast<double>(hub_.size())});
    return all;
}

Result<void> serve_mcp(EffectiveSettings const& settings, Clock const& clock, Log& log) {
    asio::io_context context(1);
    std::signal(SIGPIPE, SIG_IGN); // a client that has gone is an error of write(2)
    std::function<void()> stop;
    bool stopping = false;
    auto const work = [&](DatabaseService& database) -> Async<Result<void>> {
        auto const& values = settings.values;
        Collecting collecting(database, values, clock, log, Collecting::Use::on_demand);
        CollectorDesk desk(collecting);
        api::Api api(database, &desk, clock, log,
                     {.access = {},
                      .supported_providers = built_in_providers(),
                      .monitors = &collecting.monitors(),
                      .private_receivers = values.alert_allow_private_addresses});
        McpFace face(api, database, values, {}, clock, log);
        mcp::StdioServer server(face.engine(), log, STDIN_FILENO, STDOUT_FILENO,
                                {.may_write = values.mcp_allow_writes});
        Children children(co_await asio::this_coro::executor);
        children.spawn(face.watch());
        stop = [&server] { server.stop(); };
        if (stopping) stop();
        co_await server.run();
        stop = {};
        children.cancel();
        co_await children.wait();
        co_return children.outcome();
    };
    auto answer = run_until_signal(context, with_database(settings.values.database, clock, log, work), [&](int) {
        stopping = true;
        if (stop) stop();
    });
    if (!answer) return {};
    return std::move(*answer);
}

} // namespace gem
