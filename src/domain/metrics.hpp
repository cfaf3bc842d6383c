// What is materialised in the five metrics tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/describe/class.hpp>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "base/time.hpp"

namespace gem {

/// A repository's health at the end of a day. Key: repository, window_hours, day.
struct HealthSnapshot {
    std::string repo_name;
    std::int64_t window_hours = 168;
    UtcTime day{};
    std::optional<Score> health_score;
    std::optional<Score> activity_score;
    std::optional<Score> collaboration_score;
    std::optional<Score> maintenance_score;
    std::optional<Score> security_score;
    JsonText detail; ///< the answer's body, explanation included
    friend bool operator==(HealthSnapshot const&, HealthSnapshot const&) = default;
};
BOOST_DESCRIBE_STRUCT(HealthSnapshot, (),
                      (repo_name, window_hours, day, health_score, activity_score, collaboration_score,
                       maintenance_score, security_score, detail))

/// What one person did in one repository on one UTC day. Key: repository, day, actor_login. Mergeable by adding.
struct DeveloperDay {
    std::string repo_name;
    UtcTime day{};
    std::string actor_login;
    std::int64_t total_events = 0;
    std::int64_t pushes = 0;
    std::int64_t commits = 0;
    std::int64_t prs_opened = 0;
    std::int64_t prs_merged = 0;
    std::int64_t issues_opened = 0;
    std::int64_t issues_closed = 0;
    std::int64_t reviews_given = 0;
    std::int64_t comments_made = 0;
    std::int64_t releases = 0;
    friend bool operator==(DeveloperDay const&, DeveloperDay const&) = default;
};
BOOST_DESCRIBE_STRUCT(DeveloperDay, (),
                      (repo_name, day, actor_login, total_events, pushes, commits, prs_opened, prs_merged,
                       issues_opened, issues_closed, reviews_given, comments_made, releases))

/// One security signal on one day. Key: repository, metric_type, day.
struct SecurityMetric {
    std::string repo_name;
    std::string metric_type;
    UtcTime day{};
    std::optional<Score> score;
    std::string risk_level; ///< low, medium, high, unknown
    JsonText detail;
    friend bool operator==(SecurityMetric const&, SecurityMetric const&) = default;
};
BOOST_DESCRIBE_STRUCT(SecurityMetric, (), (repo_name, metric_type, day, score, risk_level, detail))

/// An anomaly that was found. Key: repository, event_type, bucket_start, kind.
struct EventPattern {
    std::string repo_name;
    std::string kind; ///< spike, drop, silence
    std::string event_type;
    UtcTime bucket_start{};
    std::string severity; ///< low, medium, high
    Ratio expected;
    Ratio threshold;
    std::int64_t actual_value = 0;
    Ratio confidence;
    UtcTime detected_at{};
    std::optional<UtcTime> resolved_at;
    friend bool operator==(EventPattern const&, EventPattern const&) = default;
};
BOOST_DESCRIBE_STRUCT(EventPattern, (),
                      (repo_name, kind, event_type, bucket_start, severity, expected, threshold, actual_value,
                       confidence, detected_at, resolved_at))

/// A deployment and its last known state. Key: repository, deployment_id.
struct DeploymentMetric {
    std::string repo_name;
    std::string deployment_id;
    std::string environment;
    std::string status; ///< pending, in_progress, success, failure, error, inactive …
    std::string sha;
    std::string ref;
    UtcTime created_at{};
    std::optional<UtcTime> finished_at;
    JsonText detail;
    friend bool operator==(DeploymentMetric const&, DeploymentMetric const&) = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentMetric, (),
                      (repo_name, deployment_id, environment, status, sha, ref, created_at, finished_at, detail))

} // namespace gem
