// What the collector needs of a store, in memory: events by identity and state by key. Everything else says that it is
// not there.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "domain/event.hpp"
#include "storage/database_service.hpp"

namespace gem::test {

/// Shared by the three faces below; tests look into it and make it fail.
struct CollectedData {
    using Identity = std::tuple<std::string, UtcTime, std::string, std::string>;
    std::map<Identity, Event> events;
    std::map<std::string, StateEntry> state;
    std::optional<Error> insert_error; ///< what the next inserts answer
    std::optional<Error> state_error;  ///< what every use of the state answers
    std::string unwritable;            ///< documents whose keys begin so are not written, unless it is empty
    std::string kept_once;             ///< the next removal of the state of that key fails
    std::function<void(std::string const& key)> written; ///< called after each document of the state
    std::size_t inserts = 0;
    std::size_t state_writes = 0;

    [[nodiscard]] std::size_t count(std::string_view prefix) const {
        std::size_t n = 0;
        for (auto const& [key, entry] : state) n += key.starts_with(prefix) ? 1 : 0;
        return n;
    }
};

inline std::unexpected<Error> not_in_this_fake() { return fail(ErrorCode::internal, "not in this fake"); }

class CollectingEvents final : public EventsRepository {
  public:
    explicit CollectingEvents(CollectedData& data) : data_(data) {}
    Async<Result<InsertResult>> insert_events(std::vector<Event> batch) override {
        ++data_.inserts;
        if (data_.insert_error) co_return fail(*data_.insert_error);
        InsertResult result;
        for (auto& event : batch) {
            CollectedData::Identity identity(repository_key(event.repo_id, event.repo_name), event.created_at,
                                             event.type, event.id);
            auto const stored = data_.events.emplace(std::move(identity), std::move(event)).second;
            ++(stored ? result.inserted : result.duplicates);
        }
        co_return result;
    }
    Async<Result<InsertResult>> restore_events(std::vector<Event>) override { co_return not_in_this_fake(); }
    Async<Result<EventPage>> find_events(EventQuery) override { co_return not_in_this_fake(); }
    Async<Result<std::vector<Tally>>> tally(TimeWindow, std::optional<RepoName>) override {
        co_return not_in_this_fake();
    }
    Async<Result<std::vector<BucketTally>>> tally_series(TimeWindow, minutes, std::optional<RepoName>,
                                                         std::optional<std::string>) override {
        co_return not_in_this_fake();
    }
    Async<Result<std::vector<RepoActivity>>> busiest(TimeWindow, std::size_t, bool) override {
        co_return not_in_this_fake();
    }
    Async<Result<std::vector<RepoActivity>>> activity(TimeWindow, std::vector<RepoName>) override {
        co_return not_in_this_fake();
    }
    Async<Result<EventFactsList>> event_facts(RepoName, TimeWindow, std::vector<std::string>) override {
        co_return not_in_this_fake();
    }
    Async<Result<std::optional<RepoSummary>>> find_repository(RepoName) override { co_return not_in_this_fake(); }
    Async<Result<std::vector<RepoSummary>>> list_repositories(std::string, std::size_t) override {
        co_return not_in_this_fake();
    }
    Async<Result<Totals>> totals() override { co_return not_in_this_fake(); }
    Async<Result<ArrivalPage>> arrivals(std::string, std::size_t) override { co_return not_in_this_fake(); }
    Async<Result<std::vector<std::string>>> sources(TimeWindow, std::optional<RepoName>) override {
        co_return not_in_this_fake();
    }

  private:
    CollectedData& data_;
};

class CollectingMetrics final : public MetricsRepository {
  public:
    explicit CollectingMetrics(CollectedData& data) : data_(data) {}
    Async<Result<std::optional<StateEntry>>> get_state(std::string key) override {
        if (data_.state_error) co_return fail(*data_.state_error);
        auto const found = data_.state.find(key);
        if (found == data_.state.end()) co_return std::optional<StateEntry>();
        co_return std::optional<StateEntry>(found->second);
    }
    Async<Result<std::int64_t>> put_state(StateEntry entry) override {
        if (data_.state_error) co_return fail(*data_.state_error);
        if (!data_.unwritable.empty() && entry.key.starts_with(data_.unwritable))
            co_return fail(ErrorCode::unavailable, "the store did not write " + entry.key);
        auto const found = data_.state.find(entry.key);
        auto const version = found == data_.state.end() ? 0 : found->second.version;
        if (version != entry.version) co_return fail(ErrorCode::conflict, "somebody else wrote " + entry.key);
        ++entry.version;
        ++data_.state_writes;
        auto const answer = entry.version;
        auto key = entry.key;
        auto const written = key;
        data_.state.insert_or_assign(std::move(key), std::move(entry));
        if (data_.written) data_.written(written);
        co_return answer;
    }
    Async<Result<void>> remove_state(std::string key) override {
        if (data_.state_error) co_return fail(*data_.state_error);
        if (data_.kept_once == key) {
            data_.kept_once.clear();
            co_return fail(ErrorCode::unavailable, "the store did not remove " + key);
        }
        data_.state.erase(key);
        co_return Result<void>{};
    }
    Async<Result<std::vector<StateEntry>>> list_state(std::string prefix) override {
        if (data_.state_error) co_return fail(*data_.state_error);
        std::vector<StateEntry> entries;
        for (auto const& [key, entry] : data_.state) {
            if (key.starts_with(prefix)) entries.push_back(entry);
        }
        co_return entries;
    }
    Async<Result<void>> put_health(HealthSnapshot) override { co_return not_in_this_fake(); }
    Async<Result<std::vector<HealthSnapshot>>> find_health(RepoName, std::int64_t, TimeWindow) override {
        co_return not_in_this_fake();
    }
    Async<Result<void>> put_developer_days(std::vector<DeveloperDay>) override { co_return not_in_this_fake(); }
    Async<Result<std::vector<DeveloperDay>>> find_developer_days(RepoName, TimeWindow) override {
        co_return not_in_this_fake();
    }
    Async<Result<void>> put_security(SecurityMetric) override { co_return not_in_this_fake(); }
    Async<Result<std::vector<SecurityMetric>>> find_security(RepoName, TimeWindow) override {
        co_return not_in_this_fake();
    }
    Async<Result<void>> put_patterns(std::vector<EventPattern>) override { co_return not_in_this_fake(); }
    Async<Result<std::vector<EventPattern>>> find_patterns(RepoName, TimeWindow) override {
        co_return not_in_this_fake();
    }
    Async<Result<void>> put_deployment(DeploymentMetric) override { co_return not_in_this_fake(); }
    Async<Result<std::vector<DeploymentMetric>>> find_deployments(RepoName, TimeWindow) override {
        co_return not_in_this_fake();
    }

  private:
    CollectedData& data_;
};

/// Only events() and metrics() are there.
class CollectingManager final : public DatabaseManager {
  public:
    explicit CollectingManager(CollectedData& data) : events_(data), metrics_(data) {}
    DatabaseConnection& connection() override { throw std::logic_error("not in this fake"); }
    EventsRepository& events() override { return events_; }
    CommitsRepository& commits() override { throw std::logic_error("not in this fake"); }
    MetricsRepository& metrics() override { return metrics_; }
    DatabaseMaintenance& maintenance() override { throw std::logic_error("not in this fake"); }

  private:
    CollectingEvents events_;
    CollectingMetrics metrics_;
};

} // namespace gem::test
