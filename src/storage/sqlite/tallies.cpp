#include "storage/sqlite/tallies.hpp"

#include <algorithm>

namespace gem::sqlite {

namespace {

void add(KindCounts& to, std::int64_t events, std::int64_t commits, std::int64_t unknown) {
    to.events += events;
    to.commits += commits;
    to.commits_unknown += unknown;
}

/// Sums by kind in a flat array: kinds are few and numbered from 1.
class FlatTally {
  public:
    KindCounts& of(std::uint16_t kind) {
        if (kind >= sums_.size()) sums_.resize(kind + 1U);
        return sums_[kind];
    }
    /// PageRow or PageMinute.
    void add(auto const& row) { sqlite::add(of(row.kind), row.events, row.commits, row.commits_unknown); }
    /// Rows of (kind, events, commits, commits_unknown).
    void add(Rows& rows) {
        while (rows.next())
            sqlite::add(of(static_cast<std::uint16_t>(rows->integer(0))), rows->integer(1), rows->integer(2),
                        rows->integer(3));
    }
    [[nodiscard]] TallyByKind by_kind() const {
        TallyByKind tally;
        for (std::size_t kind = 0; kind < sums_.size(); ++kind) {
            if (sums_[kind].events != 0) tally[static_cast<std::uint16_t>(kind)] = sums_[kind];
        }
        return tally;
    }

