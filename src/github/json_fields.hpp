// Small helpers to read simdjson elements tolerantly: a value of another type is as good as none.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

namespace gem::github {

using Element = simdjson::dom::element;

inline std::optional<std::string_view> text_of(Element element) {
    std::string_view text;
    if (element.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
    return text;
}

/// A text that is not empty, copied.
inline std::optional<std::string> filled_text(Element element) {
    auto const text = text_of(element);
    if (!text || text->empty()) return std::nullopt;
    return std::string(*text);
}

/// An integer, or a string of digits that is one (BigQuery writes them so).
inline std::optional<std::int64_t> integer_of(Element element) {
    if (std::int64_t number = 0; element.get_int64().get(number) == simdjson::SUCCESS) return number;
    if (auto const text = text_of(element)) {
        std::int64_t number = 0;
        auto const [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
        if (error == std::errc{} && end == text->data() + text->size()) return number;
    }
    return std::nullopt;
}

inline std::optional<bool> bool_of(Element element) {
    bool value = false;
    if (element.get_bool().get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
}

inline std::optional<simdjson::dom::object> object_of(Element element) {
    simdjson::dom::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
    return object;
}

/// Calls `take(key, element)` for each member, if `element` is an object.
template <class Take>
void each_member(Element element, Take take) {
    auto const object = object_of(element);
    if (!object) return;
    for (auto const member : *object) take(member.key, member.value);
}

/// The member `key` of an object; nothing if there is none or it is null.
inline std::optional<Element> member_of(Element element, std::string_view key) {
    auto const object = object_of(element);
    if (!object) return std::nullopt;
    Element found;
    if (object->at_key(key).get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
    return found;
}

} // namespace gem::github
