// The storage contract: what every provider does, and what it means. Nothing above storage/ knows a provider.
//
// Concurrency: every object may be used by any number of coroutines at once; operations resume on the caller's
// executor. Lifetime: a DatabaseManager outlives every operation under way; close() waits for them. Errors:
// invalid_argument (the caller's input), unavailable/timed_out/rate_limited (try again), corrupt (the store is
// damaged), internal. Nothing is swallowed: an operation that could not do all it was asked says so.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/async.hpp"
#include "base/result.hpp"
#include "domain/commit.hpp"
#include "domain/event.hpp"
#include "domain/metrics.hpp"
#include "domain/repo_name.hpp"
#include "domain/time_window.hpp"

namespace gem {

/// The names of the nine tables, the same on every provider.
inline constexpr std::array<std::string_view, 9> table_names = {"events",
                                                                "commits",
                                                                "commit_files",
                                                                "commit_summaries",
                                                                "repository_health_metrics",
                                                                "developer_metrics",
                                                                "security_metrics",
                                                                "event_patterns",
                                                                "deployment_metrics"};

// ---------------------------------------------------------------------------------------------------------------------
// Connection

struct DatabaseHealth {
    bool healthy = false;
    int tables_found = 0;
    std::string error; ///< what is wrong and what to do; empty when healthy
};

struct TableInfo {
    std::string name;
    std::optional<std::int64_t> rows; ///< null when nobody has counted
    std::optional<std::int64_t> bytes;
    bool approximate = false;
};

/// What `/database/info` and `/health` tell of the provider: its name and its configuration without secrets, in order.
struct DatabaseDescription {
    std::string provider; ///< `sqlite`, `dynamodb`
    /// Keys as in SEED.md: sqlite `database_path`; dynamodb `aws_region`, `table_prefix`, `endpoint_url`.
    std::vector<std::pair<std::string, std::optional<std::string>>> configuration;
};

class DatabaseConnection {
  public:
    virtual ~DatabaseConnection() = default;
    /// Opens the store, creates or migrates the tables. Idempotent. Nothing else works before it succeeded.
    virtual Async<Result<void>> initialize() = 0;
    /// Waits for what is under way and lets go. Idempotent.
    virtual Async<Result<void>> close() = 0;
    /// Really asks the store. Never fails: what is wrong is in the answer.
    virtual Async<DatabaseHealth> health_check() = 0;
    [[nodiscard]] virtual DatabaseDescription describe() const = 0;
    /// Rows and sizes of the nine tables, in the order of table_names.
    virtual Async<Result<std::vector<TableInfo>>> table_info() = 0;
    /// Grows whenever an acknowledged write may have changed an answer, by this process at once and by another within
    /// `generation_lag()`. Cheap; for caches of answers.
    virtual Async<std::uint64_t> write_generation() = 0;
    [[nodiscard]] virtual seconds generation_lag() const = 0;
};

// ---------------------------------------------------------------------------------------------------------------------
// Events

struct Rejection {
    std::size_t index = 0; ///< in the batch
    std::string reason;
};

struct InsertResult {
    std::size_t inserted = 0;
    std::size_t duplicates = 0;
    std::size_t expired = 0; ///< older than the retention horizon
    std::vector<Rejection> rejected;

