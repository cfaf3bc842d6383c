// `db check|verify|rebuild|backup`: looking after a store.
#include <chrono>

#include "app/providers.hpp"
#include "base/json.hpp"
#include "cli/command.hpp"

namespace gem::cli {

namespace {

struct ShownDrift {
    std::string where;
    std::int64_t counted = 0;
    std::int64_t stored = 0;
};
BOOST_DESCRIBE_STRUCT(ShownDrift, (), (where, counted, stored))

struct ShownVerification {
    std::int64_t events = 0;
    std::int64_t figures = 0;
    std::int64_t drift_total = 0;
    std::vector<ShownDrift> drift;
};
BOOST_DESCRIBE_STRUCT(ShownVerification, (), (events, figures, drift_total, drift))

struct ShownCheck {
    std::vector<std::string> findings;
};
BOOST_DESCRIBE_STRUCT(ShownCheck, (), (findings))

int check(Context const& context, bool as_json) {
    auto const& config = context.settings.values.database;
    if (auto const there = require_database(config); !there) return context.failed(there.error());
    auto const findings = run_to_end(with_database(
        config, context.clock, context.log, [](DatabaseService& database) { return database.maintenance().check(); }));
    if (!findings) return context.failed(findings.error());
    if (as_json) {
        context.console.out(json::to_string(ShownCheck{*findings}) + "\n");
    } else {
        for (auto const& finding : *findings) context.console.out(finding + "\n");
        if (findings->empty()) context.console.out("The store is consistent.\n");
    }
    return findings->empty() ? exit_ok : exit_failed;
}

std::string as_text(VerifyReport const& report) {
    std::string out;
    for (auto const& drift : report.drift) {
        out += fmt::format("{}: {} events are there, {} were counted\n", drift.where, drift.counted, drift.stored);
    }
    if (report.drift_total > static_cast<std::int64_t>(report.drift.size())) {
        out += fmt::format("… and {} more\n", report.drift_total - static_cast<std::int64_t>(report.drift.size()));
    }
    return out;
}

std::string as_json_text(VerifyReport const& report) {
    ShownVerification shown{
        .events = report.events, .figures = report.figures, .drift_total = report.drift_total, .drift = {}};
    for (auto const& drift : report.drift) shown.drift.push_back({drift.where, drift.counted, drift.stored});
    return json::to_string(shown) + "\n";
}

int verify(Context const& context, bool as_json, bool mend) {
    auto const& config = context.settings.values.database;
    if (auto const there = require_database(config); !there) return context.failed(there.error());
    auto const report = run_to_end(with_database(config, context.clock, context.log, [mend](DatabaseService& database) {
        return mend ? database.maintenance().rebuild() : database.maintenance().verify();
    }));
    if (!report) return context.failed(report.error());
    if (as_json) {
        context.console.out(as_json_text(*report));
    } else {
        context.console.out(as_text(*report));
        context.console.out(fmt::format("{} events looked at, {} figures {}, {} {}\n", report->events, report->figures,
                                        mend ? "made again" : "compared", report->drift_total,
                                        mend ? "of them were wrong before" : "of them wrong"));
        if (!mend && report->drift_total > 0) context.console.out("`github-events-monitor db rebuild` mends that.\n");
    }
    return mend || report->drift_total == 0 ? exit_ok : exit_failed;
}

int backup(Context const& context, std::string const& file) {
    auto const& config = context.settings.values.database;
    if (auto const there = require_database(config); !there) return context.failed(there.error());
    auto const made = run_to_end(with_database(config, context.clock, context.log, [&file](DatabaseService& database) {
        return database.maintenance().backup(file);
    }));
    if (!made) return context.failed(made.error());
    context.console.out(fmt::format("{} holds a consistent copy\n", file));
    return exit_ok;
}

} // namespace

void add_db(CommandLine& line) {
    using enum SettingGroup;
    auto& db = line.group("db", "Look after a store: check, verify, rebuild, back up, look inside");

    auto check_json = std::make_shared<bool>(false);
    line.add(db, "check", "Let the store check its own consistency", {storage, SettingGroup::log},
             "For SQLite: PRAGMA integrity_check, at most 100 findings. Example:\n  github-events-monitor db check\n\n"
             "Exit statuses: 0 consistent; 1 findings, one a line; 2 usage.",
             [check_json](Context const& context) { return check(context, *check_json); })
        .add_flag("--json", *check_json, "As one JSON object");

    auto verify_json = std::make_shared<bool>(false);
    line.add(db, "verify", "Recount everything from the raw events and compare", {storage, SettingGroup::log},
             "Example:\n  github-events-monitor db verify --json\n\n"
             "Exit statuses: 0 every figure is right; 1 drift was found, `db rebuild` mends it; 2 usage.",
             [verify_json](Context const& context) { return verify(context, *verify_json, false); })
        .add_flag("--json", *verify_json, "As one JSON object");

    auto rebuild_json = std::make_shared<bool>(false);
    line.add(db, "rebuild", "Make every count again from the raw events", {storage, SettingGroup::log},
             "Counts from before the retention horizon are kept. Example:\n  github-events-monitor db rebuild",
             [rebuild_json](Context const& context) { return verify(context, *rebuild_json, true); })
        .add_flag("--json", *rebuild_json, "As one JSON object");

    auto file = std::make_shared<std::string>();
    line.add(db, "backup", "Write a consistent copy while others read and write", {storage, SettingGroup::log},
             "Example:\n  github-events-monitor db backup ./copy.db\n\n"
             "Exit statuses: 0 the copy is whole; 1 failed, for example because FILE is there already; 2 usage.",
             [file](Context const& context) { return backup(context, *file); })
        .add_option("FILE", *file, "Where to; must not be there yet")
        ->required();

    add_db_shell(line, db);
}

} // namespace gem::cli
