// Described structs to JSON: the one way in which answers become bytes. A member's name is the JSON key.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <boost/describe/bases.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include "base/json_text.hpp"
#include "base/time.hpp"

namespace gem {

/// A number that is written with a fixed count of decimals: `Score` 1, `Ratio` 4. Never `1.5E0`, never NaN (null).
template <int Decimals>
struct Fixed {
    double value = 0;
    Fixed() = default;
    constexpr Fixed(double number) : value(number) {} // NOLINT(google-explicit-constructor): it is a number
    friend bool operator==(Fixed const&, Fixed const&) = default;
};
using Score = Fixed<1>; ///< scores: 0.0 to 100.0
using Ratio = Fixed<4>; ///< shares and ratios

/// A list in the order in which things were put in, as a JSON object.
template <class T>
using OrderedMap = std::vector<std::pair<std::string, T>>;

namespace json {

void write_string(std::string& out, std::string_view text);
void write_fixed(std::string& out, double value, int decimals);

template <class T>
void write(std::string& out, T const& value);

template <class T>
concept Described = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class K, class V, class C>
struct IsMap<std::map<K, V, C>> : std::true_type {};
template <class V>
struct IsMap<std::vector<std::pair<std::string, V>>> : std::true_type {};
template <class T>
struct IsFixed : std::false_type {};
template <int D>
struct IsFixed<Fixed<D>> : std::integral_constant<int, D> {};

/// Whether a member is left out of the object: only what is marked so with `Absent<T>` can be.
template <class T>
struct Absent {
    std::optional<T> value{};
};
template <class T>
struct IsAbsent : std::false_type {};
template <class T>
struct IsAbsent<Absent<T>> : std::true_type {};

/// The key of a member: its name. One that would be a word of C++ (`new`, `short`) has an underscore after it, which is
/// no part of the key.
constexpr std::string_view key_of(std::string_view member_name) {
    return member_name.substr(0, member_name.size() - (member_name.ends_with('_') ? 1 : 0));
}

template <class T>
void write_members(std::string& out, T const& value, bool& first) {
    boost::mp11::mp_for_each<boost::describe::describe_bases<T, boost::describe::mod_public>>([&](auto base) {
        using Base = typename decltype(base)::type;
        write_members(out, static_cast<Base const&>(value), first);
    });
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
        auto const& field = value.*member.pointer;
        using Field = std::remove_cvref_t<decltype(field)>;
        if constexpr (IsAbsent<Field>::value) {
            if (!field.value) return;
        }
        if (!first) out += ',';
        first = false;
        out += '"';
        out += key_of(member.name);
        out += "\":";
        if constexpr (IsAbsent<Field>::value)
            write(out, *field.value);
        else
            write(out, field);
    });
}

template <class T>
void write(std::string& out, T const& value) {
    if constexpr (IsOptional<T>::value) {
        if (value)
            write(out, *value);
        else
            out += "null";
    } else if constexpr (std::is_same_v<T, JsonText>) {
        out += value.text();
    } else if constexpr (std::is_same_v<T, bool>) {
        out += value ? "true" : "false";
    } else if constexpr (std::is_same_v<T, UtcTime>) {
        out += '"';
        out += format_time(value);
        out += '"';
    } else if constexpr (std::is_integral_v<T>) {
        std::array<char, 24> digits{};
        auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        out.append(digits.data(), end);
    } else if constexpr (IsFixed<T>::value > 0) {
        write_fixed(out, value.value, IsFixed<T>::value);
    } else if constexpr (std::is_convertible_v<T const&, std::string_view>) {
        write_string(out, value);
    } else if constexpr (IsMap<T>::value) {
        out += '{';
        bool first = true;
        for (auto const& [key, element] : value) {
            if (!first) out += ',';
            first = false;
            write_string(out, key);
            out += ':';
            write(out, element);
        }
        out += '}';
    } else if constexpr (IsVector<T>::value) {
        out += '[';
        bool first = true;
        for (auto const& element : value) {
            if (!first) out += ',';
            first = false;
            write(out, element);
        }
        out += ']';
    } else {
        static_assert(Described<T>,
                      "describe the struct with BOOST_DESCRIBE_STRUCT, or use Score or Ratio for a double");
        out += '{';
        bool first = true;
        write_members(out, value, first);
        out += '}';
    }
}

/// The JSON of a described struct, a container of them, an optional, a number, a string, a time.
template <class T>
std::string to_string(T const& value) {
    std::string out;
    write(out, value);
    return out;
}

} // namespace json
} // namespace gem