    InsertResult& operator+=(InsertResult const& other);
};

/// Which events, newest first. The order is (created_at, type, id, repository key), descending, compared as bytes.
struct EventQuery {
    std::optional<RepoName> repo; ///< without it the window must not be longer than 24 hours
    std::optional<std::string> type;
    std::optional<std::string> actor; ///< login, case-insensitive; asks for repo
    TimeWindow window;
    std::size_t limit = 100; ///< 1–1000
    /// What a former page gave as next_cursor; of another question: invalid_argument.
    std::optional<std::string> cursor;
    bool public_only = false; ///< leaves out what is_public is false of: events of private repositories
};

struct EventPage {
    std::vector<Event> events;
    std::optional<std::string> next_cursor; ///< empty when there is no more
};

/// An event and where it stands in the order in which the store got its events.
struct Arrival {
    Event event;
    std::string position; ///< 1–64 printable characters; means nothing elsewhere
};

struct ArrivalPage {
    std::vector<Arrival> events;
    std::string position; ///< where to go on
    bool more = false;    ///< there are further ones now
    bool gap = false;     ///< events between the position asked for and these are not to be had here any more
};

/// How often something happened. One row for each (type, counted action).
struct Tally {
    std::string type;
    std::string action; ///< counted_action(); empty where the payload has none
    std::int64_t events = 0;
    std::int64_t distinct_commits = 0; ///< pushes: sum of the payloads' distinct_size …
    std::int64_t commits_unknown = 0;  ///< … and the number of pushes that did not tell
    friend bool operator==(Tally const&, Tally const&) = default;
};

struct BucketTally {
    UtcTime bucket_start{};
    std::map<std::string, std::int64_t> counts; ///< by type, only what is above zero
    friend bool operator==(BucketTally const&, BucketTally const&) = default;
};

/// Events of one repository, one type and one actor within one minute.
struct ActivityRow {
    UtcTime minute{};
    std::string type;
    std::string action;     ///< counted_action()
    std::int64_t actor = 0; ///< one number for each person in this store, 0 if unknown; means nothing elsewhere
    bool bot = false;
    std::int64_t events = 0;
};

struct RepoActivity {
    std::string repo; ///< latest spelling
    std::int64_t total_events = 0;
    std::map<std::string, std::int64_t> counts; ///< by type
    /// Filled when asked for: everything of the window, in order of (minute, type, action, actor).
    std::vector<ActivityRow> rows;
};

/// An event without its payload: what figures about single items are made of.
struct EventFactsRow {
    std::string id;
    std::string type;
    UtcTime created_at{};
    std::optional<std::int64_t> actor_id;
    std::string actor_login;
    EventFacts facts;
};

/// Rows that do not change any more, or a part of them; a copy shares them.
template <class Row>
class SharedRows {
  public:
    SharedRows() = default;
    SharedRows(std::vector<Row> rows) // NOLINT(google-explicit-constructor): it is a list of them
        : rows_(std::make_shared<std::vector<Row> const>(std::move(rows))), count_(rows_->size()) {}
    SharedRows(std::shared_ptr<std::vector<Row> const> rows, std::size_t first, std::size_t count)
        : rows_(std::move(rows)), first_(first), count_(count) {}

    [[nodiscard]] Row const* begin() const { return rows_ ? rows_->data() + first_ : nullptr; }
    [[nodiscard]] Row const* end() const { return rows_ ? begin() + count_ : nullptr; }
    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] Row const& operator[](std::size_t i) const { return begin()[i]; }

  private:
    std::shared_ptr<std::vector<Row> const> rows_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

using EventFactsList = SharedRows<EventFactsRow>;

struct RepoSummary {
    std::string repo; ///< latest spelling
    std::optional<UtcTime> first_event;
    std::optional<UtcTime> last_event;
    std::int64_t total_events = 0;
};

/// What questions about a window begin with: one answer to tally(), sources() and find_repository().
struct WindowFigures {
    std::vector<Tally> tallies; ///< when asked for
    std::vector<std::string> sources;
    std::optional<RepoSummary> repository; ///< nothing without a repository, or if nothing is known of it
};

struct Totals {
    std::int64_t events = 0;     ///< acknowledged and not forgotten, whether their raw form was kept or not
    std::int64_t raw_events = 0; ///< of these the ones whose raw form is stored
    std::optional<UtcTime> first_event;
    std::optional<UtcTime> last_event;
    std::int64_t repositories = 0;
};

inline constexpr std::size_t arrivals_kept = 10'000;
inline constexpr std::size_t arrivals_kept_of_a_batch = 1'000;

/// "About a repository" below means: of every repository key that bears the name now, whole; and of every key that bore
/// it once, the whole minutes from the first to the last event in which it did. A rename keeps the history. The name
/// that a key bears now is the one of its latest event (of two in the same second, the greater one).
///
/// Counting questions (tally, tally_series, busiest, activity, sources) take windows to whole minutes: `from` down,
/// `to` up.
class EventsRepository {
  public:
    virtual ~EventsRepository() = default;

