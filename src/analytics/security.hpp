// How securely a repository is worked on, as far as its events show: checks in the manner of OpenSSF Scorecard.
#pragma once

#include <map>
#include <span>

#include "analytics/deployments.hpp"
#include "analytics/work_items.hpp"

namespace gem {

/// Which definition of the score was used; grows when METRICS.md's changes.
inline constexpr std::int64_t security_formula_version = 1;

struct DeploymentSecurity {
    std::int64_t total_deployments = 0;
    std::map<std::string, std::int64_t> environments;
    std::vector<DeploymentEntry> recent_deployments; ///< newest first
};
BOOST_DESCRIBE_STRUCT(DeploymentSecurity, (), (total_deployments, environments, recent_deployments))

/// Something that a check found, with the events that show it.
struct SecurityFinding {
    std::string check;
    std::string severity; ///< low, medium, high, critical
    std::string message;
    std::vector<std::string> event_ids; ///< newest first, at most most_recent
};
BOOST_DESCRIBE_STRUCT(SecurityFinding, (), (check, severity, message, event_ids))

struct SecurityMonitoring {
    std::string repo_name;
    std::optional<std::int64_t> analysis_period_hours;
    std::optional<Score> security_score; ///< null when no check had anything to look at
    std::string risk_level;              ///< low ≥ 80, medium ≥ 50, high; unknown without a score
    /// branch_deletions, force_pushes (null where no push tells: only webhooks do), member_changes, made_public
    std::map<std::string, std::optional<std::int64_t>> security_events;
    DeploymentSecurity deployment_security;
    std::vector<SecurityFinding> findings;
    std::vector<std::string> recommendations;
    std::vector<Signal> explanation;
    std::int64_t formula_version = security_formula_version;
};
BOOST_DESCRIBE_STRUCT(SecurityMonitoring, (),
                      (repo_name, analysis_period_hours, security_score, risk_level, security_events,
                       deployment_security, findings, recommendations, explanation, formula_version))

/// What the checks look at.
struct SecurityEvidence {
    std::span<EventFactsRow const> rows; ///< of the window and of review_history before it, oldest first
    TimeWindow window;
    std::span<Release const> releases;       ///< of the window
    std::span<Deployment const> deployments; ///< of the window
};

/// Reviews this long before a merge in the window count for it; updates by a tool this long before it are seen.
inline constexpr days review_history{30};
/// Before September 2020 no event told of a review, in the archives and in the Events API alike.
inline constexpr UtcTime reviews_told_since = from_unix(1'598'918'400);
/// The event types that the checks look at, releases and deployments apart.
std::vector<std::string> security_event_types();

/// main, master, trunk, develop, production, stable, or release/…; `refs/heads/` before it or not.
bool looks_protected(std::string_view branch);
/// main, master or trunk: GitHub's events do not tell which branch is the default one.
bool looks_default(std::string_view branch);

/// Eight checks, each with points of 0 to 100 and the weight of its risk (critical 10, high 7.5, medium 5, low 2.5),
/// those without anything to look at left out; the score is their weighted mean.
SecurityMonitoring measure_security(SecurityEvidence const& evidence);

/// Reads releases and deployments and measures; `repo_name` and the period are the caller's. `rows` as in
/// SecurityEvidence; types that no check looks at may be among them. `sources` as in deployments_of().
Async<Result<SecurityMonitoring>> security_of(DatabaseService& database, RepoName repo, TimeWindow window,
                                              std::span<EventFactsRow const> rows, std::vector<std::string>* sources);

/// Default window: 168 hours.
Async<Result<Windowed<SecurityMonitoring>>> security_monitoring(DatabaseService& database, RepoWindowParams params,
                                                                UtcTime now);

} // namespace gem
