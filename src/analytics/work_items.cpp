#include "analytics/work_items.hpp"

#include <algorithm>
#include <cmath>

#include "analytics/reconstructed.hpp"

namespace gem {

namespace {

void learn(Person& known, Person told) {
    if (!known.known()) known = std::move(told);
}

void apply_pull_request(PullRequest& pull_request, EventFactsRow const& row) {
    auto const action = counted_action(row.type, row.facts);
    learn(pull_request.author, author_of(row));
    if (action == "opened") {
        if (!pull_request.opened) pull_request.opened = row.created_at;
    } else if (action == "merged") {
        if (pull_request.merged) return;
        pull_request.merged = row.created_at;
        pull_request.merge_event = row.id;
    } else if (action == "closed") {
        pull_request.closed = row.created_at;
    } else if (action == "reopened") {
        pull_request.closed.reset();
    }
}

/// A review counts when it was made; editing or dismissing it is no review. A comment on the diff is one too.
bool is_review(EventFactsRow const& row) {
    if (row.type == "PullRequestReviewCommentEvent") return row.facts.action.value_or("created") == "created";
    return row.type == "PullRequestReviewEvent" && row.facts.action != "edited" && row.facts.action != "dismissed";
}

void apply_review(PullRequest& pull_request, EventFactsRow const& row) {
    auto const reviewer = actor_of(row);
    if (!is_human(reviewer) || reviewer.same_as(pull_request.author)) return;
    auto const state = ascii_lower(row.facts.state.value_or(""));
    bool const approves = state == "approved";
    // Everybody may comment on their own pull request, nobody approves it or asks themselves for changes.
    bool const by_another = approves || state == "changes_requested" || pull_request.author.known();
    pull_request.reviewed = pull_request.reviewed || by_another;
    pull_request.approved = pull_request.approved || approves;
}

void apply_issue(Issue& issue, EventFactsRow const& row) {
    learn(issue.author, author_of(row));
    if (row.type == "IssuesEvent") {
        if (row.facts.action == "opened" && !issue.opened) issue.opened = row.created_at;
        if (row.facts.action == "closed") issue.closed = row.created_at;
        if (row.facts.action == "reopened") issue.closed.reset();
        return;
    }
    if (!issue.opened || issue.first_response) return;
    auto const writer = actor_of(row);
    if (!is_human(writer) || writer.same_as(issue.author)) return;
    if (row.created_at - *issue.opened > first_response_after) issue.first_response = row.created_at;
}

/// Events, and what is known of the time before the repository was watched.
Async<Result<EventFactsList>> facts_of(DatabaseService& database, RepoName repo, RepoAnswer& asked,
                                       std::vector<std::string> types) {
    return known_facts(database, std::move(repo), asked.window, std::move(types), asked.part.coverage.sources);
}

} // namespace

std::map<std::int64_t, PullRequest> pull_requests_of(std::span<EventFactsRow const> rows) {
    std::map<std::int64_t, PullRequest> found;
    for (auto const& row : rows) {
        if (row.type == "PullRequestEvent" && row.facts.number) apply_pull_request(found[*row.facts.number], row);
        if (is_review(row) && row.facts.number) learn(found[*row.facts.number].author, author_of(row));
    }
    for (auto const& row : rows) { // once all authors are known that ever will be
        if (is_review(row) && row.facts.number) apply_review(found[*row.facts.number], row);
    }
    return found;
}

std::map<std::int64_t, Issue> issues_of(std::span<EventFactsRow const> rows) {
    std::map<std::int64_t, Issue> found;
    for (auto const& row : rows) {
        bool const on_issue = row.type == "IssueCommentEvent" && row.facts.flag != true &&
                              row.facts.action.value_or("created") == "created";
        if ((row.type == "IssuesEvent" || on_issue) && row.facts.number) apply_issue(found[*row.facts.number], row);
    }
    return found;
}

std::vector<Wait> merge_waits(std::map<std::int64_t, PullRequest> const& pull_requests, TimeWindow window) {
    std::vector<Wait> waits;
    for (auto const& [number, each] : pull_requests) {
        if (!each.opened || !window.contains(*each.opened)) continue;
        if (each.merged && *each.merged >= *each.opened)
            waits.push_back({.length = *each.merged - *each.opened, .answered = true});
        else if (!each.merged)
            waits.push_back({.length = std::max(*each.opened, each.closed.value_or(window.to)) - *each.opened});
    }
    return waits;
}

std::vector<Wait> response_waits(std::map<std::int64_t, Issue> const& issues, TimeWindow window) {
    std::vector<Wait> waits;
    for (auto const& [number, each] : issues) {
        if (!each.opened || !window.contains(*each.opened)) continue;
        if (each.first_response)
            waits.push_back({.length = *each.first_response - *each.opened, .answered = true});
        else
            waits.push_back({.length = std::max(*each.opened, each.closed.value_or(window.to)) - *each.opened});
    }
    return waits;
}

PrInterval measure_intervals(std::vector<UtcTime> opened) {
    std::ranges::sort(opened);
    PrInterval figures;
    figures.total_prs = static_cast<std::int64_t>(opened.size());
    if (opened.size() < 2) return figures;
    std::vector<double> gaps;
    for (std::size_t i = 1; i < opened.size(); ++i)
        gaps.push_back(static_cast<double>((opened[i] - opened[i - 1]).count()));
    std::ranges::sort(gaps);
    auto const n = gaps.size();
    double const mean = static_cast<double>((opened.back() - opened.front()).count()) / static_cast<double>(n);
    figures.count = static_cast<std::int64_t>(n);
    figures.avg_seconds = figures.avg_interval_seconds = std::llround(mean);
    constexpr double hour = 3600;
    figures.avg_interval_hours = mean / hour;
    figures.median_interval_hours = (gaps[(n - 1) / 2] + gaps[n / 2]) / 2 / hour;
    figures.min_interval_hours = gaps.front() / hour;
    figures.max_interval_hours = gaps.back() / hour;
    return figures;
}

Async<Result<Windowed<PrInterval>>> pr_interval(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(720), now);
    if (!asked) co_return fail(asked.error());
    auto const rows = co_await facts_of(database, *params.repo, *asked, {"PullRequestEvent"});
    if (!rows) co_return fail(rows.error());
    std::vector<UtcTime> opened;
    for (auto const& [number, each] : pull_requests_of(*rows)) {
        if (each.opened) opened.push_back(*each.opened);
    }
    auto figures = measure_intervals(std::move(opened));
    figures.repo = asked->repo;
    figures.hours = whole_hours(asked->window);
    co_return Windowed(std::move(figures), std::move(asked->part));
}

