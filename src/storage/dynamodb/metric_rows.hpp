// The rows of the five metrics tables: where each is kept, and when it counts.
#pragma once

#include <string>

#include <fmt/format.h>

#include "domain/metrics.hpp"
#include "storage/dynamodb/filing.hpp"
#include "storage/dynamodb/record_item.hpp"

namespace gem::dynamodb {

/// `table`, `range(row)` (the range key), `time(row)` (by which questions select), `by_time` (whether range keys begin
/// with it).
template <class Row>
struct RowTable;

template <>
struct RowTable<HealthSnapshot> {
    static constexpr std::string_view table = "repository_health_metrics";
    static constexpr bool by_time = false;
    static std::string range(HealthSnapshot const& row) {
        return fmt::format("{}#{}", row.window_hours, format_time(row.day));
    }
    static UtcTime time(HealthSnapshot const& row) { return row.day; }
};

template <>
struct RowTable<DeveloperDay> {
    static constexpr std::string_view table = "developer_metrics";
    static constexpr bool by_time = true;
    static std::string range(DeveloperDay const& row) {
        return fmt::format("{}#{}", format_time(row.day), row.actor_login);
    }
    static UtcTime time(DeveloperDay const& row) { return row.day; }
};

template <>
struct RowTable<SecurityMetric> {
    static constexpr std::string_view table = "security_metrics";
    static constexpr bool by_time = false;
    static std::string range(SecurityMetric const& row) {
        return fmt::format("{}#{}", row.metric_type, format_time(row.day));
    }
    static UtcTime time(SecurityMetric const& row) { return row.day; }
};

template <>
struct RowTable<EventPattern> {
    static constexpr std::string_view table = "event_patterns";
    static constexpr bool by_time = true;
    static std::string range(EventPattern const& row) {
        return fmt::format("{}#{}#{}", format_time(row.bucket_start), row.event_type, row.kind);
    }
    static UtcTime time(EventPattern const& row) { return row.bucket_start; }
};

template <>
struct RowTable<DeploymentMetric> {
    static constexpr std::string_view table = "deployment_metrics";
    static constexpr bool by_time = false;
    static std::string range(DeploymentMetric const& row) { return row.deployment_id; }
    static UtcTime time(DeploymentMetric const& row) { return row.created_at; }
};

template <class Row>
Item to_item(std::string const& key, Row const& row) {
    auto item = key_of(key, RowTable<Row>::range(row));
    put_members(item, row);
    return item;
}

// Ascending by key.
void sort_rows(std::vector<HealthSnapshot>& rows);
void sort_rows(std::vector<DeveloperDay>& rows);
void sort_rows(std::vector<SecurityMetric>& rows);
void sort_rows(std::vector<EventPattern>& rows);
void sort_rows(std::vector<DeploymentMetric>& rows);

/// What sorts behind every range key that begins with a moment before `time`.
inline std::string range_before(UtcTime time) {
    constexpr UtcTime last = from_unix(253402300799);
    return time > last ? std::string("9999-12-31T23:59:59Z~") : format_time(time);
}

/// The rows of `window` in one place, in no particular order.
template <class Row>
Async<Result<std::vector<Row>>> rows_in(Client& client, FiledUnder place, std::string lower_name, TimeWindow window) {
    using Table = RowTable<Row>;
    std::vector<Row> rows;
    auto const within = intersection(place.window, window);
    if (within.empty()) co_return rows;
    std::string const table(Table::table);
    auto const items = co_await all_items(
        client, Table::by_time ? between(table, place.key, format_time(within.from), range_before(within.to))
                               : under(table, place.key));
    if (!items) co_return fail(items.error());
    for (auto const& item : *items) {
        Row row;
        if (auto read = read_members(item, row); !read) co_return fail(read.error());
        if (!within.contains(Table::time(row))) continue;
        if (place.by_name && ascii_lower(row.repo_name) != lower_name) continue;
        rows.push_back(std::move(row));
    }
    co_return rows;
}

} // namespace gem::dynamodb
