// A database of vectors and loops for tests of the layers above storage: every answer is counted anew from the events.
// Names are identity here (no renames); commits, metric tables and maintenance are not faked and say so.
#pragma once

#include <algorithm>
#include <set>
#include <utility>

#include "storage/database_service.hpp"
#include "storage/recent_arrivals.hpp"

namespace gem::test {

/// What the fake holds; tests look into it and change it.
struct FakeStore {
    std::vector<Event> events;
    std::map<std::string, StateEntry> states;
    std::uint64_t generation = 1;
    bool healthy = true;
    std::optional<Error> broken; ///< every question about events fails with it
    int questions = 0;           ///< tally() and busiest() that were asked
    int state_lists = 0;         ///< list_state() that were asked
    bool slow = false;           ///< tally() gives way to others before it answers
    DatabaseDescription description{.provider = "sqlite", .configuration = {{"database_path", "./test.db"}}};

    static std::string repo_key(Event const& event) { return ascii_lower(event.repo_name); }
    [[nodiscard]] std::vector<Event> in(TimeWindow window, std::optional<RepoName> const& repo) const {
        std::vector<Event> found;
        for (auto const& event : events) {
            if (window.contains(event.created_at) && (!repo || repo_key(event) == repo->key())) found.push_back(event);
        }
        return found;
    }
};

class FakeConnection final : public DatabaseConnection {
  public:
    explicit FakeConnection(FakeStore& store) : store_(store) {}
    Async<Result<void>> initialize() override { co_return Result<void>{}; }
    Async<Result<void>> close() override { co_return Result<void>{}; }
    Async<DatabaseHealth> health_check() override {
        co_return DatabaseHealth{.healthy = store_.healthy,
                                 .tables_found = store_.healthy ? 9 : 8,
                                 .error = store_.healthy ? "" : "the table commit_files is missing"};
    }
    [[nodiscard]] DatabaseDescription describe() const override { return store_.description; }
    Async<Result<std::vector<TableInfo>>> table_info() override {
        std::vector<TableInfo> tables;
        for (auto const name : table_names) {
            auto& table = tables.emplace_back();
            table.name = name;
            table.rows = name == "events" ? static_cast<std::int64_t>(store_.events.size()) : 0;
            table.bytes = 4096;
        }
        co_return tables;
    }
    Async<std::uint64_t> write_generation() override { co_return store_.generation; }
    [[nodiscard]] seconds generation_lag() const override { return seconds(0); }

  private:
    FakeStore& store_;
};

class FakeEvents final : public EventsRepository {
  public:
    explicit FakeEvents(FakeStore& store) : store_(store) {}

    Async<Result<InsertResult>> insert_events(std::vector<Event> batch) override {
        if (store_.broken) co_return fail(*store_.broken);
        InsertResult result;
        for (auto& event : batch) {
            auto const same = [&](Event const& other) {
                return other.id == event.id && other.type == event.type && other.created_at == event.created_at &&
                       FakeStore::repo_key(other) == FakeStore::repo_key(event);
            };
            if (std::ranges::any_of(store_.events, same))
                ++result.duplicates;
            else {
                store_.events.push_back(std::move(event));
                ++result.inserted;
            }
        }
        if (result.inserted > 0) ++store_.generation;
        co_return result;
    }

    Async<Result<InsertResult>> restore_events(std::vector<Event> batch) override {
        return insert_events(std::move(batch));
    }

    /// The cursor is the number of events already given.
    Async<Result<EventPage>> find_events(EventQuery query) override {
        if (store_.broken) co_return fail(*store_.broken);
        auto found = store_.in(query.window, query.repo);
        std::erase_if(found, [&](Event const& event) {
            return (query.public_only && !event.is_public) || (query.type && event.type != *query.type) ||
                   (query.actor && ascii_lower(event.actor_login) != ascii_lower(*query.actor));
        });
        std::ranges::sort(found, std::ranges::greater{}, [](Event const& e) {
            return std::tuple(e.created_at, e.type, e.id, FakeStore::repo_key(e));
        });
        auto const start = std::min<std::size_t>(query.cursor ? std::stoul(*query.cursor) : 0, found.size());
        auto const end = std::min(start + query.limit, found.size());
        EventPage page;
        for (auto i = start; i < end; ++i) page.events.push_back(found[i]);
        if (end < found.size()) page.next_cursor = std::to_string(end);
        co_return page;
    }

