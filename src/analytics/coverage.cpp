// How complete the data of a window is, out of the collector's records.
#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <simdjson.h>

#include "analytics/answer.hpp"

namespace gem {

namespace {

constexpr std::string_view since_prefix = "coverage#since#";
constexpr std::string_view gap_prefix = "coverage#gap#";
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

/// The targets whose records speak for `repo`, out of those that have any; all of them without one.
std::vector<StateEntry> speaking_for(std::optional<RepoName> const& repo, std::vector<StateEntry> since) {
    if (!repo) return since;
    auto const organisation = "org:" + repo->key().substr(0, repo->key().find('/'));
    for (auto const& target : {repo->key(), organisation}) {
        for (auto& entry : since) {
            if (entry.key.substr(since_prefix.size()) == target) return {std::move(entry)};
        }
    }
    return {};
}

} // namespace

Async<Result<Coverage>> coverage_of(DatabaseService& database, TimeWindow window, std::optional<RepoName> repo) {
    auto sources = co_await database.events().sources(window, repo);
    if (!sources) co_return fail(sources.error().within("coverage"));
    Coverage coverage;
    coverage.sources = std::move(*sources);
    auto since = co_await database.metrics().list_state(std::string(since_prefix));
    if (!since) co_return fail(since.error().within("coverage"));
    auto const targets = speaking_for(repo, std::move(*since));
    if (targets.empty()) {
        add_gap(coverage.gaps, window, window.from, window.to, "no record says that this time was covered");
        coverage.complete = coverage.gaps.empty();
        co_return coverage;
    }
    auto recorded = co_await database.metrics().list_state(std::string(gap_prefix));
    if (!recorded) co_return fail(recorded.error().within("coverage"));
    for (auto const& entry : targets) {
        auto const target = entry.key.substr(since_prefix.size());
        auto const because = [&](std::string_view why) {
            return repo ? std::string(why) : fmt::format("{}: {}", target, why);
        };
        auto polled = co_await database.metrics().get_state("poll#" + target);
        if (!polled) co_return fail(polled.error().within("coverage"));
        auto const start = time_member(entry.value, "since").value_or(window.to);
        auto const last = *polled ? time_member((*polled)->value, "last_complete") : std::nullopt;
        auto const end = std::max(start, last.value_or(start));
        add_gap(coverage.gaps, window, window.from, start, because("not yet watched"));
        add_gap(coverage.gaps, window, end, window.to, because("not yet polled"));
        for (auto const& gap : *recorded) {
            if (gap_target(gap.key) != target) continue;
            add_gap(coverage.gaps, window, time_member(gap.value, "from").value_or(window.from),
                    time_member(gap.value, "to").value_or(window.to), because(text_member(gap.value, "reason")));
        }
    }
    std::ranges::sort(coverage.gaps, {}, [](CoverageGap const& gap) { return std::tie(gap.from, gap.to, gap.reason); });
    coverage.complete = coverage.gaps.empty();
    if (coverage.gaps.size() > most_gaps) coverage.gaps.resize(most_gaps);
    co_return coverage;
}

} // namespace gem
