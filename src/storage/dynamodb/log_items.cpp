#include "storage/dynamodb/log_items.hpp"

#include <charconv>
#include <random>

#include <fmt/format.h>

#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/packing.hpp"

namespace gem::dynamodb {

namespace {

constexpr std::string_view info_range = "info"; // after every hour

std::int64_t number_in(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

void put(Item& item, std::string_view name, std::int64_t number) {
    if (number != 0) item[std::string(name)] = AttributeValue::number(number);
}

} // namespace

int shard_of(std::string_view lower_name, std::string_view key) {
    return static_cast<int>(stable_hash(lower_name.empty() ? key : lower_name) % shard_count);
}

std::string Token::text() const { return fmt::format("{}:{}", writer, number); }

Token Token::parse(std::string_view text) {
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos) return {.writer = std::string(text), .number = 0};
    return {.writer = std::string(text.substr(0, colon)), .number = number_in(text.substr(colon + 1))};
}

std::string random_id() {
    constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    std::random_device device;
    std::string id;
    for (int half = 0; half < 2; ++half) {
        auto bits = device();
        for (int i = 0; i < 5; ++i, bits >>= 6) id += digits[bits & 63];
    }
    return id;
}

bool Head::logged(Token const& token) const {
    auto const found = writers.find(token.writer);
    return found != writers.end() && found->second >= token.number;
}

std::string log_partition(int shard) { return fmt::format("log#{}", shard); }
std::string page_partition(int shard) { return fmt::format("page#{}", shard); }
std::string hour_key(std::int64_t hour) { return format_time(from_unix(hour * 3600)).substr(0, 13); }

Item head_key(Unit unit) { return make_key(log_partition(unit.shard), hour_key(unit.hour)); }
Item info_key(int shard) { return make_key(log_partition(shard), std::string(info_range)); }
Item page_key(Unit unit, std::string_view page) {
    return make_key(page_partition(unit.shard), fmt::format("{}#{}", hour_key(unit.hour), page));
}

Item to_item(Head const& head) {
    auto item = head_key(head.unit);
    put(item, "v", head.version);
    Item writers;
    for (auto const& [writer, number] : head.writers) writers[writer] = AttributeValue::number(number);
    if (!writers.empty()) item["w"] = AttributeValue::map(std::move(writers));
    if (!head.disowned.empty()) item["d"] = {StringSet{head.disowned}};
    std::string pages;
    for (auto const& page : head.pages) pages += fmt::format("{}{}:{}", pages.empty() ? "" : " ", page.id, page.bytes);
    if (!pages.empty()) item["p"] = AttributeValue::string(std::move(pages));
    if (!head.rows.empty()) item["r"] = AttributeValue::binary(head.rows);
    put(item, "n", head.events);
    put(item, "g", head.purged);
    put(item, "t", head.purged_to);
    put(item, "s", head.sealed ? 1 : 0);
    put(item, "c", head.claims);
    put(item, "e", head.epoch);
    if (head.claim) {
        Item claim;
        claim["w"] = AttributeValue::string(head.claim->token.text());
        claim["u"] = AttributeValue::number(head.claim->until);
        if (!head.claim->process.empty()) claim["p"] = AttributeValue::string(head.claim->process);
        item["b"] = AttributeValue::map(std::move(claim));
    }
    return item;
}

Result<Head> read_head(Item const& item) {
    auto const* const partition = find_string(item, hash_name);
    auto const* const range = find_string(item, range_name);
    auto const time = range == nullptr ? std::nullopt : parse_time(*range + ":00:00Z");
    if (partition == nullptr || !partition->starts_with("log#") || !time)
        return fail(ErrorCode::corrupt,
                    fmt::format("the item ({}, {}) of the table {} is no log of an hour",
                                partition == nullptr ? "?" : *partition, range == nullptr ? "?" : *range, log_table));
    Head head;
    head.unit = {.shard = static_cast<int>(number_in(std::string_view(*partition).substr(4))),
                 .hour = to_unix(*time) / 3600};
    head.version = integer_or(item, "v", 0);
    if (auto const* const writers = find_map(item, "w")) {
        for (auto const& [writer, number] : *writers) head.writers[writer] = integer_or(*writers, writer, 0);
    }
    if (auto const found = item.find("d"); found != item.end()) {
        if (auto const* const tokens = std::get_if<StringSet>(&found->second.value)) head.disowned = tokens->values;
    }
    if (auto const* const pages = find_string(item, "p")) {
        std::string_view left = *pages;
        while (!left.empty()) {
            auto const one = left.substr(0, left.find(' '));
            left.remove_prefix(std::min(left.size(), one.size() + 1));
            auto const colon = std::min(one.find(':'), one.size() - 1);
            head.pages.push_back({.id = std::string(one.substr(0, colon)), .bytes = number_in(one.substr(colon + 1))});
        }
    }
    if (auto const* const rows = find_binary(item, "r")) head.rows = *rows;
    head.events = integer_or(item, "n", 0);
    head.purged = integer_or(item, "g", 0);
    head.purged_to = integer_or(item, "t", 0);
    head.sealed = integer_or(item, "s", 0) != 0;
    head.claims = integer_or(item, "c", 0);
    head.epoch = integer_or(item, "e", 0);
    if (auto const* const claim = find_map(item, "b")) {
        auto const* const token = find_string(*claim, "w");
        auto const* const process = find_string(*claim, "p");
        head.claim = Claim{.token = Token::parse(token == nullptr ? "" : *token),
                           .until = integer_or(*claim, "u", 0),
                           .process = process == nullptr ? "" : *process};
    }
    return head;
}

std::string announcement_name(std::int64_t hour) { return "h" + std::to_string(hour); }

ShardInfo read_info(Item const& item) {
    ShardInfo info;
    info.frontier = integer_or(item, "f", 0);
    info.pruned = integer_or(item, "o", 0);
    info.aliases = integer_or(item, "a", 0);
    for (auto const& [name, value] : item) {
        if (name.size() > 1 && name.front() == 'h' && name[1] >= '0' && name[1] <= '9')
            info.announced[number_in(std::string_view(name).substr(1))] = integer_or(item, name, 0);
    }
    return info;
}

bool is_info(Item const& item) {
    auto const* const range = find_string(item, range_name);
    return range != nullptr && *range == info_range;
}

} // namespace gem::dynamodb
