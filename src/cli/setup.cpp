// `setup test|create|info|delete`: the store's tables, on every provider alike.
#include <algorithm>

#include "app/providers.hpp"
#include "base/json.hpp"
#include "cli/command.hpp"

namespace gem::cli {

namespace {

struct ShownTable {
    std::string name;
    std::optional<std::int64_t> rows;
    std::optional<std::int64_t> bytes;
    bool approximate = false;
};
BOOST_DESCRIBE_STRUCT(ShownTable, (), (name, rows, bytes, approximate))

struct ShownInfo {
    std::string provider;
    OrderedMap<std::optional<std::string>> configuration;
    std::string status;
    int tables_found = 0;
    std::vector<ShownTable> tables;
};
BOOST_DESCRIBE_STRUCT(ShownInfo, (), (provider, configuration, status, tables_found, tables))

Async<Result<ShownInfo>> ask(DatabaseService& database) {
    auto const description = database.connection().describe();
    auto const health = co_await database.health_check();
    ShownInfo info{.provider = description.provider,
                   .configuration = description.configuration,
                   .status = health.healthy ? "healthy" : health.error,
                   .tables_found = health.tables_found,
                   .tables = {}};
    auto const tables = co_await database.connection().table_info();
    if (!tables) co_return fail(tables.error());
    for (auto const& table : *tables) info.tables.push_back({table.name, table.rows, table.bytes, table.approximate});
    co_return info;
}

std::string name_of(DatabaseConfig const& config) {
    if (config.provider == "sqlite") return fmt::format("sqlite, {}", config.db_path);
    return fmt::format("{}, {}, tables {}*", config.provider, config.endpoint_url.value_or(config.region),
                       config.table_prefix);
}

/// For commands that only look: what is missing stays missing.
DatabaseConfig looked_at(DatabaseConfig config) {
    config.dynamodb.make_tables = false;
    return config;
}

std::string nothing_yet(DatabaseConfig const& config) {
    return fmt::format("{}: nothing is there yet and it can be made: run `github-events-monitor setup create`\n",
                       name_of(config));
}

struct Seen {
    DatabaseHealth health;
    bool empty = false; ///< the store answers and has none of the tables
};

Async<Result<Seen>> look(DatabaseService& database) {
    Seen seen{.health = co_await database.health_check()};
    if (seen.health.healthy || seen.health.tables_found > 0) co_return seen;
    auto const tables = co_await database.connection().table_info();
    seen.empty = tables && std::ranges::none_of(*tables, [](TableInfo const& table) { return table.rows.has_value(); });
    co_return seen;
}

int test(Context const& context) {
    auto const& config = context.settings.values.database;
    if (!require_database(config)) {
        if (auto const place = require_place(config); !place) return context.failed(place.error());
        context.console.out(nothing_yet(config));
        return exit_ok;
    }
    auto const seen = run_to_end(with_database(looked_at(config), context.clock, context.log, look));
    if (!seen) return context.failed(seen.error());
    auto const& [health, empty] = *seen;
    if (empty) {
        context.console.out(nothing_yet(config));
        return exit_ok;
    }
    if (!health.healthy) return context.failed(health.error);
    context.console.out(
        fmt::format("{}: healthy, {} of {} tables found\n", name_of(config), health.tables_found, table_names.size()));
    return exit_ok;
}

int create(Context const& context) {
    auto const& config = context.settings.values.database;
    if (auto const place = require_place(config); !place) return context.failed(place.error());
    bool const was_there = require_database(config).has_value();
    auto whole = config;
    whole.dynamodb.every_switch = true;
    auto const health = run_to_end(with_database(whole, context.clock, context.log,
                                                 [](DatabaseService& database) -> Async<Result<DatabaseHealth>> {
                                                     co_return co_await database.health_check();
                                                 }));
    if (!health) return context.failed(health.error());
    if (!health->healthy) return context.failed(health->error);
    context.console.out(fmt::format("{}: {} tables are there{}\n", name_of(config), health->tables_found,
                                    was_there ? "; what was in them stays" : ""));
    return exit_ok;
}

int info(Context const& context, bool as_json) {
    auto const& config = context.settings.values.database;
    if (auto const there = require_database(config); !there) return context.failed(there.error());
    auto const info = run_to_end(with_database(looked_at(config), context.clock, context.log, ask));
    if (!info) return context.failed(info.error());
    if (as_json) {
        context.console.out(json::to_string(*info) + "\n");
        return exit_ok;
    }
    std::string out = fmt::format("{:<26} {}\n", "provider", info->provider);
    for (auto const& [key, value] : info->configuration)
        out += fmt::format("{:<26} {}\n", key, value.value_or("(none)"));
    out += fmt::format("{:<26} {}\n\n{:<26} {:>14} {:>16}\n", "status", info->status, "table", "rows", "bytes");
    auto const number = [](std::optional<std::int64_t> value, bool approximate) {
        return value ? fmt::format("{}{}", approximate ? "~" : "", *value) : std::string("unknown");
    };
    for (auto const& table : info->tables) {
        out += fmt::format("{:<26} {:>14} {:>16}\n", table.name, number(table.rows, table.approximate),
                           number(table.bytes, table.approximate));
    }
    context.console.out(out);
    return exit_ok;
}

int remove(Context const& context, bool yes) {
    auto const& config = context.settings.values.database;
    if (auto const there = require_database(config); !there) return context.failed(there.error());
    if (!yes && !context.console.confirmed(fmt::format("This removes all {} tables and everything in them from {}.",
                                                       table_names.size(), name_of(config)),
                                           "delete")) {
        return exit_failed;
    }
    auto const dropped =
        run_to_end(with_database(looked_at(config), context.clock, context.log,
                                 [](DatabaseService& database) { return database.maintenance().drop_tables(); }));
    if (!dropped) return context.failed(dropped.error());
    context.console.out(fmt::format("{}: the tables are gone\n", name_of(config)));
    return exit_ok;
}

} // namespace

void add_setup(CommandLine& line) {
    using enum SettingGroup;
    auto& setup = line.group("setup", "Make, look at and remove the tables of the store");
    line.add(setup, "test", "Ask the store whether it is reachable and whole", {storage, SettingGroup::log},
             "Makes nothing. Example:\n  github-events-monitor setup test --db-path ./github_events.db\n\n"
             "Exit statuses: 0 reachable, or it can be made; 1 not; 2 usage.",
             test);
    line.add(setup, "create", "Make the tables; harmless where they are", {storage, SettingGroup::log},
             "Older schemas are brought up to date. `serve`, `collect` and `backfill` do the same when they start.\n"
             "Example:\n  DATABASE_PATH=/var/lib/gem/events.db github-events-monitor setup create",
             create);
    auto as_json = std::make_shared<bool>(false);
    auto& shown = line.add(setup, "info", "Tell the provider, its configuration, rows and sizes",
                           {storage, SettingGroup::log}, "Example:\n  github-events-monitor setup info --json",
                           [as_json](Context const& context) { return info(context, *as_json); });
    shown.add_flag("--json", *as_json, "As one JSON object");
    auto yes = std::make_shared<bool>(false);
    auto& removed = line.add(setup, "delete", "Remove the tables and all that is in them", {storage, SettingGroup::log},
                             "Asks first. Example:\n  github-events-monitor setup delete --db-path ./trial.db --yes\n\n"
                             "Exit statuses: 0 gone; 1 failed, or nobody said yes; 2 usage.",
                             [yes](Context const& context) { return remove(context, *yes); });
    removed.add_flag("--yes", *yes, "Do not ask");
}

} // namespace gem::cli
