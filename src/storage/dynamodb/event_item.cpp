#include "storage/dynamodb/event_item.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "storage/dynamodb/key_names.hpp"
#include "storage/payload_codec.hpp"

namespace gem::dynamodb {

namespace {

// Attributes are named by a letter or two: names are paid for in every item.
constexpr std::string_view token_name = "w";
constexpr std::string_view repo_attribute = "n";
constexpr std::string_view login_attribute = "l";
constexpr std::string_view actor_attribute = "a";
constexpr std::string_view source_attribute = "s";
constexpr std::string_view private_attribute = "x";
constexpr std::string_view parts_attribute = "q";

/// An item may have 400 KB.
constexpr std::size_t part_size = 360'000;

/// Types so rare that an index entry for each costs next to nothing.
constexpr std::array<std::string_view, 6> indexed_types = {"DeploymentEvent", "MemberEvent",     "PublicEvent",
                                                           "ReleaseEvent",    "RepositoryEvent", "SponsorshipEvent"};

bool is_sha(std::string_view text) {
    return text.size() == 40 &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string pack_sha(std::string_view sha) {
    std::string bytes;
    for (std::size_t i = 0; i < sha.size(); i += 2) {
        unsigned byte = 0;
        std::from_chars(sha.data() + i, sha.data() + i + 2, byte, 16);
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

void put(Item& item, std::string_view name, std::optional<std::string> const& text) {
    if (text) item[std::string(name)] = AttributeValue::string(*text);
}
void put(Item& item, std::string_view name, std::optional<std::int64_t> number) {
    if (number) item[std::string(name)] = AttributeValue::number(*number);
}
void put(Item& item, std::string_view name, std::optional<bool> flag) {
    if (flag) item[std::string(name)] = AttributeValue::boolean(*flag);
}
/// Half as long where it is forty hexadecimal digits, as it nearly always is.
void put_sha(Item& item, std::string_view name, std::optional<std::string> const& sha) {
    if (sha && is_sha(*sha))
        item[std::string(name)] = AttributeValue::binary(pack_sha(*sha));
    else
        put(item, name, sha);
}

std::optional<std::string> text_of(Item const& item, std::string_view name) {
    auto const* const text = find_string(item, name);
    return text == nullptr ? std::nullopt : std::optional(*text);
}
std::optional<std::int64_t> number_of(Item const& item, std::string_view name) {
    auto const found = item.find(name);
    if (found == item.end() || !std::holds_alternative<Number>(found->second.value)) return std::nullopt;
    return integer_or(item, name, 0);
}
std::optional<bool> flag_of(Item const& item, std::string_view name) {
    auto const found = item.find(name);
    if (found == item.end()) return std::nullopt;
    auto const* const flag = std::get_if<bool>(&found->second.value);
    return flag == nullptr ? std::nullopt : std::optional(*flag);
}
std::optional<std::string> sha_of(Item const& item, std::string_view name) {
    auto const* const bytes = find_binary(item, name);
    if (bytes == nullptr) return text_of(item, name);
    std::string sha;
    for (unsigned char const c : *bytes) sha += fmt::format("{:02x}", c);
    return sha;
}

void put_facts(Item& item, EventFacts const& facts) {
    put(item, "fa", facts.action);
    put(item, "fn", facts.number);
    put(item, "fr", facts.ref);
    put(item, "ft", facts.ref_type);
    put_sha(item, "fh", facts.head);
    put_sha(item, "fb", facts.before);
    put(item, "fs", facts.size);
    put(item, "fd", facts.distinct_size);
    put(item, "fm", facts.merged);
    put(item, "fe", facts.state);
    put(item, "fg", facts.name);
    put(item, "fi", facts.author_id);
    put(item, "fl", facts.author_login);
    put(item, "ff", facts.flag);
}

EventFacts facts_of(Item const& item) {
    return {.action = text_of(item, "fa"),
            .number = number_of(item, "fn"),
            .ref = text_of(item, "fr"),
            .ref_type = text_of(item, "ft"),
            .head = sha_of(item, "fh"),
            .before = sha_of(item, "fb"),
            .size = number_of(item, "fs"),
            .distinct_size = number_of(item, "fd"),
            .merged = flag_of(item, "fm"),
            .state = text_of(item, "fe"),
            .name = text_of(item, "fg"),
            .author_id = number_of(item, "fi"),
            .author_login = text_of(item, "fl"),
            .flag = flag_of(item, "ff")};
}

/// A partition beside the events', so that no question about events meets the parts.
Item part_key(Item const& event, std::int64_t part) {
    return make_key("+" + *find_string(event, hash_name),
                    fmt::format("{}#{}#{}", *find_string(event, range_name), token_of(event), part));
}

Error damaged(Item const& item) {
    auto const* const hash = find_string(item, hash_name);
    auto const* const range = find_string(item, range_name);
    return {.code = ErrorCode::corrupt,
            .message = fmt::format("the item ({}, {}) of the table events is no event of this program",
                                   hash == nullptr ? "?" : *hash, range == nullptr ? "?" : *range)};
}

} // namespace

std::string event_sort_key(UtcTime created_at, std::string_view type, std::string_view id) {
    return fmt::format("{}#{}#{}", format_time(created_at), type, id);
}

std::string event_sort_key(UtcTime time) {
    if (to_unix(time) >= 253402300800) return "~"; // after the year 9999
    return format_time(std::max(time, from_unix(0)));
}

std::string token_of(Item const& item) {
    auto const* const token = find_string(item, token_name);
    return token == nullptr ? std::string() : *token;
}

Item make_key(std::string hash, std::string range) {
    Item key;
    key[std::string(hash_name)] = AttributeValue::string(std::move(hash));
    key[std::string(range_name)] = AttributeValue::string(std::move(range));
    return key;
}

Item key_of(Item const& item) { return make_key(*find_string(item, hash_name), *find_string(item, range_name)); }

EventItems to_items(Event const& event, std::string payload, std::string const& token,
                    std::optional<UtcTime> expires_at) {
    EventItems items;
    auto& item = items.event;
    item = make_key(repository_key(event.repo_id, event.repo_name),
                    event_sort_key(event.created_at, event.type, event.id));
    item[std::string(token_name)] = AttributeValue::string(token);
    if (!event.repo_name.empty()) put(item, repo_attribute, std::optional(event.repo_name));
    if (!event.actor_login.empty()) put(item, login_attribute, std::optional(event.actor_login));
    put(item, actor_attribute, event.actor_id);
    put(item, source_attribute, std::optional(static_cast<std::int64_t>(event.source)));
    if (!event.is_public) put(item, private_attribute, std::optional(true));
    put_facts(item, event.facts);
    if (expires_at) put(item, ttl_name, std::optional(to_unix(*expires_at)));
    if (std::ranges::find(indexed_types, event.type) != indexed_types.end()) {
        put(item, "type", std::optional(event.type));
        put(item, "created_at", std::optional(to_unix(event.created_at)));
    }
    for (std::size_t at = part_size, part = 1; at < payload.size(); at += part_size, ++part) {
        auto beside = part_key(item, static_cast<std::int64_t>(part));
        beside[std::string(payload_attribute)] = AttributeValue::binary(payload.substr(at, part_size));
        if (expires_at) put(beside, ttl_name, std::optional(to_unix(*expires_at)));
        items.parts.push_back(std::move(beside));
    }
    if (!items.parts.empty()) {
        payload.resize(part_size);
        // Named by the token under which they were written: adopting an event does not move them.
        put(item, parts_attribute, std::optional(fmt::format("{}#{}", token, items.parts.size())));
    }
    item[std::string(payload_attribute)] = AttributeValue::binary(std::move(payload));
    return items;
}

std::vector<Item> part_keys(Item const& item) {
    std::vector<Item> keys;
    auto const* const parts = find_string(item, parts_attribute);
    if (parts == nullptr) return keys;
    auto const cut = std::min(parts->rfind('#'), parts->size());
    int count = 0;
    if (cut < parts->size()) std::from_chars(parts->data() + cut + 1, parts->data() + parts->size(), count);
    for (int part = 1; part <= count; ++part)
        keys.push_back(make_key("+" + *find_string(item, hash_name),
                                fmt::format("{}#{}#{}", *find_string(item, range_name), parts->substr(0, cut), part)));
    return keys;
}

Result<Event> read_event(Item const& item) {
    auto const* const hash = find_string(item, hash_name);
    auto const* const range = find_string(item, range_name);
    if (hash == nullptr || range == nullptr) return fail(damaged(item));
    auto const type_at = range->find('#');
    auto const id_at = type_at == std::string::npos ? type_at : range->find('#', type_at + 1);
    if (id_at == std::string::npos) return fail(damaged(item));
    auto const time = parse_time(std::string_view(*range).substr(0, type_at));
    if (!time) return fail(damaged(item));
    Event event;
    event.created_at = *time;
    event.type = range->substr(type_at + 1, id_at - type_at - 1);
    event.id = range->substr(id_at + 1);
    if (!hash->starts_with("n:")) {
        std::int64_t number = 0;
        auto const [end, error] = std::from_chars(hash->data(), hash->data() + hash->size(), number);
        if (error != std::errc() || end != hash->data() + hash->size()) return fail(damaged(item));
        event.repo_id = number;
    }
    event.repo_name = text_of(item, repo_attribute).value_or("");
    event.actor_login = text_of(item, login_attribute).value_or("");
    event.actor_id = number_of(item, actor_attribute);
    event.source = static_cast<EventSource>(integer_or(item, source_attribute, 0));
    event.is_public = !flag_of(item, private_attribute).value_or(false);
    event.facts = facts_of(item);
    return event;
}

Result<std::string> read_payload(Item const& item, std::vector<Item> const& parts) {
    thread_local PayloadCodec codec;
    auto const* const first = find_binary(item, payload_attribute);
    if (first == nullptr) return fail(damaged(item));
    if (parts.empty()) return codec.restore(*first);
    auto whole = *first;
    for (auto const& part : parts) {
        auto const* const piece = find_binary(part, payload_attribute);
        if (piece == nullptr) return fail(damaged(item));
        whole += *piece;
    }
    return codec.restore(whole);
}

EventFactsRow to_facts_row(Event&& event) {
    return {.id = std::move(event.id),
            .type = std::move(event.type),
            .created_at = event.created_at,
            .actor_id = event.actor_id,
            .actor_login = std::move(event.actor_login),
            .facts = std::move(event.facts)};
}

} // namespace gem::dynamodb
