#include "storage/sqlite/recount.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "storage/sqlite/tally_writer.hpp"

namespace gem::sqlite {

namespace {

constexpr std::size_t most_listed = 1000;

// Rows of hours that are counted in one pass: about 70 MB.
constexpr std::int64_t most_at_once = 3'000'000;

/// An hour's sums: of all repositories, and of each.
struct HourSums {
    TallyByKind by_kind;
    std::map<std::pair<std::uint32_t, std::uint16_t>, KindCounts> by_repo;

    void add(PageRow const& row) {
        for (auto* const sum : {&by_kind[row.kind], &by_repo[{row.repo, row.kind}]}) {
            sum->events += row.events;
            sum->commits += row.commits;
            sum->commits_unknown += row.commits_unknown;
        }
    }

    /// `sign` 1 adds them to what is stored, -1 takes them away.
    void write(Handle& handle, std::int64_t hour, int sign) const {
        auto const signed_counts = [sign](KindCounts const& counts) {
            return KindCounts{.events = sign * counts.events,
                              .commits = sign * counts.commits,
                              .commits_unknown = sign * counts.commits_unknown};
        };
        for (auto const& [kind, counts] : by_kind) add_to_hour(handle, hour, kind, signed_counts(counts));
        for (auto const& [key, counts] : by_repo)
            add_to_repo_hour(handle, key.first, hour, key.second, signed_counts(counts));
    }
};

void put_page(Handle& handle, std::int64_t hour, std::vector<PageRow> const& rows) {
    handle.prepare("DELETE FROM hour_pages WHERE hour = ?1").bind(1, hour).run();
    if (rows.empty()) return;
    auto const data = encode_hour_page(rows);
    handle.prepare("INSERT INTO hour_pages(hour, data) VALUES(?1, ?2)").bind(1, hour).bind_blob(2, data).run();
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

/// What pages must be, by the raw events. These stand in order of repository: a pass over all of them serves as many
/// hours as fit into memory.
class RawHours {
  public:
    RawHours(Handle& handle, KindNumbers& kinds) : handle_(handle), kinds_(kinds) {
        auto& list = handle.prepare("SELECT created_at / 3600 FROM event_rows");
        Rows rows(list);
        while (rows.next()) ++events_[rows->integer(0)];
    }

    /// Every hour of which something is stored, ascending.
    [[nodiscard]] std::vector<std::int64_t> all_hours() const {
        auto& list = handle_.prepare(
            "SELECT hour FROM hour_tallies UNION SELECT hour FROM hour_pages UNION SELECT hour FROM repo_hour_tallies");
        std::set<std::int64_t> hours;
        Rows rows(list);
        while (rows.next()) hours.insert(rows->integer(0));
        for (auto const& [hour, events] : events_) hours.insert(hour);
        return {hours.begin(), hours.end()};
    }

    /// An hour's rows, normalised. Each hour is asked for once, in ascending order.
    std::vector<PageRow> rows_of(std::int64_t hour) {
        if (!events_.contains(hour)) return {};
        if (hour >= loaded_to_) load(hour);
        auto found = std::move(loaded_[hour]);
        loaded_.erase(hour);
        normalize_page_rows(found);
        return found;
    }

  private:
    void load(std::int64_t first) {
        loaded_.clear();
        auto next = events_.find(first);
        std::int64_t total = 0;
        while (next != events_.end() && (total == 0 || total + next->second <= most_at_once)) {
            loaded_[next->first].reserve(static_cast<std::size_t>(next->second));
            total += next->second;
            loaded_to_ = next->first + 1;
            ++next;
        }
        auto& list =
            handle_.prepare("SELECT e.repo, e.created_at, e.type, e.action, e.merged, e.source, e.distinct_size, a.id, "
                            "a.bot FROM event_rows e LEFT JOIN actors a ON a.id = e.actor "
                            "WHERE e.created_at >= ?1 AND e.created_at < ?2");
        list.bind(1, first * 3600).bind(2, loaded_to_ * 3600);
        Rows rows(list);
        while (rows.next()) take(*rows.operator->());
    }

    void take(Statement const& event) {
        EventFacts facts;
        facts.action = event.optional_text(3);
        if (!event.is_null(4)) facts.merged = event.integer(4) != 0;
        auto const type = event.text(2);
        PageRow row{.repo = static_cast<std::uint32_t>(event.integer(0)),
                    .actor = event.is_null(7) ? 0 : static_cast<std::uint32_t>(event.integer(7) * 2 + event.integer(8)),
                    .kind = kinds_.of(type, counted_action(type, facts), event.integer(5)),
                    .minute = static_cast<std::uint8_t>(event.integer(1) / 60 % 60),
                    .events = 1,
                    .commits = 0,
                    .commits_unknown = 0};
        if (type == "PushEvent") {
            row.commits = static_cast<std::uint32_t>(std::clamp<std::int64_t>(event.integer(6), 0, 1'000'000));
            row.commits_unknown = event.is_null(6) ? 1 : 0;
        }
        loaded_[event.integer(1) / 3600].push_back(row);
    }

    Handle& handle_;
    KindNumbers& kinds_;
    std::map<std::int64_t, std::int64_t> events_; ///< by hour
    std::map<std::int64_t, std::vector<PageRow>> loaded_;
    std::int64_t loaded_to_ = std::numeric_limits<std::int64_t>::min();
};

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
    void compare(KindCounts const& counted, KindCounts const& stored, Where where) {
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
    HourSums sums_of_rows;
    for (auto const& row : expected) sums_of_rows.add(row);
    auto& [by_kind, by_repo] = sums_of_rows;
    TallyByKind stored;
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
        KindCounts there;
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

Result<std::vector<PageRow>> stored_page(Handle& handle, std::int64_t hour) {
    auto& list = handle.prepare("SELECT data FROM hour_pages WHERE hour = ?1 ORDER BY id");
    list.bind(1, hour);
    std::vector<PageRow> found;
    Rows rows(list);
    while (rows.next()) {
        auto page = decode_hour_page(rows->blob(0));
        if (!page) return fail(page.error());
        found.insert(found.end(), page->begin(), page->end());
    }
    normalize_page_rows(found);
    return found;
}

Result<VerifyReport> verify_rollups(Handle& handle) {
    Findings findings;
    KindNumbers kinds(handle, false);
    auto const raw_from = first_raw_hour(handle);
    std::int64_t tally_rows = 0;
    std::int64_t events = 0;
    RawHours raw(handle, kinds);
    for (auto const hour : raw.all_hours()) {
        auto stored = stored_page(handle, hour);
        if (!stored) return fail(stored.error());
        auto expected = hour < raw_from ? *stored : raw.rows_of(hour);
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
    RawHours raw(handle, kinds);
    auto const hours = raw.all_hours();
    handle.execute("DELETE FROM hour_tallies; DELETE FROM repo_hour_tallies;");
    std::int64_t events = 0;
    for (auto const hour : hours) {
        auto rows = hour < raw_from ? stored_page(handle, hour) : Result<std::vector<PageRow>>(raw.rows_of(hour));
        if (!rows) return fail(rows.error());
        put_page(handle, hour, *rows);
        HourSums sums;
        for (auto const& row : *rows) {
            sums.add(row);
            events += row.events;
        }
        sums.write(handle, hour, 1);
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
        HourSums gone;
        for (auto const& row : *stored) {
            if (!goes(hour, row)) {
                kept.push_back(row);
                continue;
            }
            gone.add(row);
            removed.events += row.events;
            removed.repos.insert(row.repo);
        }
        if (gone.by_kind.empty()) continue;
        put_page(handle, hour, kept);
        gone.write(handle, hour, -1);
    }
    handle.prepare("UPDATE counters SET value = value - ?1 WHERE name = 'events'").bind(1, removed.events).run();
    return removed;
}

} // namespace gem::sqlite
