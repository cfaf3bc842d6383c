#include "storage/dynamodb/tokens.hpp"

#include <random>

#include <fmt/format.h>

#include "storage/dynamodb/key_names.hpp"

namespace gem::dynamodb {

std::string new_token() {
    thread_local std::mt19937_64 random = [] {
        std::random_device source;
        std::seed_seq seed{source(), source(), source(), source()};
        return std::mt19937_64(seed);
    }();
    return fmt::format("{:016x}", random());
}

bool has_token(Item const& item, std::string_view token) {
    auto const* const found = find_string(item, "token");
    return found != nullptr && *found == token;
}

Expression not_there() { return {.text = "attribute_not_exists(#pk)", .names = {{"#pk", std::string(hash_name)}}}; }

Expression token_is(std::string token) {
    return {
        .text = "#t = :t", .names = {{"#t", "token"}}, .values = {{":t", AttributeValue::string(std::move(token))}}};
}

Expression version_is(std::int64_t version) {
    if (version == 0) return not_there();
    return {.text = "#v = :v", .names = {{"#v", "version"}}, .values = {{":v", AttributeValue::number(version)}}};
}

} // namespace gem::dynamodb
