// From flags, environment and file to typed settings, with every mistake told at once.
#include "app/settings.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "app/settings_file.hpp"
#include "base/edit_distance.hpp"
#include "base/text.hpp"
#include "domain/repo_name.hpp"

extern char** environ;

namespace gem {

namespace {

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> parts;
    while (true) {
        auto const comma = text.find(',');
        if (auto const part = trimmed(text.substr(0, comma)); !part.empty()) parts.emplace_back(part);
        if (comma == std::string_view::npos) return parts;
        text.remove_prefix(comma + 1);
    }
}

std::expected<SettingValue, std::string> read_value(SettingRow const& row, std::string_view given) {
    SettingValue value{.text = std::string(trimmed(given))};
    auto const refuse = [&] {
        return std::unexpected(fmt::format("expected {}, got {}", row.expected(),
                                           row.secret ? std::string("something else") : fmt::format("\"{}\"", given)));
    };
    switch (row.kind) {
    case SettingKind::text:
        if (value.text.find('\0') != std::string::npos) return refuse();
        break;
    case SettingKind::integer: {
        if (std::ranges::count(row.choices, value.text) > 0) break;
        auto const* const end = value.text.data() + value.text.size();
        auto const [rest, error] = std::from_chars(value.text.data(), end, value.integer);
        if (error != std::errc{} || rest != end || value.integer < row.minimum || value.integer > row.maximum)
            return refuse();
        break;
    }
    case SettingKind::choice:
        value.text = ascii_lower(value.text);
        if (std::ranges::count(row.choices, value.text) == 0) return refuse();
        break;
    case SettingKind::list:
        value.list = split_list(value.text);
        break;
    }
    return value;
}

struct Given {
    std::string value;
    std::string origin; ///< for config show
    std::string where;  ///< for a mistake
};

/// The content of a secret's file without the newline at its end.
std::expected<std::string, std::string> read_secret(std::string const& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::unexpected(fmt::format("cannot read the file \"{}\": {}", path, std::strerror(errno)));
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    auto const content = trimmed(text);
    if (content.empty())
        return std::unexpected(fmt::format("expected a secret in the file \"{}\", which is empty", path));
    return std::string(content);
}

class Reader {
  public:
    explicit Reader(SettingSources const& sources) : sources_(sources) {}

    std::expected<EffectiveSettings, SettingMistakes> read() {
        read_file();
        EffectiveSettings settings;
        for (auto const& [name, value] : sources_.environment) {
            if (!value.empty() && (name.starts_with("AWS_") || name == "HOME"))
                settings.values.database.dynamodb.environment.emplace(name, value);
        }
        for (auto const& row : settings_table()) settings.origins.push_back(read_row(row, settings.values));
        if (!mistakes_.empty()) return std::unexpected(std::move(mistakes_));
        return settings;
    }

  private:
    void read_file() {
        auto path = sources_.config_file;
        std::string where = "--config";
        if (!path) {
            path = variable("GEM_CONFIG");
            where = "GEM_CONFIG";
        }
        if (!path) return;
        auto entries = read_settings_file(*path);
        if (!entries) {
            mistakes_.push_back(fmt::format("{}: {}", where, entries.error()));
            return;
        }
        std::vector<std::string> names;
        for (auto const& row : settings_table()) {
            names.emplace_back(row.name);
            if (row.secret) names.push_back(std::string(row.name) + "_file");
        }
        for (auto& entry : *entries) {
            if (std::ranges::count(names, entry.key) > 0) {
                if (entry.value)
                    file_[entry.key] = std::move(entry);
                else
                    mistakes_.push_back(
                        fmt::format("{}:{}: {}: expected {}", *path, entry.line, entry.key, entry.mistake));
                continue;
            }
            auto const near = nearest_name(entry.key, names);
            mistakes_.push_back(fmt::format("{}:{}: there is no setting \"{}\"{}", *path, entry.line, entry.key,
                                            near ? fmt::format("; did you mean \"{}\"?", *near)
                                                 : std::string("; `config show` lists those that there are")));
        }
        path_ = *path;
    }

    std::optional<std::string> variable(std::string const& name) const {
        auto const found = sources_.environment.find(name);
        if (found == sources_.environment.end() || found->second.empty()) return std::nullopt;
        return found->second;
    }

    /// Of a secret, the value itself or the content of the file that NAME_FILE names; both at once is a mistake.
    std::optional<Given> secret_or_plain(SettingRow const& row, std::optional<Given> plain, std::optional<Given> file) {
        if (!row.secret || !file) return plain;
        if (plain) {
            mistakes_.push_back(fmt::format("{} and {} are both set; expected one of them", plain->where, file->where));
            return plain;
        }
        auto content = read_secret(file->value);
        if (!content) {
            mistakes_.push_back(fmt::format("{}: {}", file->where, content.error()));
            return std::nullopt;
        }
        file->value = std::move(*content);
        return file;
    }

