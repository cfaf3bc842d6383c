#include "storage/dynamodb/profile_file.hpp"

#include <optional>

#include "base/text.hpp"
#include "storage/dynamodb/credential_sources.hpp"

namespace gem::dynamodb {

namespace {

std::optional<std::string> profile_name(std::string_view section, bool config_file) {
    section = trimmed(section);
    if (!config_file) return std::string(section);
    if (section == "default") return std::string(section);
    if (!section.starts_with("profile ") && !section.starts_with("profile\t")) return std::nullopt;
    auto name = trimmed(section.substr(8));
    if (name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front()) {
        name = name.substr(1, name.size() - 2);
    }
    return std::string(name);
}

/// A comment begins after a blank only: a secret may contain `#`.
std::string_view without_comment(std::string_view value) {
    for (std::size_t i = 1; i < value.size(); ++i) {
        if ((value[i] == '#' || value[i] == ';') && (value[i - 1] == ' ' || value[i - 1] == '\t')) {
            return trimmed(value.substr(0, i));
        }
    }
    return value;
}

} // namespace

Profiles parse_profiles(std::string_view text, bool config_file) {
    Profiles profiles;
    std::optional<std::string> current;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        auto const line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        auto const content = trimmed(line);
        if (content.empty() || content.front() == '#' || content.front() == ';') continue;
        if (content.front() == '[') {
            auto const close = content.find(']');
            current = close == std::string_view::npos ? std::nullopt
                                                      : profile_name(content.substr(1, close - 1), config_file);
            if (current) profiles.try_emplace(*current);
            continue;
        }
        bool const nested = line.front() == ' ' || line.front() == '\t';
        auto const equals = content.find('=');
        if (!current || nested || equals == std::string_view::npos) continue;
        std::string name(trimmed(content.substr(0, equals)));
        for (char& c : name) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
        profiles[*current][std::move(name)] = without_comment(trimmed(content.substr(equals + 1)));
    }
    return profiles;
}

} // namespace gem::dynamodb
