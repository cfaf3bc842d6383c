// Described structs as items and back: a member's name is the attribute's.
//
// What is empty (no value, an empty text or list, false, zero) is left out, so that an item costs only what it says.
// JSON texts are compressed. Times are unix seconds.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include "base/json.hpp"
#include "base/result.hpp"
#include "storage/dynamodb/attribute_value.hpp"
#include "storage/dynamodb/client.hpp"

namespace gem::dynamodb {

/// By PayloadCodec.
AttributeValue compressed(std::string_view text);
/// The text again; corrupt if the attribute is not there or is no such value.
Result<std::string> restored(Item const& item, std::string_view name);

/// The shortest decimal that reads back as the same double.
Number shortest(double value);

Item key_of(std::string hash, std::string range);

/// Everything under one hash key, ascending by range key; strongly read.
Query under(std::string table, std::string hash);
/// Of that, what has a range key from `first` to `last`, both inclusive.
Query between(std::string table, std::string hash, std::string first, std::string last);
/// Of that, what has a range key that begins with `prefix`; all when it is empty.
Query beginning(std::string table, std::string hash, std::string prefix);

/// Every item that `query` finds.
Async<Result<std::vector<Item>>> all_items(Client& client, Query query);

/// Puts the described members of `record` beside what is in `item`.
template <class T>
void put_members(Item& item, T const& record);
/// Reads what put_members() wrote; members that are not there keep what they have. corrupt, with the attribute's name.
template <class T>
Result<void> read_members(Item const& item, T& record);

// ---------------------------------------------------------------------------------------------------------------------

namespace record_item {

template <class T>
AttributeValue value_of(T const& value) {
    if constexpr (std::is_same_v<T, bool>) {
        return AttributeValue::boolean(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
        return AttributeValue::string(value);
    } else if constexpr (std::is_same_v<T, JsonText>) {
        return compressed(value.text());
    } else if constexpr (std::is_same_v<T, UtcTime>) {
        return AttributeValue::number(to_unix(value));
    } else if constexpr (std::is_integral_v<T>) {
        return AttributeValue::number(value);
    } else if constexpr (json::IsFixed<T>::value > 0) {
        return {shortest(value.value)};
    } else if constexpr (json::IsVector<T>::value) {
        List list;
        for (auto const& element : value) list.push_back(value_of(element));
        return {std::move(list)};
    } else {
        Item members;
        put_members(members, value);
        return AttributeValue::map(std::move(members));
    }
}

template <class T>
bool left_out(T const& value) {
    if constexpr (json::IsOptional<T>::value)
        return !value.has_value();
    else if constexpr (std::is_same_v<T, JsonText> || json::Described<T>)
        return false;
    else
        return value == T{};
}

template <class T>
bool read_value(AttributeValue const& from, T& value) {
    if constexpr (json::IsOptional<T>::value) {
        return read_value(from, value.emplace());
    } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>) {
        auto const* const held = std::get_if<T>(&from.value);
        if (held != nullptr) value = *held;
        return held != nullptr;
    } else if constexpr (std::is_same_v<T, JsonText>) {
        auto text = restored({{"json", from}}, "json");
        if (text) value = JsonText::already_validated(std::move(*text));
        return text.has_value();
    } else if constexpr (std::is_same_v<T, UtcTime>) {
        std::int64_t unix_seconds = 0;
        if (!read_value(from, unix_seconds)) return false;
        value = from_unix(unix_seconds);
        return true;
    } else if constexpr (std::is_integral_v<T>) {
        auto const* const number = std::get_if<Number>(&from.value);
        if (number == nullptr) return false;
        auto const* const end = number->text.data() + number->text.size();
        auto const [rest, error] = std::from_chars(number->text.data(), end, value);
        return error == std::errc{} && rest == end;
    } else if constexpr (json::IsFixed<T>::value > 0) {
        auto const* const number = std::get_if<Number>(&from.value);
        if (number == nullptr) return false;
        auto const* const end = number->text.data() + number->text.size();
        auto const [rest, error] = std::from_chars(number->text.data(), end, value.value);
        return error == std::errc{} && rest == end;
    } else if constexpr (json::IsVector<T>::value) {
        auto const* const list = std::get_if<List>(&from.value);
        if (list == nullptr) return false;
        for (auto const& element : *list) {
            if (!read_value(element, value.emplace_back())) return false;
        }
        return true;
    } else {
        auto const* const members = std::get_if<Item>(&from.value);
        return members != nullptr && read_members(*members, value).has_value();
    }
}

} // namespace record_item

template <class T>
void put_members(Item& item, T const& record) {
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
        auto const& field = record.*member.pointer;
        if (record_item::left_out(field)) return;
        if constexpr (json::IsOptional<std::remove_cvref_t<decltype(field)>>::value)
            item.insert_or_assign(member.name, record_item::value_of(*field));
        else
            item.insert_or_assign(member.name, record_item::value_of(field));
    });
}

template <class T>
Result<void> read_members(Item const& item, T& record) {
    char const* wrong = nullptr;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
        auto const found = item.find(std::string_view(member.name));
        if (found == item.end() || wrong != nullptr) return;
        if (!record_item::read_value(found->second, record.*member.pointer)) wrong = member.name;
    });
    if (wrong == nullptr) return {};
    return fail(ErrorCode::corrupt, std::string("an item's attribute ") + wrong + " is not what was written there");
}

} // namespace gem::dynamodb
