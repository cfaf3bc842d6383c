// An event as items of the `events` table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/event.hpp"
#include "storage/database_interface.hpp"
#include "storage/dynamodb/attribute_value.hpp"

namespace gem::dynamodb {

inline constexpr std::string_view events_table = "events";
/// The payload, or its first part.
inline constexpr std::string_view payload_attribute = "p";

/// Range key: `2026-01-15T10:00:00Z#PushEvent#123`; sorts as events do.
std::string event_sort_key(UtcTime created_at, std::string_view type, std::string_view id);
/// The least range key at or after `time`.
std::string event_sort_key(UtcTime time);

/// What tells an event's token of its item.
std::string token_of(Item const& item);
/// The key attributes of an item, as a key.
Item key_of(Item const& item);
Item make_key(std::string hash, std::string range);

struct EventItems {
    Item event;
    std::vector<Item> parts; ///< what of the payload did not fit; to be written before the event
};

/// `payload`: compressed. `token`: of the batch that brings it. `expires_at`: when DynamoDB may remove it.
EventItems to_items(Event const& event, std::string payload, std::string const& token,
                    std::optional<UtcTime> expires_at);

/// How many parts of the payload lie beside the item, and their keys.
std::vector<Item> part_keys(Item const& item);

/// The event of `item`; its payload is `{}`. corrupt if it is not one of to_items().
Result<Event> read_event(Item const& item);
/// The payload of `item`; `parts` in order.
Result<std::string> read_payload(Item const& item, std::vector<Item> const& parts);
/// Without its payload.
EventFactsRow to_facts_row(Event&& event);

} // namespace gem::dynamodb
