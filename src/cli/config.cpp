// `config show`: every setting in effect and where it comes from.
#include "cli/command.hpp"

namespace gem::cli {

namespace {

struct ConfigOptions {
    bool as_json = false;
    bool markdown = false;
    bool toml = false;
};

constexpr auto config_teach = R"(Secrets are shown as (set). Examples:
  github-events-monitor config show --config /etc/github-events-monitor/config.toml
  API_PORT=9000 github-events-monitor config show --json
  github-events-monitor config show --toml > config.toml

Exit statuses: 0 the settings are good; 2 they are not, with every mistake on standard error.)";

} // namespace

void add_config(CommandLine& line) {
    auto& config = line.group("config", "Look at the configuration");
    auto options = std::make_shared<ConfigOptions>();
    using enum SettingGroup;
    auto& show = line.add(config, "show", "Print every setting, its value and where that comes from",
                          {storage, server, github, SettingGroup::mcp, SettingGroup::log}, config_teach,
                          [options](Context const& context) {
                              if (options->toml)
                                  context.console.out(settings_toml(context.settings));
                              else if (options->markdown)
                                  context.console.out(settings_markdown());
                              else if (options->as_json)
                                  context.console.out(show_settings_json(context.settings) + "\n");
                              else
                                  context.console.out(show_settings(context.settings));
                              return exit_ok;
                          });
    auto* const as_json = show.add_flag("--json", options->as_json, "As one JSON object");
    auto* const markdown =
        show.add_flag("--markdown", options->markdown, "docs/CONFIGURATION.md: the table of all settings")
            ->excludes(as_json);
    show.add_flag("--toml", options->toml, "As a configuration file with every key; secrets are left out")
        ->excludes(as_json)
        ->excludes(markdown);
}

} // namespace gem::cli
