// What each person did in a repository. It measures activity, not worth.
#pragma once

#include <span>

#include "analytics/people.hpp"

namespace gem {

struct DeveloperParams : RepoPeopleParams { ///< default: 168 hours
    std::int64_t limit = 50;                ///< 1–1000
};
BOOST_DESCRIBE_STRUCT(DeveloperParams, (RepoPeopleParams), (limit))

struct DeveloperFigures {
    std::string actor_login; ///< the latest spelling in the window
    std::int64_t total_events = 0;
    std::int64_t pushes = 0;
    std::optional<std::int64_t> commits; ///< null when a push does not tell and no commit of theirs is stored
    std::int64_t prs_opened = 0;
    std::int64_t prs_merged = 0; ///< own pull requests, whoever merged them, as far as their author is known
    std::int64_t issues_opened = 0;
    std::int64_t issues_closed = 0;
    std::int64_t reviews_given = 0;
    std::int64_t comments_made = 0; ///< review comments too
    std::int64_t releases = 0;
    UtcTime first_activity{};
    UtcTime last_activity{};
    Score event_diversity; ///< share of the six kinds of contribution that they used, in percent
    Score productivity_score;
    std::vector<Signal> explanation;
};
BOOST_DESCRIBE_STRUCT(DeveloperFigures, (),
                      (actor_login, total_events, pushes, commits, prs_opened, prs_merged, issues_opened, issues_closed,
                       reviews_given, comments_made, releases, first_activity, last_activity, event_diversity,
                       productivity_score, explanation))

/// Which definition of the scores was used; grows when METRICS.md's changes.
inline constexpr std::int64_t developers_formula_version = 1;

struct DeveloperList {
    std::string repo;
    std::optional<std::int64_t> hours;
    std::int64_t limit = 0;
    std::vector<DeveloperFigures> developers; ///< by score, events, login
};
BOOST_DESCRIBE_STRUCT(DeveloperList, (), (repo, hours, limit, developers))

struct DeveloperBasis : PeopleBasis {
    std::int64_t formula_version = developers_formula_version;
};
BOOST_DESCRIBE_STRUCT(DeveloperBasis, (PeopleBasis), (formula_version))

struct DeveloperProductivity : DeveloperList, DeveloperBasis {};
BOOST_DESCRIBE_STRUCT(DeveloperProductivity, (DeveloperList, DeveloperBasis), ())

/// What the score of a person is made of.
struct DeveloperCounts {
    std::int64_t comments = 0; ///< on issues, pull requests and commits
    std::int64_t issues_opened = 0;
    std::int64_t prs_opened = 0;
    std::int64_t review_comments = 0;
    std::int64_t prs_merged = 0;
    std::optional<std::int64_t> commits;
};

/// The signals of √(0.53·comments + 2.22·issues opened + 4.07·PRs opened + 0.74·review comments + 2.03·PRs merged +
/// 1·commits): the points are the summands. The weights are those of OpenDigger's developer activity; the square root
/// damps sheer volume.
std::vector<Signal> explain_productivity(DeveloperCounts const& counts);
/// √ of the sum of the known points.
double productivity_score(std::span<Signal const> signals);

/// Everybody whom `bots` names, by score, events and login. `authored`: commits that are stored, by login in lower
/// case, for those whose pushes do not tell how many they brought. Rows oldest first.
std::vector<DeveloperFigures> measure_developers(std::span<EventFactsRow const> rows, Bots bots,
                                                 std::map<std::string, std::int64_t> const& authored);

/// Whether a push among the rows does not tell how many commits it brought.
bool pushes_are_silent(std::span<EventFactsRow const> rows);

/// Events of bots among the rows that a figure which counts `bots` that way leaves out.
std::int64_t bots_left_out(std::span<EventFactsRow const> rows, Bots bots);

Async<Result<Windowed<DeveloperProductivity>>> developer_productivity(DatabaseService& database, DeveloperParams params,
                                                                      UtcTime now);

} // namespace gem
