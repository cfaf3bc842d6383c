#include <fmt/format.h>

#include "support/reference_repositories.hpp"

namespace gem::test {

namespace {

std::string lower_repo(auto const& row) { return ascii_lower(row.repo_name); }

ReferenceStore::Key key_of(HealthSnapshot const& row) {
    return {lower_repo(row), fmt::format("{:020}", row.window_hours), sortable(row.day), ""};
}
ReferenceStore::Key key_of(DeveloperDay const& row) {
    return {lower_repo(row), sortable(row.day), row.actor_login, ""};
}
ReferenceStore::Key key_of(SecurityMetric const& row) {
    return {lower_repo(row), row.metric_type, sortable(row.day), ""};
}
ReferenceStore::Key key_of(EventPattern const& row) {
    return {lower_repo(row), row.event_type, sortable(row.bucket_start), row.kind};
}
ReferenceStore::Key key_of(DeploymentMetric const& row) { return {lower_repo(row), row.deployment_id, "", ""}; }

template <class Row>
void put(ReferenceStore& store, std::map<ReferenceStore::Key, Row>& table, std::vector<Row> const& rows) {
    for (auto const& row : rows) table.insert_or_assign(key_of(row), row);
    ++store.generation;
}

template <class Row, class Wanted>
std::vector<Row> find(std::map<ReferenceStore::Key, Row> const& table, RepoName const& repo, Wanted wanted) {
    std::vector<Row> rows;
    for (auto const& [key, row] : table) {
        if (lower_repo(row) == repo.key() && wanted(row)) rows.push_back(row);
    }
    return rows;
}

} // namespace

Async<Result<void>> ReferenceMetrics::put_health(HealthSnapshot snapshot) {
    return context_.run<void>([row = std::move(snapshot)](ReferenceStore& store) -> Result<void> {
        put(store, store.health, {row});
        return {};
    });
}

Async<Result<std::vector<HealthSnapshot>>> ReferenceMetrics::find_health(RepoName repo, std::int64_t window_hours,
                                                                         TimeWindow days) {
    return context_.run<std::vector<HealthSnapshot>>([=, repo = std::move(repo)](ReferenceStore& store) {
        return find(store.health, repo,
                    [&](auto const& row) { return row.window_hours == window_hours && days.contains(row.day); });
    });
}

Async<Result<void>> ReferenceMetrics::put_developer_days(std::vector<DeveloperDay> rows) {
    return context_.run<void>([rows = std::move(rows)](ReferenceStore& store) -> Result<void> {
        put(store, store.developer_days, rows);
        return {};
    });
}

Async<Result<std::vector<DeveloperDay>>> ReferenceMetrics::find_developer_days(RepoName repo, TimeWindow days) {
    return context_.run<std::vector<DeveloperDay>>([=, repo = std::move(repo)](ReferenceStore& store) {
        return find(store.developer_days, repo, [&](auto const& row) { return days.contains(row.day); });
    });
}

Async<Result<void>> ReferenceMetrics::put_security(SecurityMetric metric) {
    return context_.run<void>([row = std::move(metric)](ReferenceStore& store) -> Result<void> {
        put(store, store.security, {row});
        return {};
    });
}

Async<Result<std::vector<SecurityMetric>>> ReferenceMetrics::find_security(RepoName repo, TimeWindow days) {
    return context_.run<std::vector<SecurityMetric>>([=, repo = std::move(repo)](ReferenceStore& store) {
        return find(store.security, repo, [&](auto const& row) { return days.contains(row.day); });
    });
}

Async<Result<void>> ReferenceMetrics::put_patterns(std::vector<EventPattern> patterns) {
    return context_.run<void>([rows = std::move(patterns)](ReferenceStore& store) -> Result<void> {
        put(store, store.patterns, rows);
        return {};
    });
}

Async<Result<std::vector<EventPattern>>> ReferenceMetrics::find_patterns(RepoName repo, TimeWindow buckets) {
    return context_.run<std::vector<EventPattern>>([=, repo = std::move(repo)](ReferenceStore& store) {
        return find(store.patterns, repo, [&](auto const& row) { return buckets.contains(row.bucket_start); });
    });
}

Async<Result<void>> ReferenceMetrics::put_deployment(DeploymentMetric deployment) {
    return context_.run<void>([row = std::move(deployment)](ReferenceStore& store) -> Result<void> {
        put(store, store.deployments, {row});
        return {};
    });
}

Async<Result<std::vector<DeploymentMetric>>> ReferenceMetrics::find_deployments(RepoName repo, TimeWindow created) {
    return context_.run<std::vector<DeploymentMetric>>([=, repo = std::move(repo)](ReferenceStore& store) {
        return find(store.deployments, repo, [&](auto const& row) { return created.contains(row.created_at); });
    });
}

Async<Result<std::optional<StateEntry>>> ReferenceMetrics::get_state(std::string key) {
    return context_.run<std::optional<StateEntry>>(
        [key = std::move(key)](ReferenceStore& store) -> Result<std::optional<StateEntry>> {
            auto const found = store.state.find(key);
            if (found == store.state.end()) return std::nullopt;
            return found->second;
        });
}

Async<Result<std::int64_t>> ReferenceMetrics::put_state(StateEntry entry) {
    return context_.run<std::int64_t>([entry = std::move(entry)](ReferenceStore& store) -> Result<std::int64_t> {
        auto const found = store.state.find(entry.key);
        auto const stored = found == store.state.end() ? 0 : found->second.version;
        if (stored != entry.version)
            return fail(ErrorCode::conflict,
                        fmt::format("{} is at version {}, not {}", entry.key, stored, entry.version));
        auto const version = ++store.last_state_version;
        store.state[entry.key] = {.key = entry.key, .value = entry.value, .version = version};
        return version;
    });
}

Async<Result<void>> ReferenceMetrics::remove_state(std::string key) {
    return context_.run<void>([key = std::move(key)](ReferenceStore& store) -> Result<void> {
        store.state.erase(key);
        return {};
    });
}

Async<Result<std::vector<StateEntry>>> ReferenceMetrics::list_state(std::string prefix) {
    return context_.run<std::vector<StateEntry>>([prefix = std::move(prefix)](ReferenceStore& store) {
        std::vector<StateEntry> entries;
        for (auto const& [key, entry] : store.state) {
            if (key.starts_with(prefix)) entries.push_back(entry);
        }
        return entries;
    });
}

} // namespace gem::test
