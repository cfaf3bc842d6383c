#include "storage/sqlite/busiest.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "storage/sqlite/tallies.hpp"

namespace gem::sqlite {

namespace {

/// Sums by repository in a flat array, with a list of what is not zero: kept by each thread, cleared by its list.
class RepoTotals {
  public:
    void add(std::uint32_t repo, std::uint32_t events) {
        if (repo >= totals_.size()) totals_.resize(std::max<std::size_t>(repo + 1, totals_.size() * 2));
        if (totals_[repo] == 0) touched_.push_back(repo);
        totals_[repo] += events;
    }
    [[nodiscard]] std::uint64_t of(std::uint32_t repo) const { return repo < totals_.size() ? totals_[repo] : 0; }
    void set(std::uint32_t repo, std::uint64_t events) {
        if (repo < totals_.size()) totals_[repo] = events;
    }
    [[nodiscard]] std::vector<std::uint32_t> const& touched() const { return touched_; }
    void clear() {
        for (auto const repo : touched_) totals_[repo] = 0;
        touched_.clear();
    }

  private:
    std::vector<std::uint64_t> totals_;
    std::vector<std::uint32_t> touched_;
};

/// A part of an hour's page, and which of its minutes are meant.
struct Part {
    std::int64_t hour = 0;
    int from_minute = 0;
    int to_minute = 60;
    PackedPage const& page;
    [[nodiscard]] bool whole() const { return from_minute == 0 && to_minute == 60; }
    [[nodiscard]] bool holds(PageRow const& row) const { return row.minute >= from_minute && row.minute < to_minute; }
};

/// Calls `visit(Part)` for every part that the window touches; holds one page at a time.
template <class Visit>
Result<void> for_each_part(Handle& handle, PageCache& pages, TimeWindow const& window, Visit visit) {
    if (window.empty()) return {};
    auto const first = to_unix(window.from) / 3600;
    auto const last = (to_unix(window.to) + 3599) / 3600;
    return pages.for_each(handle, first, last, [&](std::int64_t hour, PackedPage const& page) {
        auto const minute_of = [&](UtcTime time) {
            return static_cast<int>(std::clamp<std::int64_t>((to_unix(time) - hour * 3600) / 60, 0, 60));
        };
        visit(
            Part{.hour = hour, .from_minute = minute_of(window.from), .to_minute = minute_of(window.to), .page = page});
    });
}

/// What one repository did, gathered as numbers; texts are made once, at the end.
class Gathering {
  public:
    void add(Part const& part, std::uint32_t repo, bool with_rows) {
        part.page.for_each_row(repo, [&](PageRow const& row) {
            if (!part.holds(row)) return;
            if (row.kind >= counts_.size()) counts_.resize(row.kind + 1U);
            counts_[row.kind] += row.events;
            if (with_rows)
                rows_.push_back({.minute = part.hour * 60 + row.minute,
                                 .kind = row.kind,
                                 .actor = row.actor,
                                 .events = row.events});
        });
    }

    /// Rows in order of (minute, type, action, actor), those alike added up: kinds differ by source, too.
    void finish(Handle& handle, Kinds& kinds, RepoActivity& activity) {
        std::vector<std::shared_ptr<Kinds::Kind const>> known(counts_.size());
        std::map<std::pair<std::string_view, std::string_view>, std::uint16_t> ranks;
        for (std::size_t kind = 0; kind < counts_.size(); ++kind) {
            if (counts_[kind] == 0) continue;
            known[kind] = kinds.of(handle, static_cast<std::uint16_t>(kind));
            activity.total_events += counts_[kind];
            activity.counts[known[kind]->type] += counts_[kind];
            ranks.emplace(std::pair(std::string_view(known[kind]->type), std::string_view(known[kind]->action)), 0);
        }
        std::vector<std::pair<std::string_view, std::string_view>> texts;
        for (auto& [text, rank] : ranks) {
            rank = static_cast<std::uint16_t>(texts.size());
            texts.push_back(text);
        }
        std::vector<std::uint16_t> rank_of(counts_.size());
        for (std::size_t kind = 0; kind < counts_.size(); ++kind) {
            if (known[kind]) rank_of[kind] = ranks[{known[kind]->type, known[kind]->action}];
        }
        for (auto& row : rows_) row.kind = rank_of[row.kind];
        auto const key = [](Row const& row) { return std::tuple(row.minute, row.kind, row.actor / 2); };
        std::ranges::sort(rows_, [&](Row const& a, Row const& b) { return key(a) < key(b); });
        activity.rows.reserve(rows_.size());
        Row const* before = nullptr;
        for (auto const& row : rows_) {
            if (before != nullptr && key(*before) == key(row)) {
                activity.rows.back().events += row.events;
                continue;
            }
            before = &row;
            activity.rows.push_back({.minute = from_unix(row.minute * 60),
                                     .type = std::string(texts[row.kind].first),
                                     .action = std::string(texts[row.kind].second),
                                     .actor = row.actor / 2,
                                     .bot = (row.actor & 1) != 0,
                                     .events = row.events});
        }
    }