    std::optional<Given> from_environment(SettingRow const& row) {
        auto const look = [&](std::string const& name) -> std::optional<Given> {
            auto value = variable(name);
            if (!value) return std::nullopt;
            return Given{.value = *value, .origin = "variable " + name, .where = name};
        };
        auto given = secret_or_plain(row, look(row.variable()), look(row.variable() + "_FILE"));
        return given || row.also.empty() ? given : look(std::string(row.also));
    }

    std::optional<Given> from_file(SettingRow const& row) {
        auto const look = [&](std::string const& key) -> std::optional<Given> {
            auto const found = file_.find(key);
            if (found == file_.end()) return std::nullopt;
            auto const line = fmt::format("{}:{}", path_, found->second.line);
            return Given{
                .value = *found->second.value, .origin = "file " + line, .where = fmt::format("{}: {}", line, key)};
        };
        std::string const name(row.name);
        return secret_or_plain(row, look(name), look(name + "_file"));
    }

    /// Of a secret, what systemd hands to its service under that name (LoadCredential=), where it does.
    std::optional<Given> from_credentials(SettingRow const& row) {
        auto const directory = variable("CREDENTIALS_DIRECTORY");
        if (!row.secret || !directory) return std::nullopt;
        auto const path = fmt::format("{}/{}", *directory, row.name);
        if (::access(path.c_str(), F_OK) != 0) return std::nullopt;
        return secret_or_plain(row, {}, Given{.value = path, .origin = "credential", .where = path});
    }

    EffectiveSetting read_row(SettingRow const& row, Settings& settings) {
        Given given{.value = std::string(row.fallback), .origin = "default", .where = "default"};
        // Every source is read, so that a mistake in a weaker one is told too.
        if (auto credential = from_credentials(row)) given = take(row, std::move(*credential), given);
        if (auto file = from_file(row)) given = take(row, std::move(*file), given);
        if (auto variable = from_environment(row)) given = take(row, std::move(*variable), given);
        if (auto const flag = sources_.flags.find(std::string(row.name)); flag != sources_.flags.end()) {
            std::string const name(row.flag);
            given = take(row, {.value = flag->second, .origin = "flag " + name, .where = name}, given);
        }
        if (auto const value = read_value(row, given.value)) row.store(settings, *value);
        std::string shown = row.secret ? (given.value.empty() ? "" : "(set)") : given.value;
        return {.row = &row, .value = std::move(shown), .origin = given.origin};
    }

    /// The stronger value if it is one, with its mistake noted otherwise.
    Given take(SettingRow const& row, Given stronger, Given const& weaker) {
        auto const value = read_value(row, stronger.value);
        std::optional<std::string> refusal;
        if (!value) {
            refusal = value.error();
        } else {
            Settings scratch;
            refusal = row.store(scratch, *value);
        }
        if (!refusal) return stronger;
        mistakes_.push_back(fmt::format("{}: {}", stronger.where, *refusal));
        return weaker;
    }

    SettingSources const& sources_;
    std::map<std::string, SettingsFileEntry> file_;
    std::string path_;
    SettingMistakes mistakes_;
};

} // namespace

std::string SettingRow::variable() const {
    std::string upper(name);
    for (char& letter : upper) {
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    }
    return upper;
}

std::string SettingRow::expected() const {
    switch (kind) {
    case SettingKind::text:
        return "a text";
    case SettingKind::integer: {
        auto const range = fmt::format("a whole number from {} to {}", minimum, maximum);
        return choices.empty() ? range : fmt::format("{} or {}", fmt::join(choices, " or "), range);
    }
    case SettingKind::choice:
        return fmt::format("one of {}", fmt::join(choices, ", "));
    case SettingKind::list:
        return "a list with commas";
    }
    return {};
}

Environment process_environment() {
    Environment environment;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        std::string_view const text(*entry);
        auto const equals = text.find('=');
        if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return environment;
}

bool EffectiveSettings::is_default(std::string_view name) const {
    return std::ranges::any_of(
        origins, [&](auto const& setting) { return setting.row->name == name && setting.origin == "default"; });
}

std::expected<EffectiveSettings, SettingMistakes> read_settings(SettingSources const& sources) {
    return Reader(sources).read();
}

std::optional<std::string> nearest_name(std::string_view given, std::vector<std::string> const& names) {
    std::optional<std::string> best;
    std::size_t best_distance = std::max<std::size_t>(2, given.size() / 3) + 1;
    for (auto const& name : names) {
        auto const d = edit_distance(ascii_lower(given), name);
        if (d < best_distance) {
            best_distance = d;
            best = name;
        }
    }
    return best;
}

} // namespace gem
