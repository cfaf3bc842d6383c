// How complete the data of a window is, out of the collector's records.
#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <simdjson.h>

#include "analytics/answer.hpp"

namespace gem {

namespace {

constexpr std::string_view since_prefix = "coverage#since#";
constexpr std::string_view gap_prefix = "coverage#gap#";
constexpr std::string_view poll_prefix = "poll#";
constexpr std::string_view archive_prefix = "coverage#archive#";
constexpr std::size_t most_gaps = 1000; ///< that one answer lists

/// A time in a member of a state document; nothing if it is not there.
std::optional<UtcTime> time_member(JsonText const& document, std::string_view member) {
    simdjson::dom::parser parser;
    std::string_view text;
    if (parser.parse(document.text())[member].get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
    return parse_time(text);
}

std::string text_member(JsonText const& document, std::string_view member) {
    simdjson::dom::parser parser;
    std::string_view text;
    if (parser.parse(document.text())[member].get_string().get(text) != simdjson::SUCCESS) return {};
    return std::string(text);
}

/// The target of a `coverage#gap#TARGET#FROM` key.
std::string_view gap_target(std::string_view key) {
    key.remove_prefix(gap_prefix.size());
    return key.substr(0, key.rfind('#'));
}

/// Keeps what of [from, to) lies in the window.
void add_gap(std::vector<CoverageGap>& gaps, TimeWindow window, UtcTime from, UtcTime to, std::string reason) {
    from = std::max(from, window.from);
    to = std::min(to, window.to);
    if (from < to) gaps.push_back({.from = from, .to = to, .reason = std::move(reason)});
}

using States = std::vector<StateEntry>;

/// Files the months of archive hours by their scopes.
void file_archive(States entries, CoverageRecords& records) {
    for (auto& entry : entries) {
        auto const rest = std::string_view(entry.key).substr(archive_prefix.size());
        auto const hash = rest.rfind('#');
        if (hash == std::string_view::npos) continue;
        records.archive[std::string(rest.substr(0, hash))].emplace_back(rest.substr(hash + 1), std::move(entry.value));
    }
}

Async<Result<std::vector<States>>> read_states(DatabaseService& database, std::vector<std::string> prefixes) {
    auto lists = co_await database.metrics().list_states(std::move(prefixes));
    if (!lists) co_return fail(lists.error().within("coverage"));
    co_return std::move(*lists);
}

/// The entry of exactly that key.
std::optional<JsonText> taken(States& entries, std::string_view key) {
    auto const found = std::ranges::find(entries, key, &StateEntry::key);
    if (found == entries.end()) return std::nullopt;
    return std::move(found->value);
}

/// The hours of the window that the archive vouches for, for all repositories or (also) for one.
std::set<UtcTime> vouched_hours(std::optional<RepoName> const& repo, CoverageRecords const& records,
                                TimeWindow window) {
    std::set<UtcTime> hours_found;
    for (auto const& scope : {std::string("*"), repo ? repo->key() : std::string("*")}) {
        auto const found = records.archive.find(scope);
        if (found == records.archive.end()) continue;
        for (auto const& [month, document] : found->second) {
            auto const start = parse_time(month + "-01T00:00:00Z");
            if (!start || *start >= window.to || *start + days(31) <= window.from) continue;
            auto const marks = text_member(document, "hours");
            for (std::size_t i = 0; i < marks.size(); ++i) {
                if (marks[i] == '1') hours_found.insert(*start + hours(i));
            }
        }
    }
    return hours_found;
}

/// What is left of the gaps when hours are vouched for.
std::vector<CoverageGap> without(std::vector<CoverageGap> gaps, std::set<UtcTime> const& vouched) {
    std::vector<CoverageGap> left;
    for (auto& gap : gaps) {
        auto from = gap.from;
        for (auto hour = vouched.lower_bound(std::chrono::floor<hours>(gap.from));
             hour != vouched.end() && *hour < gap.to; ++hour) {
            if (from < *hour) left.push_back({.from = from, .to = *hour, .reason = gap.reason});
            from = *hour + hours(1);
        }
        if (from < gap.to) left.push_back({.from = from, .to = gap.to, .reason = std::move(gap.reason)});
    }
    return left;
}

/// The targets that may speak for a repository, the first that has records does.
std::array<std::string, 2> speakers_of(RepoName const& repo) {
    return {repo.key(), "org:" + repo.key().substr(0, repo.key().find('/'))};
}

/// The targets whose records speak for `repo`, out of those that have any; all of them without one.
std::vector<std::string_view> speaking_for(std::optional<RepoName> const& repo, CoverageRecords const& records) {
    std::vector<std::string_view> targets;
    if (repo) {
        for (auto const& target : speakers_of(*repo)) {
            auto const found = records.since.find(target);
            if (found != records.since.end()) return {found->first};
        }
    } else {
        for (auto const& [target, record] : records.since) targets.push_back(target);
    }
    return targets;
}

/// Reads the one target that speaks for a repository, if there is one.
Async<Result<CoverageRecords>> records_about(DatabaseService& database, RepoName repo) {
    auto const archive_of = [](std::string_view scope) { return fmt::format("{}{}#", archive_prefix, scope); };
    auto const targets = speakers_of(repo);
    auto first =
        co_await read_states(database, {archive_of("*"), archive_of(repo.key()), std::string(since_prefix) + targets[0],
                                        std::string(since_prefix) + targets[1]});
    if (!first) co_return fail(std::move(first.error()));
    CoverageRecords records;
    file_archive(std::move((*first)[0]), records);
    file_archive(std::move((*first)[1]), records);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        auto const& target = targets[i];
        auto since = taken((*first)[2 + i], std::string(since_prefix) + target);
        if (!since) continue;
        auto const polled_key = std::string(poll_prefix) + target;
        auto second = co_await read_states(database, {polled_key, fmt::format("{}{}#", gap_prefix, target)});
        if (!second) co_return fail(std::move(second.error()));
        records.since.emplace(target, std::move(*since));
        if (auto polled = taken((*second)[0], polled_key)) records.poll.emplace(target, std::move(*polled));
        for (auto& gap : (*second)[1]) records.gaps[target].push_back(std::move(gap.value));
        break;
    }
    co_return records;
}

} // namespace

Async<Result<CoverageRecords>> coverage_records(DatabaseService& database, std::optional<RepoName> repo) {
    if (repo) co_return co_await records_about(database, std::move(*repo));
    auto first = co_await read_states(database, {std::string(archive_prefix), std::string(since_prefix)});
    if (!first) co_return fail(std::move(first.error()));
    CoverageRecords records;
    file_archive(std::move((*first)[0]), records);
    auto& since = (*first)[1];
    if (since.empty()) co_return records;
    auto second = co_await read_states(database, {std::string(poll_prefix), std::string(gap_prefix)});
    if (!second) co_return fail(std::move(second.error()));
    for (auto& entry : since) records.since.emplace(entry.key.substr(since_prefix.size()), std::move(entry.value));
    for (auto& entry : (*second)[0]) records.poll.emplace(entry.key.substr(poll_prefix.size()), std::move(entry.value));
    for (auto& gap : (*second)[1]) records.gaps[std::string(gap_target(gap.key))].push_back(std::move(gap.value));
    co_return records;
}

UtcTime judged_end(TimeWindow window, UtcTime now) {
    auto const closed = window.length() >= hours(24) ? UtcTime(std::chrono::floor<hours>(now))
                                                     : UtcTime(std::chrono::floor<minutes>(now));
    return closed <= window.from ? window.to : std::min(window.to, closed);
}

Async<Result<Coverage>> coverage_of(DatabaseService& database, CoverageRecords const& records, TimeWindow window,
                                    std::optional<RepoName> repo, UtcTime now) {
    auto sources = co_await database.events().sources(window, repo);
    if (!sources) co_return fail(sources.error().within("coverage"));
    co_return judge_coverage(records, window, repo, now, std::move(*sources));
}

Coverage judge_coverage(CoverageRecords const& records, TimeWindow window, std::optional<RepoName> const& repo,
                        UtcTime now, std::vector<std::string> sources) {
    window.to = judged_end(window, now);
    Coverage coverage;
    coverage.sources = std::move(sources);
    auto const targets = speaking_for(repo, records);
    if (targets.empty()) {
        add_gap(coverage.gaps, window, window.from, window.to, "no record says that this time was covered");
        coverage.gaps = without(std::move(coverage.gaps), vouched_hours(repo, records, window));
        coverage.complete = coverage.gaps.empty();
        return coverage;
    }
    for (auto const target : targets) {
        auto const because = [&](std::string_view why) {
            return repo ? std::string(why) : fmt::format("{}: {}", target, why);
        };
        auto const start = time_member(records.since.find(target)->second, "since").value_or(window.to);
        auto const polled = records.poll.find(target);
        auto const last = polled != records.poll.end() ? time_member(polled->second, "last_complete") : std::nullopt;
        auto const end = std::max(start, last.value_or(start));
        add_gap(coverage.gaps, window, window.from, start, because("not yet watched"));
        add_gap(coverage.gaps, window, end, window.to, because("not yet polled"));
        auto const recorded = records.gaps.find(target);
        if (recorded == records.gaps.end()) continue;
        for (auto const& gap : recorded->second) {
            add_gap(coverage.gaps, window, time_member(gap, "from").value_or(window.from),
                    time_member(gap, "to").value_or(window.to), because(text_member(gap, "reason")));
        }
    }
    coverage.gaps = without(std::move(coverage.gaps), vouched_hours(repo, records, window));
    std::ranges::sort(coverage.gaps, {}, [](CoverageGap const& gap) { return std::tie(gap.from, gap.to, gap.reason); });
    coverage.complete = coverage.gaps.empty();
    if (coverage.gaps.size() > most_gaps) coverage.gaps.resize(most_gaps);
    return coverage;
}

Async<Result<Coverage>> coverage_of(DatabaseService& database, TimeWindow window, std::optional<RepoName> repo,
                                    UtcTime now) {
    auto const records = co_await coverage_records(database, repo);
    if (!records) co_return fail(records.error());
    co_return co_await coverage_of(database, *records, window, std::move(repo), now);
}

} // namespace gem
