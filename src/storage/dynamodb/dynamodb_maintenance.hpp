// DynamoDBMaintenance: check, verify, rebuild, retention and forgetting over the base table and the hours' logs.
#pragma once

#include <set>

#include "storage/dynamodb/dynamodb_events.hpp"
#include "storage/dynamodb/log_items.hpp"

namespace gem {

class DynamoDBMaintenance final : public DatabaseMaintenance {
  public:
    /// `others` may be null: then only events are forgotten.
    DynamoDBMaintenance(dynamodb::DynamoDBContext& context, DynamoDBEventsRepository& events,
                        dynamodb::RowForgetter* others)
        : context_(context), events_(events), others_(others) {}

    Async<Result<std::vector<std::string>>> check() override;
    Async<Result<VerifyReport>> verify() override;
    Async<Result<VerifyReport>> rebuild() override;
    /// invalid_argument: DynamoDB has point-in-time recovery; a file is what `export` writes.
    Async<Result<void>> backup(std::string file) override;
    Async<Result<std::int64_t>> apply_retention() override;
    Async<Result<RemovedCounts>> forget_repository(RepoName repo) override;
    Async<Result<RemovedCounts>> forget_actor(std::string login) override;
    Async<Result<void>> drop_tables() override;

  private:
    Async<Result<std::int64_t>> purge(dynamodb::Head head, UtcTime horizon);
    Async<Result<void>> forget_in_raw(std::string lower, std::set<std::int64_t> people);
    void forget_what_is_remembered();

    dynamodb::DynamoDBContext& context_;
    DynamoDBEventsRepository& events_;
    dynamodb::RowForgetter* others_;
};

} // namespace gem
