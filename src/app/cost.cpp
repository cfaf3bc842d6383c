#include "app/cost.hpp"

#include <algorithm>
#include <tuple>

namespace gem {

namespace {

constexpr double hours_of_a_month = 730;
constexpr double bytes_of_a_gigabyte = 1'073'741'824;

// The bar of the design, and what was measured, rounded up: docs/COST.md.
constexpr double write_units_an_event = 1.4;
constexpr double read_units_an_event = 0.8;
constexpr double read_units_a_query = 0.6;

/// The moment at which the month of `time` begins, and how long it is.
std::pair<UtcTime, seconds> month_of(UtcTime time) {
    std::chrono::year_month_day const day(std::chrono::floor<days>(time));
    auto const month = day.year() / day.month();
    std::chrono::sys_days const begin = month / std::chrono::day(1);
    std::chrono::sys_days const end = (month + std::chrono::months(1)) / std::chrono::day(1);
    return {UtcTime(begin), end - begin};
}

} // namespace

MonthCost cost_of(Usage const& usage, UtcTime now) {
    MonthCost cost;
    cost.month = format_day(now).substr(0, 7);
    for (auto const& row : usage.rows) {
        CostRow priced{.table = row.table,
                       .index = row.index,
                       .operation = row.operation,
                       .read_units = row.read_units,
                       .write_units = row.write_units,
                       .requests = row.requests,
                       .cost_usd = price_of(row.read_units.value, row.write_units.value)};
        cost.cost_usd.value += priced.cost_usd.value;
        cost.rows.push_back(std::move(priced));
    }
    std::ranges::sort(cost.rows, {}, [](CostRow const& row) {
        return std::tuple(-row.cost_usd.value, row.table, row.index, row.operation);
    });
    auto const [begin, length] = month_of(now);
    auto const elapsed = std::max<seconds>(now - begin, hours(1)); // a first minute says nothing of a month
    cost.projected_usd =
        cost.cost_usd.value * static_cast<double>(length.count()) / static_cast<double>(elapsed.count());
    return cost;
}

Async<Result<std::optional<MonthCost>>> cost_of_month(DatabaseService& database, UtcTime now) {
    auto const entry = co_await database.metrics().get_state(usage_key(now));
    if (!entry) co_return fail(entry.error());
    if (!*entry) co_return std::optional<MonthCost>();
    auto const usage = parse_usage((*entry)->value);
    if (!usage) co_return fail(usage.error());
    auto cost = cost_of(*usage, now);
    auto const tables = co_await database.connection().table_info();
    if (tables) {
        double bytes = 0;
        for (auto const& table : *tables) bytes += static_cast<double>(table.bytes.value_or(0));
        cost.storage_gb = Fixed<3>(bytes / bytes_of_a_gigabyte);
        cost.storage_usd = cost.storage_gb->value * us_east_1_prices.gigabyte_month;
    }
    co_return std::optional(std::move(cost));
}

CostEstimate estimate_cost(Load const& load) {
    CostEstimate estimate;
    estimate.write_units = load.events_per_hour * hours_of_a_month * write_units_an_event;
    estimate.read_units =
        (load.events_per_hour * read_units_an_event + load.queries_per_hour * read_units_a_query) * hours_of_a_month;
    estimate.writes_usd = price_of(0, estimate.write_units.value);
    estimate.reads_usd = price_of(estimate.read_units.value, 0);
    estimate.storage_usd = load.storage_gb * us_east_1_prices.gigabyte_month;
    estimate.total_usd = estimate.writes_usd.value + estimate.reads_usd.value + estimate.storage_usd.value;
    return estimate;
}

} // namespace gem
