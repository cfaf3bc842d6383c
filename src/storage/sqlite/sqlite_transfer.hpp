// SQLiteTransfer: everything by repository key, for export and import.
#pragma once

#include "storage/database_transfer.hpp"
#include "storage/sqlite/sqlite_connection.hpp"

namespace gem {

class SQLiteTransfer final : public DatabaseTransfer {
  public:
    explicit SQLiteTransfer(SQLiteConnection& connection) : connection_(connection) {}
    Async<Result<std::vector<std::string>>> repository_keys() override;
    Async<Result<std::vector<Event>>> events_of(std::string key, std::optional<EventPlace> after,
                                                std::size_t limit) override;
    Async<Result<std::vector<CommitRecord>>>
    commits_of(std::string key, std::optional<std::pair<UtcTime, std::string>> after, std::size_t limit) override;
    Async<Result<MetricRows>> metrics_of(std::string key) override;
    Async<Result<void>> put_commits(std::string key, std::vector<CommitRecord> commits) override;
    Async<Result<void>> put_metrics(std::string key, MetricRows rows) override;

  private:
    SQLiteConnection& connection_;
};

namespace sqlite {

/// Of one repository key, oldest first, after (date, sha), with their files.
std::vector<CommitRecord> commits_under(Handle& handle, std::string const& key, UtcTime date, std::string const& sha,
                                        std::size_t limit);
/// Stores or completes it under that key. In a transaction of the caller's.
void put_commit(Handle& handle, std::string const& key, CommitRecord const& record);

} // namespace sqlite

} // namespace gem
