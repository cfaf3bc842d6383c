// What DynamoDB says each request consumed: read and write units by table, index and operation, and their price.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace gem::dynamodb {

struct CapacityKey {
    std::string table;     ///< without the prefix
    std::string index;     ///< empty: the table itself
    std::string operation; ///< `PutItem`
    friend auto operator<=>(CapacityKey const&, CapacityKey const&) = default;
};

struct CapacityUse {
    double read_units = 0;
    double write_units = 0;
    std::int64_t requests = 0; ///< answered ones; 0 for an index, whose requests count with their table
    CapacityUse& operator+=(CapacityUse const& other);
};

using CapacitySnapshot = std::map<CapacityKey, CapacityUse>;

/// On-demand prices in US dollars.
struct Prices {
    double million_write_units = 0.625;
    double million_read_units = 0.125;
    double gigabyte_month = 0.25;
};
/// Those of us-east-1 since November 2024 (Ohio and Oregon have the same; others cost up to about twice that).
inline constexpr Prices us_east_1_prices{};

CapacityUse total(CapacitySnapshot const& snapshot);
/// Dollars for the units; storage is not in it.
double price(CapacityUse const& use, Prices const& prices = us_east_1_prices);

/// Counts from the start of the process. Thread-safe.
class CapacityMeter {
  public:
    void add(CapacityKey key, CapacityUse const& use);
    [[nodiscard]] CapacitySnapshot snapshot() const;

  private:
    mutable std::mutex mutex_;
    CapacitySnapshot use_; // mutex_
};

} // namespace gem::dynamodb
