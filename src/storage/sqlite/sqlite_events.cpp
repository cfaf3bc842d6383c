// SQLiteEventsRepository: storing events, and the questions about them.
#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "storage/cursor.hpp"
#include "storage/sqlite/active_minutes.hpp"
#include "storage/sqlite/busiest.hpp"
#include "storage/sqlite/event_reader.hpp"
#include "storage/sqlite/facts_cache.hpp"
#include "storage/sqlite/sqlite_repositories.hpp"
#include "storage/sqlite/tallies.hpp"

namespace gem {

using sqlite::Handle;

namespace {

/// While so many batches come at once, the first of the small ones waits this long for others: every transaction writes
/// whole pages and waits for the disk, so that twenty in one cost less than half of what they cost one by one.
constexpr std::size_t crowd = 3;
constexpr std::chrono::milliseconds wait_for_others{8};
constexpr std::size_t small_batch = 16;

/// Whether it is less work than the way to another thread and back.
bool is_quickly_prepared(std::vector<Event> const& batch) {
    constexpr std::size_t short_text = 32'000;
    return batch.size() == 1 && batch.front().payload.text().size() <= short_text;
}

} // namespace

Async<Result<InsertResult>> SQLiteEventsRepository::insert_events(std::vector<Event> batch) {
    co_return co_await store(std::move(batch), sqlite::Matching::on);
}

Async<Result<InsertResult>> SQLiteEventsRepository::restore_events(std::vector<Event> batch) {
    co_return co_await store(std::move(batch), sqlite::Matching::off);
}

Async<Result<InsertResult>> SQLiteEventsRepository::store(std::vector<Event> batch, sqlite::Matching matching) {
    if (batch.empty()) co_return InsertResult{};
    // Owned together with the list and with whoever stores it: this coroutine may be cancelled at any wait.
    auto const mine = std::make_shared<Waiting>();
    auto const prepare = [&, with_keys = writer_.wants_keys()] {
        return sqlite::prepare_batch(std::move(batch), with_keys);
    };
    if (is_quickly_prepared(batch))
        mine->batch = prepare();
    else
        mine->batch = co_await connection_.compute(prepare);
    mine->batch.matching = matching;
    auto const place = join_waiting(mine);
    struct Leave {
        SQLiteEventsRepository& repository;
        std::shared_ptr<Waiting> const& waiting;
        ~Leave() { repository.leave_waiting(waiting); }
    } const leave{*this, mine};
    if (place == Place::leads) co_await sleep_for(wait_for_others);
    if (place == Place::follows) co_await settled_or_leading(mine);
    if (mine->settled) {
        connection_.note_write();
        co_return std::move(*mine->result);
    }
    auto turn = co_await connection_.write([&](Handle& handle) -> Result<InsertResult> {
        if (!mine->result) store_waiting(handle);
        return InsertResult{};
    });
    // Somebody else's turn may have stored it before the database was closed.
    if (mine->result) co_return std::move(*mine->result);
    if (!turn) co_return fail(turn.error());
    co_return fail(ErrorCode::internal, "the batch was not stored, and nobody said why");
}

SQLiteEventsRepository::Place SQLiteEventsRepository::join_waiting(std::shared_ptr<Waiting> const& mine) {
    std::scoped_lock const lock(waiting_mutex_);
    mine->leads = waiting_.empty();
    waiting_.push_back(mine);
    if (!crowded_ || mine->batch.events.size() > small_batch) return Place::goes_at_once;
    return mine->leads ? Place::leads : Place::follows;
}

void SQLiteEventsRepository::leave_waiting(std::shared_ptr<Waiting> const& mine) {
    std::move_only_function<void()> resume;
    {
        std::scoped_lock const lock(waiting_mutex_);
        // Mostly somebody's turn has taken it.
        if (std::erase(waiting_, mine) == 0 || waiting_.empty()) return;
        // Given up before its turn came: the next one stores those that counted on it.
        waiting_.front()->leads = true;
        resume = std::exchange(waiting_.front()->resume, nullptr);
    }
    if (resume) resume();
}

Async<void> SQLiteEventsRepository::settled_or_leading(std::shared_ptr<Waiting> mine) {
    auto const start = [this, mine](auto handler) {
        auto const executor = asio::get_associated_executor(handler);
        std::move_only_function<void()> resume = [handler = std::move(handler), guard = asio::make_work_guard(executor),
                                                  executor]() mutable { asio::post(executor, std::move(handler)); };
        {
            std::scoped_lock const lock(waiting_mutex_);
            if (!mine->leads && std::ranges::find(waiting_, mine) != waiting_.end())
                mine->resume = std::exchange(resume, nullptr);
        }
        if (resume) resume();
    };
    co_await asio::async_initiate<decltype(asio::use_awaitable) const, void()>(start, asio::use_awaitable);
}

void SQLiteEventsRepository::store_waiting(Handle& handle) {
    std::vector<std::shared_ptr<Waiting>> group;
    {
        std::scoped_lock const lock(waiting_mutex_);
        group.swap(waiting_);
    }
    struct ResumeAll {
        SQLiteEventsRepository& repository;
        std::vector<std::shared_ptr<Waiting>> const& group;
        ~ResumeAll() {
            for (auto const& one : group) repository.resume_one(*one);
        }
    } const resume_all{*this, group};
    crowded_ = group.size() >= crowd;
    auto const horizon = connection_.retention_horizon();
    auto const store = [&](std::vector<std::shared_ptr<Waiting>> const& some) -> std::optional<Error> {
        try {
            std::vector<sqlite::PreparedBatch const*> batches;
            for (auto const& one : some) batches.push_back(&one->batch);
            auto results = writer_.store(handle, batches, horizon);
            for (std::size_t i = 0; i < some.size(); ++i) some[i]->settle(std::move(results[i]));
            return std::nullopt;
        } catch (sqlite::SqliteError const& error) {
            return sqlite::to_error(error);
        } catch (std::exception const& error) {
            return Error{.code = ErrorCode::internal, .message = fmt::format("storing events: {}", error.what())};
        }
    };
    auto const problem = store(group);
    if (!problem) return;
    if (group.size() == 1) {
        group.front()->settle(fail(*problem));
        return;
    }
    // What stopped one must not stop the others.
    for (auto const& one : group) {
        if (auto const its_own = store({one})) one->settle(fail(*its_own));
    }
}

void SQLiteEventsRepository::resume_one(Waiting& one) {
    std::move_only_function<void()> resume;
    {
        std::scoped_lock const lock(waiting_mutex_);
        resume = std::exchange(one.resume, nullptr);
    }
    if (resume) resume();
}

void SQLiteEventsRepository::forget_dictionaries() {
    writer_.forget_everything();
    connection_.forget_decoded();
}

namespace {

using sqlite::ResolvedName;

std::optional<ResolvedName> resolve_if_named(Handle& handle, std::optional<RepoName> const& repo) {
    if (!repo) return std::nullopt;
    return sqlite::resolve(handle, *repo);
}

Result<sqlite::TallyByKind> tally_kinds(Handle& handle, sqlite::PageCache& pages, TimeWindow const& window,
                                        std::optional<ResolvedName> const& resolved) {
    if (!resolved) return sqlite::tally_all(handle, pages, window);
    return sqlite::tally_slices(handle, pages, window, resolved->slices);
}

std::vector<Tally> tallies_of(Handle& handle, sqlite::Kinds& kinds, sqlite::TallyByKind const& counted) {
    std::map<std::pair<std::string, std::string>, Tally> sums; // sources together
    for (auto const& [id, counts] : counted) {
        auto const kind = kinds.of(handle, id);
        auto& sum = sums[{kind->type, kind->action}];
        sum.events += counts.events;
        sum.distinct_commits += counts.commits;
        sum.commits_unknown += counts.commits_unknown;
    }
    std::vector<Tally> tallies;
    for (auto& [key, sum] : sums) {
        if (sum.events == 0) continue;
        sum.type = key.first;
        sum.action = key.second;
        tallies.push_back(std::move(sum));
    }
    return tallies;
}

std::vector<std::string> names_of_sources(std::set<int> const& sources) {
    std::set<std::string> names;
    for (auto const source : sources) names.emplace(to_string(static_cast<EventSource>(source)));
    return {names.begin(), names.end()};
}

std::vector<std::string> sources_of(Handle& handle, sqlite::Kinds& kinds, sqlite::TallyByKind const& counted) {
    std::set<int> sources;
    for (auto const& [id, counts] : counted) {
        if (counts.events > 0) sources.insert(kinds.of(handle, id)->source);
    }
    return names_of_sources(sources);
}

Result<std::vector<std::string>> find_sources(Handle& handle, sqlite::PageCache& pages, sqlite::Kinds& kinds,
                                              TimeWindow const& window, std::optional<ResolvedName> const& resolved) {
    // Most stores know one source or two: when each of them is found there is no need to look on.
    auto const all = static_cast<std::size_t>(handle.scalar("SELECT count(DISTINCT source) FROM event_kinds"));
    std::set<int> sources;
    auto const note = [&](std::uint16_t kind) {
        sources.insert(kinds.of(handle, kind)->source);
        return sources.size() == all;
    };
    auto const found = sqlite::find_kinds(handle, pages, window, resolved ? &resolved->slices : nullptr, note);
    if (!found) return fail(found.error());
    return names_of_sources(sources);
}

Result<std::optional<RepoSummary>> summarize(Handle& handle, sqlite::PageCache& pages, ResolvedName const& resolved) {
    if (resolved.slices.empty()) return std::optional<RepoSummary>();
    RepoSummary summary{
        .repo = resolved.name, .first_event = resolved.first_seen, .last_event = resolved.last_seen, .total_events = 0};
    std::vector<sqlite::Slice> parts;
    for (auto const& slice : resolved.slices) {
        if (slice.window == sqlite::all_time())
            summary.total_events += sqlite::count_repository(handle, slice.repo);
        else
            parts.push_back(slice);
    }
    auto counted = sqlite::tally_slices(handle, pages, sqlite::all_time(), parts);
    if (!counted) return fail(counted.error());
    for (auto const& [kind, counts] : *counted) summary.total_events += counts.events;
    if (summary.total_events == 0) return std::optional<RepoSummary>();
    return std::optional(std::move(summary));
}

std::optional<UtcTime> optional_time(Handle& handle, char const* sql) {
    auto& statement = handle.prepare(sql);
    sqlite::Rows rows(statement);
    if (!rows.next() || rows->is_null(0)) return std::nullopt;
    return from_unix(rows->integer(0));
}

} // namespace

Async<Result<std::vector<Tally>>> SQLiteEventsRepository::tally(TimeWindow window, std::optional<RepoName> repo) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<std::vector<Tally>> {
        sqlite::ReadTransaction const view(handle);
        auto const counted = tally_kinds(handle, connection_.pages(), window, resolve_if_named(handle, repo));
        if (!counted) return fail(counted.error());
        return tallies_of(handle, connection_.kinds(), *counted);
    });
}

