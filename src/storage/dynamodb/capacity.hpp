// What DynamoDB says each request consumed: read and write units by table, index and operation.
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

CapacityUse total(CapacitySnapshot const& snapshot);
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
