// Commits as rows of the route table.
#include <fmt/format.h>

#include "analytics/commits.hpp"
#include "api/csv.hpp"
#include "api/route.hpp"

namespace gem::api {

namespace {

std::vector<CommitEntry> const& recent_of(Windowed<RecentCommits> const& answer) { return answer.commits; }
std::vector<CommitAuthor> const& authors_of(Windowed<CommitAuthors> const& answer) { return answer.authors; }

/// The same question about one commit, whose absence has a code of its own.
template <class Answer>
Handler ask_commit(Async<Result<Answer>> (*question)(DatabaseService&, OneCommitParams, UtcTime)) {
    return [question](Context const& context, Arguments const& arguments) -> Async<Outcome> {
        auto answer = co_await question(context.database, arguments.read<OneCommitParams>(), context.now);
        if (answer && is_among(context.hidden, answer->repo))
            answer = fail(ErrorCode::not_found,
                          fmt::format("No commit {} is stored.", arguments.get<std::string>("sha").value_or("")));
        if (answer) co_return Reply::json(*answer);
        auto problem = problem_of(answer.error());
        if (answer.error().code == ErrorCode::not_found) problem.error_code = "COMMIT_NOT_FOUND";
        co_return std::unexpected(std::move(problem));
    };
}

std::vector<Parameter> sha_and_repo() {
    auto repo = repo_parameter(false);
    repo.sentence = "The repository, as owner/name; any when left out.";
    return {{.name = "sha",
             .type = ParameterType::text,
             .sentence = "The commit, or seven or more of its first digits if they are unique.",
             .required = true,
             .max = 64,
             .place = ParameterPlace::path,
             .example = "3f1c0a9d5e7b2468ace013579bdf02468ace1357",
             .pattern = "^[0-9a-fA-F]{7,64}$"},
            std::move(repo)};
}

void add_one_commit_routes(std::vector<Route>& table) {
    table.push_back({.method = "GET",
                     .path = "/commits/{sha}",
                     .summary = "One commit",
                     .description = "With its parents and where its scores come from. 404 when it is not stored, 409 "
                                    "when more than one commit starts like this.",
                     .parameters = sha_and_repo(),
                     .handler = ask_commit(&one_commit),
                     .answer = answers<CommitBody>("Commit"),
                     .keeping = Keeping::tagged,
                     .problems = {409}});
    table.push_back({.method = "GET",
                     .path = "/commits/{sha}/files",
                     .summary = "The files of a commit",
                     .description = "By name; none while nobody has fetched them.",
                     .parameters = sha_and_repo(),
                     .handler = ask_commit(&commit_files),
                     .answer = answers<CommitFilesBody>("CommitFiles"),
                     .keeping = Keeping::tagged,
                     .problems = {409}});
}

void add_monitoring_routes(std::vector<Route>& table) {
    table.push_back({.method = "GET",
                     .path = "/monitoring/commits",
                     .summary = "Commits of several repositories",
                     .description = "The newest commits of each, and what all of them amount to.",
                     .parameters = windowed(24, {{.name = "repos",
                                                  .type = ParameterType::repos,
                                                  .sentence = "The repositories, as owner/name, comma-separated.",
                                                  .required = true,
                                                  .min = 1,
                                                  .max = 50},
                                                 {.name = "limit_per_repo",
                                                  .type = ParameterType::integer,
                                                  .sentence = "How many commits of each are listed.",
                                                  .default_number = 10,
                                                  .min = 1,
                                                  .max = 100}}),
                     .handler = ask(&monitored_commits),
                     .answer = answers<Windowed<MonitoredCommits>>("MonitoredCommits")});
    table.push_back({.method = "GET",
                     .path = "/monitoring/commits/categories",
                     .summary = "Commits by category",
                     .description = "A commit may stand in several; at most 1,000 of each are listed.",
                     .parameters = windowed(24, {repo_parameter(true)}),
                     .handler = ask(&commit_categories),
                     .answer = answers<Windowed<CommitCategories>>("CommitCategories")});
    table.push_back({.method = "GET",
                     .path = "/monitoring/commits/authors",
                     .summary = "Commits by author",
                     .description = "Sums are null while the size of one of the author's commits is not known.",
                     .parameters = windowed(168, {repo_parameter(true), bots_parameter(), format_parameter()}),
                     .handler = ask_list<RepoPeopleParams, Windowed<CommitAuthors>, CommitAuthor>(&commit_authors,
                                                                                                  &csv_of, &authors_of),
                     .answer = answers<Windowed<CommitAuthors>>("CommitAuthors")});
    table.push_back({.method = "GET",
                     .path = "/monitoring/commits/impact",
                     .summary = "Commits of high impact",
                     .description = "Those whose impact score is at least `min_impact_score`, newest first, at most "
                                    "1,000.",
                     .parameters = windowed(168, {repo_parameter(true),
                                                  {.name = "min_impact_score",
                                                   .type = ParameterType::integer,
                                                   .sentence = "The least impact score.",
                                                   .default_number = 70,
                                                   .min = 0,
                                                   .max = 100}}),
                     .handler = ask(&high_impact_commits),
                     .answer = answers<Windowed<HighImpactCommits>>("HighImpactCommits")});
}

} // namespace

Parameter commits_limit_parameter() { return limit_parameter("How many commits are listed.", 50, 1000); }

void add_commit_routes(std::vector<Route>& table) {
    table.push_back({.method = "GET",
                     .path = "/commits/recent",
                     .summary = "Commits, newest first",
                     .description = "`total_commits` counts all of the window, listed or not. `stats`, `files_changed` "
                                    "and `impact_score` are null while nobody has fetched a commit's details.",
                     .parameters = windowed(24, {repo_parameter(true), commits_limit_parameter(), format_parameter()}),
                     .handler = ask_list<RecentCommitsParams, Windowed<RecentCommits>, CommitEntry>(
                         &recent_commits, &csv_of, &recent_of),
                     .answer = answers<Windowed<RecentCommits>>("RecentCommits")});
    table.push_back({.method = "GET",
                     .path = "/commits/summary",
                     .summary = "What the commits of a window amount to",
                     .description = "Sums are null while the size of one of the commits is not known.",
                     .parameters = windowed(24, {repo_parameter(true)}),
                     .handler = ask(&change_summary),
                     .answer = answers<Windowed<ChangeSummary>>("ChangeSummary")});
    add_one_commit_routes(table);
    add_monitoring_routes(table);
}

} // namespace gem::api
