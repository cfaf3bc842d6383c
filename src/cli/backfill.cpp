// `backfill`: GH Archive's files into the store, with a progress bar.
#include <filesystem>

#include "app/backfill_job.hpp"
#include "base/json.hpp"
#include "cli/command.hpp"

namespace gem::cli {

namespace {

struct BackfillOptions {
    std::vector<std::string> files;
    std::string from;
    std::string to;
    std::string directory;
    std::string url;
    std::vector<std::string> repos;
    std::size_t jobs = 1;
    bool gaps = false;
    bool strict = false;
    bool resume = false;
    bool quiet = false;
    bool as_json = false;
};

struct ShownBad {
    std::uint64_t line = 0;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ShownBad, (), (line, reason))

struct ShownFile {
    std::string file;
    std::uint64_t events = 0;
    std::uint64_t inserted = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t expired = 0;
    std::uint64_t rejected = 0;
    std::uint64_t filtered = 0;
    std::uint64_t no_repository = 0;
    std::uint64_t bad = 0;
    std::vector<ShownBad> bad_records;
    std::vector<std::string> rejections;
    std::optional<std::string> problem;
    bool skipped = false;
    bool finished = false;
};
BOOST_DESCRIBE_STRUCT(ShownFile, (),
                      (file, events, inserted, duplicates, expired, rejected, filtered, no_repository, bad, bad_records,
                       rejections, problem, skipped, finished))

struct ShownReport {
    bool ok = false;
    bool cancelled = false;
    std::size_t files_left = 0;
    std::optional<std::string> error;
    ShownFile totals;
    std::vector<ShownFile> files;
};
BOOST_DESCRIBE_STRUCT(ShownReport, (), (ok, cancelled, files_left, error, totals, files))

ShownFile shown(BackfillFile const& file) {
    ShownFile answer{.file = file.file,
                     .events = file.read.events,
                     .inserted = file.inserted,
                     .duplicates = file.duplicates,
                     .expired = file.expired,
                     .rejected = file.rejected,
                     .filtered = file.filtered,
                     .no_repository = file.read.no_repository,
                     .bad = file.read.bad,
                     .bad_records = {},
                     .rejections = file.rejections,
                     .problem = {},
                     .skipped = file.skipped,
                     .finished = file.finished};
    for (auto const& bad : file.bad_records) answer.bad_records.push_back({bad.line, bad.reason});
    if (file.problem) answer.problem = file.problem->message;
    return answer;
}

std::string as_json_text(BackfillReport const& report) {
    ShownReport answer{.ok = report.ok(),
                       .cancelled = report.cancelled,
                       .files_left = report.files_left,
                       .error = {},
                       .totals = shown(report.totals()),
                       .files = {}};
    if (report.error) answer.error = report.error->message;
    for (auto const& file : report.files) answer.files.push_back(shown(file));
    return json::to_string(answer) + "\n";
}

/// What is wrong with the arguments, or the job.
std::expected<BackfillJob, std::string> job_of(BackfillOptions const& options) {
    BackfillJob job{.options = {}, .directory = options.directory, .url = options.url};
    job.options.files = options.files;
    job.options.jobs = options.jobs;
    job.options.strict = options.strict;
    job.options.resume = options.resume;
    job.gaps = options.gaps;
    if (!options.from.empty()) {
        auto const from = parse_hour(options.from);
        auto const to = parse_hour(options.to);
        if (!from)
            return std::unexpected(
                fmt::format("--from: expected an hour like 2015-01-01T15, got \"{}\"", options.from));
        if (!to)
            return std::unexpected(fmt::format("--to: expected an hour like 2015-01-01T16, got \"{}\"", options.to));
        if (*from >= *to)
            return std::unexpected(fmt::format("--to: expected an hour after {}, got {}", options.from, options.to));
        job.options.hours = TimeWindow{.from = *from, .to = *to};
    } else if (options.files.empty() && !options.gaps) {
        return std::unexpected("expected files, - for standard input, a range with --from and --to, or --gaps");
    }
    bool const by_hour = job.options.hours || job.gaps;
    if (!by_hour && !(options.directory.empty() && options.url.empty()))
        return std::unexpected("--dir and --url go with a range (--from and --to) or with --gaps");
    std::error_code error;
    if (!options.directory.empty() && !std::filesystem::is_directory(options.directory, error))
        return std::unexpected(fmt::format("--dir: there is no directory \"{}\"", options.directory));
    if (!options.url.empty() && !options.url.starts_with("http://") && !options.url.starts_with("https://")) {
        return std::unexpected(
            fmt::format("--url: expected a URL that begins with http:// or https://, got \"{}\"", options.url));
    }
    for (auto const& text : options.repos) {
        auto repo = RepoName::parse(text);
        if (!repo) return std::unexpected(fmt::format("--repo: {}", repo.error().message));
        job.options.repos.push_back(std::move(*repo));
    }
    return job;
}

/// A bar that is painted over on a terminal; elsewhere a line every ten seconds and at the end.
std::function<void(BackfillProgress const&)> painter(Console const& console) {
    auto last = std::make_shared<std::chrono::steady_clock::time_point>(std::chrono::steady_clock::now());
    return [&console, last](BackfillProgress const& progress) {
        if (console.err_is_terminal) {
            console.err(fmt::format("\r{}{}", progress_bar(progress, std::max<std::size_t>(console.width - 1, 40)),
                                    progress.finished ? "\n" : ""));
            return;
        }
        auto const now = std::chrono::steady_clock::now();
        if (!progress.finished && now - *last < seconds(10)) return;
        *last = now;
        console.err(progress_line(progress) + "\n");
    };
}

int run_command(Context const& context, BackfillOptions const& options) {
    auto job = job_of(options);
    if (!job) {
        context.console.err(
            fmt::format("github-events-monitor: {}\nRun with --help for more information.\n", job.error()));
        return exit_usage;
    }
    if (!options.quiet) job->options.on_progress = painter(context.console);
    auto const report = run_backfill(context.settings.values, std::move(*job), context.clock, context.log);
    if (!report) {
        context.failed(report.error());
        return exit_failed;
    }
    if (options.as_json) {
        context.console.out(as_json_text(*report));
    } else {
        for (auto const& line : problem_lines(*report)) context.console.err(line + "\n");
        context.console.out(summary_line(*report) + "\n");
    }
    return report->ok() ? exit_ok : exit_failed;
}

constexpr auto backfill_teach =
    R"(Reads .json.gz, .json and .zst by content, not by name. Idempotent: what is there already is counted as duplicate. A range is
resumed by file. SIGINT stops between two batches and says how to go on. Examples:
  github-events-monitor backfill 2015-01-01-15.json.gz
  zcat *.json.gz | github-events-monitor backfill - --repo octo-org/hello-world
  github-events-monitor backfill --from 2024-01-01T00 --to 2024-01-02T00 --dir ./archive --jobs 2
  github-events-monitor backfill --from 2024-01-01T00 --to 2024-01-01T06 --url https://data.gharchive.org
  github-events-monitor backfill --gaps

Exit statuses: 0 everything was read and stored; 1 bad records, a damaged or missing file, or stopped; 2 usage.)";

} // namespace

