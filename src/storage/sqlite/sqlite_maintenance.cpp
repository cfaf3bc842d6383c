// SQLiteMaintenance: check, verify, rebuild, backup, retention, forgetting.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "storage/sqlite/active_minutes.hpp"
#include "storage/sqlite/claims.hpp"
#include "storage/sqlite/recount.hpp"
#include "storage/sqlite/sqlite_repositories.hpp"

namespace gem {

using sqlite::Handle;
using sqlite::Rows;

namespace {

// What retention removes, or how many hours it looks at, in one transaction.
constexpr std::int64_t most_rows_purged = 20'000;
constexpr int most_hours_purged = 100;

/// Removes the raw events that a condition on `e` (with ?1, ?2, ?3) selects. Returns how many went.
std::int64_t remove_raw(Handle& handle, std::string const& condition, std::vector<std::int64_t> const& values) {
    auto const bind = [&](sqlite::Statement& statement) -> sqlite::Statement& {
        for (std::size_t i = 0; i < values.size(); ++i) statement.bind(static_cast<int>(i + 1), values[i]);
        return statement;
    };
    bind(handle.prepare_text(
             fmt::format("DELETE FROM event_bodies WHERE id IN (SELECT e.body FROM event_rows e WHERE {})", condition)))
        .run();
    auto const gone = bind(handle.prepare_text(fmt::format("DELETE FROM event_rows AS e WHERE {}", condition))).run();
    handle.prepare("UPDATE counters SET value = value - ?1 WHERE name = 'raw_events'").bind(1, gone).run();
    return gone;
}

std::vector<std::int64_t> integers(Handle& handle, std::string const& sql,
                                   std::vector<std::int64_t> const& values = {}) {
    auto& list = handle.prepare_text(sql);
    for (std::size_t i = 0; i < values.size(); ++i) list.bind(static_cast<int>(i + 1), values[i]);
    std::vector<std::int64_t> found;
    Rows rows(list);
    while (rows.next()) found.push_back(rows->integer(0));
    return found;
}

std::optional<std::int64_t> get_counter(Handle& handle, char const* name) {
    auto& find = handle.prepare("SELECT value FROM counters WHERE name = ?1");
    find.bind(1, name);
    Rows rows(find);
    if (!rows.next()) return std::nullopt;
    return rows->integer(0);
}

void put_counter(Handle& handle, char const* name, std::int64_t value) {
    handle.prepare("INSERT OR REPLACE INTO counters VALUES(?1, ?2)").bind(1, name).bind(2, value).run();
}

struct Purged {
    std::int64_t events = 0;
    std::int64_t first = std::numeric_limits<std::int64_t>::max(); ///< time of the first of them
    std::int64_t last = 0;
    bool more = false; ///< whether there may be more to do
};

void purge_repo_hour(Handle& handle, std::uint32_t repo, std::int64_t hour, Purged& purged) {
    std::vector<std::int64_t> const which{static_cast<std::int64_t>(repo), hour * 3600, (hour + 1) * 3600};
    std::string const condition = "e.repo = ?1 AND e.created_at >= ?2 AND e.created_at < ?3";
    auto const times =
        integers(handle, "SELECT e.created_at FROM event_rows e WHERE " + condition + " ORDER BY e.created_at", which);
    if (times.empty()) return;
    purged.first = std::min(purged.first, times.front());
    purged.last = std::max(purged.last, times.back());
    purged.events += remove_raw(handle, condition, which);
}

/// Removes raw events from before `horizon` (unix seconds on a whole hour), the oldest hour first. Inside a
/// transaction.
Result<Purged> purge_some(Handle& handle, std::int64_t horizon) {
    Purged purged;
    auto hour = sqlite::first_hour_with_events(handle);
    for (int hours = 0; hours < most_hours_purged && purged.events < most_rows_purged; ++hours) {
        auto const next =
            integers(handle, "SELECT hour FROM hour_pages WHERE hour >= ?1 AND hour < ?2 ORDER BY hour LIMIT 1",
                     {hour, horizon / 3600});
        if (next.empty()) break;
        purged.more = true;
        hour = next.front();
        auto const rows = sqlite::stored_page(handle, hour);
        if (!rows) return fail(rows.error());
        std::uint32_t before = 0;
        for (auto const& row : *rows) {
            if (row.repo != before) purge_repo_hour(handle, row.repo, hour, purged);
            before = row.repo;
            // The rest of the hour next time.
            if (purged.events >= most_rows_purged) break;
        }
        if (purged.events < most_rows_purged) put_counter(handle, "raw_from", ++hour * 3600);
    }
    if (!purged.more) return purged;
    // From now on nothing older is taken in: what was emptied stays empty.
    put_counter(handle, "purged_before", std::max(horizon, get_counter(handle, "purged_before").value_or(0)));
    if (purged.events == 0) return purged;
    put_counter(handle, "first_purged",
                std::min(purged.first, get_counter(handle, "first_purged").value_or(purged.first)));
    put_counter(handle, "last_purged", std::max(purged.last, get_counter(handle, "last_purged").value_or(0)));
    return purged;
}

/// Dates of first and last sight anew, after events have gone; a name without events left keeps its dates, and what
/// retention has purged still counts from its first day on.
void refresh_dates(Handle& handle, std::int64_t repo) {
    auto const purged = handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'purged_before'), 0)");
    handle
        .prepare("UPDATE repos SET first_seen = CASE WHEN first_seen < ?2 THEN first_seen ELSE coalesce((SELECT "
                 "min(created_at) FROM "
                 "event_rows WHERE repo = ?1 AND repo_name IS NULL), first_seen) END, last_seen = coalesce((SELECT "
                 "max(created_at) FROM "
                 "event_rows WHERE repo = ?1 AND repo_name IS NULL), last_seen) WHERE id = ?1")
        .bind(1, repo)
        .bind(2, purged)
        .run();
    handle
        .prepare("UPDATE repo_aliases SET first_seen = CASE WHEN first_seen < ?2 THEN first_seen ELSE coalesce((SELECT "
                 "min(created_at) FROM "
                 "event_rows WHERE repo = ?1 AND repo_name = repo_aliases.name), first_seen) END, last_seen = "
                 "coalesce((SELECT "
                 "max(created_at) FROM event_rows WHERE repo = ?1 AND repo_name = repo_aliases.name), last_seen) WHERE "
                 "repo = ?1")
        .bind(1, repo)
        .bind(2, purged)
        .run();
}

