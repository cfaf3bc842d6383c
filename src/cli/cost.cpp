// `cost`: what this month's use of a database that charges by use has cost, and what a load would cost.
#include <algorithm>

#include "app/cost.hpp"
#include "app/providers.hpp"
#include "base/json.hpp"
#include "cli/command.hpp"

#include <CLI/Validators.hpp>

namespace gem::cli {

namespace {

constexpr std::string_view prices_note = "Prices of us-east-1 (on demand): $0.625 a million write units, $0.125 a "
                                         "million read units, $0.25 a GB and month;\n"
                                         "other regions cost up to about twice that.\n";

int show_month(Context const& context, bool as_json) {
    auto config = context.settings.values.database;
    config.dynamodb.make_tables = false; // only looks
    if (auto const there = require_database(config); !there) return context.failed(there.error());
    auto const now = context.clock.now();
    auto const month = run_to_end(with_database(
        config, context.clock, context.log, [now](DatabaseService& database) { return cost_of_month(database, now); }));
    if (!month) return context.failed(month.error());
    if (!*month) {
        context.console.out(as_json ? "null\n"
                                    : fmt::format("The database {} charges for no requests.\n", config.provider));
        return exit_ok;
    }
    auto const& cost = **month;
    if (as_json) {
        context.console.out(json::to_string(cost) + "\n");
        return exit_ok;
    }
    std::string out = fmt::format("{:<28} {:<22} {:<20} {:>14} {:>14} {:>10}\n", cost.month + ", table", "index",
                                  "operation", "read units", "write units", "US$");
    for (auto const& row : cost.rows) {
        out += fmt::format("{:<28} {:<22} {:<20} {:>14.1f} {:>14.1f} {:>10.4f}\n", row.table, row.index, row.operation,
                           row.read_units.value, row.write_units.value, row.cost_usd.value);
    }
    out += fmt::format("\nUnits this month:   ${:.4f}\nUntil its end:      ${:.4f}, going on like this\n",
                       cost.cost_usd.value, cost.projected_usd.value);
    if (cost.storage_gb) {
        out += fmt::format("Storage:            ${:.4f} a month for {:.3f} GB (sizes up to six hours old)\n",
                           cost.storage_usd.value, cost.storage_gb->value);
    }
    context.console.out(out + "\n" + std::string(prices_note));
    return exit_ok;
}

int show_estimate(Context const& context, Load const& load, bool as_json) {
    auto const estimate = estimate_cost(load);
    if (as_json) {
        context.console.out(json::to_string(estimate) + "\n");
        return exit_ok;
    }
    context.console.out(
        fmt::format("{:.0f} events and {:.0f} queries an hour, {:g} GB, in a month of 730 hours:\n\n"
                    "Writes    {:>14.0f} units  ${:>8.2f}\nReads     {:>14.0f} units  "
                    "${:>8.2f}\nStorage   {:>14g} GB     ${:>8.2f}\n"
                    "Together                        ${:>8.2f}\n\n{}"
                    "How many units an event and a query take is assumed, not measured: docs/COST.md.\n",
                    load.events_per_hour, load.queries_per_hour, load.storage_gb, estimate.write_units.value,
                    estimate.writes_usd.value, estimate.read_units.value, estimate.reads_usd.value, load.storage_gb,
                    estimate.storage_usd.value, estimate.total_usd.value, prices_note));
    return exit_ok;
}

} // namespace

void add_cost(CommandLine& line) {
    using enum SettingGroup;
    struct Options {
        Load load;
        bool estimated = false; ///< `cost estimate`, after which CLI11 comes to `cost` as well
        bool as_json = false;
    };
    auto const options = std::make_shared<Options>();
    auto const run = [options](Context const& context) {
        return options->estimated ? show_estimate(context, options->load, options->as_json)
                                  : show_month(context, options->as_json);
    };
    auto& month =
        line.add(line.root(), "cost", "What this month's use of the database has cost, by table and operation",
                 {storage, SettingGroup::log},
                 "Counted by all processes that use the tables; each saves its counts every five minutes, when "
                 "it is asked for its health, and when it ends.\nExamples:\n  github-events-monitor cost "
                 "--provider dynamodb\n  github-events-monitor cost estimate --events-per-hour 1000 "
                 "--queries-per-hour 10000 --storage-gb 1\n\nExit statuses: 0 told; 1 failed; 2 usage.",
                 run);
    month.add_flag("--json", options->as_json, "As one JSON object; null where nothing is charged");
    auto& estimate = line.add(month, "estimate", "What a load would cost a month on DynamoDB; asks nobody", {},
                              "Exit statuses: 0 told; 2 usage.", run);
    estimate.parse_complete_callback([options] { options->estimated = true; });
    auto const number = [&](std::string const& name, double& into, std::string const& text) {
        estimate.add_option(name, into, text)
            ->check(CLI::NonNegativeNumber)
            ->type_name("NUMBER")
            ->capture_default_str();
    };
    number("--events-per-hour", options->load.events_per_hour, "Events stored an hour");
    number("--queries-per-hour", options->load.queries_per_hour, "Questions answered an hour");
    number("--storage-gb", options->load.storage_gb, "Gigabytes kept");
    estimate.add_flag("--json", options->as_json, "As one JSON object");
}

} // namespace gem::cli
