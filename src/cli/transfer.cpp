// `export` and `import`: a store as one stream of lines, and back.
#include <chrono>

#include "app/providers.hpp"
#include "app/transfer_job.hpp"
#include "base/json.hpp"
#include "cli/command.hpp"

namespace gem::cli {

namespace {

struct ExportFlags {
    std::string output;
    bool compress = false;
    bool without_expired = false;
    bool quiet = false;
};

struct ImportFlags {
    std::vector<std::string> files;
    bool quiet = false;
    bool as_json = false;
};

struct ShownImport {
    std::int64_t lines = 0;
    std::int64_t skipped = 0;
    std::int64_t inserted = 0;
    std::int64_t duplicates = 0;
    std::int64_t expired = 0;
    std::int64_t rejected = 0;
    OrderedMap<std::int64_t> counts;
    bool finished = false;
};
BOOST_DESCRIBE_STRUCT(ShownImport, (), (lines, skipped, inserted, duplicates, expired, rejected, counts, finished))

/// A line that is painted over on a terminal; elsewhere one every ten seconds.
class Painter {
  public:
    Painter(Console const& console, bool quiet) : console_(console), quiet_(quiet) {}

    void show(std::string const& text, bool last) {
        if (quiet_) return;
        auto const now = std::chrono::steady_clock::now();
        auto const patience = console_.err_is_terminal ? std::chrono::milliseconds(200) : std::chrono::seconds(10);
        if (!last && now - shown_ < patience) return;
        shown_ = now;
        if (console_.err_is_terminal)
            console_.err(
                fmt::format("\r{:<{}}{}", text, std::max<std::size_t>(console_.width, 40) - 1, last ? "\n" : ""));
        else
            console_.err(text + "\n");
    }

  private:
    Console const& console_;
    bool quiet_;
    std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
};

std::string counts_text(std::map<std::string, std::int64_t> const& counts) {
    std::string text;
    for (auto const& [kind, count] : counts) {
        if (kind != "github-events-monitor-export") text += fmt::format(", {} {}", count, kind);
    }
    return text;
}

int run_export_command(Context const& context, ExportFlags const& flags) {
    auto const& config = context.settings.values.database;
    if (auto const there = require_database(config); !there) return context.failed(there.error());
    auto const painter = std::make_shared<Painter>(context.console, flags.quiet);
    ExportJob job{.options = {.compress = flags.compress, .without_expired = flags.without_expired},
                  .file = flags.output};
    job.options.on_progress = [painter](TransferProgress const& progress) {
        painter->show(fmt::format("{} lines exported{}", progress.lines, counts_text(progress.counts)),
                      progress.finished);
    };
    auto const done = run_export(context.settings.values, std::move(job), context.clock, context.log);
    return done ? exit_ok : context.failed(done.error());
}

int run_import_command(Context const& context, ImportFlags const& flags) {
    auto const painter = std::make_shared<Painter>(context.console, flags.quiet);
    ImportJob job{.files = flags.files.empty() ? std::vector<std::string>{"-"} : flags.files, .options = {}};
    job.options.on_progress = [painter](ImportReport const& report) {
        painter->show(fmt::format("{} lines, {} events inserted, {} duplicates", report.lines, report.inserted,
                                  report.duplicates),
                      report.finished);
    };
    auto const report = run_import(context.settings.values, std::move(job), context.clock, context.log);
    if (!report) return context.failed(report.error());
    if (flags.as_json) {
        ShownImport shown{.lines = report->lines,
                          .skipped = report->skipped,
                          .inserted = report->inserted,
                          .duplicates = report->duplicates,
                          .expired = report->expired,
                          .rejected = report->rejected,
                          .counts = {report->counts.begin(), report->counts.end()},
                          .finished = report->finished};
        context.console.out(json::to_string(shown) + "\n");
    } else {
        context.console.out(fmt::format("{}: {} lines read, {} of them stored before; {} events inserted, {} "
                                        "duplicates, {} expired, {} rejected{}\n",
                                        report->finished ? "done" : "stopped; the same import goes on from here",
                                        report->lines, report->skipped, report->inserted, report->duplicates,
                                        report->expired, report->rejected, counts_text(report->counts)));
    }
    return report->finished ? exit_ok : exit_failed;
}

constexpr auto export_teach =
    R"(Lines of JSON, the same bytes from every provider: header, events, commits, metrics, state (monitors, alert rules, coverage;
not ETags and leases), footer with counts and checksum. Runs beside a server. Examples:
  github-events-monitor export > backup.json
  github-events-monitor export --provider sqlite --compress | github-events-monitor import --provider dynamodb

Exit statuses: 0 whole; 1 failed or stopped; 2 usage.)";

constexpr auto import_teach =
    R"(Takes what `export` writes, compressed or not, and the SQLite file of the Python program before this one. Every block is
checked before it is stored; importing again stores nothing twice, and an interrupted import goes on where it stopped when
the same stream is given again. SIGINT stops it between two blocks. Examples:
  github-events-monitor import < backup.json
  github-events-monitor import --provider dynamodb backup.json.zst
  github-events-monitor import ./github_events_of_the_python_program.db

Exit statuses: 0 everything is stored; 1 damaged, cut short, failed or stopped; 2 usage.)";

} // namespace

void add_transfer(CommandLine& line) {
    using enum SettingGroup;
    auto out = std::make_shared<ExportFlags>();
    auto& exported = line.add(line.root(), "export", "Write the whole store to standard output, for import",
                              {storage, SettingGroup::log}, export_teach,
                              [out](Context const& context) { return run_export_command(context, *out); });
    exported.add_option("--output", out->output, "Write this file in place of standard output")->type_name("FILE");
    exported.add_flag("--compress", out->compress, "zstd");
    exported.add_flag("--without-expired", out->without_expired,
                      "Export although counts are kept of events whose raw form retention took: these stay behind");
    exported.add_flag("--quiet", out->quiet, "No progress");

    auto in = std::make_shared<ImportFlags>();
    auto& imported = line.add(line.root(), "import", "Store what export wrote, or the database of the Python program",
                              {storage, SettingGroup::log}, import_teach,
                              [in](Context const& context) { return run_import_command(context, *in); });
    imported.add_option("FILES", in->files, "Files; standard input when none is named, or -")->type_name("");
    imported.add_flag("--quiet", in->quiet, "No progress");
    imported.add_flag("--json", in->as_json, "The report as one JSON object");
}

} // namespace gem::cli
