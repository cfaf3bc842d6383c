// DynamoDBConnection: the nine tables of one prefix, made when they are not there, and how they are.
#pragma once

#include <chrono>
#include <optional>

#include "storage/database_factory.hpp"
#include "storage/dynamodb/context.hpp"
#include "storage/dynamodb/filing.hpp"
#include "storage/dynamodb/table_specs.hpp"

namespace gem {

class DynamoDBConnection final : public DatabaseConnection {
  public:
    DynamoDBConnection(DatabaseConfig config, dynamodb::DynamoDBContext& context, dynamodb::Filing& filing)
        : config_(std::move(config)), context_(context), filing_(filing) {}

    Async<Result<void>> initialize() override;
    Async<Result<void>> close() override;
    /// Asks DescribeTable for all nine, at most every few seconds.
    Async<DatabaseHealth> health_check() override;
    [[nodiscard]] DatabaseDescription describe() const override;
    /// What DynamoDB last counted: up to six hours old on AWS.
    Async<Result<std::vector<TableInfo>>> table_info() override;
    Async<std::uint64_t> write_generation() override;
    [[nodiscard]] seconds generation_lag() const override { return config_.dynamodb.generation_lag; }

  private:
    Async<void> save_usage();
    [[nodiscard]] DatabaseHealth judge(dynamodb::Outcome<dynamodb::TablesState> const& state) const;

    DatabaseConfig config_;
    dynamodb::DynamoDBContext& context_;
    dynamodb::Filing& filing_;
    std::optional<DatabaseHealth> health_;
    std::chrono::steady_clock::time_point health_at_{};
    std::uint64_t health_generation_ = 0; ///< what was written since may have been the end of the tables
    std::uint64_t latest_step_ = 0;
};

} // namespace gem
