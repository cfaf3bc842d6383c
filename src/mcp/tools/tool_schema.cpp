#include "mcp/tools/tool_schema.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gem::mcp {

namespace {

/// Parameters that many tools have: what they mean is said once, in the server's instructions, and not in each tool.
bool is_common(std::string_view name) {
    return name == "hours" || name == "until" || name == "bots" || name == "cursor";
}

Object schema_of(api::Parameter const& parameter) {
    using enum api::ParameterType;
    Object schema;
    switch (parameter.type) {
    case integer:
        schema["type"] = "integer";
        schema["minimum"] = parameter.min;
        schema["maximum"] = parameter.max;
        if (parameter.default_number) schema["default"] = *parameter.default_number;
        break;
    case choice: {
        schema["type"] = "string";
        Array choices;
        for (auto const each : parameter.choices) choices.emplace_back(each);
        schema["enum"] = std::move(choices);
        if (!parameter.default_text.empty()) schema["default"] = parameter.default_text;
        break;
    }
    case repos:
    case event_types:
        schema["type"] = "array";
        schema["items"] = Object{{"type", "string"}};
        schema["maxItems"] = parameter.max;
        break;
    case time:
        schema["type"] = "string";
        schema["format"] = "date-time";
        break;
    case text:
    case event_type:
    case repo:
    case cursor:
        schema["type"] = "string";
        break;
    }
    if (parameter.name == "repo")
        schema["description"] = "owner/name";
    else if (!is_common(parameter.name))
        schema["description"] = parameter.sentence;
    return schema;
}

/// Items of lists may lack any member.
void relax_items(Value& schema, bool in_item) {
    auto* const object = schema.if_object();
    if (object == nullptr) return;
    if (in_item) object->erase("required");
    if (auto* const properties = object->if_contains("properties"); properties != nullptr && properties->is_object()) {
        for (auto& property : properties->get_object()) relax_items(property.value(), false);
    }
    if (auto* const items = object->if_contains("items")) relax_items(*items, true);
    if (auto* const more = object->if_contains("additionalProperties")) relax_items(*more, false);
    if (auto* const any = object->if_contains("anyOf"); any != nullptr && any->is_array()) {
        for (auto& each : any->get_array()) relax_items(each, in_item);
    }
}

bool holds_list(Value const& schema) {
    auto const* const object = schema.if_object();
    if (object == nullptr) return false;
    if (get_string(*object, "type") == "array") return true;
    if (auto const* const properties = get_object(*object, "properties")) {
        for (auto const& property : *properties) {
            if (std::string_view(property.key()) != "coverage" && holds_list(property.value())) return true;
        }
    }
    auto const* const more = object->if_contains("additionalProperties");
    return more != nullptr && holds_list(*more);
}

void erase_name(Object& schema, std::string_view name) {
    if (auto* const properties = schema.if_contains("properties")) properties->get_object().erase(name);
    if (auto* const required = schema.if_contains("required")) {
        auto& names = required->get_array();
        names.erase(std::remove(names.begin(), names.end(), Value(name)), names.end());
    }
}

} // namespace

bool has_lists(Object const& output_schema) { return holds_list(Value(output_schema)); }

bool is_hidden(api::Route const& route, api::Parameter const& parameter) {
    if (parameter.name == "format") return true;
    auto const hours = std::ranges::find(route.parameters, "hours", &api::Parameter::name);
    // Taken all the same; `hours` says it in fewer words.
    return parameter.name == "offset_minutes" && hours != route.parameters.end() && hours->default_number;
}

Object input_schema(ToolRow const& row, api::Route const& route, Object const& output) {
    Object properties;
    Array required;
    for (auto const& parameter : route.parameters) {
        if (is_hidden(route, parameter)) continue;
        properties[parameter.name] = schema_of(parameter);
        if (parameter.required && !(row.watched_by_default && parameter.name == "repos"))
            required.emplace_back(parameter.name);
    }
    if (!output.empty()) {
        properties["max_bytes"] = Object{{"type", "integer"}, {"default", default_max_bytes}};
    }
    // Short lists are shortened by them all the same.
    bool const may_be_long =
        properties.contains("hours") || properties.contains("limit") || properties.contains("repo");
    if (may_be_long && has_lists(output)) {
        properties["fields"] = Object{{"type", "array"}, {"items", Object{{"type", "string"}}}};
        if (!properties.contains("cursor")) properties["cursor"] = Object{{"type", "string"}};
    }
    Object schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
}

Object output_schema(ToolRow const& row, api::Route const& route) {
    if (route.answer.schema == nullptr) return {};
    auto parsed = parse_json(route.answer.schema());
    if (!parsed || !parsed->is_object() || get_string(parsed->get_object(), "type") != "object") return {};
    relax_items(*parsed, false);
    auto& schema = parsed->get_object();
    for (auto const name : row.left_out) erase_name(schema, name);
    // The same in every answer, and explained by the server's instructions: spelled out they cost a third of the list.
    for (auto const* const same : {"window", "coverage"}) {
        auto& properties = schema.at("properties").as_object();
        if (properties.contains(same)) properties[same] = Object{{"type", "object"}};
    }
    if (has_lists(schema)) {
        auto& properties = schema.at("properties").as_object();
        properties["truncated"] = Object{{"type", "boolean"}};
        properties["cursor"] = Object{{"type", "string"}};
    }
    return std::move(schema);
}

} // namespace gem::mcp
