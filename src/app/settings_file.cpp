#include "app/settings_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <sys/stat.h>

#include <toml++/toml.h>

namespace gem {

namespace {

std::optional<std::string> scalar(toml::node const& node) {
    if (auto const* text = node.as_string()) return text->get();
    if (auto const* number = node.as_integer()) return std::to_string(number->get());
    if (auto const* flag = node.as_boolean()) return flag->get() ? "on" : "off";
    return std::nullopt;
}

SettingsFileEntry read_entry(std::string key, toml::node const& node) {
    SettingsFileEntry entry{
        .key = std::move(key), .line = node.source().begin.line, .value = scalar(node), .mistake = {}};
    if (auto const* array = node.as_array()) {
        std::string joined;
        for (auto const& element : *array) {
            auto const text = scalar(element);
            if (!text || text->find(',') != std::string::npos) {
                entry.mistake = "a list of texts without commas in them";
                return entry;
            }
            if (!joined.empty()) joined += ',';
            joined += *text;
        }
        entry.value = std::move(joined);
    } else if (!entry.value) {
        entry.mistake = "a text, a whole number, true or false, or a list of texts";
    }
    return entry;
}

} // namespace

std::expected<std::vector<SettingsFileEntry>, std::string> read_settings_file(std::string const& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        return std::unexpected(
            fmt::format("cannot read the configuration file \"{}\": {}", path, std::strerror(errno)));
    }
    std::ifstream file(path, std::ios::binary);
    if (S_ISDIR(status.st_mode) || !file) {
        return std::unexpected(fmt::format("cannot read the configuration file \"{}\"", path));
    }
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    toml::table table;
    try {
        table = toml::parse(std::string_view(text), std::string_view(path));
    } catch (toml::parse_error const& error) {
        auto const& where = error.source().begin;
        return std::unexpected(
            fmt::format("{}:{}:{}: not TOML: {}", path, where.line, where.column, error.description()));
    }
    std::vector<SettingsFileEntry> entries;
    for (auto const& [key, node] : table) entries.push_back(read_entry(std::string(key.str()), node));
    std::ranges::sort(entries, {}, [](SettingsFileEntry const& entry) { return std::pair(entry.line, entry.key); });
    return entries;
}

} // namespace gem
