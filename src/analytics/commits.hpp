// Commits as answers show them: lists, one commit with its receipts, by category, by author, by impact.
#pragma once

#include <map>
#include <span>

#include "analytics/change_summary.hpp"

namespace gem {

/// What is said about a commit. `short_` is `short` in JSON, a word of C++.
struct CommitDigest {
    std::string short_;
    std::string detailed;
    std::vector<std::string> categories;
    std::optional<Score> impact_score; ///< null while the commit's size is not known
    std::string risk_level;            ///< low, medium, high; unknown while the size is not known, unless high anyway
    bool breaking_changes = false;
    bool security_relevant = false;
    std::string performance_impact;
};
BOOST_DESCRIBE_STRUCT(CommitDigest, (),
                      (short_, detailed, categories, impact_score, risk_level, breaking_changes, security_relevant,
                       performance_impact))

/// A commit in a list.
struct CommitEntry {
    std::string sha;
    std::string author_name;
    std::string author_login;
    std::string message;
    UtcTime commit_date{};
    std::string branch_name;
    std::optional<CommitStats> stats;
    std::optional<std::int64_t> files_changed;
    std::optional<CommitDigest> summary; ///< null until the commit was looked at
};
BOOST_DESCRIBE_STRUCT(CommitEntry, (),
                      (sha, author_name, author_login, message, commit_date, branch_name, stats, files_changed,
                       summary))

CommitEntry describe_commit(CommitRecord const& record);

/// Where the impact score of a commit comes from; the points add up to it. Signals without points while the commit's
/// size is not known.
std::vector<Signal> explain_impact(CommitRecord const& record);

/// Stored commits of the window by the login of their author in lower case; those without one are left out.
Async<Result<std::map<std::string, std::int64_t>>> commits_by_login(DatabaseService& database, RepoName repo,
                                                                    TimeWindow window);

// ---------------------------------------------------------------------------------------------------------------------
// recent

struct RecentCommitsParams : RepoWindowParams { ///< default: 24 hours
    std::int64_t limit = 50;                    ///< 1–1000
};
BOOST_DESCRIBE_STRUCT(RecentCommitsParams, (RepoWindowParams), (limit))

struct RecentCommitsList {
    std::string repo;
    std::optional<std::int64_t> hours;
    std::int64_t limit = 0;
    std::int64_t total_commits = 0;   ///< in the window, listed or not
    std::vector<CommitEntry> commits; ///< newest first
};
BOOST_DESCRIBE_STRUCT(RecentCommitsList, (), (repo, hours, limit, total_commits, commits))

struct RecentCommits : RecentCommitsList, CommitsBasis {};
BOOST_DESCRIBE_STRUCT(RecentCommits, (RecentCommitsList, CommitsBasis), ())

Async<Result<Windowed<RecentCommits>>> recent_commits(DatabaseService& database, RecentCommitsParams params,
                                                      UtcTime now);

// ---------------------------------------------------------------------------------------------------------------------
// one commit

struct OneCommitParams {
    std::string sha; ///< or a unique prefix of seven or more of its digits
    std::optional<RepoName> repo;
};
BOOST_DESCRIBE_STRUCT(OneCommitParams, (), (sha, repo))

struct FullCommitDigest {
    std::string short_;
    std::string detailed;
    std::vector<std::string> categories;
    std::optional<Score> impact_score;
    std::string risk_level;
    std::optional<Score> complexity_score;
    bool breaking_changes = false;
    bool security_relevant = false;
    std::string performance_impact;
};
BOOST_DESCRIBE_STRUCT(FullCommitDigest, (),
                      (short_, detailed, categories, impact_score, risk_level, complexity_score, breaking_changes,
                       security_relevant, performance_impact))

struct CommitBody {
    std::string sha;
    std::string repo;
    std::vector<std::string> parents;
    std::string author_name;
    std::string author_login;
    std::string message;
    UtcTime commit_date{};
    std::string branch_name;
    std::optional<CommitStats> stats;
    std::optional<std::int64_t> files_changed;
    std::optional<FullCommitDigest> summary;
    std::vector<Signal> explanation;
    std::int64_t formula_version = commits_formula_version;
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(CommitBody, (),
                      (sha, repo, parents, author_name, author_login, message, commit_date, branch_name, stats,
                       files_changed, summary, explanation, formula_version, timestamp))

/// not_found when no such commit is stored, conflict when the prefix is not unique, invalid_argument for what is no
/// sha.
Async<Result<CommitBody>> one_commit(DatabaseService& database, OneCommitParams params, UtcTime now);

struct CommitFilesBody {
    std::string commit_sha;
    std::string repo;
    std::vector<CommitFile> files; ///< by name; empty while nobody has fetched them
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(CommitFilesBody, (), (commit_sha, repo, files, timestamp))

/// Errors as of one_commit().
Async<Result<CommitFilesBody>> commit_files(DatabaseService& database, OneCommitParams params, UtcTime now);

// ---------------------------------------------------------------------------------------------------------------------
// several repositories

struct MonitoredCommitsParams : WindowParams { ///< default: 24 hours
    std::vector<RepoName> repos;               ///< 1–50
    std::int64_t limit_per_repo = 10;          ///< 1–100
};
BOOST_DESCRIBE_STRUCT(MonitoredCommitsParams, (WindowParams), (repos, limit_per_repo))

struct RepoCommits {
    std::vector<CommitEntry> commits; ///< newest first
    std::int64_t count = 0;           ///< of the list
    ChangeFigures summary;            ///< of all commits of the window
};
BOOST_DESCRIBE_STRUCT(RepoCommits, (), (commits, count, summary))

struct MonitoredCommits {
    std::vector<std::string> repositories;
    std::optional<std::int64_t> hours;
    std::int64_t total_repositories = 0;
    std::int64_t total_commits = 0; ///< in the window, listed or not
    OrderedMap<RepoCommits> results;
    std::int64_t formula_version = commits_formula_version;
};
BOOST_DESCRIBE_STRUCT(MonitoredCommits, (),
                      (repositories, hours, total_repositories, total_commits, results, formula_version))

/// The coverage is of all of them: complete where each is.
Async<Result<Windowed<MonitoredCommits>>> monitored_commits(DatabaseService& database, MonitoredCommitsParams params,
                                                            UtcTime now);

// ---------------------------------------------------------------------------------------------------------------------
// by category, author, impact

struct CategoryCommits {
    std::int64_t count = 0;
    std::vector<CommitEntry> commits; ///< newest first, at most most_listed_commits
};
BOOST_DESCRIBE_STRUCT(CategoryCommits, (), (count, commits))

/// The most commits that one list of a category, or of high impact, holds.
inline constexpr std::size_t most_listed_commits = 1000;

struct CommitCategories {
    std::string repo;
    std::optional<std::int64_t> hours;
    std::map<std::string, CategoryCommits> categories; ///< of commits with a summary; one may stand in several
    std::int64_t formula_version = commits_formula_version;
};
BOOST_DESCRIBE_STRUCT(CommitCategories, (), (repo, hours, categories, formula_version))

/// Default window: 24 hours.
Async<Result<Windowed<CommitCategories>>> commit_categories(DatabaseService& database, RepoWindowParams params,
                                                            UtcTime now);

struct CommitAuthor {
    std::string author_login; ///< empty if GitHub could not tell
    std::string author_name;
    std::int64_t commits = 0;
    std::optional<std::int64_t> additions; ///< sums are null while one of the commits is not known that well
    std::optional<std::int64_t> deletions;
    std::optional<std::int64_t> files_changed;
    std::optional<Score> avg_impact_score; ///< over commits whose size is known
    UtcTime first_commit{};
    UtcTime last_commit{};
};
BOOST_DESCRIBE_STRUCT(CommitAuthor, (),
                      (author_login, author_name, commits, additions, deletions, files_changed, avg_impact_score,
                       first_commit, last_commit))

/// One entry an author (by login, by name without one), by commits and name; newest commit first. Whom `bots` names.
std::vector<CommitAuthor> sum_authors(std::span<CommitRecord const> commits, Bots bots);

struct CommitAuthorList {
    std::string repo;
    std::optional<std::int64_t> hours;
    std::vector<CommitAuthor> authors;
};
BOOST_DESCRIBE_STRUCT(CommitAuthorList, (), (repo, hours, authors))

struct CommitAuthors : CommitAuthorList, PeopleBasis, CommitsBasis {}; ///< bots_excluded: their commits
BOOST_DESCRIBE_STRUCT(CommitAuthors, (CommitAuthorList, PeopleBasis, CommitsBasis), ())

/// Default window: 168 hours.
Async<Result<Windowed<CommitAuthors>>> commit_authors(DatabaseService& database, RepoPeopleParams params, UtcTime now);

struct HighImpactParams : RepoWindowParams { ///< default: 168 hours
    std::int64_t min_impact_score = 70;      ///< 0–100
};
BOOST_DESCRIBE_STRUCT(HighImpactParams, (RepoWindowParams), (min_impact_score))

struct HighImpactCommits {
    std::string repo;
    std::optional<std::int64_t> hours;
    Score min_impact_score;
    std::vector<CommitEntry> high_impact_commits; ///< newest first, at most most_listed_commits
    std::int64_t formula_version = commits_formula_version;
};
BOOST_DESCRIBE_STRUCT(HighImpactCommits, (), (repo, hours, min_impact_score, high_impact_commits, formula_version))

Async<Result<Windowed<HighImpactCommits>>> high_impact_commits(DatabaseService& database, HighImpactParams params,
                                                               UtcTime now);

} // namespace gem
