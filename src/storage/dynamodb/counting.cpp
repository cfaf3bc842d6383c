#include "storage/dynamodb/counting.hpp"

#include <algorithm>
#include <tuple>

#include "storage/dynamodb/together.hpp"

namespace gem::dynamodb {

namespace {

constexpr int most_attempts = 6;

Error too_busy() {
    return {.code = ErrorCode::unavailable,
            .message = "the logs changed again and again while they were read; try again",
            .retryable = true};
}

std::int64_t first_hour(TimeWindow const& window) { return to_unix(window.from) / 3600; }
std::int64_t end_hour(TimeWindow const& window) { return (to_unix(window.to) + 3599) / 3600; }

/// What one repository did.
class Gathering {
  public:
    void add(LogRows const& rows, PageRow const& row, UtcTime minute, bool with_rows) {
        auto const& kind = rows.kinds[row.kind];
        total_ += row.events;
        counts_[kind.type] += row.events;
        if (!with_rows) return;
        auto const* const actor = rows.actor_of(row);
        ActivityRow made{.minute = minute,
                         .type = kind.type,
                         .action = kind.action,
                         .actor = actor == nullptr ? 0 : actor->person(),
                         .bot = (row.actor & 1) != 0,
                         .events = 0};
        rows_.try_emplace({minute, kind.type, kind.action, made.actor}, made).first->second.events += row.events;
    }
    RepoActivity finish(std::string name) {
        RepoActivity activity{
            .repo = std::move(name), .total_events = total_, .counts = std::move(counts_), .rows = {}};
        for (auto& [key, row] : rows_) activity.rows.push_back(std::move(row));
        return activity;
    }

