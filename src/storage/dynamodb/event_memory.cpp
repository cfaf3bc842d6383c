#include "storage/dynamodb/event_memory.hpp"

#include <algorithm>
#include <array>

#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/packing.hpp"

namespace gem::dynamodb {

namespace {

/// Those that questions about deployments and releases read with their payloads.
constexpr std::array<std::string_view, 3> types_with_payload = {"DeploymentEvent", "DeploymentStatusEvent",
                                                                "ReleaseEvent"};
constexpr std::size_t bytes_of_an_hour = 200; ///< beside its events
constexpr std::size_t bytes_of_a_minute = 100;

enum class Kind : std::uint64_t { text, number, binary, flag };

void put_value(std::string& out, Kind kind, std::string_view text) {
    put_number(out, static_cast<std::uint64_t>(kind));
    put_text(out, text);
}

/// Every attribute of an event's item is one of these four.
bool put_attribute(std::string& out, std::string_view name, AttributeValue const& value) {
    auto const size = out.size();
    put_text(out, name);
    if (auto const* const text = std::get_if<std::string>(&value.value))
        put_value(out, Kind::text, *text);
    else if (auto const* const number = std::get_if<Number>(&value.value))
        put_value(out, Kind::number, number->text);
    else if (auto const* const binary = std::get_if<Binary>(&value.value))
        put_value(out, Kind::binary, binary->bytes);
    else if (auto const* const flag = std::get_if<bool>(&value.value))
        put_value(out, Kind::flag, *flag ? "1" : "");
    else
        out.resize(size);
    return out.size() > size;
}

AttributeValue value_of(Kind kind, std::string text) {
    switch (kind) {
    case Kind::number:
        return {Number{std::move(text)}};
    case Kind::binary:
        return AttributeValue::binary(std::move(text));
    case Kind::flag:
        return AttributeValue::boolean(!text.empty());
    case Kind::text:
        break;
    }
    return AttributeValue::string(std::move(text));
}

std::string_view type_of(Item const& item) {
    std::string_view const range = *find_string(item, range_name);
    auto const from = range.find('#') + 1;
    return range.substr(from, range.find('#', from) - from);
}

void pack_item(std::string& out, Item const& item) {
    bool const whole = keeps_payload(type_of(item));
    std::string attributes;
    std::uint64_t count = 0;
    for (auto const& [name, value] : item) {
        if (name == hash_name || name == ttl_name || (!whole && name == payload_attribute)) continue;
        count += put_attribute(attributes, name, value) ? 1 : 0;
    }
    put_number(out, count);
    out += attributes;
}

std::vector<Item> unpack_items(std::string_view packed, std::string const& key) {
    std::vector<Item> items;
    Unpacker unpacker(packed);
    while (unpacker.good() && !unpacker.rest().empty()) {
        auto& item = items.emplace_back();
        item.emplace(hash_name, AttributeValue::string(key));
        for (auto left = unpacker.count(); left > 0; --left) {
            std::string name(unpacker.text());
            auto const kind = static_cast<Kind>(unpacker.number());
            item.emplace(std::move(name), value_of(kind, std::string(unpacker.text())));
        }
    }
    return items;
}

} // namespace

bool keeps_payload(std::string_view type) {
    return std::ranges::find(types_with_payload, type) != types_with_payload.end();
}

EventMemory::Minute const* EventMemory::look(KeyMinute const& place, MinuteLogged const& logged) {
    auto const hour = hours_.find({place.key, place.minute / 60});
    if (hour == hours_.end()) return nullptr;
    auto const minute = hour->second.minutes.find(place.minute);
    if (minute == hour->second.minutes.end() || minute->second.logged != logged) return nullptr;
    order_.splice(order_.begin(), order_, hour->second.place);
    return &minute->second;
}

std::optional<std::vector<Item>> EventMemory::find(KeyMinute const& place, MinuteLogged const& logged) {
    std::scoped_lock const lock(mutex_);
    auto const* const minute = look(place, logged);
    if (minute == nullptr) return std::nullopt;
    return unpack_items(minute->packed, place.key);
}

void EventMemory::keep(KeyMinute const& place, MinuteLogged const& logged, std::vector<Item const*> const& items) {
    Minute minute{.logged = logged, .packed = {}};
    for (auto const* const item : items) pack_item(minute.packed, *item);
    minute.packed.shrink_to_fit();
    std::scoped_lock const lock(mutex_);
    Name const name(place.key, place.minute / 60);
    auto const [hour, is_new] = hours_.try_emplace(name);
    if (is_new) {
        order_.push_front(name);
        hour->second.place = order_.begin();
        hour->second.bytes = bytes_of_an_hour;
        bytes_ += bytes_of_an_hour;
    } else {
        order_.splice(order_.begin(), order_, hour->second.place);
    }
    auto const [kept, first] = hour->second.minutes.try_emplace(place.minute);
    auto const before = first ? 0 : kept->second.packed.size() + bytes_of_a_minute;
    auto const after = minute.packed.size() + bytes_of_a_minute;
    hour->second.bytes += after - before;
    bytes_ += after - before;
    kept->second = std::move(minute);
    while (bytes_ > most_bytes_ && order_.size() > 1) {
        auto const oldest = hours_.find(order_.back());
        bytes_ -= oldest->second.bytes;
        hours_.erase(oldest);
        order_.pop_back();
    }
}

void EventMemory::clear() {
    std::scoped_lock const lock(mutex_);
    hours_.clear();
    order_.clear();
    bytes_ = 0;
}

} // namespace gem::dynamodb