Async<Result<std::vector<std::string>>> SQLiteEventsRepository::sources(TimeWindow window,
                                                                        std::optional<RepoName> repo) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<std::vector<std::string>> {
        sqlite::ReadTransaction const view(handle);
        return find_sources(handle, connection_.pages(), connection_.kinds(), window, resolve_if_named(handle, repo));
    });
}

Async<Result<WindowFigures>> SQLiteEventsRepository::window_figures(TimeWindow window, std::optional<RepoName> repo,
                                                                    bool with_tallies) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<WindowFigures> {
        sqlite::ReadTransaction const view(handle);
        auto const resolved = resolve_if_named(handle, repo);
        WindowFigures figures;
        if (with_tallies) {
            auto const counted = tally_kinds(handle, connection_.pages(), window, resolved);
            if (!counted) return fail(counted.error());
            figures.tallies = tallies_of(handle, connection_.kinds(), *counted);
            figures.sources = sources_of(handle, connection_.kinds(), *counted);
        } else {
            auto found = find_sources(handle, connection_.pages(), connection_.kinds(), window, resolved);
            if (!found) return fail(found.error());
            figures.sources = std::move(*found);
        }
        if (!resolved) return figures;
        auto summary = summarize(handle, connection_.pages(), *resolved);
        if (!summary) return fail(summary.error());
        figures.repository = std::move(*summary);
        return figures;
    });
}