    /// Stores what is new. Idempotent and exact: identity is (repository key, created_at, type, id). Acknowledged means
    /// durable. A batch is stored whole or not at all; a bad event is rejected with its reason and the others stored.
    /// (On DynamoDB whole in each hour and shard of names: a batch over several of them shows one after the other, and
    /// one that failed may have been counted in some. Storing it again makes it whole.)
    ///
    /// The same happening from two sources is stored once, as the event that came first; the other is a duplicate, now
    /// and whenever it comes again (storage/natural_key.hpp, docs/decisions/0008):
    /// - A delivery (`wh:…`) is known again by repository key, type and id alone, whatever its created_at.
    /// - An event with a natural key matches a stored one of the same repository key and natural key if no event of its
    ///   channel has matched that one yet, and their created_at are at most matching_distance apart (furthest_match
    ///   for what happens once only). It matches the nearest; of equally near ones the first by (created_at, id).
    /// - The events of a batch come in the order of events. Identity goes before matching.
    virtual Async<Result<InsertResult>> insert_events(std::vector<Event> batch) = 0;

    /// Stores what is new by identity alone, without matching: for events out of another store, which has matched them.
    virtual Async<Result<InsertResult>> restore_events(std::vector<Event> batch) = 0;

    virtual Async<Result<EventPage>> find_events(EventQuery query) = 0;

    /// Exact counts in the window, sorted by type, action; of everything, or of one repository.
    virtual Async<Result<std::vector<Tally>>> tally(TimeWindow window, std::optional<RepoName> repo) = 0;

    /// Counts by type in buckets aligned to the epoch, from the bucket that holds window.from; only buckets with
    /// events.
    virtual Async<Result<std::vector<BucketTally>>>
    tally_series(TimeWindow window, minutes bucket, std::optional<RepoName> repo, std::optional<std::string> type) = 0;

    /// The repositories with the most events in the window: by total descending, then lower-case name. Across
    /// repositories: may lag a few seconds on DynamoDB. A repository is counted once, under its present name.
    virtual Async<Result<std::vector<RepoActivity>>> busiest(TimeWindow window, std::size_t limit, bool with_rows) = 0;

    /// Everything in the window about these repositories, in the order asked for; zeros for an unknown one.
    virtual Async<Result<std::vector<RepoActivity>>> activity(TimeWindow window, std::vector<RepoName> repos) = 0;

    /// Facts of raw events about a repository, oldest first, of these types (all when empty).
    virtual Async<Result<EventFactsList>> event_facts(RepoName repo, TimeWindow window,
                                                      std::vector<std::string> types) = 0;

    /// Nothing if no event about it was ever stored.
    virtual Async<Result<std::optional<RepoSummary>>> find_repository(RepoName repo) = 0;

    /// Repositories known, by lower-case name, after `after` (exclusive), at most `limit`.
    virtual Async<Result<std::vector<RepoSummary>>> list_repositories(std::string after, std::size_t limit) = 0;

    virtual Async<Result<Totals>> totals() = 0;

    /// For those who follow the store: the events that were stored after a position, in the order in which they were
    /// stored, at most `limit`. An empty position is now: no events. One that is unknown, of another store, or older
    /// than the last arrivals_kept events: those that there are, and `gap`. Of more than
    /// arrivals_kept_of_a_batch events that are stored together the last ones are kept, so that a bulk load does not
    /// pay for this. Events of one batch come in any order.
    virtual Async<Result<ArrivalPage>> arrivals(std::string after, std::size_t limit) = 0;

    /// The sources that brought events of the window, sorted; of everything, or of one repository.
    virtual Async<Result<std::vector<std::string>>> sources(TimeWindow window, std::optional<RepoName> repo) = 0;

