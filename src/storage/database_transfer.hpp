// Everything of a store by repository key: what moves it to another store of any provider.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "base/result.hpp"
#include "domain/commit.hpp"
#include "domain/event.hpp"
#include "domain/metrics.hpp"

namespace gem {

/// The rows of the five metrics tables under one repository key, each list in the order of its key.
struct MetricRows {
    std::vector<HealthSnapshot> health{};        ///< by (window_hours, day)
    std::vector<DeveloperDay> developer_days{};  ///< by (day, actor_login)
    std::vector<SecurityMetric> security{};      ///< by (metric_type, day)
    std::vector<EventPattern> patterns{};        ///< by (event_type, bucket_start, kind)
    std::vector<DeploymentMetric> deployments{}; ///< by deployment_id
};

/// Where a page of events ended.
struct EventPlace {
    UtcTime created_at{};
    std::string type;
    std::string id;
};

/// Reads and writes by the very repository key, past the registry of names; what is written replaces or completes what
/// is there, as in the repositories. Events are written by EventsRepository::insert_events. For export and import
/// alone: reading may look through whole tables.
class DatabaseTransfer {
  public:
    virtual ~DatabaseTransfer() = default;
    /// Every key under which there is something, ascending as bytes.
    virtual Async<Result<std::vector<std::string>>> repository_keys() = 0;
    /// Raw events in order of (created_at, type, id), after `after`, at most `limit` and at least one if there is one.
    virtual Async<Result<std::vector<Event>>> events_of(std::string key, std::optional<EventPlace> after,
                                                        std::size_t limit) = 0;
    /// Commits with their files in order of (commit_date, sha), after `after`, at most `limit`, likewise.
    virtual Async<Result<std::vector<CommitRecord>>>
    commits_of(std::string key, std::optional<std::pair<UtcTime, std::string>> after, std::size_t limit) = 0;
    virtual Async<Result<MetricRows>> metrics_of(std::string key) = 0;
    virtual Async<Result<void>> put_commits(std::string key, std::vector<CommitRecord> commits) = 0;
    virtual Async<Result<void>> put_metrics(std::string key, MetricRows rows) = 0;
};

} // namespace gem