Async<Result<std::vector<BucketTally>>> SQLiteEventsRepository::tally_series(TimeWindow window, minutes bucket,
                                                                             std::optional<RepoName> repo,
                                                                             std::optional<std::string> type) {
    if (bucket.count() < 1 || bucket.count() > 1440)
        co_return fail(ErrorCode::invalid_argument,
                       fmt::format("bucket: expected 1 to 1440 minutes, got {}", bucket.count()));
    co_return co_await connection_.read([&](Handle& handle) -> Result<std::vector<BucketTally>> {
        sqlite::ReadTransaction const view(handle);
        std::vector<sqlite::Slice> slices;
        if (repo) slices = sqlite::resolve(handle, *repo).slices;
        auto counted = sqlite::tally_buckets(handle, connection_.pages(), window, bucket, repo ? &slices : nullptr);
        if (!counted) return fail(counted.error());
        std::vector<BucketTally> series;
        for (auto const& [start, kinds] : *counted) {
            BucketTally tally{.bucket_start = from_unix(start), .counts = {}};
            for (auto const& [id, counts] : kinds) {
                auto const kind = connection_.kinds().of(handle, id);
                if (counts.events > 0 && (!type || *type == kind->type)) tally.counts[kind->type] += counts.events;
            }
            if (!tally.counts.empty()) series.push_back(std::move(tally));
        }
        return series;
    });
}

Async<Result<std::vector<RepoActivity>>> SQLiteEventsRepository::busiest(TimeWindow window, std::size_t limit,
                                                                         bool with_rows) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<std::vector<RepoActivity>> {
        sqlite::ReadTransaction const view(handle);
        return sqlite::find_busiest(handle, connection_.pages(), connection_.kinds(), window, limit, with_rows);
    });
}

