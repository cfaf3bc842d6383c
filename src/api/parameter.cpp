#include "api/parameter.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "domain/event_type.hpp"

namespace gem::api {

namespace {

constexpr std::size_t longest_body = 64 * 1024;

using Parsed = std::expected<ArgumentValue, Problem>;

/// A value as it is repeated to the client: short, and without control characters.
std::string shown(std::string_view value) {
    std::string text;
    for (char const c : value.substr(0, 80)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    if (value.size() > 80) text += "…";
    return text;
}

Problem wrong(unsigned status, std::string_view code, Parameter const& parameter, std::string_view value) {
    return {.status = status,
            .error_code = std::string(code),
            .detail =
                fmt::format("`{}` must be {}, got \"{}\"", parameter.name, describe_limits(parameter), shown(value))};
}

Parsed parse_integer(Parameter const& parameter, std::string_view value) {
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    bool const whole = end == value.data() + value.size() && !value.empty();
    if (error == std::errc::result_out_of_range && whole)
        return std::unexpected(wrong(422, "INVALID_PARAMETER", parameter, value));
    if (error != std::errc() || !whole) return std::unexpected(wrong(400, "INVALID_PARAMETER", parameter, value));
    if (number < parameter.min || number > parameter.max)
        return std::unexpected(wrong(422, "INVALID_PARAMETER", parameter, value));
    return number;
}

Parsed parse_repo(Parameter const& parameter, std::string_view value) {
    auto repo = RepoName::parse(value);
    if (!repo) return std::unexpected(wrong(422, "INVALID_REPO_FORMAT", parameter, value));
    return *repo;
}

Parsed parse_repos(Parameter const& parameter, std::string_view value) {
    std::vector<RepoName> repos;
    auto rest = value;
    while (true) {
        auto const comma = rest.find(',');
        auto const name = rest.substr(0, comma);
        auto repo = RepoName::parse(name);
        if (!repo) return std::unexpected(wrong(422, "INVALID_REPO_FORMAT", parameter, name));
        if (std::ranges::find(repos, *repo) == repos.end()) repos.push_back(std::move(*repo));
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    auto const count = static_cast<std::int64_t>(repos.size());
    if (count < parameter.min || count > parameter.max)
        return std::unexpected(wrong(422, "INVALID_PARAMETER", parameter, value));
    return repos;
}

Parsed parse_event_types(Parameter const& parameter, std::string_view value) {
    std::vector<std::string> types;
    for (auto rest = value;;) {
        auto const comma = rest.find(',');
        auto const type = rest.substr(0, comma);
        if (!is_event_type(type)) return std::unexpected(wrong(422, "INVALID_PARAMETER", parameter, type));
        types.emplace_back(type);
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    if (static_cast<std::int64_t>(types.size()) > parameter.max)
        return std::unexpected(wrong(422, "INVALID_PARAMETER", parameter, value));
    return types;
}

Parsed parse_text(Parameter const& parameter, std::string_view value) {
    bool const control =
        std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (value.empty() || control || static_cast<std::int64_t>(value.size()) > parameter.max)
        return std::unexpected(wrong(422, "INVALID_PARAMETER", parameter, value));
    return std::string(value);
}

Parsed parse_value(Parameter const& parameter, std::string_view value) {
    switch (parameter.type) {
    case ParameterType::integer:
        return parse_integer(parameter, value);
    case ParameterType::repo:
        return parse_repo(parameter, value);
    case ParameterType::repos:
        return parse_repos(parameter, value);
    case ParameterType::text:
    case ParameterType::cursor:
        return parse_text(parameter, value);
    case ParameterType::choice:
        if (std::ranges::find(parameter.choices, value) == parameter.choices.end())
            return std::unexpected(wrong(422, "INVALID_PARAMETER", parameter, value));
        return std::string(value);
    case ParameterType::event_type:
        if (!is_event_type(value)) return std::unexpected(wrong(422, "INVALID_PARAMETER", parameter, value));
        return std::string(value);
    case ParameterType::event_types:
        return parse_event_types(parameter, value);
    case ParameterType::time: {
        // A `+` of an offset that was sent unencoded arrives as a blank.
        std::string text(value);
        if (text.size() > 6 && text[text.size() - 6] == ' ') text[text.size() - 6] = '+';
        auto const time = parse_time(text);
        if (!time) return std::unexpected(wrong(400, "INVALID_PARAMETER", parameter, value));
        // Ends of windows are rounded up to the minute and must still have four digits of a year.
        if (*time > std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + hours(23) + minutes(59))
            return std::unexpected(wrong(422, "INVALID_PARAMETER", parameter, value));
        return *time;
    }
    }
    return std::unexpected(wrong(422, "INVALID_PARAMETER", parameter, value));
}

bool is_named(Parameter const& parameter, std::string_view name) {
    return parameter.name == name || std::ranges::find(parameter.aliases, name) != parameter.aliases.end();
}

Problem unknown(std::vector<Parameter> const& parameters, std::string_view name, ParameterPlace place) {
    std::vector<std::string_view> known;
    for (auto const& parameter : parameters) {
        if (parameter.place != place) continue;
        known.push_back(parameter.name);
        known.insert(known.end(), parameter.aliases.begin(), parameter.aliases.end());
    }
    auto const near = nearest(name, known);
    auto detail = fmt::format("unknown {} `{}`", place == ParameterPlace::body ? "member" : "parameter", shown(name));
    if (!near.empty()) detail += fmt::format("; did you mean `{}`?", near);
    if (known.empty())
        detail += "; none is taken here";
    else
        detail += fmt::format(" Known: {}", fmt::join(known, ", "));
    return {.status = 422, .error_code = "UNKNOWN_PARAMETER", .detail = std::move(detail)};
}

using Given = std::vector<std::pair<std::string, std::string>>;

/// What the request gave at one place, against the table; `given` is consumed in its order.
std::expected<void, Problem> take_all(std::vector<Parameter> const& parameters, ParameterPlace place,
                                      Given const& given, Arguments& arguments) {
    for (auto const& [name, value] : given) {
        auto const row = std::ranges::find_if(parameters, [&](Parameter const& parameter) {
            return parameter.place == place && is_named(parameter, name);
        });
        if (row == parameters.end()) return std::unexpected(unknown(parameters, name, place));
        if (arguments.has(row->name)) {
            return std::unexpected(Problem{.status = 422,
                                           .error_code = "INVALID_PARAMETER",
                                           .detail = fmt::format("`{}` was given more than once", row->name)});
        }
        auto parsed = parse_value(*row, value);
        if (!parsed) return std::unexpected(std::move(parsed.error()));
        arguments.set(row->name, std::move(*parsed));
    }
    return {};
}

/// An array of strings as one text, with commas; nothing if it is no such array or a string has a comma itself.
std::optional<std::string> joined(boost::json::value const& value) {
    auto const* const array = value.if_array();
    if (array == nullptr || array->empty()) return std::nullopt;
    std::string all;
    for (auto const& each : *array) {
        auto const* const text = each.if_string();
        if (text == nullptr || text->find(',') != boost::json::string::npos) return std::nullopt;
        if (&each != &array->front()) all += ',';
        all.append(text->data(), text->size());
    }
    return all;
}

bool takes_a_list(std::vector<Parameter> const& parameters, std::string_view name) {
    auto const found = std::ranges::find(parameters, name, &Parameter::name);
    return found != parameters.end() &&
           (found->type == ParameterType::event_types || found->type == ParameterType::repos);
}

/// The members of a JSON object as texts: strings as they are, integers in decimal, booleans as words, lists of
/// strings (where one is wanted) with commas.
std::expected<Given, Problem> read_body(http::Request const& request, std::vector<Parameter> const& parameters) {
    auto const bad = [](unsigned status, std::string_view code, std::string detail) {
        return std::unexpected(Problem{.status = status, .error_code = std::string(code), .detail = std::move(detail)});
    };
    auto const type = request.header("content-type");
    auto const is_json = type && ascii_lower(trimmed(type->substr(0, type->find(';')))) == "application/json";
    if (!is_json) {
        return bad(
            415, "UNSUPPORTED_MEDIA_TYPE",
            fmt::format("the body must be application/json, got \"{}\"", shown(type ? *type : std::string_view{})));
    }
    if (request.body.size() > longest_body)
        return bad(413, "PAYLOAD_TOO_LARGE", fmt::format("the body must be at most {} bytes", longest_body));
    boost::json::error_code error;
    boost::json::parse_options options;
    options.max_depth = 8;
    auto const value = boost::json::parse(request.body, error, {}, options);
    if (error) return bad(400, "MALFORMED_JSON", fmt::format("the body is not JSON: {}", error.message()));
    auto const* const object = value.if_object();
    if (object == nullptr) return bad(422, "INVALID_PARAMETER", "the body must be a JSON object");
    Given given;
    for (auto const& member : *object) {
        std::string name(member.key());
        if (auto const* text = member.value().if_string())
            given.emplace_back(std::move(name), std::string(*text));
        else if (auto const* number = member.value().if_int64())
            given.emplace_back(std::move(name), std::to_string(*number));
        else if (auto const* flag = member.value().if_bool())
            given.emplace_back(std::move(name), *flag ? "true" : "false");
        else if (auto list = joined(member.value()); list && takes_a_list(parameters, name))
            given.emplace_back(std::move(name), std::move(*list));
        else
            return bad(422, "INVALID_PARAMETER",
                       fmt::format("`{}` must be a string, an integer or true or false{}", shown(name),
                                   takes_a_list(parameters, name) ? ", or a list of strings" : ""));
    }
    return given;
}

} // namespace

std::string describe_limits(Parameter const& parameter) {
    switch (parameter.type) {
    case ParameterType::integer:
        return fmt::format("an integer from {} to {}", parameter.min, parameter.max);
    case ParameterType::text:
        return fmt::format("1 to {} bytes without control characters", parameter.max);
    case ParameterType::choice:
        return fmt::format("one of {}", fmt::join(parameter.choices, ", "));
    case ParameterType::event_type:
        return "an event type of 1 to 64 letters, for example PushEvent";
    case ParameterType::event_types:
        return fmt::format("1 to {} event types of 1 to 64 letters, for example PushEvent", parameter.max);
    case ParameterType::repo:
        return "a repository as owner/name (owner: up to 39 letters, digits, - or _; name: up to 100 letters, digits, "
               "-, _ "
               "or .)";
    case ParameterType::repos:
        return fmt::format("{} to {} repositories as owner/name, comma-separated", parameter.min, parameter.max);
    case ParameterType::time:
        return "a time of the years 1970 to 9999 as RFC 3339, for example 2015-01-01T16:00:00Z";
    case ParameterType::cursor:
        return "the cursor of an earlier answer";
    }
    return {};
}

std::string Arguments::canonical() const {
    std::string text;
    for (auto const& [name, value] : values_) {
        text += text.empty() ? '?' : '&';
        text += name;
        text += '=';
        if (auto const* number = std::get_if<std::int64_t>(&value))
            text += std::to_string(*number);
        else if (auto const* words = std::get_if<std::string>(&value))
            text += std::to_string(words->size()) + ':' + *words;
        else if (auto const* repo = std::get_if<RepoName>(&value))
            text += repo->text();
        else if (auto const* time = std::get_if<UtcTime>(&value))
            text += format_time(*time);
        else if (auto const* repos = std::get_if<std::vector<RepoName>>(&value)) {
            for (auto const& each : *repos) text += each.text() + ',';
        } else if (auto const* types = std::get_if<std::vector<std::string>>(&value)) {
            text += fmt::format("{}", fmt::join(*types, ","));
        }
    }
    return text;
}

std::expected<Arguments, Problem> validate(std::vector<Parameter> const& parameters, http::Request const& request,
                                           std::vector<std::pair<std::string_view, std::string>> const& path_values,
                                           bool own_body) {
    Arguments arguments;
    Given path;
    for (auto const& [name, value] : path_values) path.emplace_back(std::string(name), value);
    if (auto done = take_all(parameters, ParameterPlace::path, path, arguments); !done)
        return std::unexpected(std::move(done.error()));
    if (auto done = take_all(parameters, ParameterPlace::query, request.query, arguments); !done)
        return std::unexpected(std::move(done.error()));

    bool const takes_body = std::ranges::find(parameters, ParameterPlace::body, &Parameter::place) != parameters.end();
    if (!own_body && (takes_body || !request.body.empty())) {
        auto given = read_body(request, parameters);
        if (!given) return std::unexpected(std::move(given.error()));
        if (auto done = take_all(parameters, ParameterPlace::body, *given, arguments); !done)
            return std::unexpected(std::move(done.error()));
    }

    bool const named_window = arguments.has("hours") || arguments.has("offset_minutes");
    if (arguments.has("hours") && arguments.has("offset_minutes")) {
        return std::unexpected(
            Problem{.status = 422,
                    .error_code = "INVALID_PARAMETER",
                    .detail = "`hours` and `offset_minutes` both name the window: give one of them"});
    }
    for (auto const& parameter : parameters) {
        if (parameter.place == ParameterPlace::header || arguments.has(parameter.name)) continue;
        if (parameter.required) {
            return std::unexpected(Problem{
                .status = 422,
                .error_code = "MISSING_PARAMETER",
                .detail = fmt::format("`{}` is missing; it must be {}", parameter.name, describe_limits(parameter))});
        }
        bool const names_window = parameter.name == "hours" || parameter.name == "offset_minutes";
        if (names_window && named_window) continue;
        if (parameter.default_number)
            arguments.set(parameter.name, *parameter.default_number);
        else if (!parameter.default_text.empty())
            arguments.set(parameter.name, std::string(parameter.default_text));
    }
    return arguments;
}

} // namespace gem::api