/// Takes one name from a key that goes on under another: the dictionary's own name is replaced by a later one.
void remove_name(Handle& handle, std::int64_t repo, std::string const& lower) {
    handle.prepare("DELETE FROM repo_aliases WHERE repo = ?1 AND name = ?2 COLLATE NOCASE")
        .bind(1, repo)
        .bind(2, lower)
        .run();
    auto& own = handle.prepare("SELECT 1 FROM repos WHERE id = ?1 AND name = ?2 COLLATE NOCASE");
    own.bind(1, repo).bind(2, lower);
    {
        Rows rows(own);
        if (!rows.next()) return;
    }
    std::string next;
    {
        auto& find =
            handle.prepare("SELECT name FROM repo_aliases WHERE repo = ?1 ORDER BY last_seen DESC, name DESC LIMIT 1");
        find.bind(1, repo);
        Rows rows(find);
        if (!rows.next()) return;
        next = rows->text(0);
    }
    handle
        .prepare("UPDATE repos SET (name, first_seen, last_seen) = (SELECT name, first_seen, last_seen FROM "
                 "repo_aliases WHERE repo = ?1 AND "
                 "name = ?2) WHERE id = ?1")
        .bind(1, repo)
        .bind(2, next)
        .run();
    handle.prepare("UPDATE event_rows SET repo_name = NULL WHERE repo = ?1 AND repo_name = ?2")
        .bind(1, repo)
        .bind(2, next)
        .run();
    handle.prepare("DELETE FROM repo_aliases WHERE repo = ?1 AND name = ?2").bind(1, repo).bind(2, next).run();
}

/// Removes commits that a condition on `commits` (with ?1, ?2) selects, with what belongs to them.
std::int64_t remove_commits(Handle& handle, std::string const& condition, std::string const& first,
                            std::string const& second) {
    auto const run = [&](std::string const& sql) {
        return handle.prepare_text(fmt::format(fmt::runtime(sql), condition)).bind(1, first).bind(2, second).run();
    };
    run("DELETE FROM commit_files WHERE (sha, repo_key) IN (SELECT sha, repo_key FROM commits WHERE {})");
    run("DELETE FROM commit_summaries WHERE (sha, repo_key) IN (SELECT sha, repo_key FROM commits WHERE {})");
    return run("DELETE FROM commits WHERE {}");
}

} // namespace

Async<Result<std::vector<std::string>>> SQLiteMaintenance::check() {
    co_return co_await connection_.read([](Handle& handle) -> Result<std::vector<std::string>> {
        std::vector<std::string> findings;
        auto& statement = handle.prepare("PRAGMA integrity_check(100)");
        Rows rows(statement);
        while (rows.next()) {
            if (rows->text(0) != "ok") findings.emplace_back(rows->text(0));
        }
        return findings;
    });
}

