// Pull requests and issues as their events tell them: the figures about opening, answering, merging and closing start
// here. Values in, values out.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "analytics/people.hpp"
#include "analytics/waiting.hpp"

namespace gem {

struct PullRequest {
    std::optional<UtcTime> opened; ///< the first `opened`
    std::optional<UtcTime> merged; ///< the first `merged`, or `closed` that says it is merged
    std::optional<UtcTime> closed; ///< the last `closed` without a merge, unless it was opened again later
    Person author;                 ///< as far as an event told
    std::string merge_event;       ///< id of the event that merged it
    bool reviewed = false;         ///< a human who is not the author reviewed it
    bool approved = false;         ///< … and approved it
};

struct Issue {
    std::optional<UtcTime> opened;
    std::optional<UtcTime> closed; ///< the last one, unless it was opened again later
    Person author;
    std::optional<UtcTime> first_response; ///< see first_response_after
};

/// A comment this soon after an issue was opened is part of opening it.
inline constexpr seconds first_response_after{30};

/// By number. Rows oldest first; of types PullRequestEvent and PullRequestReviewEvent, others are passed over. GitHub
/// lets nobody approve a pull request of their own, so an approval counts even where the author is unknown.
std::map<std::int64_t, PullRequest> pull_requests_of(std::span<EventFactsRow const> rows);

/// By number. Rows oldest first; of types IssuesEvent and IssueCommentEvent, others are passed over. The first response
/// is the first comment by a human who is not the author, more than 30 seconds after opening.
std::map<std::int64_t, Issue> issues_of(std::span<EventFactsRow const> rows);

/// From opening to merging, of the pull requests that were opened in the window, by number. One that is open waits
/// until the window ends, one that was closed without a merge waited until then; neither is answered.
std::vector<Wait> merge_waits(std::map<std::int64_t, PullRequest> const& pull_requests, TimeWindow window);

/// From opening to the first response, of the issues that were opened in the window, by number. Without a response an
/// issue waits until it is closed or the window ends.
std::vector<Wait> response_waits(std::map<std::int64_t, Issue> const& issues, TimeWindow window);

// ---------------------------------------------------------------------------------------------------------------------
// pull request intervals

struct PrInterval {
    std::string repo;
    std::optional<std::int64_t> hours;
    std::int64_t total_prs = 0; ///< pull requests opened
    std::int64_t count = 0;     ///< gaps between consecutive ones; the rest is null below two pull requests
    std::optional<std::int64_t> avg_seconds;
    std::optional<std::int64_t> avg_interval_seconds; ///< the same
    std::optional<Ratio> avg_interval_hours;
    std::optional<Ratio> median_interval_hours; ///< of an even number of gaps: the mean of the middle two
    std::optional<Ratio> min_interval_hours;
    std::optional<Ratio> max_interval_hours;
};
BOOST_DESCRIBE_STRUCT(PrInterval, (),
                      (repo, hours, total_prs, count, avg_seconds, avg_interval_seconds, avg_interval_hours,
                       median_interval_hours, min_interval_hours, max_interval_hours))

/// The gaps between the times at which pull requests were opened, in any order.
PrInterval measure_intervals(std::vector<UtcTime> opened);

/// Default window: 720 hours.
Async<Result<Windowed<PrInterval>>> pr_interval(DatabaseService& database, RepoWindowParams params, UtcTime now);

// ---------------------------------------------------------------------------------------------------------------------
// merge times and first responses

struct RepoAndHours {
    std::string repo;
    std::optional<std::int64_t> hours;
};
BOOST_DESCRIBE_STRUCT(RepoAndHours, (), (repo, hours))

struct PrMergeTime : RepoAndHours, WaitFigures, WaitMedian {};
BOOST_DESCRIBE_STRUCT(PrMergeTime, (RepoAndHours, WaitFigures, WaitMedian), ())

/// Default window: 168 hours.
Async<Result<Windowed<PrMergeTime>>> pr_merge_time(DatabaseService& database, RepoWindowParams params, UtcTime now);

struct Unanswered {
    std::int64_t unanswered = 0;
};
BOOST_DESCRIBE_STRUCT(Unanswered, (), (unanswered))

struct IssueFirstResponse : RepoAndHours, WaitFigures, Unanswered, WaitMedian {};
BOOST_DESCRIBE_STRUCT(IssueFirstResponse, (RepoAndHours, WaitFigures, Unanswered, WaitMedian), ())

/// Default window: 168 hours.
Async<Result<Windowed<IssueFirstResponse>>> issue_first_response(DatabaseService& database, RepoWindowParams params,
                                                                 UtcTime now);

// ---------------------------------------------------------------------------------------------------------------------
// pull requests by day

struct PrDay {
    UtcTime day{};
    std::int64_t opened = 0;
    std::int64_t merged = 0;
    std::int64_t closed = 0; ///< without a merge
    friend bool operator==(PrDay const&, PrDay const&) = default;
};
BOOST_DESCRIBE_STRUCT(PrDay, (), (day, opened, merged, closed))

struct PrTimeline : RepoAndHours {
    std::vector<PrDay> days; ///< every UTC day that the window touches, oldest first, zeros too
};
BOOST_DESCRIBE_STRUCT(PrTimeline, (RepoAndHours), (days))

/// What happened to pull requests on each UTC day of the window.
std::vector<PrDay> pull_requests_by_day(std::map<std::int64_t, PullRequest> const& pull_requests, TimeWindow window);

/// Default window: 168 hours.
Async<Result<Windowed<PrTimeline>>> pr_timeline(DatabaseService& database, RepoWindowParams params, UtcTime now);

} // namespace gem
