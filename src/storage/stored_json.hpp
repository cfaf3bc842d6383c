// Described structs out of the documents that they were written to: unknown keys are passed over, missing ones keep
// their defaults.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include <simdjson.h>

#include "base/json.hpp"
#include "base/result.hpp"

namespace gem {

namespace stored {

template <class T>
void read_stored(simdjson::dom::object object, T& out);

template <class T>
void read_value(simdjson::dom::element value, T& out) {
    if constexpr (json::IsOptional<T>::value) {
        if (value.is_null()) return;
        typename T::value_type inner{};
        read_value(value, inner);
        out = std::move(inner);
    } else if constexpr (std::is_same_v<T, bool>) {
        static_cast<void>(value.get_bool().get(out));
    } else if constexpr (std::is_integral_v<T>) {
        std::int64_t number = 0;
        if (value.get_int64().get(number) == simdjson::SUCCESS) out = static_cast<T>(number);
    } else if constexpr (json::IsFixed<T>::value > 0) {
        double number = 0;
        if (value.get_double().get(number) == simdjson::SUCCESS) out = number;
    } else if constexpr (std::is_same_v<T, UtcTime>) {
        std::string_view text;
        if (value.get_string().get(text) == simdjson::SUCCESS) out = parse_time(text).value_or(out);
    } else if constexpr (std::is_same_v<T, std::string>) {
        std::string_view text;
        if (value.get_string().get(text) == simdjson::SUCCESS) out = text;
    } else if constexpr (json::IsVector<T>::value) {
        simdjson::dom::array list;
        if (value.get_array().get(list) != simdjson::SUCCESS) return;
        for (auto const element : list) read_value(element, out.emplace_back());
    } else {
        simdjson::dom::object object;
        if (value.get_object().get(object) == simdjson::SUCCESS) read_stored(object, out);
    }
}

template <class T>
void read_stored(simdjson::dom::object object, T& out) {
    boost::mp11::mp_for_each<boost::describe::describe_bases<T, boost::describe::mod_public>>(
        [&](auto base) { read_stored(object, static_cast<typename decltype(base)::type&>(out)); });
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
        simdjson::dom::element value;
        if (object.at_key(json::key_of(member.name)).get(value) == simdjson::SUCCESS)
            read_value(value, out.*member.pointer);
    });
}

} // namespace stored

/// corrupt, with the name of what it is, if the text is no JSON object.
template <class T>
Result<T> from_stored(JsonText const& document, std::string_view what) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(document.text()).get_object().get(object) != simdjson::SUCCESS)
        return fail(ErrorCode::corrupt, std::string(what) + " cannot be read");
    T out;
    stored::read_stored(object, out);
    return out;
}

} // namespace gem