  private:
    struct Row {
        std::int64_t minute = 0; ///< since the epoch
        std::uint16_t kind = 0;
        std::uint32_t actor = 0;
        std::uint32_t events = 0;
    };
    std::vector<std::int64_t> counts_; ///< by kind
    std::vector<Row> rows_;
};

} // namespace

Result<std::vector<RepoActivity>> find_busiest(Handle& handle, PageCache& pages, Kinds& kinds, TimeWindow const& asked,
                                               std::size_t limit, bool with_rows) {
    thread_local RepoTotals totals;
    totals.clear();
    std::vector<RepoActivity> answer;
    if (limit == 0) return answer;
    auto const window = whole_minutes(asked);
    auto const summed = for_each_part(handle, pages, window, [](Part const& part) {
        if (part.whole()) {
            for (auto const& span : part.page.spans()) totals.add(span.repo, span.events);
            return;
        }
        for (auto const& span : part.page.spans()) {
            std::uint32_t events = 0;
            part.page.for_each_row(span, [&](PageRow const& row) {
                if (part.holds(row)) events += row.events;
            });
            if (events > 0) totals.add(span.repo, events);
        }
    });
    if (!summed) return fail(summed.error());
    // Keys that bear one name now are one repository: all is added to the first of them.
    std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> bearers;
    for (auto const& group : shared_names(handle)) {
        std::uint64_t sum = 0;
        for (auto const repo : group) sum += totals.of(repo);
        if (sum == 0) continue;
        auto const lead = *std::ranges::find_if(group, [&](std::uint32_t repo) { return totals.of(repo) > 0; });
        for (auto const repo : group) totals.set(repo, 0);
        totals.set(lead, sum);
        bearers[lead] = group;
    }
    std::vector<std::pair<std::uint64_t, std::uint32_t>> ranking;
    ranking.reserve(totals.touched().size());
    for (auto const repo : totals.touched()) {
        if (auto const events = totals.of(repo); events > 0) ranking.emplace_back(events, repo);
    }
    if (ranking.size() > limit) {
        // All that may be among the first `limit`: ties at the border are decided by name.
        std::ranges::nth_element(ranking, ranking.begin() + static_cast<std::ptrdiff_t>(limit - 1),
                                 std::ranges::greater{}, &std::pair<std::uint64_t, std::uint32_t>::first);
        auto const border = ranking[limit - 1].first;
        std::erase_if(ranking, [border](auto const& entry) { return entry.first < border; });
    }
    struct Named {
        std::uint64_t events = 0;
        std::uint32_t repo = 0;
        std::string name;
        std::string lower;
    };
    std::vector<Named> named;
    for (auto const& [events, repo] : ranking) {
        auto name = present_name(handle, repo).name;
        // The latest spelling among several bearers.
        if (auto const group = bearers.find(repo); group != bearers.end()) {
            PresentName latest;
            for (auto const bearer : group->second) {
                auto const candidate = present_name(handle, bearer);
                if (latest.name.empty() ||
                    std::tie(candidate.last_seen, candidate.name) > std::tie(latest.last_seen, latest.name))
                    latest = candidate;
            }
            name = latest.name;
        }
        auto lower = ascii_lower(name);
        named.push_back({.events = events, .repo = repo, .name = std::move(name), .lower = std::move(lower)});
    }
    totals.clear();
    std::ranges::sort(named, [](Named const& a, Named const& b) {
        return a.events != b.events ? a.events > b.events : a.lower < b.lower;
    });
    if (named.size() > limit) named.resize(limit);
    std::vector<Gathering> gatherings(named.size());
    auto const gathered = for_each_part(handle, pages, window, [&](Part const& part) {
        for (std::size_t i = 0; i < named.size(); ++i) {
            auto const group = bearers.find(named[i].repo);
            if (group == bearers.end()) {
                gatherings[i].add(part, named[i].repo, with_rows);
                continue;
            }
            for (auto const bearer : group->second) gatherings[i].add(part, bearer, with_rows);
        }
    });
    if (!gathered) return fail(gathered.error());
    for (std::size_t i = 0; i < named.size(); ++i) {
        answer.push_back({.repo = std::move(named[i].name), .total_events = 0, .counts = {}, .rows = {}});
        gatherings[i].finish(handle, kinds, answer.back());
    }
    return answer;
}

Result<std::vector<RepoActivity>> find_activity(Handle& handle, PageCache& pages, Kinds& kinds, TimeWindow const& asked,
                                                std::vector<RepoName> const& repos) {
    std::vector<RepoActivity> answer;
    // Each hour in which one of them was active is read once, whoever it is that needs it.
    struct Wanted {
        std::size_t index = 0;
        std::uint32_t repo = 0;
        TimeWindow window;
    };
    std::map<std::int64_t, std::vector<Wanted>> wanted;
    for (std::size_t i = 0; i < repos.size(); ++i) {
        auto const resolved = resolve(handle, repos[i]);
        answer.push_back({.repo = resolved.name, .total_events = 0, .counts = {}, .rows = {}});
        for (auto const& slice : resolved.slices) {
            auto const window = intersection(whole_minutes(asked), slice.window);
            if (window.empty()) continue;
            auto& list = handle.prepare(
                "SELECT DISTINCT hour FROM repo_hour_tallies WHERE repo = ?1 AND hour >= ?2 AND hour < ?3");
            list.bind(1, static_cast<std::int64_t>(slice.repo));
            list.bind(2, to_unix(window.from) / 3600).bind(3, (to_unix(window.to) + 3599) / 3600);
            Rows rows(list);
            while (rows.next()) wanted[rows->integer(0)].push_back({.index = i, .repo = slice.repo, .window = window});
        }
    }
    std::vector<Gathering> gatherings(repos.size());
    for (auto const& [hour, who] : wanted) {
        TimeWindow const whole{.from = from_unix(hour * 3600), .to = from_unix((hour + 1) * 3600)};
        for (auto const& one : who) {
            auto const gathered = for_each_part(handle, pages, intersection(one.window, whole), [&](Part const& part) {
                gatherings[one.index].add(part, one.repo, true);
            });
            if (!gathered) return fail(gathered.error());
        }
    }
    for (std::size_t i = 0; i < answer.size(); ++i) gatherings[i].finish(handle, kinds, answer[i]);
    return answer;
}

} // namespace gem::sqlite
