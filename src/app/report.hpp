// A repository's report: what every question about it answers for one window, in one piece.
#pragma once

#include "analytics/activity.hpp"
#include "analytics/anomalies.hpp"
#include "analytics/commits.hpp"
#include "analytics/community.hpp"
#include "analytics/developers.hpp"
#include "analytics/dora.hpp"
#include "analytics/event_counts.hpp"
#include "analytics/health.hpp"
#include "analytics/heatmap.hpp"

namespace gem {

/// Each member but the first ones is the body of an endpoint, over the same window. Its JSON is the report as data.
struct RepositoryReport : WindowedPart {
    std::string repo;
    Windowed<RepositoryActivity> activity;
    Windowed<EventSeries> events_over_time;
    Windowed<ActivityHeatmap> hours_of_the_week;
    Windowed<RepositoryHealth> health;
    Windowed<PrTimeline> pull_requests;
    Windowed<PrMergeTime> merge_time;
    Windowed<IssueFirstResponse> first_response;
    Windowed<ChangeSummary> commits;
    Windowed<RecentCommits> recent_commits;
    Windowed<PushActivity> pushes;
    Windowed<Stars> stars;
    Windowed<DeveloperProductivity> developers;
    Windowed<CommunityEngagement> community;
    Windowed<ReleaseDeployment> releases;
    Windowed<Dora> dora;
    Windowed<SecurityMonitoring> security;
    Windowed<EventAnomalies> anomalies;
};
BOOST_DESCRIBE_STRUCT(RepositoryReport, (WindowedPart),
                      (repo, activity, events_over_time, hours_of_the_week, health, pull_requests, merge_time,
                       first_response, commits, recent_commits, pushes, stars, developers, community, releases, dora,
                       security, anomalies))

/// Default window: 168 hours. not_found when nothing about the repository is stored: then its name is wrong, or nobody
/// has collected it.
Async<Result<RepositoryReport>> make_report(DatabaseService& database, RepoPeopleParams params, UtcTime now);

} // namespace gem
