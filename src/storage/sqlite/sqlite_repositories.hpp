// The repositories over one SQLiteConnection.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "storage/sqlite/event_writer.hpp"
#include "storage/sqlite/registry.hpp"
#include "storage/sqlite/sqlite_connection.hpp"

namespace gem {

class SQLiteEventsRepository final : public EventsRepository {
  public:
    explicit SQLiteEventsRepository(SQLiteConnection& connection) : connection_(connection) {}
    Async<Result<InsertResult>> insert_events(std::vector<Event> batch) override;
    Async<Result<InsertResult>> restore_events(std::vector<Event> batch) override;
    Async<Result<EventPage>> find_events(EventQuery query) override;
    Async<Result<std::vector<Tally>>> tally(TimeWindow window, std::optional<RepoName> repo) override;
    Async<Result<std::vector<BucketTally>>> tally_series(TimeWindow window, minutes bucket,
                                                         std::optional<RepoName> repo,
                                                         std::optional<std::string> type) override;
    Async<Result<std::vector<RepoActivity>>> busiest(TimeWindow window, std::size_t limit, bool with_rows) override;
    Async<Result<std::vector<RepoActivity>>> activity(TimeWindow window, std::vector<RepoName> repos) override;
    Async<Result<EventFactsList>> event_facts(RepoName repo, TimeWindow window,
                                              std::vector<std::string> types) override;
    Async<Result<std::optional<RepoSummary>>> find_repository(RepoName repo) override;
    Async<Result<std::vector<RepoSummary>>> list_repositories(std::string after, std::size_t limit) override;
    Async<Result<Totals>> totals() override;
    Async<Result<ArrivalPage>> arrivals(std::string after, std::size_t limit) override;
    Async<Result<std::vector<std::string>>> sources(TimeWindow window, std::optional<RepoName> repo) override;
    Async<Result<WindowFigures>> window_figures(TimeWindow window, std::optional<RepoName> repo,
                                                bool with_tallies) override;

    /// After rows of the dictionaries were removed. On the writer's thread.
    void forget_dictionaries();

  private:
    /// A batch on its way to the writer. Whoever's turn comes first stores all that wait, in one transaction: the price
    /// of making it durable is paid once.
    struct Waiting {
        sqlite::PreparedBatch batch;
        std::optional<Result<InsertResult>> result;
        std::atomic<bool> settled{false};         ///< `result` is there: for whoever looks from another thread
        bool leads = false;                       ///< stores those that follow it; under the mutex
        std::move_only_function<void()> resume{}; ///< of one that follows and sleeps; under the mutex

        void settle(Result<InsertResult> outcome) {
            result = std::move(outcome);
            settled = true;
        }
    };
    enum class Place { goes_at_once, leads, follows };

    Async<Result<InsertResult>> store(std::vector<Event> batch, sqlite::Matching matching);
    Place join_waiting(std::shared_ptr<Waiting> const& mine);
    void leave_waiting(std::shared_ptr<Waiting> const& mine);
    /// Returns when somebody's turn has settled it, or when it has to take a turn itself. Not cancelled: it is short.
    /// As with run_on(), the caller's io_context runs until then, and so does that of the one that leads.
    Async<void> settled_or_leading(std::shared_ptr<Waiting> mine);
    /// On the writer's thread.
    void store_waiting(sqlite::Handle& handle);
    void resume_one(Waiting& one);

    SQLiteConnection& connection_;
    std::atomic<bool> crowded_{false}; ///< the last transaction stored several batches
    std::mutex waiting_mutex_;
    std::vector<std::shared_ptr<Waiting>> waiting_;
    sqlite::EventWriter writer_; ///< on the writer's thread only
};

class SQLiteCommitsRepository final : public CommitsRepository {
  public:
    explicit SQLiteCommitsRepository(SQLiteConnection& connection) : connection_(connection) {}
    Async<Result<std::size_t>> store_commits(std::vector<CommitRecord> commits) override;
    Async<Result<CommitPage>> find_commits(CommitQuery query) override;
    Async<Result<CommitList>> commits_in(RepoName repo, TimeWindow window) override;
    Async<Result<CommitRecord>> find_commit(std::optional<RepoName> repo, std::string sha) override;
    Async<Result<std::vector<CommitFile>>> commit_files(RepoName repo, std::string sha) override;

  private:
    SQLiteConnection& connection_;
};

class SQLiteMetricsRepository final : public MetricsRepository {
  public:
    explicit SQLiteMetricsRepository(SQLiteConnection& connection) : connection_(connection) {}
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
    SQLiteConnection& connection_;
};

class SQLiteMaintenance final : public DatabaseMaintenance {
  public:
    SQLiteMaintenance(SQLiteConnection& connection, SQLiteEventsRepository& events)
        : connection_(connection), events_(events) {}
    Async<Result<std::vector<std::string>>> check() override;
    Async<Result<VerifyReport>> verify() override;
    Async<Result<VerifyReport>> rebuild() override;
    Async<Result<void>> backup(std::string file) override;
    Async<Result<std::int64_t>> apply_retention() override;
    Async<Result<RemovedCounts>> forget_repository(RepoName repo) override;
    Async<Result<RemovedCounts>> forget_actor(std::string login) override;
    Async<Result<void>> drop_tables() override;

  private:
    SQLiteConnection& connection_;
    SQLiteEventsRepository& events_;
};

} // namespace gem
