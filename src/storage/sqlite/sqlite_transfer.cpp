#include "storage/sqlite/sqlite_transfer.hpp"

#include "storage/sqlite/event_reader.hpp"
#include "storage/sqlite/metric_tables.hpp"

namespace gem {

using sqlite::Handle;
using sqlite::Rows;

namespace {

template <class Row>
void put_all(Handle& handle, std::string const& key, std::vector<Row> const& rows) {
    for (auto const& row : rows) sqlite::put_row(handle, key, row);
}

template <class Row>
void read_all(Handle& handle, std::string const& key, std::vector<Row>& rows) {
    sqlite::read_rows(handle, key, sqlite::all_time(), rows);
    sqlite::sort_rows(rows);
}

} // namespace

Async<Result<std::vector<std::string>>> SQLiteTransfer::repository_keys() {
    co_return co_await connection_.read([](Handle& handle) -> Result<std::vector<std::string>> {
        auto& list = handle.prepare(
            "SELECT key FROM repos UNION SELECT repo_key FROM commits UNION SELECT repo_key FROM "
            "repository_health_metrics UNION SELECT repo_key FROM developer_metrics UNION SELECT repo_key FROM "
            "security_metrics UNION SELECT repo_key FROM anomalies UNION SELECT repo_key FROM deployment_metrics "
            "ORDER BY 1");
        std::vector<std::string> keys;
        Rows rows(list);
        while (rows.next()) keys.emplace_back(rows->text(0));
        return keys;
    });
}

Async<Result<std::vector<Event>>> SQLiteTransfer::events_of(std::string key, std::optional<EventPlace> after,
                                                            std::size_t limit) {
    co_return co_await connection_.read(
        [&](Handle& handle) { return sqlite::events_under(handle, key, after, limit); });
}

Async<Result<std::vector<CommitRecord>>>
SQLiteTransfer::commits_of(std::string key, std::optional<std::pair<UtcTime, std::string>> after, std::size_t limit) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<std::vector<CommitRecord>> {
        sqlite::ReadTransaction const view(handle);
        auto const& [date, sha] = after.value_or(std::pair(from_unix(-1), std::string()));
        return sqlite::commits_under(handle, key, date, sha, limit);
    });
}

Async<Result<MetricRows>> SQLiteTransfer::metrics_of(std::string key) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<MetricRows> {
        sqlite::ReadTransaction const view(handle);
        MetricRows rows;
        read_all(handle, key, rows.health);
        read_all(handle, key, rows.developer_days);
        read_all(handle, key, rows.security);
        read_all(handle, key, rows.patterns);
        read_all(handle, key, rows.deployments);
        return rows;
    });
}

Async<Result<void>> SQLiteTransfer::put_commits(std::string key, std::vector<CommitRecord> commits) {
    co_return co_await connection_.write([&](Handle& handle) -> Result<void> {
        sqlite::Transaction transaction(handle);
        for (auto const& record : commits) sqlite::put_commit(handle, key, record);
        transaction.commit();
        return {};
    });
}

Async<Result<void>> SQLiteTransfer::put_metrics(std::string key, MetricRows rows) {
    co_return co_await connection_.write([&](Handle& handle) -> Result<void> {
        sqlite::Transaction transaction(handle);
        put_all(handle, key, rows.health);
        put_all(handle, key, rows.developer_days);
        put_all(handle, key, rows.security);
        put_all(handle, key, rows.patterns);
        put_all(handle, key, rows.deployments);
        transaction.commit();
        return {};
    });
}

} // namespace gem
