#include "storage/dynamodb/dynamodb_transfer.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "storage/dynamodb/event_finder.hpp"
#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/log_reader.hpp"
#include "storage/dynamodb/metric_rows.hpp"
#include "storage/dynamodb/together.hpp"

namespace gem {

using namespace dynamodb; // NOLINT(google-build-using-namespace): this file is about its types

namespace {

/// Of what lies in event_patterns, anomalies alone are under a repository key: the others' keys have a `#`.
bool is_repository_key(std::string_view key) {
    if (key.starts_with("n:")) return true;
    return !key.empty() && std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
}

template <class Row>
Async<Result<std::vector<Row>>> all_rows(Client& client, std::string key) {
    return rows_in<Row>(client, FiledUnder{.key = std::move(key)}, {}, all_time());
}

template <class Row>
void add_writes(std::vector<WriteRequest>& writes, std::string const& key, std::vector<Row> const& rows) {
    for (auto const& row : rows)
        writes.push_back(WriteRequest::put(std::string(RowTable<Row>::table), to_item(key, row)));
}

} // namespace

Async<Result<std::vector<std::string>>> DynamoDBTransfer::keys_in(std::string table) {
    std::set<std::string> keys;
    Scan scan{.table = std::move(table), .projection = "#pk", .names = {{"#pk", std::string(hash_name)}}};
    for (;;) {
        auto page = co_await context_.client.scan(scan);
        if (!page) co_return fail(to_error(page.error()));
        for (auto const& item : page->items) {
            auto const* const key = find_string(item, hash_name);
            if (key != nullptr && is_repository_key(*key)) keys.insert(*key);
        }
        if (!page->next) co_return std::vector<std::string>(keys.begin(), keys.end());
        scan.start = std::move(page->next);
    }
}

Async<Result<std::vector<std::string>>> DynamoDBTransfer::repository_keys() {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    std::set<std::string> keys;
    LogReader log(context_);
    for (int shard = 0; shard < shard_count; ++shard) {
        auto const snapshot = co_await log.snapshot(shard, Strength::strong);
        if (!snapshot) co_return fail(snapshot.error());
        keys.merge(snapshot->all_keys());
    }
    constexpr std::array<std::string_view, 6> tables = {"commits",           "repository_health_metrics",
                                                        "developer_metrics", "security_metrics",
                                                        "event_patterns",    "deployment_metrics"};
    std::vector<Async<Result<std::vector<std::string>>>> scans;
    for (auto const table : tables) scans.push_back(keys_in(std::string(table)));
    for (auto& found : co_await together(std::move(scans))) {
        if (!found) co_return fail(found.error());
        keys.insert(found->begin(), found->end());
    }
    co_return std::vector<std::string>(keys.begin(), keys.end());
}

Async<Result<std::vector<Event>>> DynamoDBTransfer::events_of(std::string key, std::optional<EventPlace> after,
                                                              std::size_t limit) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    auto query = under(std::string(events_table), key);
    if (after) {
        query.key_condition.text += " AND #sk > :after";
        query.key_condition.names.emplace("#sk", range_name);
        query.key_condition.values.emplace(
            ":after", AttributeValue::string(event_sort_key(after->created_at, after->type, after->id)));
    }
    query.limit = static_cast<std::int64_t>(limit);
    std::vector<Event> events;
    while (events.empty()) { // a page may have nothing of ours
        auto page = co_await context_.client.query(query);
        if (!page) co_return fail(to_error(page.error()));
        for (auto& item : page->items) {
            auto event = co_await read_whole_event(context_.client, std::move(item));
            if (!event) co_return fail(event.error());
            if (auto const horizon = context_.horizon(); horizon && event->created_at < *horizon) continue;
            events.push_back(std::move(*event));
        }
        if (!page->next) break;
        query.start = std::move(page->next);
    }
    co_return events;
}

Async<Result<std::vector<CommitRecord>>>
DynamoDBTransfer::commits_of(std::string key, std::optional<std::pair<UtcTime, std::string>> after, std::size_t limit) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    co_return co_await commits_.commits_under(std::move(key), std::move(after), limit);
}

Async<Result<MetricRows>> DynamoDBTransfer::metrics_of(std::string key) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    auto health = co_await all_rows<HealthSnapshot>(context_.client, key);
    if (!health) co_return fail(health.error());
    auto developer_days = co_await all_rows<DeveloperDay>(context_.client, key);
    if (!developer_days) co_return fail(developer_days.error());
    auto security = co_await all_rows<SecurityMetric>(context_.client, key);
    if (!security) co_return fail(security.error());
    auto patterns = co_await all_rows<EventPattern>(context_.client, key);
    if (!patterns) co_return fail(patterns.error());
    auto deployments = co_await all_rows<DeploymentMetric>(context_.client, key);
    if (!deployments) co_return fail(deployments.error());
    MetricRows rows{.health = std::move(*health),
                    .developer_days = std::move(*developer_days),
                    .security = std::move(*security),
                    .patterns = std::move(*patterns),
                    .deployments = std::move(*deployments)};
    sort_rows(rows.health);
    sort_rows(rows.developer_days);
    sort_rows(rows.security);
    sort_rows(rows.patterns);
    sort_rows(rows.deployments);
    co_return rows;
}

Async<Result<void>> DynamoDBTransfer::put_commits(std::string key, std::vector<CommitRecord> commits) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    auto const stored = co_await commits_.store_under(std::move(key), std::move(commits));
    if (!stored) co_return fail(stored.error());
    co_return Result<void>();
}

Async<Result<void>> DynamoDBTransfer::put_metrics(std::string key, MetricRows rows) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    std::vector<WriteRequest> writes;
    add_writes(writes, key, rows.health);
    add_writes(writes, key, rows.developer_days);
    add_writes(writes, key, rows.security);
    add_writes(writes, key, rows.patterns);
    add_writes(writes, key, rows.deployments);
    if (writes.empty()) co_return Result<void>();
    auto const written = co_await context_.client.batch_write(std::move(writes));
    context_.wrote();
    if (!written) co_return fail(to_error(written.error()));
    co_return Result<void>();
}

} // namespace gem
