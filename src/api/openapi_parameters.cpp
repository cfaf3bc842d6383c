// Parameters and request bodies as the OpenAPI document has them.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/embedded.hpp"
#include "api/openapi_examples.hpp"
#include "api/openapi_parts.hpp"

namespace gem::api {

namespace {

namespace bj = boost::json;

// A name is neither `.` nor `..`.
constexpr std::string_view repo_pattern =
    R"(^[A-Za-z0-9_-]{1,39}/([A-Za-z0-9_-][A-Za-z0-9._-]{0,99}|\.[A-Za-z0-9_-][A-Za-z0-9._-]{0,98}|\.\.[A-Za-z0-9._-]{1,98})$)";
constexpr std::int64_t longest_repo = 140;
constexpr std::int64_t longest_time = 40;
constexpr std::int64_t longest_delivery = 25 * 1024 * 1024; // GitHub's own limit

bj::object text_schema(std::int64_t longest, std::string_view pattern) {
    return {{"type", "string"}, {"minLength", 1}, {"maxLength", longest}, {"pattern", pattern}};
}

bj::object schema_of_parameter(Parameter const& parameter) {
    switch (parameter.type) {
    case ParameterType::integer: {
        bj::object schema{
            {"type", "integer"}, {"format", "int32"}, {"minimum", parameter.min}, {"maximum", parameter.max}};
        if (parameter.default_number) schema["default"] = *parameter.default_number;
        return schema;
    }
    case ParameterType::text: {
        auto schema =
            text_schema(parameter.max, parameter.pattern.empty() ? R"(^[^\x00-\x1f\x7f]+$)" : parameter.pattern);
        if (!parameter.default_text.empty()) schema["default"] = parameter.default_text;
        return schema;
    }
    case ParameterType::choice: {
        bj::object schema{{"type", "string"}};
        bj::array choices;
        for (auto const each : parameter.choices) choices.emplace_back(each);
        schema["enum"] = std::move(choices);
        if (!parameter.default_text.empty()) schema["default"] = parameter.default_text;
        return schema;
    }
    case ParameterType::event_type:
        return text_schema(64, "^[A-Za-z]{1,64}$");
    case ParameterType::event_types:
        return {{"type", "array"},
                {"items", text_schema(64, "^[A-Za-z]{1,64}$")},
                {"minItems", 1},
                {"maxItems", parameter.max}};
    case ParameterType::repo:
        return text_schema(longest_repo, repo_pattern);
    case ParameterType::repos:
        return {{"type", "array"},
                {"items", text_schema(longest_repo, repo_pattern)},
                {"minItems", parameter.min},
                {"maxItems", parameter.max}};
    case ParameterType::time:
        return {{"type", "string"}, {"format", "date-time"}, {"maxLength", longest_time}};
    case ParameterType::cursor:
        return text_schema(parameter.max, R"(^[^\x00-\x1f\x7f]+$)");
    }
    return {};
}

/// A value that shows what is meant; null where none does (a cursor comes out of an answer).
bj::value example_of(Parameter const& parameter) {
    if (!parameter.example.empty()) return bj::value(parameter.example);
    if (parameter.default_number) return bj::value(*parameter.default_number);
    if (!parameter.default_text.empty()) return bj::value(parameter.default_text);
    switch (parameter.type) {
    case ParameterType::integer:
        return bj::value(parameter.max);
    case ParameterType::choice:
        return bj::value(parameter.choices.front());
    case ParameterType::event_type:
        return "PushEvent";
    case ParameterType::event_types:
        return bj::array{"PushEvent", "IssuesEvent"};
    case ParameterType::repo:
        return "octo-org/hello-world";
    case ParameterType::repos:
        return bj::array{"octo-org/hello-world", "octo-org/spoon-knife"};
    case ParameterType::time:
        return parameter.name == "since" ? "2026-03-02T09:00:00Z" : "2026-03-02T10:00:00Z";
    case ParameterType::text:
    case ParameterType::cursor:
        break;
    }
    return nullptr;
}

std::string_view word_of(ParameterPlace place) {
    switch (place) {
    case ParameterPlace::path:
        return "path";
    case ParameterPlace::header:
        return "header";
    case ParameterPlace::query:
    case ParameterPlace::body:
        break;
    }
    return "query";
}

/// Of the ways to name a window one has an example, for together they are refused: the one with a default, else the
/// first.
bool has_example(Route const& route, Parameter const& parameter) {
    constexpr std::array<std::string_view, 3> ways = {"hours", "offset_minutes", "days"};
    if (std::ranges::find(ways, parameter.name) == ways.end()) return true;
    Parameter const* chosen = nullptr;
    for (auto const& each : route.parameters) {
        if (std::ranges::find(ways, each.name) == ways.end()) continue;
        if (chosen == nullptr || (each.default_number && !chosen->default_number)) chosen = &each;
    }
    return chosen->name == parameter.name;
}

bj::object row_of(Route const& route, Parameter const& parameter) {
    bj::object row{{"name", parameter.name}, {"in", word_of(parameter.place)}, {"description", parameter.sentence}};
    row["required"] = parameter.required;
    if (parameter.type == ParameterType::repos) {
        row["style"] = "form";
        row["explode"] = false;
    }
    row["schema"] = schema_of_parameter(parameter);
    auto example = example_of(parameter);
    if (has_example(route, parameter) && !example.is_null())
        row["examples"] = bj::object{{usual_example, bj::object{{"value", std::move(example)}}}};
    return row;
}

} // namespace

bj::array openapi_parameters(Route const& route) {
    bj::array rows;
    for (auto const& parameter : route.parameters) {
        if (parameter.place == ParameterPlace::body) continue;
        rows.push_back(row_of(route, parameter));
        for (auto const alias : parameter.aliases) {
            bj::object row{{"name", alias},
                           {"in", word_of(parameter.place)},
                           {"description", fmt::format("The same as `{}`.", parameter.name)},
                           {"required", false}};
            auto schema = schema_of_parameter(parameter);
            schema.erase("default");
            row["schema"] = std::move(schema);
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

std::optional<bj::object> openapi_request_body(Route const& route) {
    bj::object properties;
    bj::array required;
    for (auto const& parameter : route.parameters) {
        if (parameter.place != ParameterPlace::body) continue;
        auto schema = schema_of_parameter(parameter);
        schema["description"] = parameter.sentence;
        properties[parameter.name] = std::move(schema);
        if (parameter.required) required.emplace_back(parameter.name);
    }
    if (properties.empty() && !route.own_body) return std::nullopt;
    bj::object schema{{"type", "object"}};
    if (!properties.empty()) {
        schema["properties"] = std::move(properties);
        schema["additionalProperties"] = false;
    }
    if (!required.empty()) schema["required"] = std::move(required);
    bj::object media{{"schema", std::move(schema)}};
    if (auto example = find_example(example_stem(route) + ".request"))
        media["examples"] = bj::object{{usual_example, bj::object{{"value", std::move(*example)}}}};
    bj::object content{{"application/json", std::move(media)}};
    if (route.own_body) { // GitHub sends a webhook's payload as it was set up there
        auto payload = text_schema(longest_delivery, R"(^\s*\{)");
        payload["description"] = "The payload as JSON.";
        bj::object form{{"type", "object"},
                        {"properties", bj::object{{"payload", std::move(payload)}}},
                        {"required", bj::array{"payload"}}};
        content["application/x-www-form-urlencoded"] = bj::object{{"schema", std::move(form)}};
    }
    return bj::object{{"required", true}, {"content", std::move(content)}};
}

} // namespace gem::api
