#include "storage/dynamodb/claim_items.hpp"

#include <fmt/format.h>

#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/packing.hpp"

namespace gem::dynamodb {

namespace {

/// So that an item stays small whatever is done again and again, and few events lie near a border.
constexpr std::int64_t span_seconds = 6 * 3600;
constexpr std::string_view claim_front = "claim#";
constexpr std::string_view number_range = "!"; // before every repository key

void put_place(std::string& out, StoredAs const& place) {
    put_number(out, static_cast<std::uint64_t>(place.created_at));
    put_text(out, place.id);
}

StoredAs take_place(Unpacker& from) {
    StoredAs place;
    place.created_at = static_cast<std::int64_t>(from.number());
    place.id = from.text();
    return place;
}

} // namespace

seconds distance_of(NaturalKey const& natural) { return natural.once ? seconds(furthest_match) : matching_distance; }

std::vector<CellName> cells_of(std::string const& key, NaturalKey const& natural, std::int64_t created_at) {
    auto const hash = static_cast<std::uint64_t>(hash_of(natural));
    if (natural.once) return {{.key = key, .name = fmt::format("{:016x}", hash)}};
    auto const own = created_at / span_seconds;
    std::vector<CellName> names = {{.key = key, .name = fmt::format("{:016x}#{}", hash, own)}};
    for (auto const other : {created_at - matching_distance.count(), created_at + matching_distance.count()}) {
        if (other / span_seconds != own)
            names.push_back({.key = key, .name = fmt::format("{:016x}#{}", hash, other / span_seconds)});
    }
    return names;
}

Item cell_key(CellName const& name) { return make_key(std::string(claim_front) + name.key, name.name); }

Item to_item(CellName const& name, Cell const& cell, std::optional<UtcTime> expires_at) {
    auto item = cell_key(name);
    item["v"] = AttributeValue::number(cell.version);
    std::string packed;
    put_number(packed, cell.happenings.size());
    for (auto const& happening : cell.happenings) {
        put_place(packed, happening.stored);
        put_number(packed, static_cast<std::uint64_t>(happening.channels));
        put_number(packed, happening.others.size());
        for (auto const& other : happening.others) put_place(packed, other);
    }
    item["e"] = AttributeValue::binary(std::move(packed));
    if (expires_at) item[std::string(ttl_name)] = AttributeValue::number(to_unix(*expires_at));
    return item;
}

Result<Cell> read_cell(Item const& item) {
    Cell cell{.version = integer_or(item, "v", 0), .happenings = {}};
    auto const* const packed = find_binary(item, "e");
    Unpacker from(packed == nullptr ? std::string_view() : *packed);
    cell.happenings.resize(from.count());
    for (auto& happening : cell.happenings) {
        happening.stored = take_place(from);
        happening.channels = static_cast<int>(from.number());
        happening.others.resize(from.count());
        for (auto& other : happening.others) other = take_place(from);
    }
    if (from.good()) return cell;
    auto const name = cell_name(item);
    return fail(ErrorCode::corrupt, fmt::format("the claim {} of the repository {} is damaged", name.name, name.key));
}

CellName cell_name(Item const& item) {
    return {.key = find_string(item, hash_name)->substr(claim_front.size()), .name = *find_string(item, range_name)};
}

Item delivery_key(std::string const& key, std::string_view type, std::string_view id) {
    return make_key("delivery#" + key, fmt::format("{}#{}", type, id));
}

Item mark_key(std::string const& key) { return make_key(std::string(marks_partition), key); }
Item marks_number_key() { return make_key(std::string(marks_partition), std::string(number_range)); }

bool is_marks_number(Item const& item) {
    auto const* const range = find_string(item, range_name);
    return range != nullptr && *range == number_range;
}

ClaimMark read_mark(Item const& item) {
    ClaimMark mark;
    if (item.contains("s")) mark.since = integer_or(item, "s", 0);
    if (item.contains("u")) mark.wanted = integer_or(item, "u", 0);
    return mark;
}

} // namespace gem::dynamodb
