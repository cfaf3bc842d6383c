#include "storage/dynamodb/dynamodb_metrics.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/metric_rows.hpp"
#include "storage/dynamodb/together.hpp"
#include "storage/dynamodb/tokens.hpp"
#include "storage/usage.hpp"

namespace gem {

using namespace dynamodb; // NOLINT(google-build-using-namespace): this file is about its types

namespace {

constexpr auto state_hash = "state";
/// What collectors tell each other and themselves: no answer to a question is made of it.
constexpr std::array<std::string_view, 2> told_to_nobody = {"lease#", "owed#"};

bool changes_answers(std::string_view key) {
    return std::ranges::none_of(told_to_nobody, [&](std::string_view prefix) { return key.starts_with(prefix); });
}

Result<StateEntry> read_state(Item const& item) {
    auto value = restored(item, "value");
    auto const* const key = find_string(item, range_name);
    if (!value) return fail(value.error());
    if (key == nullptr) return fail(ErrorCode::corrupt, "a state entry has no key");
    return StateEntry{.key = *key,
                      .value = JsonText::already_validated(std::move(*value)),
                      .version = integer_or(item, "version", 0)};
}

} // namespace

template <class Row>
Async<Result<void>> DynamoDBMetricsRepository::put(std::vector<Row> rows) {
    using Table = RowTable<Row>;
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    if (rows.empty()) co_return Result<void>();
    std::map<std::string, std::string> keys;
    std::map<std::pair<std::string, std::string>, Item> items; // the last one of each key
    for (auto const& row : rows) {
        auto& key = keys[row.repo_name];
        if (key.empty()) {
            auto filed = co_await filing_.key_for(row.repo_name);
            if (!filed) co_return fail(filed.error());
            key = std::move(*filed);
        }
        items.insert_or_assign({key, Table::range(row)}, to_item(key, row));
    }
    std::vector<WriteRequest> writes;
    for (auto& [key, item] : items) writes.push_back(WriteRequest::put(std::string(Table::table), std::move(item)));
    auto const written = co_await context_.client.batch_write(std::move(writes));
    context_.wrote();
    if (!written) co_return fail(to_error(written.error()));
    co_return Result<void>();
}

template <class Row>
Async<Result<std::vector<Row>>> DynamoDBMetricsRepository::find(RepoName repo, TimeWindow window) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    auto const places = co_await filing_.places_of(repo);
    if (!places) co_return fail(places.error());
    std::vector<Row> found;
    for (auto const& place : *places) {
        auto rows = co_await rows_in<Row>(context_.client, place, repo.key(), window);
        if (!rows) co_return fail(rows.error());
        std::ranges::move(*rows, std::back_inserter(found));
    }
    sort_rows(found);
    co_return found;
}

Async<Result<void>> DynamoDBMetricsRepository::put_health(HealthSnapshot snapshot) {
    return put(std::vector{std::move(snapshot)});
}

Async<Result<std::vector<HealthSnapshot>>>
DynamoDBMetricsRepository::find_health(RepoName repo, std::int64_t window_hours, TimeWindow days) {
    auto found = co_await find<HealthSnapshot>(std::move(repo), days);
    if (found) std::erase_if(*found, [&](HealthSnapshot const& row) { return row.window_hours != window_hours; });
    co_return found;
}

Async<Result<void>> DynamoDBMetricsRepository::put_developer_days(std::vector<DeveloperDay> rows) {
    return put(std::move(rows));
}

Async<Result<std::vector<DeveloperDay>>> DynamoDBMetricsRepository::find_developer_days(RepoName repo,
                                                                                        TimeWindow days) {
    return find<DeveloperDay>(std::move(repo), days);
}

Async<Result<void>> DynamoDBMetricsRepository::put_security(SecurityMetric metric) {
    return put(std::vector{std::move(metric)});
}

Async<Result<std::vector<SecurityMetric>>> DynamoDBMetricsRepository::find_security(RepoName repo, TimeWindow days) {
    return find<SecurityMetric>(std::move(repo), days);
}

Async<Result<void>> DynamoDBMetricsRepository::put_patterns(std::vector<EventPattern> patterns) {
    return put(std::move(patterns));
}

Async<Result<std::vector<EventPattern>>> DynamoDBMetricsRepository::find_patterns(RepoName repo, TimeWindow buckets) {
    return find<EventPattern>(std::move(repo), buckets);
}

