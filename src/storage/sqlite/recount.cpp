#include "storage/sqlite/recount.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

namespace gem::sqlite {

namespace {

constexpr std::size_t most_listed = 1000;

struct Sums {
    std::int64_t events = 0;
    std::int64_t commits = 0;
    std::int64_t commits_unknown = 0;
};
using SumsByKind = std::map<std::uint16_t, Sums>;
using SumsByRepo = std::map<std::pair<std::uint32_t, std::uint16_t>, Sums>;

void add(Sums& to, PageRow const& row) {
    to.events += row.events;
    to.commits += row.commits;
    to.commits_unknown += row.commits_unknown;
}

/// The numbers of kinds; finds or, when asked, makes them.
class KindNumbers {
  public:
    KindNumbers(Handle& handle, bool make) : handle_(handle), make_(make) {
        auto& list = handle.prepare("SELECT type, action, source, id FROM event_kinds");
        Rows rows(list);
        while (rows.next())
            numbers_[{std::string(rows->text(0)), std::string(rows->text(1)), rows->integer(2)}] =
                static_cast<std::uint16_t>(rows->integer(3));
    }

    std::uint16_t of(std::string_view type, std::string_view action, std::int64_t source) {
        auto [entry, fresh] = numbers_.try_emplace({std::string(type), std::string(action), source}, std::uint16_t{0});
        if (!fresh || !make_) return entry->second;
        auto& put = handle_.prepare("INSERT INTO event_kinds(type, action, source) VALUES(?1, ?2, ?3) RETURNING id");
        put.bind(1, type).bind(2, action).bind(3, source);
        Rows added(put);
        added.next();
        return entry->second = static_cast<std::uint16_t>(added->integer(0));
    }