    Async<Result<std::vector<Tally>>> tally(TimeWindow window, std::optional<RepoName> repo) override {
        ++store_.questions;
        if (store_.slow) co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        if (store_.broken) co_return fail(*store_.broken);
        std::map<std::pair<std::string, std::string>, Tally> sums;
        for (auto const& event : store_.in(window, repo)) {
            std::string const action(counted_action(event.type, event.facts));
            auto& sum = sums[{event.type, action}];
            sum.type = event.type;
            sum.action = action;
            ++sum.events;
            if (event.type != "PushEvent") continue;
            sum.distinct_commits += event.facts.distinct_size.value_or(0);
            sum.commits_unknown += event.facts.distinct_size ? 0 : 1;
        }
        std::vector<Tally> tallies;
        for (auto& [key, sum] : sums) tallies.push_back(sum);
        co_return tallies;
    }

    Async<Result<std::vector<BucketTally>>> tally_series(TimeWindow window, minutes bucket,
                                                         std::optional<RepoName> repo,
                                                         std::optional<std::string> type) override {
        if (store_.broken) co_return fail(*store_.broken);
        std::map<UtcTime, BucketTally> buckets;
        for (auto const& event : store_.in(window, repo)) {
            if (type && event.type != *type) continue;
            auto const size = seconds(bucket).count();
            auto const start = from_unix(to_unix(event.created_at) / size * size);
            buckets[start].bucket_start = start;
            ++buckets[start].counts[event.type];
        }
        std::vector<BucketTally> series;
        for (auto& [start, tallies] : buckets) series.push_back(tallies);
        co_return series;
    }

    Async<Result<std::vector<RepoActivity>>> busiest(TimeWindow window, std::size_t limit, bool) override {
        ++store_.questions;
        if (store_.broken) co_return fail(*store_.broken);
        std::set<std::string> keys;
        for (auto const& event : store_.in(window, {})) keys.insert(FakeStore::repo_key(event));
        std::vector<RepoActivity> all;
        for (auto const& key : keys) all.push_back(activity_of(window, RepoName::parse(key).value()));
        std::ranges::sort(all, {},
                          [](RepoActivity const& a) { return std::pair(-a.total_events, ascii_lower(a.repo)); });
        if (all.size() > limit) all.resize(limit);
        co_return all;
    }

    Async<Result<std::vector<RepoActivity>>> activity(TimeWindow window, std::vector<RepoName> repos) override {
        if (store_.broken) co_return fail(*store_.broken);
        std::vector<RepoActivity> all;
        for (auto const& repo : repos) all.push_back(activity_of(window, repo));
        co_return all;
    }

    Async<Result<EventFactsList>> event_facts(RepoName, TimeWindow, std::vector<std::string>) override {
        co_return fail(ErrorCode::internal, "event_facts is not faked");
    }

    Async<Result<std::optional<RepoSummary>>> find_repository(RepoName repo) override {
        if (store_.broken) co_return fail(*store_.broken);
        std::optional<RepoSummary> summary;
        for (auto const& event : store_.events) {
            if (FakeStore::repo_key(event) != repo.key()) continue;
            if (!summary) summary = RepoSummary{event.repo_name, event.created_at, event.created_at, 0};
            if (event.created_at >= summary->last_event) summary->repo = event.repo_name;
            summary->first_event = std::min(*summary->first_event, event.created_at);
            summary->last_event = std::max(*summary->last_event, event.created_at);
            ++summary->total_events;
        }
        co_return summary;
    }

    Async<Result<std::vector<RepoSummary>>> list_repositories(std::string, std::size_t) override {
        co_return fail(ErrorCode::internal, "list_repositories is not faked");
    }

    Async<Result<ArrivalPage>> arrivals(std::string after, std::size_t limit) override {
        if (store_.broken) co_return fail(*store_.broken);
        RecentArrivals recent("fake");
        for (auto const& event : store_.events) recent.add(event);
        co_return recent.after(after, limit);
    }
    Async<Result<Totals>> totals() override {
        if (store_.broken) co_return fail(*store_.broken);
        Totals totals;
        totals.events = totals.raw_events = static_cast<std::int64_t>(store_.events.size());
        co_return totals;
    }

    Async<Result<std::vector<std::string>>> sources(TimeWindow window, std::optional<RepoName> repo) override {
        if (store_.broken) co_return fail(*store_.broken);
        std::set<std::string> names;
        for (auto const& event : store_.in(window, repo)) names.emplace(to_string(event.source));
        co_return std::vector<std::string>(names.begin(), names.end());
    }

