// The table of settings for people: `config show` and docs/CONFIGURATION.md.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/settings.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace gem {

namespace {

struct ShownSetting {
    std::string value;
    std::string origin;
};
BOOST_DESCRIBE_STRUCT(ShownSetting, (), (value, origin))

std::string escaped(std::string_view text) {
    std::string out;
    for (char const letter : text) {
        if (letter == '|') out += '\\';
        out += letter;
    }
    return out;
}

/// A value as TOML writes it.
std::string toml_value(SettingRow const& row, std::string_view value) {
    bool const digits = !value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos;
    if (row.kind == SettingKind::integer && digits) return std::string(value);
    auto const quoted = [](std::string_view text) {
        std::string out = "\"";
        for (char const letter : text) {
            if (letter == '"' || letter == '\\') out += '\\';
            out += letter;
        }
        return out + "\"";
    };
    if (row.kind != SettingKind::list) return quoted(value);
    std::string list;
    while (!value.empty()) {
        auto const comma = std::min(value.find(','), value.size());
        list += (list.empty() ? "" : ", ") + quoted(trimmed(value.substr(0, comma)));
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return "[" + list + "]";
}

std::string_view title(SettingGroup group) {
    switch (group) {
    case SettingGroup::storage:
        return "Storage";
    case SettingGroup::server:
        return "Server and poller";
    case SettingGroup::github:
        return "GitHub";
    case SettingGroup::mcp:
        return "MCP";
    case SettingGroup::log:
        return "Log";
    }
    return {};
}

} // namespace

std::string show_settings(EffectiveSettings const& settings) {
    std::size_t width = 0;
    for (auto const& setting : settings.origins) width = std::max(width, setting.row->name.size());
    std::string out;
    for (auto const& [row, value, origin] : settings.origins) {
        out += fmt::format("{:<{}} = {:<28} # {}\n", row->name, width, value.empty() ? "(none)" : value, origin);
    }
    return out;
}

std::string show_settings_json(EffectiveSettings const& settings) {
    OrderedMap<ShownSetting> shown;
    for (auto const& [row, value, origin] : settings.origins)
        shown.emplace_back(row->name, ShownSetting{value, origin});
    return json::to_string(shown);
}

std::string settings_toml(EffectiveSettings const& settings) {
    std::string out = "# Settings of github-events-monitor. What begins with # is the default, or an example.\n";
    for (auto const& [row, value, origin] : settings.origins) {
        auto const secret = row->secret ? "_file" : "";
        auto const shown = row->secret ? fmt::format("\"/path/to/{}\"", row->name) : toml_value(*row, value);
        out += fmt::format("\n# {} ({}){}\n{}{}{} = {}\n", row->sentence, row->expected(),
                           row->secret ? "; the file that holds it" : "", row->secret || origin == "default" ? "#" : "",
                           row->name, secret, shown);
    }
    return out;
}

std::string settings_markdown() {
    std::string out = R"(# Configuration

<!-- Made from the table in src/app/settings_table.cpp by `github-events-monitor config show --markdown`; a test compares. -->

Each setting can come from a flag, from an environment variable, or from a TOML file named by `--config FILE` or
`GEM_CONFIG`; the flag wins over the variable, the variable over the file, the file over the default. An empty variable
counts as not set. `github-events-monitor config show` tells the value in effect and where it came from, `config show --toml`
writes a file with every key. All mistakes are told at once, before anything starts.

Secrets have no flag, because anybody on the machine can read the flags of a process. In their place a variable (or a key
of the file) with `_FILE` (`_file`) at its end can name a file that holds the secret, as container platforms mount them. Weakest
is systemd's credential of the secret's name (`LoadCredential=github_token:…`, a file in `$CREDENTIALS_DIRECTORY`).

```toml
# github-events-monitor.toml: flat, the keys are the names of the table
database_path = "/var/lib/github-events-monitor/events.db"
api_port = 8000
target_repositories = ["microsoft/vscode", "org:kubernetes"]
github_token_file = "/run/secrets/github_token"
```
)";
    for (auto const group :
         {SettingGroup::storage, SettingGroup::server, SettingGroup::github, SettingGroup::mcp, SettingGroup::log}) {
        out += fmt::format("\n## {}\n\n| key | variable | flag | value | default | meaning |\n", title(group));
        out += "| --- | --- | --- | --- | --- | --- |\n";
        for (auto const& row : settings_table()) {
            if (row.group != group) continue;
            auto const variable =
                row.secret ? fmt::format("`{0}`, `{0}_FILE`", row.variable()) : fmt::format("`{}`", row.variable());
            out +=
                fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", row.name, variable,
                            row.flag.empty() ? "(secret)" : fmt::format("`{}`", row.flag), escaped(row.expected()),
                            row.fallback.empty() ? "(none)" : fmt::format("`{}`", row.fallback), escaped(row.sentence));
        }
    }
    out += R"(
Besides: `GEM_CONFIG` names the configuration file, and AWS credentials are looked for in the order of AWS's own tools, by
their variables (docs/DYNAMODB_SETUP.md).
)";
    return out;
}

} // namespace gem
