#include "analytics/commits.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gem {

namespace {

/// The digest of a summary, its judgement withheld while the size of the commit is not known.
template <class Digest>
Digest digest_of(CommitSummary const& summary, bool size_known) {
    Digest digest;
    digest.short_ = summary.short_text;
    digest.detailed = summary.detailed;
    digest.categories = summary.categories;
    if (size_known) digest.impact_score = summary.impact_score;
    digest.risk_level = size_known || summary.risk_level == "high" ? summary.risk_level : "unknown";
    digest.breaking_changes = summary.breaking_changes;
    digest.security_relevant = summary.security_relevant;
    digest.performance_impact = summary.performance_impact;
    return digest;
}

std::vector<CommitEntry> describe_first(std::span<CommitRecord const> commits, std::size_t limit) {
    std::vector<CommitEntry> entries;
    for (auto const& record : commits.first(std::min(limit, commits.size())))
        entries.push_back(describe_commit(record));
    return entries;
}

/// The name under which answers show the repository of a commit.
Async<Result<std::string>> repository_of(DatabaseService& database, Commit const& commit) {
    auto const name = RepoName::parse(commit.repo_name);
    if (!name) co_return commit.repo_name;
    auto spelling = co_await stored_spelling(database, *name);
    if (!spelling) co_return fail(spelling.error());
    co_return spelling->value_or(commit.repo_name);
}

Async<Result<CommitRecord>> find(DatabaseService& database, OneCommitParams params) {
    auto found = co_await database.commits().find_commit(params.repo, ascii_lower(params.sha));
    if (!found && found.error().code == ErrorCode::not_found)
        co_return fail(ErrorCode::not_found,
                       params.repo ? fmt::format("No commit {} of {} is stored.", params.sha, params.repo->text())
                                   : fmt::format("No commit {} is stored.", params.sha));
    co_return found;
}

/// Sums of one author, null as soon as one commit does not tell.
struct AuthorSums {
    CommitAuthor author;
    double impact = 0;
    std::int64_t with_impact = 0;
};

void add(AuthorSums& sums, CommitRecord const& record) {
    auto& author = sums.author;
    auto const& commit = record.commit;
    if (author.commits == 0) {
        author.author_login = commit.author_login;
        author.author_name = commit.author_name;
        author.first_commit = author.last_commit = commit.commit_date;
        author.additions = author.deletions = author.files_changed = 0;
    }
    ++author.commits;
    author.first_commit = std::min(author.first_commit, commit.commit_date);
    author.last_commit = std::max(author.last_commit, commit.commit_date);
    auto const add_known = [](std::optional<std::int64_t>& sum, std::optional<std::int64_t> value) {
        if (sum && value)
            *sum += *value;
        else
            sum.reset();
    };
    auto const& stats = commit.stats;
    add_known(author.additions, stats ? std::optional(stats->additions) : std::nullopt);
    add_known(author.deletions, stats ? std::optional(stats->deletions) : std::nullopt);
    add_known(author.files_changed, commit.files_changed);
    if (!record.summary || !stats) return;
    sums.impact += record.summary->impact_score.value;
    ++sums.with_impact;
}

std::string const& author_of(Commit const& commit) {
    return commit.author_login.empty() ? commit.author_name : commit.author_login;
}

} // namespace

CommitEntry describe_commit(CommitRecord const& record) {
    auto const& commit = record.commit;
    CommitEntry entry{.sha = commit.sha,
                      .author_name = commit.author_name,
                      .author_login = commit.author_login,
                      .message = commit.message,
                      .commit_date = commit.commit_date,
                      .branch_name = commit.branch_name,
                      .stats = commit.stats,
                      .files_changed = commit.files_changed,
                      .summary = {}};
    if (record.summary) entry.summary = digest_of<CommitDigest>(*record.summary, commit.stats.has_value());
    return entry;
}