  private:
    [[nodiscard]] RepoActivity activity_of(TimeWindow window, RepoName const& repo) const {
        RepoActivity activity;
        activity.repo = repo.text();
        for (auto const& event : store_.in(window, repo)) {
            activity.repo = event.repo_name;
            ++activity.total_events;
            ++activity.counts[event.type];
            activity.rows.push_back({.minute = std::chrono::floor<minutes>(event.created_at),
                                     .type = event.type,
                                     .action = std::string(counted_action(event.type, event.facts)),
                                     .actor = event.actor_id.value_or(0),
                                     .bot = is_bot(event.actor_login),
                                     .events = 1});
        }
        return activity;
    }
    FakeStore& store_;
};

class FakeCommits final : public CommitsRepository {
  public:
    Async<Result<std::size_t>> store_commits(std::vector<CommitRecord>) override { co_return no(); }
    Async<Result<CommitPage>> find_commits(CommitQuery) override { co_return no(); }
    Async<Result<CommitRecord>> find_commit(std::optional<RepoName>, std::string) override { co_return no(); }
    Async<Result<std::vector<CommitFile>>> commit_files(RepoName, std::string) override { co_return no(); }

  private:
    static std::unexpected<Error> no() { return fail(ErrorCode::internal, "commits are not faked"); }
};

class FakeMetrics final : public MetricsRepository {
  public:
    explicit FakeMetrics(FakeStore& store) : store_(store) {}
    Async<Result<void>> put_health(HealthSnapshot) override { co_return no(); }
    Async<Result<std::vector<HealthSnapshot>>> find_health(RepoName, std::int64_t, TimeWindow) override {
        co_return no();
    }
    Async<Result<void>> put_developer_days(std::vector<DeveloperDay>) override { co_return no(); }
    Async<Result<std::vector<DeveloperDay>>> find_developer_days(RepoName, TimeWindow) override { co_return no(); }
    Async<Result<void>> put_security(SecurityMetric) override { co_return no(); }
    Async<Result<std::vector<SecurityMetric>>> find_security(RepoName, TimeWindow) override { co_return no(); }
    Async<Result<void>> put_patterns(std::vector<EventPattern>) override { co_return no(); }
    Async<Result<std::vector<EventPattern>>> find_patterns(RepoName, TimeWindow) override { co_return no(); }
    Async<Result<void>> put_deployment(DeploymentMetric) override { co_return no(); }
    Async<Result<std::vector<DeploymentMetric>>> find_deployments(RepoName, TimeWindow) override { co_return no(); }

    Async<Result<std::optional<StateEntry>>> get_state(std::string key) override {
        auto const found = store_.states.find(key);
        if (found == store_.states.end()) co_return std::nullopt;
        co_return found->second;
    }
    Async<Result<std::int64_t>> put_state(StateEntry entry) override {
        auto const found = store_.states.find(entry.key);
        auto const stored = found == store_.states.end() ? 0 : found->second.version;
        if (stored != entry.version) co_return fail(ErrorCode::conflict, "another version is stored");
        ++entry.version;
        store_.states.insert_or_assign(entry.key, entry);
        ++store_.generation;
        co_return entry.version;
    }
    Async<Result<void>> remove_state(std::string key) override {
        store_.states.erase(key);
        co_return Result<void>{};
    }
    Async<Result<std::vector<StateEntry>>> list_state(std::string prefix) override {
        ++store_.state_lists;
        std::vector<StateEntry> found;
        for (auto const& [key, entry] : store_.states) {
            if (key.starts_with(prefix)) found.push_back(entry);
        }
        co_return found;
    }

  private:
    static std::unexpected<Error> no() { return fail(ErrorCode::internal, "metric tables are not faked"); }
    FakeStore& store_;
};

class FakeMaintenance final : public DatabaseMaintenance {
  public:
    Async<Result<std::vector<std::string>>> check() override { co_return no(); }
    Async<Result<VerifyReport>> verify() override { co_return no(); }
    Async<Result<VerifyReport>> rebuild() override { co_return no(); }
    Async<Result<void>> backup(std::string) override { co_return no(); }
    Async<Result<std::int64_t>> apply_retention() override { co_return no(); }
    Async<Result<RemovedCounts>> forget_repository(RepoName) override { co_return no(); }
    Async<Result<RemovedCounts>> forget_actor(std::string) override { co_return no(); }
    Async<Result<void>> drop_tables() override { co_return no(); }

  private:
    static std::unexpected<Error> no() { return fail(ErrorCode::internal, "maintenance is not faked"); }
};

/// Hands out the fakes over `store`, which outlives it.
class FakeManager final : public DatabaseManager {
  public:
    explicit FakeManager(FakeStore& store) : connection_(store), events_(store), metrics_(store) {}
    DatabaseConnection& connection() override { return connection_; }
    EventsRepository& events() override { return events_; }
    CommitsRepository& commits() override { return commits_; }
    MetricsRepository& metrics() override { return metrics_; }
    DatabaseMaintenance& maintenance() override { return maintenance_; }

  private:
    FakeConnection connection_;
    FakeEvents events_;
    FakeCommits commits_;
    FakeMetrics metrics_;
    FakeMaintenance maintenance_;
};

} // namespace gem::test
