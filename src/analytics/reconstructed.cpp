#include "analytics/reconstructed.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace gem {

namespace {

/// So far apart GitHub's API and its event may date the same closing.
constexpr seconds same_closing = minutes(2);

EventFactsRow row_of(std::string id, std::string_view type, UtcTime at, std::string_view action) {
    EventFactsRow row;
    row.id = "history:" + id;
    row.type = type;
    row.created_at = at;
    row.facts.action = std::string(action);
    return row;
}

void add_item(std::vector<EventFactsRow>& rows, HistoryItem const& item, UtcTime from, bool opened_too) {
    std::string_view const type = item.pull_request ? "PullRequestEvent" : "IssuesEvent";
    auto const add = [&](std::string_view action, UtcTime at) -> EventFactsRow& {
        auto& row = rows.emplace_back(row_of(fmt::format("{}:{}", item.number, action), type, at, action));
        row.facts.number = item.number;
        if (!item.author_login.empty()) row.facts.author_login = item.author_login;
        row.facts.author_id = item.author_id;
        return row;
    };
    if (opened_too && item.opened >= from) {
        auto& row = add("opened", item.opened);
        row.actor_login = item.author_login;
        row.actor_id = item.author_id;
    }
    if (item.merged && *item.merged >= from) add("merged", *item.merged);
    if (!item.merged && item.closed && *item.closed >= from) add("closed", *item.closed);
}

/// Type, number of the item (or tag of the release) and action.
using Happening = std::tuple<std::string_view, std::int64_t, std::string_view, std::string_view>;

Happening happening_of(EventFactsRow const& row) {
    bool const release = row.type == "ReleaseEvent";
    return {row.type, row.facts.number.value_or(0), counted_action(row.type, row.facts),
            release && row.facts.name ? std::string_view(*row.facts.name) : std::string_view()};
}

void put_in_order(std::vector<EventFactsRow>& rows) {
    std::ranges::sort(rows, {}, [](EventFactsRow const& row) { return std::tie(row.created_at, row.type, row.id); });
}

bool is_comment(EventFactsRow const& row) { return row.type == "IssueCommentEvent"; }

} // namespace

void name_history(std::vector<std::string>* sources) {
    if (sources == nullptr || std::ranges::find(*sources, history_source) != sources->end()) return;
    sources->emplace_back(history_source);
    std::ranges::sort(*sources);
}

std::vector<EventFactsRow> rows_of(RepoHistory const& history) {
    auto const from = history.progress.from;
    bool const answers_known = !history.progress.omits("answers");
    std::vector<EventFactsRow> rows;
    for (auto const& item : history.told.items) add_item(rows, item, from, item.pull_request || answers_known);
    for (auto const& answer : history.told.answers) {
        if (answer.at < from) continue;
        auto& row = rows.emplace_back(row_of(fmt::format("{}:answer:{}", answer.number, format_time(answer.at)),
                                             "IssueCommentEvent", answer.at, "created"));
        row.facts.number = answer.number;
        row.facts.flag = false; // not on a pull request
        row.actor_login = answer.login;
        row.actor_id = answer.id;
    }
    for (auto const& release : history.told.releases) {
        if (release.published < from) continue;
        auto& row =
            rows.emplace_back(row_of("release:" + release.tag_name, "ReleaseEvent", release.published, "published"));
        row.facts.name = release.tag_name;
        row.facts.flag = release.prerelease;
        row.actor_login = release.author_login;
        row.actor_id = release.author_id;
    }
    put_in_order(rows);
    return rows;
}

EventFactsList united(EventFactsList events, std::span<EventFactsRow const> history, TimeWindow window,
                      std::span<std::string const> types) {
    std::multimap<Happening, UtcTime> told;
    for (auto const& row : events) told.emplace(happening_of(row), row.created_at);
    auto const told_by_event = [&](EventFactsRow const& row) {
        auto const [first, last] = told.equal_range(happening_of(row));
        if (row.facts.action != "closed" && !is_comment(row)) return first != last;
        return std::any_of(first, last, [&](auto const& entry) {
            auto const apart =
                entry.second > row.created_at ? entry.second - row.created_at : row.created_at - entry.second;
            return apart <= (is_comment(row) ? seconds(1) : same_closing);
        });
    };
    std::vector<EventFactsRow> rows;
    for (auto const& row : history) {
        bool const asked = types.empty() || std::ranges::find(types, row.type) != types.end();
        if (asked && window.contains(row.created_at) && !told_by_event(row)) rows.push_back(row);
    }
    if (rows.empty()) return events;
    rows.insert(rows.end(), events.begin(), events.end());
    put_in_order(rows);
    return rows;
}

Async<Result<EventFactsList>> with_history(DatabaseService& database, RepoName repo, TimeWindow window,
                                           std::vector<std::string> types, EventFactsList events,
                                           std::vector<std::string>& sources) {
    auto const history = co_await read_history(database.metrics(), std::move(repo), window);
    if (!history) co_return fail(history.error());
    if (!*history) co_return events;
    auto const count = events.size();
    auto all = united(std::move(events), rows_of(**history), window, types);
    if (all.size() > count) name_history(&sources);
    co_return all;
}

Async<Result<EventFactsList>> known_facts(DatabaseService& database, RepoName repo, TimeWindow window,
                                          std::vector<std::string> types, std::vector<std::string>& sources) {
    auto events = co_await database.events().event_facts(repo, window, types);
    if (!events) co_return fail(events.error());
    co_return co_await with_history(database, std::move(repo), window, std::move(types), std::move(*events), sources);
}

} // namespace gem