    /// Several of the above as one question, where the provider can answer them together.
    virtual Async<Result<WindowFigures>> window_figures(TimeWindow window, std::optional<RepoName> repo,
                                                        bool with_tallies) {
        WindowFigures figures;
        if (with_tallies) {
            auto tallies = co_await tally(window, repo);
            if (!tallies) co_return fail(std::move(tallies.error()));
            figures.tallies = std::move(*tallies);
        }
        if (repo) {
            auto known = co_await find_repository(*repo);
            if (!known) co_return fail(std::move(known.error()));
            figures.repository = std::move(*known);
        }
        auto brought_by = co_await sources(window, std::move(repo));
        if (!brought_by) co_return fail(std::move(brought_by.error()));
        figures.sources = std::move(*brought_by);
        co_return figures;
    }
};

// ---------------------------------------------------------------------------------------------------------------------
// Commits

struct CommitQuery {
    RepoName repo;
    TimeWindow window; ///< by commit_date
    std::optional<double> min_impact_score;
    std::size_t limit = 50; ///< 1–1000
    std::optional<std::string> cursor;
};

struct CommitPage {
    std::vector<CommitRecord> commits; ///< without files
    std::optional<std::string> next_cursor;
};

using CommitList = SharedRows<CommitRecord>;

class CommitsRepository {
  public:
    virtual ~CommitsRepository() = default;
    /// Stores or completes commits: what is known now replaces what was unknown (null) before, never the reverse.
    /// Returns how many were not known at all before.
    virtual Async<Result<std::size_t>> store_commits(std::vector<CommitRecord> commits) = 0;
    /// Newest first: (commit_date, sha) descending.
    virtual Async<Result<CommitPage>> find_commits(CommitQuery query) = 0;
    /// All commits of a window, in the same order and without files.
    virtual Async<Result<CommitList>> commits_in(RepoName repo, TimeWindow window) {
        CommitQuery query{
            .repo = std::move(repo), .window = window, .min_impact_score = {}, .limit = 1000, .cursor = {}};
        std::vector<CommitRecord> commits;
        while (true) {
            auto page = co_await find_commits(query);
            if (!page) co_return fail(std::move(page.error()));
            std::ranges::move(page->commits, std::back_inserter(commits));
            if (!page->next_cursor) co_return CommitList(std::move(commits));
            query.cursor = std::move(page->next_cursor);
        }
    }
    /// By a sha or a prefix of 7 or more digits; not_found if there is none, conflict if the prefix is not unique.
    virtual Async<Result<CommitRecord>> find_commit(std::optional<RepoName> repo, std::string sha) = 0;
    /// By filename. not_found if the commit is unknown; empty if its files were never fetched.
    virtual Async<Result<std::vector<CommitFile>>> commit_files(RepoName repo, std::string sha) = 0;
};

// ---------------------------------------------------------------------------------------------------------------------
// Metrics and state

/// A small document under a key: ETags, leases, coverage, monitors, alert rules.
struct StateEntry {
    std::string key;
    JsonText value;
    std::int64_t version = 0; ///< grows with each write; 0: is not there
};

class MetricsRepository {
  public:
    virtual ~MetricsRepository() = default;
    // Each put replaces what stood under the same key; each find returns ascending by key, within [from, to) by day.
    virtual Async<Result<void>> put_health(HealthSnapshot snapshot) = 0;
    virtual Async<Result<std::vector<HealthSnapshot>>> find_health(RepoName repo, std::int64_t window_hours,
                                                                   TimeWindow days) = 0;
    virtual Async<Result<void>> put_developer_days(std::vector<DeveloperDay> rows) = 0;
    virtual Async<Result<std::vector<DeveloperDay>>> find_developer_days(RepoName repo, TimeWindow days) = 0;
    virtual Async<Result<void>> put_security(SecurityMetric metric) = 0;
    virtual Async<Result<std::vector<SecurityMetric>>> find_security(RepoName repo, TimeWindow days) = 0;
    virtual Async<Result<void>> put_patterns(std::vector<EventPattern> patterns) = 0;
    virtual Async<Result<std::vector<EventPattern>>> find_patterns(RepoName repo, TimeWindow buckets) = 0;
    virtual Async<Result<void>> put_deployment(DeploymentMetric deployment) = 0;
    virtual Async<Result<std::vector<DeploymentMetric>>> find_deployments(RepoName repo, TimeWindow created) = 0;

