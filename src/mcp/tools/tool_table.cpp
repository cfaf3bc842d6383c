#include "mcp/tools/tool_table.hpp"

namespace gem::mcp {

std::span<ToolRow const> tool_table() {
    static std::vector<ToolRow> const table = {
        {"get_recent_commits", "GET", "/commits/recent"},
        {"get_repository_health_score", "GET", "/metrics/repository-health"},
        {.name = "monitor_multiple_repositories",
         .method = "GET",
         .path = "/monitoring/commits",
         .watched_by_default = true},
        {"get_database_info", "GET", "/database/info"},
        {"get_health", "GET", "/health"},
        {"get_event_counts", "GET", "/metrics/event-counts"},
        {"get_event_counts_timeseries", "GET", "/metrics/event-counts-timeseries"},
        {"get_event_types_summary", "GET", "/metrics/event-types-summary"},
        {"get_repository_activity", "GET", "/metrics/repository-activity"},
        {.name = "get_trending_repositories", .method = "GET", .path = "/metrics/trending", .left_out = {"items"}},
        {"compare_repositories", "GET", "/comparison/repositories"},
        {"get_repository_change_summary", "GET", "/commits/summary"},
        {"get_commit_details", "GET", "/commits/{sha}"},
        {.name = "get_commit_files", .method = "GET", .path = "/commits/{sha}/files", .dear = {"patch"}},
        {"get_commits_by_category", "GET", "/monitoring/commits/categories"},
        {"get_commits_by_author", "GET", "/monitoring/commits/authors"},
        {"get_high_impact_commits", "GET", "/monitoring/commits/impact"},
        {"get_avg_pr_interval", "GET", "/metrics/pr-interval"},
        {"get_pr_merge_time", "GET", "/metrics/pr-merge-time"},
        {"get_issue_first_response", "GET", "/metrics/issue-first-response"},
        {"get_developer_productivity_metrics", "GET", "/metrics/developer-productivity"},
        {"get_community_engagement_metrics", "GET", "/metrics/community-engagement"},
        {"get_security_monitoring_report", "GET", "/metrics/security-monitoring"},
        {"detect_event_anomalies", "GET", "/metrics/event-anomalies"},
        {"get_release_deployment_metrics", "GET", "/metrics/release-deployment"},
        {"get_dora_metrics", "GET", "/metrics/dora"},
        {.name = "list_events", .method = "GET", .path = "/events", .dear = {"payload"}},
        {"get_trending_chart_image", "GET", "/visualization/trending-chart"},
        {"get_pr_timeline_chart", "GET", "/visualization/pr-timeline"},
        {"get_active_monitors", "GET", "/monitors"},
        {.name = "get_monitor_events", .method = "GET", .path = "/monitors/{id}/events", .dear = {"payload"}},
        {"list_alerts", "GET", "/alerts"},
        {.name = "collect_events_now", .method = "POST", .path = "/collect", .writes = true},
        {.name = "add_monitor", .method = "POST", .path = "/monitors", .writes = true},
        {.name = "stop_monitor", .method = "POST", .path = "/monitors/{id}/stop", .writes = true},
    };
    return table;
}

} // namespace gem::mcp