  private:
    Handle& handle_;
    bool make_;
    std::map<std::tuple<std::string, std::string, std::int64_t>, std::uint16_t> numbers_;
};

std::vector<std::int64_t> all_hours(Handle& handle) {
    auto& list = handle.prepare(
        "SELECT hour FROM hour_tallies UNION SELECT hour FROM hour_pages UNION SELECT hour FROM repo_hour_tallies "
        "UNION SELECT created_at / 3600 FROM event_rows ORDER BY 1");
    std::vector<std::int64_t> hours;
    Rows rows(list);
    while (rows.next()) hours.push_back(rows->integer(0));
    return hours;
}

/// What an hour's page must be, by its raw events.
std::vector<PageRow> recount_hour(Handle& handle, KindNumbers& kinds, std::int64_t hour) {
    auto& list = handle.prepare(
        "SELECT e.repo, e.created_at, e.type, e.action, e.merged, e.source, e.distinct_size, a.id, a.bot "
        "FROM event_rows e INDEXED BY event_rows_by_time LEFT JOIN actors a ON a.id = e.actor "
        "WHERE e.created_at >= ?1 AND e.created_at < ?1 + 3600");
    list.bind(1, hour * 3600);
    std::vector<PageRow> found;
    Rows rows(list);
    while (rows.next()) {
        EventFacts facts;
        facts.action = rows->optional_text(3);
        if (!rows->is_null(4)) facts.merged = rows->integer(4) != 0;
        auto const type = rows->text(2);
        PageRow row{.repo = static_cast<std::uint32_t>(rows->integer(0)),
                    .actor = rows->is_null(7) ? 0 : static_cast<std::uint32_t>(rows->integer(7) * 2 + rows->integer(8)),
                    .kind = kinds.of(type, counted_action(type, facts), rows->integer(5)),
                    .minute = static_cast<std::uint8_t>(rows->integer(1) / 60 % 60),
                    .events = 1,
                    .commits = 0,
                    .commits_unknown = 0};
        if (type == "PushEvent") {
            row.commits = static_cast<std::uint32_t>(std::clamp<std::int64_t>(rows->integer(6), 0, 1'000'000));
            row.commits_unknown = rows->is_null(6) ? 1 : 0;
        }
        found.push_back(row);
    }
    normalize_page_rows(found);
    return found;
}

Result<std::vector<PageRow>> stored_page(Handle& handle, std::int64_t hour) {
    auto& list = handle.prepare("SELECT data FROM hour_pages WHERE hour = ?1 ORDER BY id");
    list.bind(1, hour);
    std::vector<PageRow> found;
    Rows rows(list);
    while (rows.next()) {
        auto page = decode_hour_page(rows->blob(0));
        if (!page) return fail(page.error());
        found.insert(found.end(), page->rows.begin(), page->rows.end());
    }
    normalize_page_rows(found);
    return found;
}

std::string hour_text(std::int64_t hour) { return format_time(from_unix(hour * 3600)); }

/// Gathers what disagrees.
class Findings {
  public:
    template <class Where>
    void compare(std::int64_t counted, std::int64_t stored, Where where) {
        ++report.figures;
        if (counted == stored) return;
        ++report.drift_total;
        if (report.drift.size() < most_listed)
            report.drift.push_back({.where = where(), .counted = counted, .stored = stored});
    }
    template <class Where>
    void compare(Sums const& counted, Sums const& stored, Where where) {
        compare(counted.events, stored.events, where);
        if (counted.events != stored.events) return;
        compare(counted.commits, stored.commits, [&] { return where() + ", commits"; });
        compare(counted.commits_unknown, stored.commits_unknown,
                [&] { return where() + ", pushes without a number of commits"; });
    }
    VerifyReport report;
};

void verify_tallies(Handle& handle, Findings& findings, std::int64_t hour, std::vector<PageRow> const& expected,
                    std::int64_t& tally_rows) {
    SumsByKind by_kind;
    SumsByRepo by_repo;
    for (auto const& row : expected) {
        add(by_kind[row.kind], row);
        add(by_repo[{row.repo, row.kind}], row);
    }
    SumsByKind stored;
    {
        auto& list = handle.prepare("SELECT kind, events, commits, commits_unknown FROM hour_tallies WHERE hour = ?1");
        list.bind(1, hour);
        Rows rows(list);
        while (rows.next())
            stored[static_cast<std::uint16_t>(rows->integer(0))] = {
                .events = rows->integer(1), .commits = rows->integer(2), .commits_unknown = rows->integer(3)};
    }
    for (auto const& [kind, sums] : by_kind) stored.try_emplace(kind);
    for (auto const& [kind, sums] : stored) {
        findings.compare(by_kind[kind], sums,
                         [&] { return fmt::format("all repositories, {}, kind {}", hour_text(hour), kind); });
    }
    auto& find = handle.prepare(
        "SELECT events, commits, commits_unknown FROM repo_hour_tallies WHERE repo = ?1 AND hour = ?2 AND kind = ?3");
    for (auto const& [key, sums] : by_repo) {
        find.bind(1, static_cast<std::int64_t>(key.first)).bind(2, hour).bind(3, static_cast<int>(key.second));
        Rows rows(find);
        Sums there;
        if (rows.next()) {
            there = {.events = rows->integer(0), .commits = rows->integer(1), .commits_unknown = rows->integer(2)};
            ++tally_rows;
        }
        findings.compare(sums, there, [&] {
            return fmt::format("repository number {}, {}, kind {}", key.first, hour_text(hour), key.second);
        });
    }
}

void verify_page(Findings& findings, std::int64_t hour, std::vector<PageRow> const& expected,
                 std::vector<PageRow> const& stored) {
    findings.report.figures += static_cast<std::int64_t>(expected.size());
    if (expected == stored) return;
    std::int64_t counted = 0;
    std::int64_t there = 0;
    for (auto const& row : expected) counted += row.events;
    for (auto const& row : stored) there += row.events;
    ++findings.report.drift_total;
    if (findings.report.drift.size() < most_listed) {
        findings.report.drift.push_back(
            {.where = fmt::format("page of {}{}", hour_text(hour), counted == there ? " (other rows, same sum)" : ""),
             .counted = counted,
             .stored = there});
    }
}

/// Hours before this one have lost their raw events to retention: there the pages are the truth.
std::int64_t first_raw_hour(Handle& handle) {
    return handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'purged_before'), 0)") / 3600;
}

} // namespace

Result<VerifyReport> verify_rollups(Handle& handle) {
    Findings findings;
    KindNumbers kinds(handle, false);
    auto const raw_from = first_raw_hour(handle);
    std::int64_t tally_rows = 0;
    std::int64_t events = 0;
    for (auto const hour : all_hours(handle)) {
        auto stored = stored_page(handle, hour);
        if (!stored) return fail(stored.error());
        auto expected = hour < raw_from ? *stored : recount_hour(handle, kinds, hour);
        for (auto const& row : expected) {
            events += row.events;
            if (hour >= raw_from) findings.report.events += row.events;
        }
        verify_page(findings, hour, expected, *stored);
        verify_tallies(handle, findings, hour, expected, tally_rows);
    }
    findings.compare(tally_rows, handle.scalar("SELECT count(*) FROM repo_hour_tallies"),
                     [] { return std::string("rows of repository tallies"); });
    findings.compare(events, handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'events'), 0)"),
                     [] { return std::string("total of all events"); });
    findings.compare(handle.scalar("SELECT count(*) FROM event_rows"),
                     handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'raw_events'), 0)"),
                     [] { return std::string("total of raw events"); });
    findings.compare(handle.scalar("SELECT count(*) FROM event_rows"),
                     handle.scalar("SELECT count(*) FROM event_bodies"), [] { return std::string("payloads"); });
    return findings.report;
}

