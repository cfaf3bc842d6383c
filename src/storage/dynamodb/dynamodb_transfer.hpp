// DynamoDBTransfer: everything by repository key, for export and import.
#pragma once

#include "storage/database_transfer.hpp"
#include "storage/dynamodb/dynamodb_commits.hpp"

namespace gem {

class DynamoDBTransfer final : public DatabaseTransfer {
  public:
    DynamoDBTransfer(dynamodb::DynamoDBContext& context, DynamoDBCommitsRepository& commits)
        : context_(context), commits_(commits) {}
    /// Looks through the tables, but for the events: their keys the hours' logs tell.
    Async<Result<std::vector<std::string>>> repository_keys() override;
    Async<Result<std::vector<Event>>> events_of(std::string key, std::optional<EventPlace> after,
                                                std::size_t limit) override;
    Async<Result<std::vector<CommitRecord>>>
    commits_of(std::string key, std::optional<std::pair<UtcTime, std::string>> after, std::size_t limit) override;
    Async<Result<MetricRows>> metrics_of(std::string key) override;
    Async<Result<void>> put_commits(std::string key, std::vector<CommitRecord> commits) override;
    Async<Result<void>> put_metrics(std::string key, MetricRows rows) override;

  private:
    Async<Result<std::vector<std::string>>> keys_in(std::string table);

    dynamodb::DynamoDBContext& context_;
    DynamoDBCommitsRepository& commits_;
};

} // namespace gem