Async<Result<Windowed<PrMergeTime>>> pr_merge_time(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(168), now);
    if (!asked) co_return fail(asked.error());
    auto const rows = co_await facts_of(database, *params.repo, *asked, {"PullRequestEvent"});
    if (!rows) co_return fail(rows.error());
    auto const waits = merge_waits(pull_requests_of(*rows), asked->window);
    PrMergeTime figures;
    static_cast<RepoAndHours&>(figures) = {.repo = asked->repo, .hours = whole_hours(asked->window)};
    static_cast<WaitFigures&>(figures) = plain_figures(waits);
    static_cast<WaitMedian&>(figures) = median_figures(waits);
    co_return Windowed(std::move(figures), std::move(asked->part));
}

Async<Result<Windowed<IssueFirstResponse>>> issue_first_response(DatabaseService& database, RepoWindowParams params,
                                                                 UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(168), now);
    if (!asked) co_return fail(asked.error());
    auto const rows = co_await facts_of(database, *params.repo, *asked, {"IssuesEvent", "IssueCommentEvent"});
    if (!rows) co_return fail(rows.error());
    auto const waits = response_waits(issues_of(*rows), asked->window);
    IssueFirstResponse figures;
    static_cast<RepoAndHours&>(figures) = {.repo = asked->repo, .hours = whole_hours(asked->window)};
    static_cast<WaitFigures&>(figures) = plain_figures(waits);
    static_cast<WaitMedian&>(figures) = median_figures(waits);
    figures.unanswered = figures.n - figures.answered;
    co_return Windowed(std::move(figures), std::move(asked->part));
}

std::vector<PrDay> pull_requests_by_day(std::map<std::int64_t, PullRequest> const& pull_requests, TimeWindow window) {
    std::vector<PrDay> timeline;
    for (auto day = std::chrono::floor<days>(window.from); day < window.to; day += days(1))
        timeline.push_back({.day = day});
    auto const at = [&](UtcTime time) -> PrDay& {
        return timeline[static_cast<std::size_t>((time - timeline.front().day) / days(1))];
    };
    for (auto const& [number, each] : pull_requests) {
        if (each.opened && window.contains(*each.opened)) ++at(*each.opened).opened;
        if (each.merged && window.contains(*each.merged))
            ++at(*each.merged).merged;
        else if (each.closed && window.contains(*each.closed))
            ++at(*each.closed).closed;
    }
    return timeline;
}

Async<Result<Windowed<PrTimeline>>> pr_timeline(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(168), now);
    if (!asked) co_return fail(asked.error());
    auto const rows = co_await facts_of(database, *params.repo, *asked, {"PullRequestEvent"});
    if (!rows) co_return fail(rows.error());
    PrTimeline figures;
    static_cast<RepoAndHours&>(figures) = {.repo = asked->repo, .hours = whole_hours(asked->window)};
    figures.days = pull_requests_by_day(pull_requests_of(*rows), asked->window);
    co_return Windowed(std::move(figures), std::move(asked->part));
}

} // namespace gem