Async<Result<void>> DynamoDBMetricsRepository::put_deployment(DeploymentMetric deployment) {
    return put(std::vector{std::move(deployment)});
}

Async<Result<std::vector<DeploymentMetric>>> DynamoDBMetricsRepository::find_deployments(RepoName repo,
                                                                                         TimeWindow created) {
    return find<DeploymentMetric>(std::move(repo), created);
}

// ---------------------------------------------------------------------------------------------------------------------

Async<Result<std::optional<StateEntry>>> DynamoDBMetricsRepository::get_state(std::string key) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    if (key.starts_with(usage_prefix) && context_.usage != nullptr) {
        auto const use = co_await context_.usage->month(key);
        if (!use) co_return fail(to_error(use.error()));
        co_return StateEntry{.key = std::move(key), .value = UsageLedger::as_json(*use), .version = 1};
    }
    auto const item = co_await context_.client.get({.table = "event_patterns", .key = key_of(state_hash, key)});
    if (!item) co_return fail(to_error(item.error()));
    if (!*item) co_return std::optional<StateEntry>();
    auto entry = read_state(**item);
    if (!entry) co_return fail(entry.error());
    co_return std::optional(std::move(*entry));
}

Async<Result<std::int64_t>> DynamoDBMetricsRepository::put_state(StateEntry entry) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    auto const token = new_token();
    auto item = key_of(state_hash, entry.key);
    item.emplace("value", compressed(entry.value.text()));
    item.emplace("version", AttributeValue::number(entry.version + 1));
    item.emplace("token", AttributeValue::string(token));
    auto const put = co_await context_.client.put(
        {.table = "event_patterns", .item = std::move(item), .condition = version_is(entry.version)});
    remembered_.wrote(entry.key, context_.clock.now());
    if (changes_answers(entry.key)) context_.wrote();
    if (put) co_return entry.version + 1;
    if (put.error().kind != Failure::Kind::condition_failed) co_return fail(to_error(put.error()));
    if (put.error().old_item && has_token(*put.error().old_item, token))
        co_return entry.version + 1; // an answer was lost and the write was done
    co_return fail(ErrorCode::conflict, fmt::format("somebody else changed the state {} first", entry.key));
}

Async<Result<void>> DynamoDBMetricsRepository::remove_state(std::string key) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    auto const removed = co_await context_.client.remove({.table = "event_patterns", .key = key_of(state_hash, key)});
    remembered_.wrote(key, context_.clock.now());
    if (changes_answers(key)) context_.wrote();
    if (!removed) co_return fail(to_error(removed.error()));
    co_return Result<void>();
}

Async<Result<std::vector<StateEntry>>> DynamoDBMetricsRepository::list_state(std::string prefix) {
    co_return co_await read_list(std::move(prefix), true);
}

Async<Result<std::vector<StateEntry>>> DynamoDBMetricsRepository::remembered_list(std::string prefix) {
    auto const now = context_.clock.now();
    if (auto known = remembered_.find(prefix, now, context_.lag)) co_return std::move(*known);
    // An eventually consistent reading may not show what this process has just written.
    auto const ticket = remembered_.ticket();
    auto list = co_await read_list(prefix, remembered_.just_written(prefix, now));
    if (list) remembered_.keep(prefix, *list, now, ticket);
    co_return list;
}

Async<Result<std::vector<StateEntry>>> DynamoDBMetricsRepository::read_list(std::string prefix, bool consistent) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    auto query = beginning("event_patterns", state_hash, prefix);
    query.consistent = consistent;
    auto const items = co_await all_items(context_.client, std::move(query));
    if (!items) co_return fail(items.error());
    std::vector<StateEntry> entries;
    for (auto const& item : *items) {
        auto entry = read_state(item);
        if (!entry) co_return fail(entry.error());
        entries.push_back(std::move(*entry));
    }
    co_return entries;
}

Async<Result<std::vector<std::vector<StateEntry>>>>
DynamoDBMetricsRepository::list_states(std::vector<std::string> prefixes) {
    std::vector<Async<Result<std::vector<StateEntry>>>> questions;
    for (auto& prefix : prefixes) questions.push_back(remembered_list(std::move(prefix)));
    std::vector<std::vector<StateEntry>> lists;
    for (auto& list : co_await together(std::move(questions))) {
        if (!list) co_return fail(std::move(list.error()));
        lists.push_back(std::move(*list));
    }
    co_return lists;
}

} // namespace gem
