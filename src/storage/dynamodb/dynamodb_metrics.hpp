// DynamoDBMetricsRepository: the five metrics tables, and small documents under `state` in event_patterns.
#pragma once

#include "storage/database_interface.hpp"
#include "storage/dynamodb/filing.hpp"
#include "storage/dynamodb/state_memory.hpp"

namespace gem {

class DynamoDBMetricsRepository final : public MetricsRepository {
  public:
    DynamoDBMetricsRepository(dynamodb::DynamoDBContext& context, dynamodb::Filing& filing)
        : context_(context), filing_(filing) {}
    Async<Result<void>> put_health(HealthSnapshot snapshot) override;
    Async<Result<std::vector<HealthSnapshot>>> find_health(RepoName repo, std::int64_t window_hours,
                                                           TimeWindow days) override;
    Async<Result<void>> put_developer_days(std::vector<DeveloperDay> rows) override;
    Async<Result<std::vector<DeveloperDay>>> find_developer_days(RepoName repo, TimeWindow days) override;
    Async<Result<void>> put_security(SecurityMetric metric) override;
    Async<Result<std::vector<SecurityMetric>>> find_security(RepoName repo, TimeWindow days) override;
    Async<Result<void>> put_patterns(std::vector<EventPattern> patterns) override;
    Async<Result<std::vector<EventPattern>>> find_patterns(RepoName repo, TimeWindow buckets) override;
    Async<Result<void>> put_deployment(DeploymentMetric deployment) override;
    Async<Result<std::vector<DeploymentMetric>>> find_deployments(RepoName repo, TimeWindow created) override;
    Async<Result<std::optional<StateEntry>>> get_state(std::string key) override;
    Async<Result<std::int64_t>> put_state(StateEntry entry) override;
    Async<Result<void>> remove_state(std::string key) override;
    Async<Result<std::vector<StateEntry>>> list_state(std::string prefix) override;
    Async<Result<std::vector<std::vector<StateEntry>>>> list_states(std::vector<std::string> prefixes) override;

  private:
    template <class Row>
    Async<Result<void>> put(std::vector<Row> rows);
    template <class Row>
    Async<Result<std::vector<Row>>> find(RepoName repo, TimeWindow window);

    Async<Result<std::vector<StateEntry>>> read_list(std::string prefix, bool consistent);
    Async<Result<std::vector<StateEntry>>> remembered_list(std::string prefix);

    dynamodb::DynamoDBContext& context_;
    dynamodb::Filing& filing_;
    dynamodb::StateMemory remembered_;
};

} // namespace gem
