#include "support/reference_database.hpp"

#include "support/reference_repositories.hpp"

namespace gem::test {

Async<Result<std::vector<std::string>>> ReferenceMaintenance::check() {
    return context_.run<std::vector<std::string>>([](ReferenceStore&) { return std::vector<std::string>(); });
}

Async<Result<VerifyReport>> ReferenceMaintenance::verify() {
    return context_.run<VerifyReport>([](ReferenceStore& store) {
        VerifyReport report;
        for (auto const& [key, stored] : store.events) report.events += stored.raw ? 1 : 0;
        report.figures = report.events;
        return report;
    });
}

Async<Result<VerifyReport>> ReferenceMaintenance::rebuild() { return verify(); }

Async<Result<void>> ReferenceMaintenance::backup(std::string) {
    return context_.run<void>([](ReferenceStore&) -> Result<void> {
        return fail(ErrorCode::invalid_argument, "the model lives in memory and has no backup");
    });
}

Async<Result<std::int64_t>> ReferenceMaintenance::apply_retention() {
    return context_.run<std::int64_t>([this](ReferenceStore& store) {
        std::int64_t gone = 0;
        auto const horizon = context_.horizon();
        for (auto& [key, stored] : store.events) {
            if (!horizon || !stored.raw || stored.event.created_at >= *horizon) continue;
            stored.raw = false;
            ++gone;
        }
        if (gone > 0) ++store.generation;
        return gone;
    });
}

namespace {

template <class Map, class Predicate>
std::int64_t erase_rows(Map& rows, Predicate goes) {
    return static_cast<std::int64_t>(std::erase_if(rows, [&](auto const& row) { return goes(row.second); }));
}

} // namespace

namespace {

/// What was brought of an event that is gone is gone with it.
void forget_brought(ReferenceStore& store) {
    for (auto& [natural, under] : store.brought) {
        for (auto entry = under.events.begin(); entry != under.events.end();) {
            auto const& [time, type, id, repo] = entry->first;
            bool const gone = !store.events.contains(entry->second.leader);
            if (gone) store.deliveries.erase({repo, type, id});
            entry = gone ? under.events.erase(entry) : std::next(entry);
        }
    }
}

} // namespace

Async<Result<RemovedCounts>> ReferenceMaintenance::forget_repository(RepoName repo) {
    return context_.run<RemovedCounts>([repo = std::move(repo)](ReferenceStore& store) {
        RemovedCounts removed;
        ReferenceNames const names(store.events);
        removed.commits = static_cast<std::int64_t>(std::erase_if(store.commits, [&](auto const& entry) {
            return names.present(entry.first.first) == repo.key() ||
                   ascii_lower(entry.second.commit.repo_name) == repo.key();
        }));
        removed.events = static_cast<std::int64_t>(std::erase_if(store.events, [&](auto const& entry) {
            return names.about(repo.key(), std::get<3>(entry.first), entry.second.event.created_at);
        }));
        auto const same = [&](auto const& row) { return ascii_lower(row.repo_name) == repo.key(); };
        removed.other_rows = erase_rows(store.health, same) + erase_rows(store.developer_days, same) +
                             erase_rows(store.security, same) + erase_rows(store.patterns, same) +
                             erase_rows(store.deployments, same);
        forget_brought(store);
        ++store.generation;
        return removed;
    });
}

Async<Result<RemovedCounts>> ReferenceMaintenance::forget_actor(std::string login) {
    return context_.run<RemovedCounts>([lower = ascii_lower(login)](ReferenceStore& store) {
        RemovedCounts removed;
        removed.events =
            erase_rows(store.events, [&](auto const& row) { return ascii_lower(row.event.actor_login) == lower; });
        removed.commits =
            erase_rows(store.commits, [&](auto const& row) { return ascii_lower(row.commit.author_login) == lower; });
        removed.other_rows =
            erase_rows(store.developer_days, [&](auto const& row) { return ascii_lower(row.actor_login) == lower; });
        forget_brought(store);
        ++store.generation;
        return removed;
    });
}

Async<Result<void>> ReferenceMaintenance::drop_tables() {
    return context_.run<void>([this](ReferenceStore& store) -> Result<void> {
        store.created = false;
        store.events.clear();
        store.brought.clear();
        store.deliveries.clear();
        store.commits.clear();
        store.health.clear();
        store.developer_days.clear();
        store.security.clear();
        store.patterns.clear();
        store.deployments.clear();
        store.state.clear();
        ++store.generation;
        context_.open = false;
        return {};
    });
}

namespace {

class ReferenceConnection final : public DatabaseConnection {
  public:
    explicit ReferenceConnection(ReferenceContext& context) : context_(context) {}

