// The configuration file: flat TOML, one key a setting.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace gem {

struct SettingsFileEntry {
    std::string key;
    std::size_t line = 0;
    std::optional<std::string> value; ///< as it would stand in the environment; lists with commas
    std::string mistake;              ///< what was expected, where there is no value
};

/// The entries in the order of their lines; the error says what is wrong with the file and where.
std::expected<std::vector<SettingsFileEntry>, std::string> read_settings_file(std::string const& path);

} // namespace gem
