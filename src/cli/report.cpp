// `report`: a repository's report for a person, a pull request or a program.
#include <filesystem>
#include <fstream>

#include "app/providers.hpp"
#include "app/report_document.hpp"
#include "base/json.hpp"
#include "charts/svg.hpp"
#include "cli/command.hpp"

#include <CLI/Validators.hpp>

namespace gem::cli {

namespace {

struct ReportOptions {
    std::string repo;
    std::string format = "md";
    std::int64_t hours = 168;
    std::string until;
    std::string bots = "exclude";
    std::string output;
};

Result<void> write_file(std::filesystem::path const& file, std::string const& bytes) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << bytes;
    out.close();
    if (!out) return fail(ErrorCode::unavailable, fmt::format("{} cannot be written", file.string()));
    return {};
}

/// Beside the Markdown file, under its name: `report.md` has `report-events.svg`.
Result<void> write_pictures(ReportDocument const& document, std::filesystem::path const& file) {
    for (auto const& block : document.blocks) {
        auto const* picture = std::get_if<ReportPicture>(&block);
        if (picture == nullptr) continue;
        auto const name = fmt::format("{}-{}.svg", file.stem().string(), picture->name);
        auto written =
            write_file(file.parent_path() / name, charts::to_svg(picture->drawing, {.theme = charts::Theme::follow}));
        if (!written) return written;
    }
    return {};
}

/// The name of a picture as a part of a link in Markdown.
std::string link_start(std::filesystem::path const& file) {
    std::string start;
    for (char const c : file.stem().string() + "-") {
        bool const as_it_is = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                              c == '_' || c == '.';
        if (as_it_is)
            start += c;
        else
            start += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return start;
}

int write_report(Context const& context, RepositoryReport const& report, ReportOptions const& options) {
    bool const to_file = !options.output.empty();
    std::filesystem::path const file(options.output);
    std::string text;
    if (options.format == "json") {
        text = json::to_string(report) + "\n";
    } else {
        auto const document = make_document(report);
        if (options.format == "html") {
            text = to_html(document);
        } else if (to_file) {
            text = to_markdown(document, link_start(file));
            if (auto const written = write_pictures(document, file); !written) return context.failed(written.error());
        } else {
            text = to_markdown(document, std::nullopt);
        }
    }
    if (!to_file) {
        context.console.out(text);
        return exit_ok;
    }
    if (auto const written = write_file(file, text); !written) return context.failed(written.error());
    return exit_ok;
}

int run_report(Context const& context, ReportOptions const& options) {
    auto const usage = [&](std::string_view message) {
        context.failed(message);
        return exit_usage;
    };
    auto const repo = RepoName::parse(options.repo);
    if (!repo) return usage("--repo: " + repo.error().message);
    RepoPeopleParams params;
    params.repo = *repo;
    params.hours = options.hours;
    params.bots = options.bots;
    if (!options.until.empty()) {
        params.until = parse_time(options.until);
        if (!params.until) return usage("--until: expected a time as RFC 3339, for example 2015-01-01T16:00:00Z");
    }
    auto const& config = context.settings.values.database;
    if (auto const there = require_database(config); !there) return context.failed(there.error());
    auto const now = context.clock.now();
    auto const report =
        run_to_end(with_database(config, context.clock, context.log, [&params, now](DatabaseService& database) {
            return make_report(database, params, now);
        }));
    if (!report) return context.failed(report.error());
    return write_report(context, *report, options);
}

} // namespace

void add_report(CommandLine& line) {
    auto const options = std::make_shared<ReportOptions>();
    auto& command = line.add(
        line.root(), "report", "A repository's report, for a person, a pull request or a program",
        {SettingGroup::storage, SettingGroup::log},
        "Activity, health with its receipts, commits, people, delivery, security, hours that stand out, and how whole "
        "the data is.\nExamples:\n  github-events-monitor report --repo octo-org/hello-world\n"
        "  github-events-monitor report --repo octo-org/hello-world --format html --output report.html\n\n"
        "Exit statuses: 0 written; 1 failed, or nothing about the repository is stored; 2 usage.",
        [options](Context const& context) { return run_report(context, *options); });
    command.add_option("--repo", options->repo, "The repository, as OWNER/NAME")->required();
    command.add_option("--format", options->format, "md (default), html (one page, drawings in it) or json (data)")
        ->check(CLI::IsMember({"md", "html", "json"}));
    command.add_option("--hours", options->hours, "Length of the window in hours, 1 to 8760 (default 168)")
        ->check(CLI::Range(1, 8760));
    command
        .add_option("--until", options->until, "End of the window, RFC 3339 (default: that of the minute that runs)")
        ->type_name("TIME");
    command.add_option("--bots", options->bots, "exclude (default), include or only: whom figures about people count")
        ->check(CLI::IsMember({"exclude", "include", "only"}));
    command
        .add_option("--output", options->output,
                    "Write to FILE instead of standard output; md then has its drawings as SVG files beside it")
        ->type_name("FILE");
}

} // namespace gem::cli