    Async<Result<void>> initialize() override {
        std::lock_guard const lock(context_.store->mutex);
        context_.store->created = true;
        context_.open = true;
        co_return Result<void>();
    }

    Async<Result<void>> close() override {
        std::lock_guard const lock(context_.store->mutex);
        context_.open = false;
        co_return Result<void>();
    }

    Async<DatabaseHealth> health_check() override {
        std::lock_guard const lock(context_.store->mutex);
        if (!context_.open) co_return DatabaseHealth{.healthy = false, .tables_found = 0, .error = "not open"};
        co_return DatabaseHealth{.healthy = true, .tables_found = static_cast<int>(table_names.size()), .error = ""};
    }

    [[nodiscard]] DatabaseDescription describe() const override { return {.provider = "model", .configuration = {}}; }

    Async<Result<std::vector<TableInfo>>> table_info() override {
        return context_.run<std::vector<TableInfo>>([](ReferenceStore& store) {
            std::int64_t raw = 0;
            for (auto const& [key, stored] : store.events) raw += stored.raw ? 1 : 0;
            std::int64_t files = 0;
            std::int64_t summaries = 0;
            for (auto const& [key, record] : store.commits) {
                files += record.files ? static_cast<std::int64_t>(record.files->size()) : 0;
                summaries += record.summary ? 1 : 0;
            }
            auto const size = [](auto const& map) { return static_cast<std::int64_t>(map.size()); };
            std::array<std::int64_t, table_names.size()> const rows = {raw,
                                                                       size(store.commits),
                                                                       files,
                                                                       summaries,
                                                                       size(store.health),
                                                                       size(store.developer_days),
                                                                       size(store.security),
                                                                       size(store.patterns),
                                                                       size(store.deployments)};
            std::vector<TableInfo> tables;
            for (std::size_t i = 0; i < table_names.size(); ++i)
                tables.push_back({.name = std::string(table_names[i]), .rows = rows[i], .bytes = std::nullopt});
            return tables;
        });
    }

    Async<std::uint64_t> write_generation() override {
        std::lock_guard const lock(context_.store->mutex);
        co_return context_.store->generation;
    }

    [[nodiscard]] seconds generation_lag() const override { return seconds(0); }

  private:
    ReferenceContext& context_;
};

class ReferenceManager final : public DatabaseManager {
  public:
    explicit ReferenceManager(ReferenceContext context)
        : context_(std::move(context)), connection_(context_), events_(context_), commits_(context_),
          metrics_(context_), maintenance_(context_) {}

    DatabaseConnection& connection() override { return connection_; }
    EventsRepository& events() override { return events_; }
    CommitsRepository& commits() override { return commits_; }
    MetricsRepository& metrics() override { return metrics_; }
    DatabaseMaintenance& maintenance() override { return maintenance_; }

  private:
    ReferenceContext context_;
    ReferenceConnection connection_;
    ReferenceEvents events_;
    ReferenceCommits commits_;
    ReferenceMetrics metrics_;
    ReferenceMaintenance maintenance_;
};

} // namespace

std::unique_ptr<DatabaseManager> make_reference_manager(std::shared_ptr<ReferenceStore> store, Clock const& clock,
                                                        days retention) {
    return std::make_unique<ReferenceManager>(
        ReferenceContext{.store = std::move(store), .clock = clock, .retention = retention});
}

} // namespace gem::test
