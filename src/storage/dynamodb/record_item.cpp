#include "storage/dynamodb/record_item.hpp"

#include <array>

#include "storage/dynamodb/key_names.hpp"
#include "storage/payload_codec.hpp"

namespace gem::dynamodb {

namespace {

PayloadCodec& codec() {
    thread_local PayloadCodec one;
    return one;
}

} // namespace

AttributeValue compressed(std::string_view text) { return AttributeValue::binary(codec().compress(text)); }

Result<std::string> restored(Item const& item, std::string_view name) {
    auto const* const bytes = find_binary(item, name);
    if (bytes == nullptr)
        return fail(ErrorCode::corrupt, "an item's attribute " + std::string(name) + " is not what was written there");
    return codec().restore(*bytes);
}

Number shortest(double value) {
    std::array<char, 32> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {std::string(digits.data(), end)};
}

Item key_of(std::string hash, std::string range) {
    Item key;
    key.emplace(hash_name, AttributeValue::string(std::move(hash)));
    key.emplace(range_name, AttributeValue::string(std::move(range)));
    return key;
}

Query under(std::string table, std::string hash) {
    return {.table = std::move(table),
            .key_condition = {.text = "#pk = :pk",
                              .names = {{"#pk", std::string(hash_name)}},
                              .values = {{":pk", AttributeValue::string(std::move(hash))}}}};
}

Query between(std::string table, std::string hash, std::string first, std::string last) {
    auto query = under(std::move(table), std::move(hash));
    auto& condition = query.key_condition;
    condition.text += " AND #sk BETWEEN :first AND :last";
    condition.names.emplace("#sk", range_name);
    condition.values.emplace(":first", AttributeValue::string(std::move(first)));
    condition.values.emplace(":last", AttributeValue::string(std::move(last)));
    return query;
}

Query beginning(std::string table, std::string hash, std::string prefix) {
    auto query = under(std::move(table), std::move(hash));
    if (prefix.empty()) return query;
    auto& condition = query.key_condition;
    condition.text += " AND begins_with(#sk, :prefix)";
    condition.names.emplace("#sk", range_name);
    condition.values.emplace(":prefix", AttributeValue::string(std::move(prefix)));
    return query;
}

Async<Result<std::vector<Item>>> all_items(Client& client, Query query) {
    std::vector<Item> items;
    auto const read = co_await query_all(client, std::move(query), [&](Item&& item) {
        items.push_back(std::move(item));
        return true;
    });
    if (!read) co_return fail(to_error(read.error()));
    co_return items;
}

} // namespace gem::dynamodb
