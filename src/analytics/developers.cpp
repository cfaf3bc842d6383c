#include "analytics/developers.hpp"

#include <cmath>
#include <set>

#include "analytics/commits.hpp"

namespace gem {

namespace {

struct Deeds {
    DeveloperFigures figures;
    std::int64_t comments = 0;
    std::int64_t review_comments = 0;
    std::int64_t commits_told = 0;
    bool silent_push = false;
    std::set<std::int64_t> opened; ///< numbers of pull requests
};

bool is_created(EventFactsRow const& row) { return row.facts.action.value_or("created") == "created"; }

void add_push(Deeds& deeds, EventFactsRow const& row) {
    ++deeds.figures.pushes;
    if (row.facts.distinct_size)
        deeds.commits_told += *row.facts.distinct_size;
    else
        deeds.silent_push = true;
}

void add(Deeds& deeds, EventFactsRow const& row) {
    auto& figures = deeds.figures;
    if (figures.total_events == 0) figures.first_activity = row.created_at;
    ++figures.total_events;
    figures.last_activity = row.created_at;
    figures.actor_login = row.actor_login;
    auto const action = counted_action(row.type, row.facts);
    if (row.type == "PushEvent") add_push(deeds, row);
    if (row.type == "PullRequestEvent" && action == "opened" && row.facts.number)
        deeds.opened.insert(*row.facts.number);
    if (row.type == "IssuesEvent" && action == "opened") ++figures.issues_opened;
    if (row.type == "IssuesEvent" && action == "closed") ++figures.issues_closed;
    if (row.type == "PullRequestReviewEvent" && action != "edited" && action != "dismissed") ++figures.reviews_given;
    if ((row.type == "IssueCommentEvent" || row.type == "CommitCommentEvent") && is_created(row)) ++deeds.comments;
    if (row.type == "PullRequestReviewCommentEvent" && is_created(row)) ++deeds.review_comments;
    if (row.type == "ReleaseEvent" && action == "published") ++figures.releases;
}

/// Who opened which pull request, by number, as far as the rows tell.
std::map<std::int64_t, Person> authors_of(std::span<EventFactsRow const> rows) {
    std::map<std::int64_t, Person> authors;
    for (auto const& row : rows) {
        if (!row.type.starts_with("PullRequest") || !row.facts.number) continue;
        if (auto author = author_of(row); author.known()) authors.try_emplace(*row.facts.number, std::move(author));
    }
    return authors;
}

DeveloperFigures finish(Deeds deeds, std::map<std::string, std::int64_t> const& authored) {
    auto& figures = deeds.figures;
    figures.prs_opened = static_cast<std::int64_t>(deeds.opened.size());
    figures.comments_made = deeds.comments + deeds.review_comments;
    if (!deeds.silent_push) {
        figures.commits = deeds.commits_told;
    } else if (auto const stored = authored.find(ascii_lower(figures.actor_login)); stored != authored.end()) {
        figures.commits = stored->second;
    }
    constexpr int kinds = 6;
    int used = 0;
    for (auto const count : {figures.pushes, figures.prs_opened, figures.issues_opened, figures.reviews_given,
                             figures.comments_made, figures.releases})
        used += count > 0 ? 1 : 0;
    figures.event_diversity = 100.0 * used / kinds;
    figures.explanation = explain_productivity({.comments = deeds.comments,
                                                .issues_opened = figures.issues_opened,
                                                .prs_opened = figures.prs_opened,
                                                .review_comments = deeds.review_comments,
                                                .prs_merged = figures.prs_merged,
                                                .commits = figures.commits});
    figures.productivity_score = productivity_score(figures.explanation);
    return std::move(figures);
}

} // namespace

std::vector<Signal> explain_productivity(DeveloperCounts const& counts) {
    std::vector<Signal> signals;
    auto const add_signal = [&](std::string name, std::int64_t count, double weight, std::string sentence) {
        auto const value = static_cast<double>(count);
        signals.push_back({.signal = std::move(name),
                           .value = value,
                           .weight = weight,
                           .points = weight * value,
                           .sentence = std::move(sentence)});
    };
    add_signal("comments", counts.comments, 0.53, "comments on issues, pull requests and commits");
    add_signal("issues_opened", counts.issues_opened, 2.22, "issues opened");
    add_signal("prs_opened", counts.prs_opened, 4.07, "pull requests opened");
    add_signal("review_comments", counts.review_comments, 0.74, "comments on the diff of a pull request");
    add_signal("prs_merged", counts.prs_merged, 2.03, "own pull requests merged");
    if (counts.commits)
        add_signal("commits", *counts.commits, 1.0,
                   "commits pushed; the score is the square root of the sum of these points");
    else
        signals.push_back(left_out("commits", "GitHub no longer tells how many commits a push brought, and none of "
                                              "theirs is stored"));
    return signals;
}

double productivity_score(std::span<Signal const> signals) {
    double sum = 0;
    for (auto const& each : signals) sum += each.points ? each.points->value : 0.0;
    return std::sqrt(sum);
}

bool pushes_are_silent(std::span<EventFactsRow const> rows) {
    return std::ranges::any_of(
        rows, [](EventFactsRow const& row) { return row.type == "PushEvent" && !row.facts.distinct_size; });
}

std::int64_t bots_left_out(std::span<EventFactsRow const> rows, Bots bots) {
    if (bots != Bots::exclude) return 0;
    return std::ranges::count_if(rows, [](EventFactsRow const& row) { return is_bot(row.actor_login); });
}

std::vector<DeveloperFigures> measure_developers(std::span<EventFactsRow const> rows, Bots bots,
                                                 std::map<std::string, std::int64_t> const& authored) {
    std::map<std::string, Deeds> people;
    for (auto const& row : rows) {
        auto const actor = actor_of(row);
        if (actor.known() && counts_for(bots, row.actor_login)) add(people[actor.key()], row);
    }
    auto const authors = authors_of(rows);
    std::set<std::int64_t> merged;
    for (auto const& row : rows) {
        if (row.type != "PullRequestEvent" || counted_action(row.type, row.facts) != "merged" || !row.facts.number)
            continue;
        auto const author = authors.find(*row.facts.number);
        if (author == authors.end() || !merged.insert(*row.facts.number).second) continue;
        if (auto const found = people.find(author->second.key()); found != people.end())
            ++found->second.figures.prs_merged;
    }
    std::vector<DeveloperFigures> developers;
    for (auto& [key, deeds] : people) developers.push_back(finish(std::move(deeds), authored));
    std::ranges::sort(developers, [](DeveloperFigures const& a, DeveloperFigures const& b) {
        if (a.productivity_score.value != b.productivity_score.value)
            return a.productivity_score.value > b.productivity_score.value;
        if (a.total_events != b.total_events) return a.total_events > b.total_events;
        return ascii_lower(a.actor_login) < ascii_lower(b.actor_login);
    });
    return developers;
}

Async<Result<Windowed<DeveloperProductivity>>> developer_productivity(DatabaseService& database, DeveloperParams params,
                                                                      UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(168), now);
    if (!asked) co_return fail(asked.error());
    auto const rows = co_await database.events().event_facts(*params.repo, asked->window, {});
    if (!rows) co_return fail(rows.error());
    std::map<std::string, std::int64_t> authored;
    if (pushes_are_silent(*rows)) {
        auto counted = co_await commits_by_login(database, *params.repo, asked->window);
        if (!counted) co_return fail(counted.error());
        authored = std::move(*counted);
    }
    auto const bots = parse_bots(params.bots);
    DeveloperProductivity figures;
    figures.repo = asked->repo;
    figures.hours = whole_hours(asked->window);
    figures.limit = params.limit;
    figures.developers = measure_developers(*rows, bots, authored);
    if (std::cmp_greater(figures.developers.size(), params.limit))
        figures.developers.resize(static_cast<std::size_t>(params.limit));
    figures.bots = params.bots;
    figures.bots_excluded = bots_left_out(*rows, bots);
    co_return Windowed(std::move(figures), std::move(asked->part));
}

} // namespace gem
