// SQLiteMetricsRepository: the five metrics tables and the state entries.
#include <algorithm>

#include <fmt/format.h>

#include "storage/sqlite/metric_tables.hpp"
#include "storage/sqlite/sqlite_repositories.hpp"

namespace gem {

using sqlite::Handle;
using sqlite::Rows;

namespace {

/// The rows about `repo` under every key that it may be filed under, ascending by key.
template <class Row>
Result<std::vector<Row>> find_rows(Handle& handle, RepoName const& repo, TimeWindow const& asked) {
    sqlite::ReadTransaction const view(handle);
    std::vector<Row> found;
    for (auto const& [key, window] : sqlite::keys_filed_under(handle, repo)) {
        auto const within = sqlite::intersection(window, asked);
        if (!within.empty()) sqlite::read_rows(handle, key, within, found);
    }
    sqlite::sort_rows(found);
    return found;
}

/// One transaction around rows that are written alike.
template <class Row>
Result<void> put_rows(Handle& handle, std::vector<Row> const& rows) {
    sqlite::Transaction transaction(handle);
    for (auto const& row : rows) sqlite::put_row(handle, sqlite::key_to_file_under(handle, row.repo_name), row);
    transaction.commit();
    return {};
}

} // namespace

Async<Result<void>> SQLiteMetricsRepository::put_health(HealthSnapshot snapshot) {
    co_return co_await connection_.write([&](Handle& handle) { return put_rows(handle, std::vector{snapshot}); });
}

Async<Result<std::vector<HealthSnapshot>>>
SQLiteMetricsRepository::find_health(RepoName repo, std::int64_t window_hours, TimeWindow days) {
    auto found =
        co_await connection_.read([&](Handle& handle) { return find_rows<HealthSnapshot>(handle, repo, days); });
    if (found) std::erase_if(*found, [&](HealthSnapshot const& row) { return row.window_hours != window_hours; });
    co_return found;
}

Async<Result<void>> SQLiteMetricsRepository::put_developer_days(std::vector<DeveloperDay> rows) {
    co_return co_await connection_.write([&](Handle& handle) { return put_rows(handle, rows); });
}

Async<Result<std::vector<DeveloperDay>>> SQLiteMetricsRepository::find_developer_days(RepoName repo, TimeWindow days) {
    co_return co_await connection_.read([&](Handle& handle) { return find_rows<DeveloperDay>(handle, repo, days); });
}

Async<Result<void>> SQLiteMetricsRepository::put_security(SecurityMetric metric) {
    co_return co_await connection_.write([&](Handle& handle) { return put_rows(handle, std::vector{metric}); });
}

Async<Result<std::vector<SecurityMetric>>> SQLiteMetricsRepository::find_security(RepoName repo, TimeWindow days) {
    co_return co_await connection_.read([&](Handle& handle) { return find_rows<SecurityMetric>(handle, repo, days); });
}

Async<Result<void>> SQLiteMetricsRepository::put_patterns(std::vector<EventPattern> patterns) {
    co_return co_await connection_.write([&](Handle& handle) { return put_rows(handle, patterns); });
}

Async<Result<std::vector<EventPattern>>> SQLiteMetricsRepository::find_patterns(RepoName repo, TimeWindow buckets) {
    co_return co_await connection_.read([&](Handle& handle) { return find_rows<EventPattern>(handle, repo, buckets); });
}

Async<Result<void>> SQLiteMetricsRepository::put_deployment(DeploymentMetric deployment) {
    co_return co_await connection_.write([&](Handle& handle) { return put_rows(handle, std::vector{deployment}); });
}

Async<Result<std::vector<DeploymentMetric>>> SQLiteMetricsRepository::find_deployments(RepoName repo,
                                                                                       TimeWindow created) {
    co_return co_await connection_.read(
        [&](Handle& handle) { return find_rows<DeploymentMetric>(handle, repo, created); });
}

// ---------------------------------------------------------------------------------------------------------------------

namespace {

StateEntry read_state(Rows const& row) {
    return {.key = std::string(row->text(0)),
            .value = JsonText::already_validated(std::string(row->text(1))),
            .version = row->integer(2)};
}

std::vector<StateEntry> entries_of(Handle& handle, std::string const& prefix) {
    std::vector<StateEntry> entries;
    auto& list = handle.prepare("SELECT key, value, version FROM state_entries WHERE key >= ?1 ORDER BY key");
    list.bind(1, prefix);
    Rows rows(list);
    while (rows.next() && rows->text(0).starts_with(prefix)) entries.push_back(read_state(rows));
    return entries;
}

} // namespace

Async<Result<std::optional<StateEntry>>> SQLiteMetricsRepository::get_state(std::string key) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<std::optional<StateEntry>> {
        auto& find = handle.prepare("SELECT key, value, version FROM state_entries WHERE key = ?1");
        find.bind(1, key);
        Rows rows(find);
        if (!rows.next()) return std::optional<StateEntry>();
        return std::optional(read_state(rows));
    });
}

Async<Result<std::int64_t>> SQLiteMetricsRepository::put_state(StateEntry entry) {
    co_return co_await connection_.write([&](Handle& handle) -> Result<std::int64_t> {
        auto& put = entry.version == 0
                        ? handle.prepare("INSERT INTO state_entries VALUES(?1, ?2, ?3 + 1) ON CONFLICT DO NOTHING")
                        : handle.prepare(
                              "UPDATE state_entries SET value = ?2, version = ?3 + 1 WHERE key = ?1 AND version = ?3");
        put.bind(1, entry.key).bind(2, entry.value.text()).bind(3, entry.version);
        if (put.run() == 0)
            return fail(ErrorCode::conflict, fmt::format("somebody else changed the state {} first", entry.key));
        return entry.version + 1;
    });
}

Async<Result<void>> SQLiteMetricsRepository::remove_state(std::string key) {
    co_return co_await connection_.write([&](Handle& handle) -> Result<void> {
        handle.prepare("DELETE FROM state_entries WHERE key = ?1").bind(1, key).run();
        return {};
    });
}

Async<Result<std::vector<StateEntry>>> SQLiteMetricsRepository::list_state(std::string prefix) {
    co_return co_await connection_.read(
        [&](Handle& handle) -> Result<std::vector<StateEntry>> { return entries_of(handle, prefix); });
}

Async<Result<std::vector<std::vector<StateEntry>>>>
SQLiteMetricsRepository::list_states(std::vector<std::string> prefixes) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<std::vector<std::vector<StateEntry>>> {
        std::vector<std::vector<StateEntry>> lists;
        lists.reserve(prefixes.size());
        for (auto const& prefix : prefixes) lists.push_back(entries_of(handle, prefix));
        return lists;
    });
}

} // namespace gem