void add_backfill(CommandLine& line) {
    using enum SettingGroup;
    auto options = std::make_shared<BackfillOptions>();
    auto& command =
        line.add(line.root(), "backfill", "Fill the store from GH Archive: files, standard input, or a range of hours",
                 {storage, SettingGroup::log}, backfill_teach,
                 [options](Context const& context) { return run_command(context, *options); });
    auto* const files = command.add_option("FILES", options->files, "Files; - is standard input")->type_name("");
    auto* const from = command.add_option("--from", options->from, "First hour of a range, 2024-01-01T00")
                           ->type_name("HOUR")
                           ->excludes(files);
    auto* const to =
        command.add_option("--to", options->to, "The hour after its last one")->type_name("HOUR")->needs(from);
    from->needs(to);
    auto* const gaps = command
                           .add_flag("--gaps", options->gaps,
                                     "The hours and repositories in which the collector may have missed events")
                           ->excludes(files)
                           ->excludes(from);
    auto* const directory =
        command.add_option("--dir", options->directory, "Where the range's files are (2024-01-01-0.json.gz)")
            ->type_name("DIR");
    command
        .add_option("--url", options->url,
                    fmt::format("Fetch the range's files from below here [default {}]", archive_url))
        ->type_name("URL")
        ->excludes(directory);
    command.add_option("--repo", options->repos, "Keep only events of these repositories")
        ->type_name("OWNER/NAME")
        ->excludes(gaps);
    command.add_option("--jobs", options->jobs, "Files that are read at the same time [default 1]")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, std::size_t{8}));
    command.add_flag("--strict", options->strict, "Stop at the first bad record or file");
    command.add_flag("--resume", options->resume, "Skip named files that a former run has finished");
    command.add_flag("--quiet", options->quiet, "No progress");
    command.add_flag("--json", options->as_json, "The report as one JSON object");
}

} // namespace gem::cli
