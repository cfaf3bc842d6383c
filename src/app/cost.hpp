// What the database charged this month, and what a load would cost: the arithmetic of `cost`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "storage/database_service.hpp"
#include "storage/usage.hpp"

namespace gem {

struct CostRow {
    std::string table;
    std::string index; ///< empty: the table itself
    std::string operation;
    Fixed<1> read_units{};
    Fixed<1> write_units{};
    std::int64_t requests = 0;
    Fixed<4> cost_usd{};
};
BOOST_DESCRIBE_STRUCT(CostRow, (), (table, index, operation, read_units, write_units, requests, cost_usd))

struct MonthCost {
    std::string month;         ///< `2026-11`
    std::vector<CostRow> rows; ///< the dearest first
    Fixed<4> cost_usd{};       ///< of the units so far
    Fixed<4> projected_usd{};  ///< of the whole month's, going on as from its beginning until now
    std::optional<Fixed<3>> storage_gb;
    Fixed<4> storage_usd{}; ///< a month
};
BOOST_DESCRIBE_STRUCT(MonthCost, (), (month, rows, cost_usd, projected_usd, storage_gb, storage_usd))

/// Pure: of what was counted until `now`.
MonthCost cost_of(Usage const& usage, UtcTime now);
/// Nothing where the database charges for nothing.
Async<Result<std::optional<MonthCost>>> cost_of_month(DatabaseService& database, UtcTime now);

struct Load {
    double events_per_hour = 1'000;
    double queries_per_hour = 10'000;
    double storage_gb = 1;
};

struct CostEstimate {
    Fixed<1> write_units{}; ///< a month of 730 hours
    Fixed<1> read_units{};
    Fixed<2> writes_usd{};
    Fixed<2> reads_usd{};
    Fixed<2> storage_usd{};
    Fixed<2> total_usd{};
};
BOOST_DESCRIBE_STRUCT(CostEstimate, (), (write_units, read_units, writes_usd, reads_usd, storage_usd, total_usd))

CostEstimate estimate_cost(Load const& load);

} // namespace gem