Async<Result<VerifyReport>> SQLiteMaintenance::verify() {
    co_return co_await connection_.read([](Handle& handle) -> Result<VerifyReport> {
        sqlite::ReadTransaction const view(handle);
        return sqlite::verify_rollups(handle);
    });
}

Async<Result<VerifyReport>> SQLiteMaintenance::rebuild() {
    co_return co_await connection_.write([this](Handle& handle) -> Result<VerifyReport> {
        sqlite::Transaction transaction(handle);
        auto found = sqlite::verify_rollups(handle);
        // A damaged page stops the comparison, not the mending.
        if (!found && found.error().code != ErrorCode::corrupt) return found;
        if (auto rebuilt = sqlite::rebuild_rollups(handle); !rebuilt) return fail(rebuilt.error());
        transaction.commit();
        events_.forget_dictionaries();
        if (!found)
            found = VerifyReport{.events = 0,
                                 .figures = 0,
                                 .drift = {{.where = found.error().message, .counted = 0, .stored = 0}},
                                 .drift_total = 1};
        return found;
    });
}

Async<Result<void>> SQLiteMaintenance::backup(std::string file) {
    if (connection_.in_memory())
        co_return fail(ErrorCode::invalid_argument, "a database in memory cannot be backed up");
    auto const path = connection_.config().db_path;
    co_return co_await connection_.compute([&]() -> Result<void> {
        return sqlite::guarded([&]() -> Result<void> {
            int const made = ::open(file.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
            if (made < 0) {
                auto const code = errno == EEXIST ? ErrorCode::conflict : ErrorCode::unavailable;
                return fail(code, fmt::format("cannot make the backup {}: {}", file,
                                              errno == EEXIST ? "it exists already" : std::strerror(errno)));
            }
            try {
                Handle source(path, sqlite::OpenMode::existing, 2048);
                source.prepare("VACUUM INTO ?1").bind(1, file).run();
            } catch (...) {
                ::close(made);
                ::unlink(file.c_str());
                throw;
            }
            bool const durable = ::fsync(made) == 0;
            ::close(made);
            if (!durable)
                return fail(ErrorCode::unavailable,
                            fmt::format("the backup {} could not be made durable: {}", file, std::strerror(errno)));
            return {};
        });
    });
}

Async<Result<std::int64_t>> SQLiteMaintenance::apply_retention() {
    auto const horizon = connection_.retention_horizon();
    if (!horizon) co_return std::int64_t{0};
    std::int64_t gone = 0;
    bool more = true;
    while (more) {
        // A few at a time, so that others get their turn between.
        auto removed = co_await connection_.write([&](Handle& handle) -> Result<std::int64_t> {
            sqlite::Transaction transaction(handle);
            auto purged = purge_some(handle, to_unix(*horizon));
            if (!purged) return fail(purged.error());
            more = purged->more;
            transaction.commit();
            return purged->events;
        });
        if (!removed) co_return fail(removed.error());
        gone += *removed;
    }
    if (gone > 0) {
        auto const removed = co_await connection_.write([&](Handle& handle) -> Result<void> {
            sqlite::remove_old_claims(handle, *horizon);
            return {};
        });
        if (!removed) co_return fail(removed.error());
    }
    co_return gone;
}

Async<Result<RemovedCounts>> SQLiteMaintenance::forget_repository(RepoName repo) {
    co_return co_await connection_.write([&](Handle& handle) -> Result<RemovedCounts> {
        RemovedCounts counts;
        sqlite::Transaction transaction(handle);
        auto const resolved = sqlite::resolve(handle, repo);
        for (auto const& slice : resolved.slices) {
            auto const id = static_cast<std::int64_t>(slice.repo);
            auto const hours = integers(handle, "SELECT DISTINCT hour FROM repo_hour_tallies WHERE repo = ?1", {id});
            auto removed = sqlite::remove_from_rollups(handle, hours, [&](std::int64_t hour, PageRow const& row) {
                return row.repo == slice.repo && slice.window.contains(from_unix(hour * 3600 + row.minute * 60));
            });
            if (!removed) return fail(removed.error());
            counts.events += removed->events;
            sqlite::forget_claims_of_repo(handle, slice.repo, slice.window);
            remove_raw(handle, "e.repo = ?1 AND e.created_at >= ?2 AND e.created_at < ?3",
                       {id, to_unix(slice.window.from), to_unix(slice.window.to)});
            bool const whole = slice.window == sqlite::all_time();
            std::string const condition =
                whole ? "repo_key = ?1 AND ?2 <> ''" : "repo_key = ?1 AND repo_name = ?2 COLLATE NOCASE";
            counts.commits += remove_commits(handle, condition, slice.key, repo.text());
            for (auto const* const table : {"repository_health_metrics", "developer_metrics", "security_metrics",
                                            "anomalies", "deployment_metrics"}) {
                counts.other_rows += handle.prepare_text(fmt::format("DELETE FROM {} WHERE {}", table, condition))
                                         .bind(1, slice.key)
                                         .bind(2, repo.text())
                                         .run();
            }
            if (whole) {
                handle.prepare("DELETE FROM repo_aliases WHERE repo = ?1").bind(1, id).run();
                handle.prepare("DELETE FROM repos WHERE id = ?1").bind(1, id).run();
            } else {
                remove_name(handle, id, repo.key());
            }
        }
        handle
            .prepare("DELETE FROM contested_names WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM repos WHERE name = ?1 "
                     "COLLATE NOCASE) "
                     "AND NOT EXISTS (SELECT 1 FROM repo_aliases WHERE name = ?1 COLLATE NOCASE)")
            .bind(1, repo.key())
            .run();
        // What was filed by name alone.
        auto const by_name = "n:" + repo.key();
        counts.commits += remove_commits(handle, "repo_key = ?1 AND ?2 <> ''", by_name, repo.text());
        for (auto const* const table :
             {"repository_health_metrics", "developer_metrics", "security_metrics", "anomalies", "deployment_metrics"})
            counts.other_rows +=
                handle.prepare_text(fmt::format("DELETE FROM {} WHERE repo_key = ?1", table)).bind(1, by_name).run();
        transaction.commit();
        events_.forget_dictionaries();
        connection_.empty_log();
        return counts;
    });
}

Async<Result<RemovedCounts>> SQLiteMaintenance::forget_actor(std::string login) {
    if (login.empty()) co_return fail(ErrorCode::invalid_argument, "actor: expected a login");
    co_return co_await connection_.write([&](Handle& handle) -> Result<RemovedCounts> {
        RemovedCounts counts;
        sqlite::Transaction transaction(handle);
        std::vector<std::int64_t> people;
        {
            auto& list = handle.prepare("SELECT id FROM actors WHERE login = ?1 COLLATE NOCASE UNION "
                                        "SELECT DISTINCT actor FROM event_rows WHERE login = ?1 COLLATE NOCASE");
            list.bind(1, login);
            Rows rows(list);
            while (rows.next()) people.push_back(rows->integer(0));
        }
        for (auto const person : people) {
            auto removed =
                sqlite::remove_from_rollups(handle, integers(handle, "SELECT DISTINCT hour FROM hour_pages"),
                                            [&](std::int64_t, PageRow const& row) { return row.actor / 2 == person; });
            if (!removed) return fail(removed.error());
            counts.events += removed->events;
            sqlite::forget_claims_of_actor(handle, person);
            remove_raw(handle, "e.actor = ?1", {person});
            handle.prepare("DELETE FROM actors WHERE id = ?1").bind(1, person).run();
            for (auto const touched : removed->repos) refresh_dates(handle, touched);
        }
        counts.commits += remove_commits(handle, "author_login = ?1 COLLATE NOCASE AND ?2 = ''", login, "");
        counts.other_rows +=
            handle.prepare("DELETE FROM developer_metrics WHERE actor_login = ?1 COLLATE NOCASE").bind(1, login).run();
        // Others' events about this person's issues keep their payload, but no longer name the person in the facts.
        handle
            .prepare("UPDATE event_rows SET author_id = NULL WHERE body IN (SELECT id FROM event_bodies WHERE "
                     "author_login = ?1 COLLATE NOCASE)")
            .bind(1, login)
            .run();
        handle.prepare("UPDATE event_bodies SET author_login = NULL WHERE author_login = ?1 COLLATE NOCASE")
            .bind(1, login)
            .run();
        transaction.commit();
        events_.forget_dictionaries();
        connection_.empty_log();
        return counts;
    });
}

Async<Result<void>> SQLiteMaintenance::drop_tables() {
    co_return co_await connection_.write([this](Handle& handle) -> Result<void> {
        sqlite::Transaction transaction(handle);
        for (auto const* const kind : {"view", "table"}) {
            std::vector<std::string> names;
            {
                auto& list =
                    handle.prepare("SELECT name FROM sqlite_master WHERE type = ?1 AND name NOT LIKE 'sqlite_%'");
                list.bind(1, kind);
                Rows rows(list);
                while (rows.next()) names.emplace_back(rows->text(0));
            }
            for (auto const& name : names) handle.execute(fmt::format("DROP {} \"{}\"", kind, name));
        }
        handle.execute("PRAGMA user_version = 0; PRAGMA application_id = 0");
        transaction.commit();
        events_.forget_dictionaries();
        connection_.empty_log();
        return {};
    });
}

} // namespace gem