Async<Result<std::vector<RepoActivity>>> SQLiteEventsRepository::activity(TimeWindow window,
                                                                          std::vector<RepoName> repos) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<std::vector<RepoActivity>> {
        sqlite::ReadTransaction const view(handle);
        return sqlite::find_activity(handle, connection_.pages(), connection_.kinds(), window, repos);
    });
}

Async<Result<EventPage>> SQLiteEventsRepository::find_events(EventQuery query) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<EventPage> {
        sqlite::ReadTransaction const view(handle);
        return sqlite::find_event_page(handle, connection_.pages(), connection_.kinds(), query);
    });
}

Async<Result<EventFactsList>> SQLiteEventsRepository::event_facts(RepoName repo, TimeWindow window,
                                                                  std::vector<std::string> types) {
    auto const generation = co_await connection_.write_generation();
    co_return co_await connection_.read([&](Handle& handle) -> Result<EventFactsList> {
        sqlite::ReadTransaction const view(handle);
        return sqlite::find_event_facts(handle, connection_.facts(), generation, repo, window, types);
    });
}

Async<Result<std::optional<RepoSummary>>> SQLiteEventsRepository::find_repository(RepoName repo) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<std::optional<RepoSummary>> {
        sqlite::ReadTransaction const view(handle);
        return summarize(handle, connection_.pages(), sqlite::resolve(handle, repo));
    });
}

Async<Result<std::vector<RepoSummary>>> SQLiteEventsRepository::list_repositories(std::string after,
                                                                                  std::size_t limit) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<std::vector<RepoSummary>> {
        sqlite::ReadTransaction const view(handle);
        std::vector<RepoSummary> summaries;
        std::string last = ascii_lower(after);
        auto& next = handle.prepare("SELECT min(n) FROM (SELECT (SELECT lower(name) FROM repos WHERE name > ?1 COLLATE "
                                    "NOCASE ORDER BY name COLLATE NOCASE LIMIT 1) AS n "
                                    "UNION ALL SELECT (SELECT lower(name) FROM repo_aliases WHERE name > ?1 COLLATE "
                                    "NOCASE ORDER BY name COLLATE NOCASE LIMIT 1))");
        while (summaries.size() < limit) {
            next.bind(1, last);
            {
                sqlite::Rows rows(next);
                if (!rows.next() || rows->is_null(0)) break;
                last = std::string(rows->text(0));
            }
            auto const repo = RepoName::parse(last);
            if (!repo) continue; // a name that no question can be about
            auto const resolved = sqlite::resolve(handle, *repo);
            auto const borne_now = std::ranges::any_of(
                resolved.slices, [](auto const& slice) { return slice.window == sqlite::all_time(); });
            if (!borne_now) continue;
            auto summary = summarize(handle, connection_.pages(), resolved);
            if (!summary) return fail(summary.error());
            if (*summary) summaries.push_back(std::move(**summary));
        }
        return summaries;
    });
}

Async<Result<ArrivalPage>> SQLiteEventsRepository::arrivals(std::string after, std::size_t limit) {
    co_return co_await connection_.read([&](Handle& handle) -> Result<ArrivalPage> {
        sqlite::ReadTransaction const view(handle);
        return sqlite::find_arrivals(handle, after, limit);
    });
}

Async<Result<Totals>> SQLiteEventsRepository::totals() {
    co_return co_await connection_.read([this](Handle& handle) -> Result<Totals> {
        sqlite::ReadTransaction const view(handle);
        Totals totals;
        totals.events = handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'events'), 0)");
        totals.raw_events = handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'raw_events'), 0)");
        totals.repositories = handle.scalar("SELECT count(*) FROM repos");
        auto const outermost = [&](sqlite::MinuteOrder order) {
            return sqlite::outermost_event(handle, connection_.pages(), connection_.kinds(), order);
        };
        auto const first = outermost(sqlite::MinuteOrder::oldest_first);
        if (!first) return fail(first.error());
        auto const last = outermost(sqlite::MinuteOrder::newest_first);
        if (!last) return fail(last.error());
        totals.first_event = *first;
        totals.last_event = *last;
        // What retention took away was there as well.
        if (auto const purged = optional_time(handle, "SELECT value FROM counters WHERE name = 'first_purged'"))
            totals.first_event = std::min(*purged, first->value_or(*purged));
        if (auto const purged = optional_time(handle, "SELECT value FROM counters WHERE name = 'last_purged'"))
            totals.last_event = std::max(*purged, last->value_or(*purged));
        return totals;
    });
}

} // namespace gem
