#include "cli/cli.hpp"

#include <exception>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/version.hpp"
#include "cli/command.hpp"
#include "cli/describe.hpp"

namespace gem::cli {

namespace {

constexpr auto root_help = R"(Examples:
  github-events-monitor serve --target-repositories microsoft/vscode
  github-events-monitor backfill 2015-01-01-15.json.gz
  github-events-monitor collect --once --json

Settings: flags, then environment variables, then a TOML file (--config FILE or GEM_CONFIG), then defaults;
`github-events-monitor config show` tells each value and where it comes from.

Exit statuses: 0 done; 1 failed, or something was found wrong; 2 the arguments or settings are not what was expected.)";

std::string_view title(SettingGroup group) {
    switch (group) {
    case SettingGroup::storage:
        return "Storage";
    case SettingGroup::server:
        return "Server";
    case SettingGroup::github:
        return "GitHub";
    case SettingGroup::mcp:
        return "MCP";
    case SettingGroup::log:
        return "Log";
    }
    return {};
}

void build(CommandLine& line) {
    auto& root = line.root();
    root.get_formatter()->column_width(38);
    root.set_help_flag("-h,--help", "Print this help and leave");
    root.set_version_flag(
        "--version", [] { return fmt::format("github-events-monitor {}", version_parts().front().second); },
        "Print the version and leave (`version` tells more)");
    root.require_subcommand(1);
    root.footer(root_help);
    add_serve(line);
    add_health(line);
    add_mcp(line);
    add_collect(line);
    add_backfill(line);
    add_setup(line);
    add_db(line);
    add_forget(line);
    add_transfer(line);
    add_cost(line);
    add_report(line);
    add_config(line);
    add_openapi(line);
    add_completion(line);
    add_manual(line);
    add_version(line);
}

constexpr auto description = "GitHub Events Monitor: collects GitHub events and answers questions about repositories";

} // namespace

CLI::App& CommandLine::group(std::string const& name, std::string const& summary) {
    auto* const group = root_.add_subcommand(name, summary);
    group->require_subcommand(1);
    return *group;
}

CLI::App& CommandLine::add(CLI::App& parent, std::string const& name, std::string const& summary,
                           std::initializer_list<SettingGroup> groups, std::string const& teach, Action run) {
    auto* const command = parent.add_subcommand(name, summary);
    auto full_name = &parent == &root_ ? name : parent.get_name() + " " + name;
    names_.push_back(full_name);
    command->footer(teach);
    add_setting_flags(*command, groups);
    command->callback([this, full_name, run = std::move(run)] {
        invocation_.command = full_name;
        invocation_.run = run;
    });
    return *command;
}

void CommandLine::add_setting_flags(CLI::App& command, std::initializer_list<SettingGroup> groups) {
    if (groups.size() == 0) return;
    command.add_option("--config", invocation_.sources.config_file, "TOML file with settings [GEM_CONFIG]")
        ->type_name("FILE");
    for (auto const group : groups) {
        for (auto const& row : settings_table()) {
            if (row.group != group || row.flag.empty()) continue;
            auto const sentence =
                fmt::format("{} [{}{}]", row.sentence, row.variable(),
                            row.fallback.empty() ? std::string() : fmt::format(", default {}", row.fallback));
            auto const put = [this, name = std::string(row.name)](std::string const& text) {
                invocation_.sources.flags[name] = text;
            };
            std::string const flag(row.flag);
            command.add_option_function<std::string>(flag, put, sentence)
                ->type_name(row.kind == SettingKind::integer ? "N"
                            : row.kind == SettingKind::list  ? "LIST"
                                                             : "TEXT")
                ->group(std::string(title(group)));
        }
    }
}

std::expected<Invocation, ParseEnd> parse(std::vector<std::string> arguments, Environment environment) {
    Invocation invocation;
    invocation.sources.environment = std::move(environment);
    CLI::App root(description, "github-events-monitor");
    CommandLine line(root, invocation);
    build(line);
    std::ranges::reverse(arguments); // CLI11 takes them from the back
    try {
        root.parse(std::move(arguments));
    } catch (CLI::ParseError const& end) {
        std::ostringstream out;
        std::ostringstream err;
        bool const help = root.exit(end, out, err) == 0;
        if (help) return std::unexpected(ParseEnd{exit_ok, out.str()});
        return std::unexpected(ParseEnd{exit_usage, "github-events-monitor: " + err.str()});
    }
    return invocation;
}

std::vector<std::string> command_names() {
    Invocation invocation;
    CLI::App root;
    CommandLine line(root, invocation);
    build(line);
    return line.names();
}

std::vector<CommandDescription> describe_commands() {
    Invocation invocation;
    CLI::App root(description, "github-events-monitor");
    CommandLine line(root, invocation);
    build(line);
    return describe_commands(root, line.names());
}

int Context::failed(std::string_view message) const {
    console.err(fmt::format("github-events-monitor: {}\n", message));
    return exit_failed;
}

int run(std::vector<std::string> arguments, Environment environment, Console const& console) {
    auto const invocation = parse(std::move(arguments), std::move(environment));
    if (!invocation) {
        (invocation.error().status == exit_ok ? console.out : console.err)(invocation.error().text);
        return invocation.error().status;
    }
    auto const settings = read_settings(invocation->sources);
    if (!settings) {
        console.err(fmt::format("github-events-monitor: {} in the settings:\n  {}\n",
                                settings.error().size() == 1 ? std::string("a mistake")
                                                             : fmt::format("{} mistakes", settings.error().size()),
                                fmt::join(settings.error(), "\n  ")));
        return exit_usage;
    }
    SystemClock const clock;
    Log log(clock, settings->values.log_level, settings->values.log_format, Log::to_stderr());
    try {
        return invocation->run({console, *settings, clock, log});
    } catch (std::exception const& error) {
        console.err(fmt::format("github-events-monitor: an error that should not happen: {}\n", error.what()));
        return exit_failed;
    }
}

} // namespace gem::cli
