// What a store that charges by use has charged for, as every provider can tell it: a document among the state, under
// `usage#2026-11`, which the provider writes itself. Stores that charge for nothing have none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace gem {

inline constexpr std::string_view usage_prefix = "usage#";

struct UsageRow {
    std::string table;     ///< one of the nine
    std::string index;     ///< empty: the table itself
    std::string operation; ///< `PutItem`
    Fixed<1> read_units;   ///< DynamoDB counts halves
    Fixed<1> write_units;
    std::int64_t requests = 0; ///< 0 for an index: they count with its table
};
BOOST_DESCRIBE_STRUCT(UsageRow, (), (table, index, operation, read_units, write_units, requests))

/// By table, index, operation.
struct Usage {
    std::vector<UsageRow> rows;
};
BOOST_DESCRIBE_STRUCT(Usage, (), (rows))

/// `usage#2026-11`, of the month that `time` is in.
std::string usage_key(UtcTime time);
/// `corrupt` if it is not a Usage.
Result<Usage> parse_usage(JsonText const& json);

/// On-demand prices in US dollars.
struct Prices {
    double million_write_units = 0.625;
    double million_read_units = 0.125;
    double gigabyte_month = 0.25;
};
/// Those of us-east-1 since November 2024 (Ohio and Oregon have the same; others cost up to about twice that).
inline constexpr Prices us_east_1_prices{};

/// Dollars for the units; storage is not in it.
constexpr double price_of(double read_units, double write_units, Prices const& prices = us_east_1_prices) {
    return (read_units * prices.million_read_units + write_units * prices.million_write_units) / 1e6;
}

} // namespace gem