  private:
    std::vector<KindCounts> sums_;
};

/// A window cut at hours: [first, last) whole hours, and what is left of the hours at its ends.
struct Cut {
    std::int64_t first_hour = 0;
    std::int64_t last_hour = 0;
    struct Edge {
        std::int64_t hour = 0;
        int from_minute = 0;
        int to_minute = 60;
    };
    std::vector<Edge> edges;
};

Cut cut(TimeWindow const& window) {
    Cut result;
    if (window.empty()) return result;
    auto const from = to_unix(window.from);
    auto const to = to_unix(window.to);
    auto const from_hour = from / 3600;
    auto const to_hour = to / 3600;
    auto const minute = [](std::int64_t time) { return static_cast<int>(time / 60 % 60); };
    result.first_hour = from % 3600 == 0 ? from_hour : from_hour + 1;
    result.last_hour = to_hour;
    if (from_hour == to_hour) {
        result.first_hour = result.last_hour = from_hour;
        result.edges.push_back({.hour = from_hour, .from_minute = minute(from), .to_minute = minute(to)});
        return result;
    }
    if (from % 3600 != 0) result.edges.push_back({.hour = from_hour, .from_minute = minute(from), .to_minute = 60});
    if (to % 3600 != 0) result.edges.push_back({.hour = to_hour, .from_minute = 0, .to_minute = minute(to)});
    return result;
}

/// Calls `take(hour, row)` with what happened in these minutes: sums by minute, or rows of one repository.
Result<void> add_edge(Handle& handle, PageCache& pages, Cut::Edge const& edge, std::uint32_t const* repo, auto&& take) {
    auto parts = pages.load(handle, edge.hour);
    if (!parts) return fail(parts.error());
    for (auto const& page : *parts) {
        if (repo == nullptr) {
            for (auto const& sum : page->minutes(edge.from_minute, edge.to_minute)) take(edge.hour, sum);
            continue;
        }
        page->for_each_row(*repo, [&](PageRow const& row) {
            if (row.minute >= edge.from_minute && row.minute < edge.to_minute) take(edge.hour, row);
        });
    }
    return {};
}

} // namespace

TimeWindow whole_minutes(TimeWindow const& window) {
    // Beyond the years that can be stored there is nothing to count.
    auto const clipped = intersection(window, all_time());
    return {.from = std::chrono::floor<minutes>(clipped.from), .to = std::chrono::ceil<minutes>(clipped.to)};
}

Result<TallyByKind> tally_all(Handle& handle, PageCache& pages, TimeWindow const& asked) {
    FlatTally tally;
    auto const parts = cut(whole_minutes(asked));
    if (parts.first_hour < parts.last_hour) {
        auto& list = handle.prepare(
            "SELECT kind, events, commits, commits_unknown FROM hour_tallies WHERE hour >= ?1 AND hour < ?2");
        list.bind(1, parts.first_hour).bind(2, parts.last_hour);
        Rows rows(list);
        tally.add(rows);
    }
    for (auto const& edge : parts.edges) {
        auto added = add_edge(handle, pages, edge, nullptr, [&](std::int64_t, auto const& row) { tally.add(row); });
        if (!added) return fail(added.error());
    }
    return tally.by_kind();
}

Result<TallyByKind> tally_slices(Handle& handle, PageCache& pages, TimeWindow const& asked,
                                 std::vector<Slice> const& slices) {
    FlatTally tally;
    for (auto const& slice : slices) {
        auto const parts = cut(intersection(whole_minutes(asked), slice.window));
        if (parts.first_hour < parts.last_hour) {
            auto& list = handle.prepare("SELECT kind, events, commits, commits_unknown FROM repo_hour_tallies "
                                        "WHERE repo = ?1 AND hour >= ?2 AND hour < ?3");
            list.bind(1, static_cast<std::int64_t>(slice.repo)).bind(2, parts.first_hour).bind(3, parts.last_hour);
            Rows rows(list);
            tally.add(rows);
        }
        for (auto const& edge : parts.edges) {
            auto added =
                add_edge(handle, pages, edge, &slice.repo, [&](std::int64_t, auto const& row) { tally.add(row); });
            if (!added) return fail(added.error());
        }
    }
    return tally.by_kind();
}

namespace {

/// find_kinds() within one slice, or (null) in all; whether it was enough.
Result<bool> find_kinds_of(Handle& handle, PageCache& pages, TimeWindow const& window, std::uint32_t const* repo,
                           std::function<bool(std::uint16_t)> const& enough) {
    auto const parts = cut(window);
    if (parts.first_hour < parts.last_hour) {
        auto& list = repo == nullptr
                         ? handle.prepare("SELECT kind FROM hour_tallies WHERE hour >= ?1 AND hour < ?2 AND events > 0")
                         : handle.prepare("SELECT kind FROM repo_hour_tallies WHERE repo = ?3 AND hour >= ?1 AND "
                                          "hour < ?2 AND events > 0");
        list.bind(1, parts.first_hour).bind(2, parts.last_hour);
        if (repo != nullptr) list.bind(3, static_cast<std::int64_t>(*repo));
        Rows rows(list);
        while (rows.next()) {
            if (enough(static_cast<std::uint16_t>(rows->integer(0)))) return true;
        }
    }
    bool found_enough = false;
    for (auto const& edge : parts.edges) {
        auto const visited = add_edge(handle, pages, edge, repo, [&](std::int64_t, auto const& row) {
            found_enough = found_enough || enough(row.kind);
        });
        if (!visited) return fail(visited.error());
        if (found_enough) break;
    }
    return found_enough;
}

} // namespace

Result<void> find_kinds(Handle& handle, PageCache& pages, TimeWindow const& asked, std::vector<Slice> const* slices,
                        std::function<bool(std::uint16_t)> const& enough) {
    auto const window = whole_minutes(asked);
    auto const find = [&](TimeWindow const& of, std::uint32_t const* repo) {
        return find_kinds_of(handle, pages, of, repo, enough);
    };
    if (slices == nullptr) {
        auto const found = find(window, nullptr);
        if (!found) return fail(found.error());
        return {};
    }
    for (auto const& slice : *slices) {
        auto const found = find(intersection(window, slice.window), &slice.repo);
        if (!found) return fail(found.error());
        if (*found) break;
    }
    return {};
}

std::int64_t count_repository(Handle& handle, std::uint32_t repo) {
    auto& sum = handle.prepare("SELECT sum(events) FROM repo_hour_tallies WHERE repo = ?1");
    sum.bind(1, static_cast<std::int64_t>(repo));
    Rows rows(sum);
    return rows.next() ? rows->integer(0) : 0;
}

Result<TallyByBucket> tally_buckets(Handle& handle, PageCache& pages, TimeWindow const& asked, minutes bucket,
                                    std::vector<Slice> const* slices) {
    TallyByBucket buckets;
    auto const width = std::chrono::duration_cast<seconds>(bucket).count();
    auto const start_of = [width](std::int64_t time) { return time - time % width; };
    auto const take_row = [&](std::int64_t hour, auto const& row) {
        add(buckets[start_of(hour * 3600 + row.minute * 60)][row.kind], row.events, row.commits, row.commits_unknown);
    };
    auto const take_tally = [&](Rows& rows) {
        while (rows.next()) {
            add(buckets[start_of(rows->integer(0) * 3600)][static_cast<std::uint16_t>(rows->integer(1))],
                rows->integer(2), rows->integer(3), rows->integer(4));
        }
    };
    // Buckets of whole hours come from tallies; finer ones from the minutes of the pages.
    bool const hourly = width % 3600 == 0;
    auto const window = whole_minutes(asked);
    auto const part = [&](TimeWindow const& of, std::uint32_t const* repo) -> Result<void> {
        auto const parts = cut(of);
        if (parts.first_hour < parts.last_hour && hourly) {
            auto& list =
                repo == nullptr
                    ? handle.prepare("SELECT hour, kind, events, commits, commits_unknown FROM hour_tallies WHERE hour "
                                     ">= ?1 AND hour < ?2")
                    : handle.prepare("SELECT hour, kind, events, commits, commits_unknown FROM repo_hour_tallies "
                                     "WHERE hour >= ?1 AND hour < ?2 AND repo = ?3");
            list.bind(1, parts.first_hour).bind(2, parts.last_hour);
            if (repo != nullptr) list.bind(3, static_cast<std::int64_t>(*repo));
            Rows rows(list);
            take_tally(rows);
        } else if (parts.first_hour < parts.last_hour && repo == nullptr) {
            auto visited = pages.for_each(handle, parts.first_hour, parts.last_hour,
                                          [&](std::int64_t hour, PackedPage const& page) {
                                              for (auto const& sum : page.minutes(0, 60)) take_row(hour, sum);
                                          });
            if (!visited) return visited;
        } else if (parts.first_hour < parts.last_hour) {
            // Only the hours in which the repository was active.
            auto& list = handle.prepare(
                "SELECT DISTINCT hour FROM repo_hour_tallies WHERE repo = ?1 AND hour >= ?2 AND hour < ?3");
            list.bind(1, static_cast<std::int64_t>(*repo)).bind(2, parts.first_hour).bind(3, parts.last_hour);
            std::vector<std::int64_t> active;
            {
                Rows rows(list);
                while (rows.next()) active.push_back(rows->integer(0));
            }
            for (auto const hour : active) {
                auto added = add_edge(handle, pages, {.hour = hour, .from_minute = 0, .to_minute = 60}, repo, take_row);
                if (!added) return added;
            }
        }
        for (auto const& edge : parts.edges) {
            auto added = add_edge(handle, pages, edge, repo, take_row);
            if (!added) return added;
        }
        return {};
    };
    if (slices == nullptr) {
        if (auto done = part(window, nullptr); !done) return fail(done.error());
        return buckets;
    }
    for (auto const& slice : *slices) {
        if (auto done = part(intersection(window, slice.window), &slice.repo); !done) return fail(done.error());
    }
    return buckets;
}

} // namespace gem::sqlite