std::vector<Signal> explain_impact(CommitRecord const& record) {
    auto const& [commit, summary, files] = record;
    if (!summary || !commit.stats || !commit.files_changed) {
        constexpr std::string_view why = "the commit's size is not known yet";
        return {left_out("files", why), left_out("changes", why)};
    }
    constexpr double most_by_files = 30;
    auto const count = static_cast<double>(*commit.files_changed);
    double const by_files = std::min({most_by_files, 3 * count, summary->impact_score.value});
    return {{.signal = "files",
             .value = count,
             .weight = 3.0,
             .points = by_files,
             .sentence = fmt::format("{} files, 3 points each, 30 at most", *commit.files_changed)},
            {.signal = "changes",
             .value = static_cast<double>(commit.stats->total_changes),
             .weight = 0.1,
             .points = summary->impact_score.value - by_files,
             .sentence = fmt::format("{} lines changed, a tenth of a point each (of generated, vendored and lock files "
                                     "a hundredth), 50 at most; and 10 for each critical file, 20 at most",
                                     commit.stats->total_changes)}};
}

Async<Result<std::map<std::string, std::int64_t>>> commits_by_login(DatabaseService& database, RepoName repo,
                                                                    TimeWindow window) {
    auto const commits = co_await database.commits().commits_in(std::move(repo), window);
    if (!commits) co_return fail(commits.error());
    std::map<std::string, std::int64_t> counts;
    for (auto const& record : *commits) {
        if (!record.commit.author_login.empty()) ++counts[ascii_lower(record.commit.author_login)];
    }
    co_return counts;
}

Async<Result<Windowed<RecentCommits>>> recent_commits(DatabaseService& database, RecentCommitsParams params,
                                                      UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(24), now);
    if (!asked) co_return fail(asked.error());
    auto const commits = co_await database.commits().commits_in(*params.repo, asked->window);
    if (!commits) co_return fail(commits.error());
    RecentCommits figures;
    figures.repo = asked->repo;
    figures.hours = whole_hours(asked->window);
    figures.limit = params.limit;
    figures.total_commits = static_cast<std::int64_t>(commits->size());
    figures.commits = describe_first(*commits, static_cast<std::size_t>(params.limit));
    co_return Windowed(std::move(figures), std::move(asked->part));
}

Async<Result<CommitBody>> one_commit(DatabaseService& database, OneCommitParams params, UtcTime now) {
    auto const found = co_await find(database, std::move(params));
    if (!found) co_return fail(found.error());
    auto repo = co_await repository_of(database, found->commit);
    if (!repo) co_return fail(repo.error());
    auto const& commit = found->commit;
    CommitBody body{.sha = commit.sha,
                    .repo = std::move(*repo),
                    .parents = commit.parents,
                    .author_name = commit.author_name,
                    .author_login = commit.author_login,
                    .message = commit.message,
                    .commit_date = commit.commit_date,
                    .branch_name = commit.branch_name,
                    .stats = commit.stats,
                    .files_changed = commit.files_changed,
                    .summary = {},
                    .explanation = {},
                    .formula_version = commits_formula_version,
                    .timestamp = now};
    if (found->summary) {
        body.summary = digest_of<FullCommitDigest>(*found->summary, commit.stats.has_value());
        if (commit.stats) body.summary->complexity_score = found->summary->complexity_score;
    }
    body.explanation = explain_impact(*found);
    co_return body;
}

Async<Result<CommitFilesBody>> commit_files(DatabaseService& database, OneCommitParams params, UtcTime now) {
    auto found = co_await find(database, std::move(params));
    if (!found) co_return fail(found.error());
    auto repo = co_await repository_of(database, found->commit);
    if (!repo) co_return fail(repo.error());
    co_return CommitFilesBody{.commit_sha = found->commit.sha,
                              .repo = std::move(*repo),
                              .files = std::move(found->files).value_or(std::vector<CommitFile>()),
                              .timestamp = now};
}

Async<Result<Windowed<MonitoredCommits>>> monitored_commits(DatabaseService& database, MonitoredCommitsParams params,
                                                            UtcTime now) {
    MonitoredCommits figures;
    WindowedPart part;
    for (auto const& repo : params.repos) {
        RepoWindowParams one;
        static_cast<WindowParams&>(one) = params;
        one.repo = repo;
        auto asked = co_await begin_answer(database, one, hours(24), now);
        if (!asked) co_return fail(asked.error());
        auto const commits = co_await database.commits().commits_in(repo, asked->window);
        if (!commits) co_return fail(commits.error());
        ChangeSum sum;
        sum.add(*commits);
        RepoCommits result;
        result.commits = describe_first(*commits, static_cast<std::size_t>(params.limit_per_repo));
        result.count = static_cast<std::int64_t>(result.commits.size());
        result.summary = sum.result();
        result.summary.repo_name = asked->repo;
        result.summary.analysis_period_hours = whole_hours(asked->window);
        figures.repositories.push_back(asked->repo);
        figures.total_commits += static_cast<std::int64_t>(commits->size());
        figures.hours = whole_hours(asked->window);
        figures.results.emplace_back(asked->repo, std::move(result));
        unite(part, std::move(asked->part), asked->repo);
    }
    figures.total_repositories = static_cast<std::int64_t>(figures.repositories.size());
    co_return Windowed(std::move(figures), std::move(part));
}

