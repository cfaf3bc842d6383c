// Figures about the pull requests, issues and people of one repository, as rows of the route table.
#include "analytics/community.hpp"
#include "analytics/developers.hpp"
#include "analytics/work_items.hpp"
#include "api/csv.hpp"
#include "api/route.hpp"

namespace gem::api {

namespace {

std::vector<DeveloperFigures> const& developers_of(Windowed<DeveloperProductivity> const& answer) {
    return answer.developers;
}

void add_waiting_routes(std::vector<Route>& table) {
    table.push_back({.method = "GET",
                     .path = "/metrics/pr-interval",
                     .summary = "Time between pull requests",
                     .description = "The gaps between consecutive pull requests opened in the window; null below two.",
                     .parameters = windowed(720, {repo_parameter(true)}),
                     .handler = ask(&pr_interval),
                     .answer = answers<Windowed<PrInterval>>("PrInterval"),
                     .aliases = {"/metrics/avg-pr-interval"}});
    table.push_back({.method = "GET",
                     .path = "/metrics/pr-merge-time",
                     .summary = "From opening to merging",
                     .description =
                         "Of pull requests opened in the window. `median_seconds` knows those still open too "
                         "(Kaplan-Meier), and is null when half of them were not merged; the other figures are about "
                         "merged ones.",
                     .parameters = windowed(168, {repo_parameter(true)}),
                     .handler = ask(&pr_merge_time),
                     .answer = answers<Windowed<PrMergeTime>>("PrMergeTime")});
    table.push_back({.method = "GET",
                     .path = "/metrics/issue-first-response",
                     .summary = "From an issue to the first answer",
                     .description =
                         "Of issues opened in the window: until the first comment by a human who is not the author, "
                         "more than 30 seconds after. `median_seconds` knows those without an answer too "
                         "(Kaplan-Meier); the other figures are about answered ones.",
                     .parameters = windowed(168, {repo_parameter(true)}),
                     .handler = ask(&issue_first_response),
                     .answer = answers<Windowed<IssueFirstResponse>>("IssueFirstResponse")});
}

} // namespace

void add_people_routes(std::vector<Route>& table) {
    add_waiting_routes(table);
    table.push_back({.method = "GET",
                     .path = "/metrics/developer-productivity",
                     .summary = "What each person did",
                     .description =
                         "Counts for each person, and a score in which volume is damped: it measures activity, not "
                         "worth. Sorted by score.",
                     .parameters = windowed(168, {repo_parameter(true), limit_parameter("How many people.", 50, 1000),
                                                  bots_parameter(), format_parameter()}),
                     .handler = ask_list<DeveloperParams, Windowed<DeveloperProductivity>, DeveloperFigures>(
                         &developer_productivity, &csv_of, &developers_of),
                     .answer = answers<Windowed<DeveloperProductivity>>("DeveloperProductivity"),
                     .aliases = {"/metrics/developer-activity"}});
    table.push_back({.method = "GET",
                     .path = "/metrics/community-engagement",
                     .summary = "Who takes part",
                     .description = "Contributors, how many are new and active, how much rests on few of them, and a "
                                    "score of 0 to 100.",
                     .parameters = windowed(168, {repo_parameter(true), bots_parameter()}),
                     .handler = ask(&community_engagement),
                     .answer = answers<Windowed<CommunityEngagement>>("CommunityEngagement")});
}

} // namespace gem::api
