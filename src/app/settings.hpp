// The one table of settings. Flags, environment, configuration file, `--help`, `config show` and docs/CONFIGURATION.md
// come from it; only this room reads the environment.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "storage/database_factory.hpp"

namespace gem {

/// Whether `serve` polls: when there is something named or watched, always (the public time line where there is not),
/// never.
enum class PollMode { automatic, on, off };

/// What the program works with: one member for each row of the table.
struct Settings {
    DatabaseConfig database;

    std::string api_host;
    std::uint16_t api_port = 0; ///< 0: the system picks one
    std::vector<std::string> cors_origins;
    std::string api_tokens; ///< as api::TokenList takes them
    std::vector<std::string> trusted_proxies;
    std::optional<std::int64_t> rate_limit; ///< requests a second for each client; empty: off

    PollMode poll = PollMode::automatic;
    seconds poll_interval{0};
    seconds collector_lease{0};
    std::vector<std::string> target_repositories; ///< `owner/name`, `org:NAME`, `user:NAME`, `public`
    bool commit_details = true;
    bool history_on_arrival = true;
    std::int64_t commit_details_max_per_hour = 0;
    std::vector<std::string> github_tokens;
    std::string github_api_base;
    std::vector<std::string> webhook_secrets;

    bool alerts = true;
    seconds alert_interval{0};
    bool alert_allow_private_addresses = false;

    bool mcp_allow_writes = false;
    bool mcp_output_schemas = true;

    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
};

enum class SettingKind { text, integer, choice, list };

/// Which part of the program a setting belongs to; a command takes the flags of the parts that it uses.
enum class SettingGroup { storage, server, github, mcp, log };

/// A value that was read by its kind.
struct SettingValue {
    std::string text;
    std::int64_t integer = 0;
    std::vector<std::string> list{};
};

struct SettingRow {
    std::string_view name;   ///< key in the configuration file; in upper case the environment variable
    std::string_view flag{}; ///< `--port`; empty for a secret, which anybody could read in the list of processes
    std::string_view also{}; ///< another variable, read when the row's own is not set
    SettingKind kind = SettingKind::text;
    std::string_view fallback{}; ///< the default, written as a person would
    std::int64_t minimum = 0;    ///< integer
    std::int64_t maximum = 0;
    std::vector<std::string_view> choices{}; ///< choice; integer: words that stand beside the numbers
    bool secret = false;                     ///< never shown; also as NAME_FILE
    SettingGroup group = SettingGroup::storage;
    std::string_view sentence;
    /// Puts the value where it belongs, or says in one sentence what was expected.
    std::function<std::optional<std::string>(Settings&, SettingValue const&)> store;

    [[nodiscard]] std::string variable() const;
    /// `a whole number from 1 to 65535`
    [[nodiscard]] std::string expected() const;
};

std::span<SettingRow const> settings_table();

using Environment = std::map<std::string, std::string>;

/// The environment of this process.
Environment process_environment();

/// Where values come from, strongest first.
struct SettingSources {
    std::map<std::string, std::string> flags; ///< by SettingRow::name
    Environment environment;                  ///< an empty value counts as not set
    std::optional<std::string> config_file;   ///< `--config`; else GEM_CONFIG
};

/// A setting with its value and where that came from.
struct EffectiveSetting {
    SettingRow const* row = nullptr;
    std::string value;  ///< as given; of a secret `(set)` or empty
    std::string origin; ///< `default`, `flag --port`, `variable API_PORT`, `file gem.toml:3`, `credential`
};

struct EffectiveSettings {
    Settings values;
    std::vector<EffectiveSetting> origins; ///< in the order of the table
    [[nodiscard]] bool is_default(std::string_view name) const;
};

/// All mistakes at once, each a sentence that names the flag, variable or line, what was expected and what was given.
using SettingMistakes = std::vector<std::string>;

std::expected<EffectiveSettings, SettingMistakes> read_settings(SettingSources const& sources);

/// `config show`: one line a setting with its origin, secrets masked.
std::string show_settings(EffectiveSettings const& settings);
/// The same as one JSON object: name to value and origin.
std::string show_settings_json(EffectiveSettings const& settings);
/// A file for `--config`: every key with its meaning, in force what differs from the default, secrets left out.
std::string settings_toml(EffectiveSettings const& settings);
/// docs/CONFIGURATION.md, whole.
std::string settings_markdown();

/// The nearest of `names`, if one is near enough to have been meant.
std::optional<std::string> nearest_name(std::string_view given, std::vector<std::string> const& names);

} // namespace gem