Async<Result<Windowed<CommitCategories>>> commit_categories(DatabaseService& database, RepoWindowParams params,
                                                            UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(24), now);
    if (!asked) co_return fail(asked.error());
    auto const commits = co_await database.commits().commits_in(*params.repo, asked->window);
    if (!commits) co_return fail(commits.error());
    CommitCategories figures{.repo = asked->repo, .hours = whole_hours(asked->window), .categories = {}};
    for (auto const& record : *commits) {
        if (!record.summary) continue;
        for (auto const& name : record.summary->categories) {
            auto& category = figures.categories[name];
            ++category.count;
            if (category.commits.size() < most_listed_commits) category.commits.push_back(describe_commit(record));
        }
    }
    co_return Windowed(std::move(figures), std::move(asked->part));
}

std::vector<CommitAuthor> sum_authors(std::span<CommitRecord const> commits, Bots bots) {
    std::map<std::string, AuthorSums> sums;
    for (auto const& record : commits) {
        auto const& author = author_of(record.commit);
        auto const name = ascii_lower(author);
        if (is_bot(name) ? bots != Bots::exclude : bots != Bots::only) add(sums[name], record);
    }
    std::vector<std::pair<std::int64_t, std::string>> order; // most commits first, then by name
    for (auto const& [name, each] : sums) order.emplace_back(-each.author.commits, name);
    std::ranges::sort(order);
    std::vector<CommitAuthor> authors;
    for (auto const& [commits_negated, name] : order) {
        auto const& each = sums[name];
        authors.push_back(each.author);
        if (each.with_impact > 0) authors.back().avg_impact_score = each.impact / static_cast<double>(each.with_impact);
    }
    return authors;
}

Async<Result<Windowed<CommitAuthors>>> commit_authors(DatabaseService& database, RepoPeopleParams params, UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(168), now);
    if (!asked) co_return fail(asked.error());
    auto const commits = co_await database.commits().commits_in(*params.repo, asked->window);
    if (!commits) co_return fail(commits.error());
    auto const bots = parse_bots(params.bots);
    CommitAuthors figures;
    figures.repo = asked->repo;
    figures.hours = whole_hours(asked->window);
    figures.authors = sum_authors(*commits, bots);
    figures.bots = params.bots;
    if (bots == Bots::exclude) {
        figures.bots_excluded = std::ranges::count_if(
            *commits, [](CommitRecord const& record) { return is_bot(author_of(record.commit)); });
    }
    co_return Windowed(std::move(figures), std::move(asked->part));
}

Async<Result<Windowed<HighImpactCommits>>> high_impact_commits(DatabaseService& database, HighImpactParams params,
                                                               UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(168), now);
    if (!asked) co_return fail(asked.error());
    auto const least = static_cast<double>(params.min_impact_score);
    HighImpactCommits figures{
        .repo = asked->repo, .hours = whole_hours(asked->window), .min_impact_score = least, .high_impact_commits = {}};
    auto& listed = figures.high_impact_commits;
    CommitQuery query{
        .repo = *params.repo, .window = asked->window, .min_impact_score = least, .limit = 1000, .cursor = {}};
    do {
        auto page = co_await database.commits().find_commits(query);
        if (!page) co_return fail(page.error());
        for (auto const& record : page->commits) {
            bool const size_known = record.commit.stats.has_value();
            if (size_known && listed.size() < most_listed_commits) listed.push_back(describe_commit(record));
        }
        query.cursor = std::move(page->next_cursor);
    } while (query.cursor && listed.size() < most_listed_commits);
    co_return Windowed(std::move(figures), std::move(asked->part));
}

} // namespace gem
