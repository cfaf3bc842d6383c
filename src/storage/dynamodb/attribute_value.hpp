// DynamoDB's values and items as C++ values.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gem::dynamodb {

struct AttributeValue;

struct Number {
    std::string text; ///< decimal, as sent
    friend bool operator==(Number const&, Number const&) = default;
};
struct Binary {
    std::string bytes; ///< raw, not base64
    friend bool operator==(Binary const&, Binary const&) = default;
};
struct Null {
    friend bool operator==(Null, Null) = default;
};
struct StringSet {
    std::set<std::string> values; ///< never empty on the wire
    friend bool operator==(StringSet const&, StringSet const&) = default;
};
using List = std::vector<AttributeValue>;
using Item = std::map<std::string, AttributeValue, std::less<>>; ///< also a value of type M

/// One value. Wrong types when reading are a corrupt item: the readers below return null or a fallback, and callers
/// turn that into ErrorCode::corrupt where it matters.
struct AttributeValue {
    std::variant<Null, bool, std::string, Number, Binary, StringSet, List, Item> value;

    static AttributeValue string(std::string text) { return {std::move(text)}; }
    static AttributeValue number(std::int64_t number) { return {Number{std::to_string(number)}}; }
    static AttributeValue binary(std::string bytes) { return {Binary{std::move(bytes)}}; }
    static AttributeValue boolean(bool flag) { return {flag}; }
    static AttributeValue map(Item members) { return {std::move(members)}; }

    friend bool operator==(AttributeValue const&, AttributeValue const&) = default;
};

/// The attribute of that name and type; null if it is not there or of another type.
std::string const* find_string(Item const& item, std::string_view name);
std::string const* find_binary(Item const& item, std::string_view name);
Item const* find_map(Item const& item, std::string_view name);
/// `fallback` if it is not there, no number or no integer of 64 bits.
std::int64_t integer_or(Item const& item, std::string_view name, std::int64_t fallback);

/// Bytes as DynamoDB counts them for its units and for its limit of 400 KB: names and values.
std::size_t size_of(Item const& item);

} // namespace gem::dynamodb