Result<void> rebuild_rollups(Handle& handle) {
    KindNumbers kinds(handle, true);
    auto const raw_from = first_raw_hour(handle);
    auto const hours = all_hours(handle);
    handle.execute("DELETE FROM hour_tallies; DELETE FROM repo_hour_tallies;");
    std::int64_t events = 0;
    for (auto const hour : hours) {
        auto rows = hour < raw_from ? stored_page(handle, hour)
                                    : Result<std::vector<PageRow>>(recount_hour(handle, kinds, hour));
        if (!rows) return fail(rows.error());
        handle.prepare("DELETE FROM hour_pages WHERE hour = ?1").bind(1, hour).run();
        if (rows->empty()) continue;
        auto const data = encode_hour_page(*rows);
        handle.prepare("INSERT INTO hour_pages(hour, data) VALUES(?1, ?2)").bind(1, hour).bind_blob(2, data).run();
        SumsByKind by_kind;
        SumsByRepo by_repo;
        for (auto const& row : *rows) {
            add(by_kind[row.kind], row);
            add(by_repo[{row.repo, row.kind}], row);
            events += row.events;
        }
        for (auto const& [kind, sums] : by_kind) {
            handle.prepare("INSERT INTO hour_tallies VALUES(?1, ?2, ?3, ?4, ?5)")
                .bind(1, hour)
                .bind(2, static_cast<int>(kind))
                .bind(3, sums.events)
                .bind(4, sums.commits)
                .bind(5, sums.commits_unknown)
                .run();
        }
        for (auto const& [key, sums] : by_repo) {
            handle.prepare("INSERT INTO repo_hour_tallies VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
                .bind(1, static_cast<std::int64_t>(key.first))
                .bind(2, hour)
                .bind(3, static_cast<int>(key.second))
                .bind(4, sums.events)
                .bind(5, sums.commits)
                .bind(6, sums.commits_unknown)
                .run();
        }
    }
    auto& put = handle.prepare("INSERT OR REPLACE INTO counters VALUES(?1, ?2)");
    put.bind(1, "events").bind(2, events).run();
    put.bind(1, "raw_events").bind(2, handle.scalar("SELECT count(*) FROM event_rows")).run();
    return {};
}

Result<Removed> remove_from_rollups(Handle& handle, std::vector<std::int64_t> const& hours,
                                    std::function<bool(std::int64_t, PageRow const&)> const& goes) {
    Removed removed;
    for (auto const hour : hours) {
        auto stored = stored_page(handle, hour);
        if (!stored) return fail(stored.error());
        std::vector<PageRow> kept;
        SumsByKind by_kind;
        SumsByRepo by_repo;
        for (auto const& row : *stored) {
            if (!goes(hour, row)) {
                kept.push_back(row);
                continue;
            }
            add(by_kind[row.kind], row);
            add(by_repo[{row.repo, row.kind}], row);
            removed.events += row.events;
            removed.repos.insert(row.repo);
        }
        if (by_kind.empty()) continue;
        handle.prepare("DELETE FROM hour_pages WHERE hour = ?1").bind(1, hour).run();
        if (!kept.empty()) {
            auto const data = encode_hour_page(kept);
            handle.prepare("INSERT INTO hour_pages(hour, data) VALUES(?1, ?2)").bind(1, hour).bind_blob(2, data).run();
        }
        for (auto const& [kind, sums] : by_kind) {
            handle
                .prepare("UPDATE hour_tallies SET events = events - ?3, commits = commits - ?4, commits_unknown = "
                         "commits_unknown - ?5 "
                         "WHERE hour = ?1 AND kind = ?2")
                .bind(1, hour)
                .bind(2, static_cast<int>(kind))
                .bind(3, sums.events)
                .bind(4, sums.commits)
                .bind(5, sums.commits_unknown)
                .run();
        }
        handle.prepare("DELETE FROM hour_tallies WHERE hour = ?1 AND events = 0").bind(1, hour).run();
        for (auto const& [key, sums] : by_repo) {
            handle
                .prepare("UPDATE repo_hour_tallies SET events = events - ?4, commits = commits - ?5, commits_unknown = "
                         "commits_unknown - ?6 "
                         "WHERE repo = ?1 AND hour = ?2 AND kind = ?3")
                .bind(1, static_cast<std::int64_t>(key.first))
                .bind(2, hour)
                .bind(3, static_cast<int>(key.second))
                .bind(4, sums.events)
                .bind(5, sums.commits)
                .bind(6, sums.commits_unknown)
                .run();
            handle.prepare("DELETE FROM repo_hour_tallies WHERE repo = ?1 AND hour = ?2 AND kind = ?3 AND events = 0")
                .bind(1, static_cast<std::int64_t>(key.first))
                .bind(2, hour)
                .bind(3, static_cast<int>(key.second))
                .run();
        }
    }
    handle.prepare("UPDATE counters SET value = value - ?1 WHERE name = 'events'").bind(1, removed.events).run();
    return removed;
}

} // namespace gem::sqlite
