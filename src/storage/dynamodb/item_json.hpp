// DynamoDB's JSON of values and items: `{"S":"text"}`, `{"N":"12"}`, `{"B":"base64"}`, …
#pragma once

#include <optional>
#include <string>

#include <simdjson.h>

#include "storage/dynamodb/attribute_value.hpp"

namespace gem::dynamodb {

void write_value(std::string& out, AttributeValue const& value);
void write_item(std::string& out, Item const& item);

/// Nothing if it is not a value as DynamoDB writes them. Number sets and binary sets, which this program never writes,
/// come as lists of their members.
std::optional<AttributeValue> read_value(simdjson::dom::element element);
std::optional<Item> read_item(simdjson::dom::element element);

/// `text` as JSON of an item; nothing if it is none.
std::optional<Item> parse_item(std::string_view text);

} // namespace gem::dynamodb
