// Forgets commits and metrics of a repository or a person.
#pragma once

#include "storage/dynamodb/dynamodb_commits.hpp"

namespace gem {

class DynamoDBForgetter final : public dynamodb::RowForgetter {
  public:
    DynamoDBForgetter(dynamodb::DynamoDBContext& context, dynamodb::Filing& filing, DynamoDBCommitsRepository& commits)
        : context_(context), filing_(filing), commits_(commits) {}
    Async<Result<RemovedCounts>> forget_repository(RepoName name, dynamodb::ResolvedName resolved) override;
    /// Looks through all commits and developer days: a Scan, which a person asked for.
    Async<Result<RemovedCounts>> forget_actor(std::string login) override;

  private:
    template <class Row>
    Async<Result<std::int64_t>> remove_rows(dynamodb::FiledUnder place, std::string lower_name);
    Async<Result<std::vector<dynamodb::Item>>> scan_all(std::string table, std::string projection,
                                                        std::map<std::string, std::string> names);
    dynamodb::DynamoDBContext& context_;
    dynamodb::Filing& filing_;
    DynamoDBCommitsRepository& commits_;
};

} // namespace gem
