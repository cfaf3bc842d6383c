// JSON Schema (2020-12) of described structs: the same description that writes an answer says what it looks like.
#pragma once

#include <string>

#include "base/json.hpp"

namespace gem::api {

template <class T>
void write_schema(std::string& out);

/// The properties of a described struct, the inherited ones first, and which of them are always there.
template <class T>
void write_properties(std::string& properties, std::string& required) {
    boost::mp11::mp_for_each<boost::describe::describe_bases<T, boost::describe::mod_public>>(
        [&](auto base) { write_properties<typename decltype(base)::type>(properties, required); });
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
        using Field = std::remove_cvref_t<decltype(std::declval<T const&>().*member.pointer)>;
        if (!properties.empty()) properties += ',';
        json::write_string(properties, json::key_of(member.name));
        properties += ':';
        if constexpr (json::IsAbsent<Field>::value) {
            using Value = std::remove_cvref_t<decltype(*std::declval<Field const&>().value)>;
            write_schema<Value>(properties);
        } else {
            write_schema<Field>(properties);
            if (!required.empty()) required += ',';
            json::write_string(required, json::key_of(member.name));
        }
    });
}

template <class T>
void write_schema(std::string& out) {
    if constexpr (json::IsOptional<T>::value) {
        out += R"({"anyOf":[)";
        write_schema<typename T::value_type>(out);
        out += R"(,{"type":"null"}]})";
    } else if constexpr (std::is_same_v<T, JsonText>) {
        out += "{}";
    } else if constexpr (std::is_same_v<T, bool>) {
        out += R"({"type":"boolean"})";
    } else if constexpr (std::is_same_v<T, UtcTime>) {
        out += R"({"type":"string","format":"date-time"})";
    } else if constexpr (std::is_integral_v<T>) {
        out += R"({"type":"integer"})";
    } else if constexpr (json::IsFixed<T>::value > 0) {
        out += R"({"type":"number"})";
    } else if constexpr (std::is_convertible_v<T const&, std::string_view>) {
        out += R"({"type":"string"})";
    } else if constexpr (json::IsMap<T>::value) {
        out += R"({"type":"object","additionalProperties":)";
        using Value = std::remove_cvref_t<decltype(std::declval<T const&>().begin()->second)>;
        write_schema<Value>(out);
        out += '}';
    } else if constexpr (json::IsVector<T>::value) {
        out += R"({"type":"array","items":)";
        write_schema<typename T::value_type>(out);
        out += '}';
    } else {
        std::string properties;
        std::string required;
        write_properties<T>(properties, required);
        out += R"({"type":"object","properties":{)" + properties + R"(},"required":[)" + required + "]}";
    }
}

/// The schema of `T` as JSON text, on one line, nothing shared or referenced.
template <class T>
std::string schema_of() {
    std::string out;
    write_schema<T>(out);
    return out;
}

} // namespace gem::api
