// What a table should be, and what DynamoDB says it is; and the JSON of both.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace gem::dynamodb {

/// An attribute that keys use.
struct KeyAttribute {
    std::string name;
    char type = 'S'; ///< `S`, `N` or `B`
    friend bool operator==(KeyAttribute const&, KeyAttribute const&) = default;
};

/// A global secondary index.
struct IndexSpec {
    std::string name;
    KeyAttribute hash;
    std::optional<KeyAttribute> range{};
    std::string projection = "KEYS_ONLY"; ///< or `ALL`, `INCLUDE`
    std::vector<std::string> included{};  ///< non-key attributes of an `INCLUDE`, sorted
    friend bool operator==(IndexSpec const&, IndexSpec const&) = default;
};

/// Always PAY_PER_REQUEST, encrypted with the key that AWS owns unless somebody changes that outside.
struct TableSpec {
    std::string name; ///< without the prefix
    KeyAttribute hash;
    std::optional<KeyAttribute> range{};
    std::vector<IndexSpec> indexes{}; ///< sorted by name when it comes from DynamoDB
    std::string ttl_attribute{};      ///< empty: nothing expires
    bool point_in_time_recovery = false;
    bool deletion_protection = false;
    std::map<std::string, std::string> tags{};
};

/// DescribeTable's answer. TTL, point-in-time recovery and tags are not part of it: `spec` has them empty.
struct TableDescription {
    TableSpec spec;
    std::string status; ///< `CREATING`, `UPDATING`, `DELETING`, `ACTIVE`, …
    std::string arn;
    std::string billing_mode;    ///< `PAY_PER_REQUEST` or `PROVISIONED`
    std::int64_t item_count = 0; ///< up to six hours old on AWS
    std::int64_t bytes = 0;      ///< likewise, indexes not included
    std::map<std::string, std::string> index_status{};
    std::map<std::string, std::int64_t> index_bytes{};

    /// The table and all of its indexes are ACTIVE.
    [[nodiscard]] bool active() const;
};

/// CreateTable's body; TTL and point-in-time recovery take calls of their own afterwards.
std::string create_table_body(TableSpec const& spec, std::string_view prefix);
/// From the object under `Table` or `TableDescription`; nothing if it is none.
std::optional<TableDescription> read_table(simdjson::dom::element table, std::string_view prefix);

} // namespace gem::dynamodb