  private:
    std::int64_t total_ = 0;
    std::map<std::string, std::int64_t> counts_;
    std::map<std::tuple<UtcTime, std::string, std::string, std::int64_t>, ActivityRow> rows_;
};

} // namespace

TimeWindow whole_minutes(TimeWindow const& window) {
    if (window.empty()) return window;
    return {.from = std::chrono::floor<minutes>(window.from), .to = std::chrono::ceil<minutes>(window.to)};
}

Async<Result<std::optional<std::vector<HourLog>>>> Counting::open(Snapshot const& snapshot, TimeWindow window) {
    std::vector<HeadPointer> heads;
    auto const first = std::ranges::lower_bound(snapshot.heads, first_hour(window), {},
                                                [](HeadPointer const& head) { return head->unit.hour; });
    for (auto head = first; head != snapshot.heads.end() && (*head)->unit.hour < end_hour(window); ++head)
        heads.push_back(*head);
    co_return co_await reader_.open_all(std::move(heads));
}

Async<Result<std::optional<Gathered>>> Counting::try_gather(TimeWindow window, RepoName repo) {
    Gathered gathered{.window = window, .sought = {}, .hours = {}};
    auto sought = co_await names_.seek(std::move(repo));
    if (!sought) co_return fail(sought.error());
    for (auto const& [shard, snapshot] : sought->shards) {
        auto hours = co_await open(*snapshot, window);
        if (!hours) co_return fail(hours.error());
        if (!*hours) co_return std::nullopt;
        std::ranges::move(**hours, std::back_inserter(gathered.hours));
    }
    gathered.sought = std::move(*sought);
    co_return gathered;
}

Async<Result<Gathered>> Counting::gather(TimeWindow asked, std::optional<RepoName> repo) {
    auto const window = intersection(whole_minutes(asked), all_time());
    Gathered gathered{.window = window, .sought = {}, .hours = {}};
    if (window.empty() && !repo) co_return gathered;
    if (repo) {
        for (int attempt = 0; attempt < most_attempts; ++attempt) {
            auto found = co_await try_gather(window, *repo);
            if (!found) co_return fail(found.error());
            if (*found) co_return std::move(**found);
        }
        co_return fail(too_busy());
    }
    std::vector<Async<Result<LogReader::View>>> reads;
    for (int shard = 0; shard < shard_count; ++shard) {
        if (auto const known = names_.just_read(shard)) {
            auto hours = co_await open(*known, window);
            if (!hours) co_return fail(hours.error());
            if (*hours) {
                std::ranges::move(**hours, std::back_inserter(gathered.hours));
                continue;
            }
        }
        reads.push_back(reader_.read(shard, first_hour(window), end_hour(window), Strength::weak));
    }
    for (auto& view : co_await together(std::move(reads))) {
        if (!view) co_return fail(view.error());
        std::ranges::move(view->hours, std::back_inserter(gathered.hours));
    }
    co_return gathered;
}

Async<Result<std::vector<RepoActivity>>> Counting::activity(TimeWindow window, std::vector<RepoName> repos) {
    std::vector<RepoActivity> answers;
    for (auto const& repo : repos) {
        auto gathered = co_await gather(window, repo);
        if (!gathered) co_return fail(gathered.error());
        Gathering gathering;
        gathered->for_each(
            [&](LogRows const& rows, PageRow const& row, UtcTime minute) { gathering.add(rows, row, minute, true); });
        answers.push_back(gathering.finish(gathered->sought->resolved.name));
    }
    co_return answers;
}

Async<Result<std::vector<RepoActivity>>> Counting::busiest(TimeWindow asked, std::size_t limit, bool with_rows) {
    std::vector<RepoActivity> answer;
    auto const window = intersection(whole_minutes(asked), all_time());
    if (limit == 0 || window.empty()) co_return answer;
    std::vector<std::shared_ptr<Snapshot const>> shards;
    Gathered gathered{.window = window, .sought = {}, .hours = {}};
    for (int attempt = 0;; ++attempt) {
        if (attempt == most_attempts) co_return fail(too_busy());
        auto all = co_await names_.all_snapshots(attempt == 0 ? Strength::weak : Strength::strong);
        if (!all) co_return fail(all.error());
        shards = std::move(*all);
        gathered.hours.clear();
        bool whole = true;
        for (auto const& snapshot : shards) {
            auto hours = co_await open(*snapshot, window);
            if (!hours) co_return fail(hours.error());
            whole = whole && *hours;
            if (*hours) std::ranges::move(**hours, std::back_inserter(gathered.hours));
        }
        if (whole) break;
    }
    auto const present = co_await names_.present_names(shards);
    if (!present) co_return fail(present.error());
    auto const name_of = [&](LogRepo const& repo) {
        auto const found = present->find(repo.key);
        return ascii_lower(found == present->end() ? repo.name : found->second);
    };
    std::map<std::string, std::int64_t> totals; // by lower-case name
    gathered.for_each([&](LogRows const& rows, PageRow const& row, UtcTime) {
        auto name = name_of(rows.repos[row.repo]);
        if (!name.empty()) totals[std::move(name)] += row.events;
    });
    std::vector<std::pair<std::int64_t, std::string>> ranking;
    for (auto const& [name, events] : totals) ranking.emplace_back(-events, name);
    std::ranges::sort(ranking);
    if (ranking.size() > limit) ranking.resize(limit);
    std::map<std::string, Gathering> chosen;
    for (auto const& [events, name] : ranking) chosen[name];
    gathered.for_each([&](LogRows const& rows, PageRow const& row, UtcTime minute) {
        auto const found = chosen.find(name_of(rows.repos[row.repo]));
        if (found != chosen.end()) found->second.add(rows, row, minute, with_rows);
    });
    for (auto const& [events, name] : ranking) {
        std::vector<Names::Spelled> spelled;
        for (auto const& [bearer, sum] : shards[static_cast<std::size_t>(shard_of(name, ""))]->bearers(name))
            spelled.push_back({.key = bearer.first, .spelling = bearer.second, .sum = sum});
        std::string spelling = name;
        if (!spelled.empty()) {
            auto latest = co_await names_.latest(std::move(spelled));
            if (!latest) co_return fail(latest.error());
            spelling = std::move(latest->spelling);
        }
        answer.push_back(chosen[name].finish(std::move(spelling)));
    }
    co_return answer;
}

Async<Result<std::optional<RepoSummary>>> Counting::summarize(RepoName repo) {
    auto gathered = co_await gather({}, repo);
    if (!gathered) co_return fail(gathered.error());
    co_return co_await summarize(std::move(repo), *gathered->sought);
}

Async<Result<std::optional<RepoSummary>>> Counting::summarize(RepoName repo, Sought const& sought) {
    if (sought.resolved.slices.empty()) co_return std::nullopt;
    RepoSummary summary{.repo = sought.resolved.name,
                        .first_event = sought.first_seen,
                        .last_event = sought.last_seen,
                        .total_events = 0};
    if (sought.renamed.empty()) {
        for (auto const& [bearer, sum] : sought.shards.begin()->second->bearers(sought.lower_name))
            summary.total_events += sum.events;
        co_return summary;
    }
    auto all = co_await gather(all_time(), repo);
    if (!all) co_return fail(all.error());
    all->for_each([&](LogRows const&, PageRow const& row, UtcTime) { summary.total_events += row.events; });
    co_return summary;
}

Async<Result<std::vector<RepoSummary>>> Counting::list(std::string after, std::size_t limit) {
    auto const shards = co_await names_.all_snapshots();
    if (!shards) co_return fail(shards.error());
    auto const present = co_await names_.present_names(*shards);
    if (!present) co_return fail(present.error());
    std::map<std::string, bool> names; // whether a bearer has had another name
    for (auto const& [key, spelling] : *present) names[ascii_lower(spelling)] = true;
    for (auto const& snapshot : *shards) {
        for (auto const* const sums : {snapshot->settled.get(), snapshot->recent.get()}) {
            for (auto const& [lower, bearers] : sums->names) {
                if (lower.empty() || lower <= after) continue;
                bool borne = names.contains(lower);
                bool renamed = false;
                for (auto const& [bearer, sum] : bearers) {
                    bool const several = present->contains(bearer.first);
                    borne = borne || !several;
                    renamed = renamed || several;
                }
                if (borne) names[lower] = names[lower] || renamed;
            }
        }
    }
    std::vector<RepoSummary> list;
    for (auto name = names.upper_bound(ascii_lower(after)); name != names.end() && list.size() < limit; ++name) {
        auto const repo = RepoName::parse(name->first);
        if (!repo) continue; // a name that no question can be about
        if (name->second) {
            auto summary = co_await summarize(*repo);
            if (!summary) co_return fail(summary.error());
            if (*summary) list.push_back(std::move(**summary));
            continue;
        }
        RepoSummary summary;
        std::vector<Names::Spelled> spelled;
        for (auto const& [bearer, sum] :
             (*shards)[static_cast<std::size_t>(shard_of(name->first, ""))]->bearers(name->first)) {
            summary.total_events += sum.events;
            summary.first_event = std::min(summary.first_event.value_or(sum.first), sum.first);
            summary.last_event = std::max(summary.last_event.value_or(sum.last), sum.last);
            spelled.push_back({.key = bearer.first, .spelling = bearer.second, .sum = sum});
        }
        auto latest = co_await names_.latest(std::move(spelled));
        if (!latest) co_return fail(latest.error());
        summary.repo = std::move(latest->spelling);
        list.push_back(std::move(summary));
    }
    co_return list;
}

Async<Result<Totals>> Counting::totals() {
    auto const shards = co_await names_.all_snapshots();
    if (!shards) co_return fail(shards.error());
    Totals totals;
    std::set<std::string> keys;
    for (auto const& snapshot : *shards) {
        keys.merge(snapshot->all_keys());
        for (auto const* const sums : {snapshot->settled.get(), snapshot->recent.get()}) {
            totals.events += sums->events;
            totals.raw_events += sums->events - sums->purged;
            for (auto const& [lower, bearers] : sums->names) {
                for (auto const& [bearer, sum] : bearers) {
                    totals.first_event = std::min(totals.first_event.value_or(sum.first), sum.first);
                    totals.last_event = std::max(totals.last_event.value_or(sum.last), sum.last);
                }
            }
        }
    }
    totals.repositories = static_cast<std::int64_t>(keys.size());
    co_return totals;
}

} // namespace gem::dynamodb
