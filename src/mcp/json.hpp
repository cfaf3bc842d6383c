// JSON as the protocol's messages use it: Boost.JSON's values, written with plain decimals.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace gem::mcp {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;

/// Deeper texts are refused: nothing that is asked here is nearly as deep.
inline constexpr std::size_t deepest_json = 64;

/// Nothing if `text` is not one JSON value in UTF-8, or too deep.
std::optional<Value> parse_json(std::string_view text, std::size_t deepest = deepest_json);

/// On one line; numbers as a person writes them (`1.5`, not Boost's `1.5E0`).
void write_json(std::string& out, Value const& value);
std::string to_text(Value const& value);
/// How many bytes write_json() would append.
std::size_t json_size(Value const& value);

/// The member of that name and kind; nothing if it is not there or something else.
std::optional<std::string_view> get_string(Object const& object, std::string_view name);
Object const* get_object(Object const& object, std::string_view name);

} // namespace gem::mcp
