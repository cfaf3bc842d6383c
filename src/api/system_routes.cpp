// Health, the database, Prometheus, collecting now, and the page that lists the endpoints.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "api/collect_answer.hpp"
#include "api/home_page.hpp"
#include "api/route.hpp"
#include "domain/event_type.hpp"

namespace gem::api {

namespace {

// ---------------------------------------------------------------------------------------------------------------------
// health

struct HealthAnswer {
    std::string collector_status;
    OrderedMap<JsonText> database; ///< status, provider, what the provider tells of itself, tables_found, error
    std::int64_t monitored_events_count = 0;
    std::vector<std::string> target_repositories;
    std::string status;
    std::string version;
    std::int64_t uptime_seconds = 0;
    std::optional<UtcTime> last_poll;
    std::optional<std::int64_t> total_events_stored;
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(HealthAnswer, (),
                      (collector_status, database, monitored_events_count, target_repositories, status, version,
                       uptime_seconds, last_poll, total_events_stored, timestamp))

struct StatusAnswer {
    std::string status;
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(StatusAnswer, (), (status, timestamp))

template <class T>
JsonText as_json(T const& value) {
    return JsonText::already_validated(json::to_string(value));
}

std::string_view word(bool healthy) { return healthy ? "healthy" : "unhealthy"; }

/// Asks the store, at most once a second.
Async<bool> look_at_store(Context const& context) {
    auto& store = context.store;
    if (store.health_at == context.now) co_return store.health.healthy;
    auto health = co_await context.database.health_check();
    std::optional<std::int64_t> events;
    if (health.healthy) {
        auto totals = co_await context.database.events().totals();
        if (totals) events = totals->events;
    }
    store.health = std::move(health);
    store.events = events;
    store.health_at = context.now;
    co_return store.health.healthy;
}

/// SEED.md names the region differently in /health than in /database/info, and leaves the endpoint out.
OrderedMap<JsonText> describe_database(Context const& context) {
    auto const description = context.database.connection().describe();
    auto const& health = context.store.health;
    OrderedMap<JsonText> members;
    members.emplace_back("status", as_json(word(health.healthy)));
    members.emplace_back("provider", as_json(description.provider));
    for (auto const& [key, value] : description.configuration) {
        if (key == "endpoint_url") continue;
        members.emplace_back(key == "aws_region" ? "region" : key, as_json(value));
    }
    members.emplace_back("tables_found", as_json(health.tables_found));
    if (!health.error.empty()) members.emplace_back("error", as_json(health.error));
    return members;
}

/// What the collector polls, as far as it is for this asker: for strangers nothing while the database, which knows what
/// is private, does not answer.
Async<std::vector<std::string>> targets_for(Context const& context) {
    auto targets = context.collector != nullptr ? context.collector->targets() : std::vector<std::string>{};
    if (!context.public_only) co_return targets;
    auto const hidden = co_await private_repositories(context.database);
    if (!hidden) co_return std::vector<std::string>{};
    std::erase_if(targets, [&](std::string const& each) { return is_among(*hidden, each); });
    co_return targets;
}

Async<Outcome> get_health(Context const& context, Arguments const&) {
    bool const healthy = co_await look_at_store(context);
    auto* const collector = context.collector;
    HealthAnswer answer{.collector_status = collector != nullptr ? collector->status() : "disabled",
                        .database = describe_database(context),
                        .monitored_events_count = static_cast<std::int64_t>(monitored_event_types().size()),
                        .target_repositories = co_await targets_for(context),
                        .status = std::string(word(healthy)),
                        .version = GEM_VERSION,
                        .uptime_seconds = (context.now - context.started).count(),
                        .last_poll = collector != nullptr ? collector->last_poll() : std::nullopt,
                        .total_events_stored = context.store.events,
                        .timestamp = context.now};
    co_return Reply::json(answer, healthy ? 200 : 503);
}

Async<Outcome> get_live(Context const& context, Arguments const&) {
    co_return Reply::json(StatusAnswer{.status = "live", .timestamp = context.now});
}

Async<Outcome> get_ready(Context const& context, Arguments const&) {
    bool const healthy = co_await look_at_store(context);
    co_return Reply::json(StatusAnswer{.status = healthy ? "ready" : "not_ready", .timestamp = context.now},
                          healthy ? 200 : 503);
}

// ---------------------------------------------------------------------------------------------------------------------
// database

struct HealthPart {
    std::string status;
    std::int64_t tables_found = 0;
    json::Absent<std::string> error;
};
BOOST_DESCRIBE_STRUCT(HealthPart, (), (status, tables_found, error))

struct TablePart {
    std::string name;
    std::optional<std::int64_t> rows;
    std::optional<std::int64_t> bytes;
    bool approximate = false;
};
BOOST_DESCRIBE_STRUCT(TablePart, (), (name, rows, bytes, approximate))

/// A store's use this month by all processes; dollars by the prices of us-east-1, storage not included.
struct UsagePart {
    std::string month;
    Fixed<1> read_units{};
    Fixed<1> write_units{};
    std::int64_t requests = 0;
    Fixed<4> cost_usd{};
};
BOOST_DESCRIBE_STRUCT(UsagePart, (), (month, read_units, write_units, requests, cost_usd))

struct DatabaseAnswer {
    std::string provider;
    OrderedMap<std::optional<std::string>> configuration;
    HealthPart health;
    std::vector<TablePart> tables;
    json::Absent<UsagePart> usage; ///< of stores that charge by use
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(DatabaseAnswer, (), (provider, configuration, health, tables, usage, timestamp))

/// What the store charged for this month; nothing where it charges for nothing, or cannot be asked.
Async<std::optional<Usage>> usage_of_month(Context const& context) {
    auto entry = co_await context.database.metrics().get_state(usage_key(context.now));
    if (!entry || !*entry) co_return std::nullopt;
    auto usage = parse_usage((*entry)->value);
    if (!usage) co_return std::nullopt;
    co_return std::move(*usage);
}

UsagePart part_of(Usage const& usage, UtcTime now) {
    UsagePart part{.month = format_day(now).substr(0, 7)};
    for (auto const& row : usage.rows) {
        part.read_units.value += row.read_units.value;
        part.write_units.value += row.write_units.value;
        part.requests += row.requests;
    }
    part.cost_usd = price_of(part.read_units.value, part.write_units.value);
    return part;
}

Async<Outcome> get_database_info(Context const& context, Arguments const&) {
    bool const healthy = co_await look_at_store(context);
    auto const description = context.database.connection().describe();
    DatabaseAnswer answer{.provider = description.provider,
                          .configuration = description.configuration,
                          .health = {.status = std::string(word(healthy)),
                                     .tables_found = context.store.health.tables_found,
                                     .error = {}},
                          .tables = {},
                          .usage = {},
                          .timestamp = context.now};
    if (!context.store.health.error.empty()) answer.health.error.value = context.store.health.error;
    auto tables = co_await context.database.connection().table_info();
    if (!tables && healthy) co_return std::unexpected(problem_of(tables.error()));
    if (tables) {
        for (auto const& table : *tables)
            answer.tables.push_back(
                {.name = table.name, .rows = table.rows, .bytes = table.bytes, .approximate = table.approximate});
    }
    if (auto const usage = co_await usage_of_month(context)) answer.usage.value = part_of(*usage, context.now);
    co_return Reply::json(answer, healthy ? 200 : 503);
}

// ---------------------------------------------------------------------------------------------------------------------
// Prometheus

constexpr minutes tables_patience{1}; // sizes of tables may be dear to know; scrapes come every few seconds

Async<Outcome> get_metrics(Context const& context, Arguments const&) {
    StoreFigures figures;
    figures.up = co_await look_at_store(context);
    if (figures.up) {
        auto totals = co_await context.database.events().totals();
        if (totals) figures.totals = *totals;
        auto& store = context.store;
        if (!store.tables_at || context.now - *store.tables_at >= tables_patience) {
            auto tables = co_await context.database.connection().table_info();
            if (tables) {
                store.tables = std::move(*tables);
                store.tables_at = context.now;
            }
            store.usage = (co_await usage_of_month(context)).value_or(Usage{});
        }
        figures.tables = store.tables;
        figures.usage = store.usage;
    }
    if (context.collector != nullptr) figures.collector = context.collector->figures();
    if (context.alerts != nullptr)
        std::ranges::move(alert_figures(*context.alerts), std::back_inserter(figures.collector));
    context.metrics.set_streams(context.streams.open());
    auto const provider = context.database.connection().describe().provider;
    co_return Reply{.status = 200,
                    .content_type = "text/plain; version=0.0.4; charset=utf-8",
                    .body = context.metrics.text(figures, provider, context.now)};
}

// ---------------------------------------------------------------------------------------------------------------------
// collect

struct CollectAnswer : CollectFigures, TimestampPart {};
BOOST_DESCRIBE_STRUCT(CollectAnswer, (CollectFigures, TimestampPart), ())

Async<Outcome> post_collect(Context const& context, Arguments const& arguments) {
    auto figures = co_await collect_figures(context, arguments);
    if (!figures) co_return std::unexpected(std::move(figures.error()));
    CollectAnswer answer;
    static_cast<CollectFigures&>(answer) = std::move(*figures);
    answer.timestamp = context.now;
    co_return Reply::json(answer);
}

Async<Outcome> get_home(Context const& context, Arguments const&) {
    co_return Reply{.status = 200,
                    .content_type = "text/html; charset=utf-8",
                    .body = home_page(context.routes),
                    .headers = {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"}}};
}

void add_probe_routes(std::vector<Route>& table) {
    table.push_back({.method = "GET",
                     .path = "/health",
                     .summary = "Health of the process, its database and its collector",
                     .description = "503 when the database is not healthy.",
                     .parameters = {},
                     .handler = &get_health,
                     .answer = answers<HealthAnswer>("Health", 200, {503}),
                     .access = Access::open,
                     .keeping = Keeping::never,
                     .names_none = true});
    table.push_back({.method = "GET",
                     .path = "/health/live",
                     .summary = "Whether the process runs",
                     .description = "For orchestrators: 200 as long as it answers.",
                     .parameters = {},
                     .handler = &get_live,
                     .answer = answers<StatusAnswer>("Status"),
                     .access = Access::open,
                     .keeping = Keeping::never,
                     .names_none = true});
    table.push_back({.method = "GET",
                     .path = "/health/ready",
                     .summary = "Whether requests can be served",
                     .description = "For orchestrators: 503 while the database does not answer.",
                     .parameters = {},
                     .handler = &get_ready,
                     .answer = answers<StatusAnswer>("Status", 200, {503}),
                     .access = Access::open,
                     .keeping = Keeping::never,
                     .names_none = true});
}

} // namespace

Async<std::expected<CollectFigures, Problem>> collect_figures(Context const& context, Arguments const& arguments) {
    if (context.collector == nullptr)
        co_return std::unexpected(collector_unavailable("This process serves only; it does not collect."));
    auto outcome = co_await context.collector->collect_now(arguments.get<std::int64_t>("limit"));
    if (!outcome) co_return std::unexpected(problem_of(outcome.error()));
    if (outcome->status == "failed") {
        Error const refused{.code = ErrorCode::unavailable,
                            .message = outcome->reason,
                            .retryable = true,
                            .retry_after = outcome->retry_after};
        co_return std::unexpected(problem_of(refused, "GITHUB_UNAVAILABLE"));
    }
    co_return CollectFigures{.status = outcome->status,
                             .events_collected = outcome->events_collected,
                             .new_events = outcome->new_events,
                             .duplicate_events = outcome->duplicate_events,
                             .inserted = outcome->inserted};
}

Parameter collect_limit_parameter() {
    return {.name = "limit",
            .type = ParameterType::integer,
            .sentence = "At most this many events; what GitHub has when left out.",
            .min = 1,
            .max = 10000};
}

void add_system_routes(std::vector<Route>& table) {
    add_probe_routes(table);
    table.push_back({.method = "GET",
                     .path = "/database/info",
                     .summary = "The database: provider, configuration, health, tables",
                     .description = "Configuration without secrets; rows and bytes of the nine tables.",
                     .parameters = {},
                     .handler = &get_database_info,
                     .answer = answers<DatabaseAnswer>("DatabaseInfo", 200, {503}),
                     .keeping = Keeping::tagged,
                     .names_none = true});
    table.push_back({.method = "GET",
                     .path = "/metrics",
                     .summary = "Figures of the process for Prometheus",
                     .description = "Prometheus text format.",
                     .parameters = {},
                     .handler = &get_metrics,
                     .answer = {.name = {}, .content_type = "text/plain; version=0.0.4; charset=utf-8"},
                     .keeping = Keeping::never,
                     .names_none = true});
    table.push_back({.method = "GET",
                     .path = "/",
                     .summary = "The dashboard",
                     .description = "For people. In a program built without it, a page that lists the endpoints.",
                     .parameters = {},
                     .handler = &get_home,
                     .answer = {.name = {}, .content_type = "text/html; charset=utf-8"},
                     .keeping = Keeping::tagged,
                     .names_none = true});
    table.push_back({.method = "POST",
                     .path = "/collect",
                     .summary = "Collect now",
                     .description = "One collection cycle; a cycle under way is waited for.",
                     .parameters = {collect_limit_parameter()},
                     .handler = &post_collect,
                     .answer = answers<CollectAnswer>("Collect"),
                     .access = Access::admin,
                     .keeping = Keeping::never});
}

} // namespace gem::api