    /// Nothing if the key is not there. Reads what was last acknowledged.
    virtual Async<Result<std::optional<StateEntry>>> get_state(std::string key) = 0;
    /// Writes if the stored version equals `entry.version` (0: not there yet), else conflict. Returns the new version.
    virtual Async<Result<std::int64_t>> put_state(StateEntry entry) = 0;
    /// Removing what is not there is no error.
    virtual Async<Result<void>> remove_state(std::string key) = 0;
    /// All whose key starts with `prefix`, by key.
    virtual Async<Result<std::vector<StateEntry>>> list_state(std::string prefix) = 0;
    /// The same of several prefixes, in their order, with as few waits as the provider can. What other processes wrote
    /// in the last DatabaseConnection::generation_lag() may be missing: for answers that may be that old.
    virtual Async<Result<std::vector<std::vector<StateEntry>>>> list_states(std::vector<std::string> prefixes) {
        std::vector<std::vector<StateEntry>> lists;
        for (auto& prefix : prefixes) {
            auto list = co_await list_state(std::move(prefix));
            if (!list) co_return fail(std::move(list.error()));
            lists.push_back(std::move(*list));
        }
        co_return lists;
    }
};

// ---------------------------------------------------------------------------------------------------------------------
// Maintenance

/// One disagreement between a rollup and the raw events.
struct Drift {
    std::string where; ///< for example `repository 28688495, 2015-01-01T15, PushEvent`
    std::int64_t counted = 0;
    std::int64_t stored = 0;
};

struct VerifyReport {
    std::int64_t events = 0;  ///< raw events looked at
    std::int64_t figures = 0; ///< rollup figures compared
    std::vector<Drift> drift; ///< at most 1,000 are listed
    std::int64_t drift_total = 0;
};

struct RemovedCounts {
    std::int64_t events = 0;
    std::int64_t commits = 0;
    std::int64_t other_rows = 0;
};

class DatabaseMaintenance {
  public:
    virtual ~DatabaseMaintenance() = default;
    /// The store's own consistency check; each finding a sentence, empty when all is well.
    virtual Async<Result<std::vector<std::string>>> check() = 0;
    /// Recounts everything from the raw events and compares.
    virtual Async<Result<VerifyReport>> verify() = 0;
    /// Makes every rollup again from the raw events (counts from before the retention horizon are kept).
    virtual Async<Result<VerifyReport>> rebuild() = 0;
    /// A consistent copy into `file` (which must not exist) while others read and write.
    virtual Async<Result<void>> backup(std::string file) = 0;
    /// Removes raw events from before the retention horizon; counts stay. Returns how many went.
    virtual Async<Result<std::int64_t>> apply_retention() = 0;
    virtual Async<Result<RemovedCounts>> forget_repository(RepoName repo) = 0; ///< app/forget.hpp: its state as well
    virtual Async<Result<RemovedCounts>> forget_actor(std::string login) = 0;
    /// Removes the tables and all that is in them.
    virtual Async<Result<void>> drop_tables() = 0;
};

// ---------------------------------------------------------------------------------------------------------------------
// Manager

class DatabaseTransfer;

/// Owns a connection and hands out the repositories over it.
class DatabaseManager {
  public:
    virtual ~DatabaseManager() = default;
    virtual DatabaseConnection& connection() = 0;
    virtual EventsRepository& events() = 0;
    virtual CommitsRepository& commits() = 0;
    virtual MetricsRepository& metrics() = 0;
    virtual DatabaseMaintenance& maintenance() = 0;
    /// storage/database_transfer.hpp. A manager that does not offer it throws std::logic_error.
    virtual DatabaseTransfer& transfer();
};

} // namespace gem
