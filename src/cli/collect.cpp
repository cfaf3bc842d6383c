// `collect [--once]`: polling without a server.
#include "app/collecting.hpp"
#include "base/json.hpp"
#include "cli/command.hpp"

namespace gem::cli {

namespace {

struct CollectOptions {
    bool once = false;
    bool as_json = false;
    std::optional<std::size_t> limit;
};

struct ShownTarget {
    std::string target;
    std::string outcome;
    std::size_t events_collected = 0;
    std::size_t inserted = 0;
    std::size_t duplicates = 0;
    bool gap = false;
    std::string message;
};
BOOST_DESCRIBE_STRUCT(ShownTarget, (), (target, outcome, events_collected, inserted, duplicates, gap, message))

struct ShownCycle {
    std::string status;
    std::size_t events_collected = 0;
    std::size_t new_events = 0;
    std::size_t duplicate_events = 0;
    std::size_t inserted = 0;
    UtcTime timestamp{};
    std::vector<ShownTarget> targets;
};
BOOST_DESCRIBE_STRUCT(ShownCycle, (),
                      (status, events_collected, new_events, duplicate_events, inserted, timestamp, targets))

ShownCycle shown(CollectReport const& report) {
    ShownCycle cycle{.status = report.all_failed()     ? "failed"
                               : report.errors.empty() ? "completed"
                                                       : "partial",
                     .events_collected = report.events_collected,
                     .new_events = report.new_events,
                     .duplicate_events = report.duplicate_events,
                     .inserted = report.inserted,
                     .timestamp = report.finished,
                     .targets = {}};
    for (auto const& target : report.targets) {
        cycle.targets.push_back({target.target, target.outcome, target.events_collected, target.inserted,
                                 target.duplicates, target.gap, target.message});
    }
    return cycle;
}

int once(Context const& context, CollectOptions const& options) {
    auto const report = collect_once(context.settings.values, options.limit, context.clock, context.log);
    if (!report) return context.failed(report.error());
    auto const cycle = shown(*report);
    if (options.as_json) {
        context.console.out(json::to_string(cycle) + "\n");
    } else {
        std::string out;
        for (auto const& target : cycle.targets) {
            out += fmt::format("{}: {}, {} events, {} new, {} known{}{}{}\n", target.target, target.outcome,
                               target.events_collected, target.inserted, target.duplicates,
                               target.gap ? ", events may have been missed before" : "",
                               target.message.empty() ? "" : ": ", target.message);
        }
        context.console.out(fmt::format("{}{}: {} events collected, {} stored, {} known before\n", out, cycle.status,
                                        cycle.events_collected, cycle.inserted, cycle.duplicate_events));
    }
    return report->errors.empty() ? exit_ok : exit_failed;
}

constexpr auto collect_teach =
    R"(Without --once it goes on until SIGINT or SIGTERM. With nothing named and nothing on the watch list it asks GitHub's
public time line. Examples:
  github-events-monitor collect --once --target-repositories octo-org/hello-world --json
  GITHUB_TOKEN=… TARGET_REPOSITORIES=org:kubernetes github-events-monitor collect

Exit statuses: 0 done; 1 a target failed or the database cannot be opened; 2 usage.)";

} // namespace

void add_collect(CommandLine& line) {
    using enum SettingGroup;
    auto options = std::make_shared<CollectOptions>();
    auto& command = line.add(line.root(), "collect", "Poll GitHub and store what is new",
                             {github, storage, SettingGroup::log}, collect_teach, [options](Context const& context) {
                                 if (options->once) return once(context, *options);
                                 auto const ended =
                                     collect_until_signal(context.settings.values, context.clock, context.log);
                                 return ended ? exit_ok : context.failed(ended.error());
                             });
    auto* const once_flag = command.add_flag("--once", options->once, "One cycle, then leave");
    command.add_option("--limit", options->limit, "Take at most so many events of each target")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, std::size_t{300}))
        ->needs(once_flag);
    command.add_flag("--json", options->as_json, "The report as one JSON object")->needs(once_flag);
}

} // namespace gem::cli
