// The four keys of software delivery (DORA) of a repository, with the counts they came from.
#pragma once

#include <span>

#include "analytics/deployments.hpp"
#include "analytics/waiting.hpp"
#include "analytics/work_items.hpp"

namespace gem {

/// Which definition of the figures was used; grows when METRICS.md's changes.
inline constexpr std::int64_t dora_formula_version = 1;

struct DoraParams : RepoWindowParams {      ///< default: 720 hours
    std::string environment = "production"; ///< see is_environment()
};
BOOST_DESCRIBE_STRUCT(DoraParams, (RepoWindowParams), (environment))

struct DeploymentFrequency {
    std::optional<Ratio> per_week;
    std::optional<Ratio> median_days_per_week; ///< over whole weeks back from the window's end; null without one
    std::optional<std::string> band;
    std::string formula;
    Ratio weeks;
};
BOOST_DESCRIBE_STRUCT(DeploymentFrequency, (), (per_week, median_days_per_week, band, formula, weeks))

struct LeadTime : WaitMedian {
    std::optional<std::string> band;
    std::string formula;
    std::optional<std::string> from; ///< what it is counted from: pull_request_opened
};
BOOST_DESCRIBE_STRUCT(LeadTime, (WaitMedian), (band, formula, from))

struct ChangeFailureRate {
    std::optional<Ratio> rate;
    std::int64_t failed = 0;
    std::int64_t n = 0;
    std::optional<std::vector<Ratio>> interval; ///< Wilson's, 95%
    std::optional<std::string> band;
    std::string formula;
};
BOOST_DESCRIBE_STRUCT(ChangeFailureRate, (), (rate, failed, n, interval, band, formula))

struct TimeToRestore : WaitMedian {
    std::optional<std::string> band;
    std::string formula;
};
BOOST_DESCRIBE_STRUCT(TimeToRestore, (WaitMedian), (band, formula))

struct ReworkRate {
    std::optional<Ratio> rate;
    std::int64_t rework = 0;
    std::int64_t n = 0;
    std::optional<std::string> band; ///< always null: there is none yet
    std::string formula;
};
BOOST_DESCRIBE_STRUCT(ReworkRate, (), (rate, rework, n, band, formula))

struct Dora {
    std::string repo;
    std::optional<std::int64_t> hours;
    std::string environment;
    std::optional<std::string> basis; ///< deployments, releases, merges; null when there was none of them
    std::int64_t deployments = 0;     ///< of that basis
    DeploymentFrequency deployment_frequency;
    LeadTime lead_time_for_changes;
    ChangeFailureRate change_failure_rate;
    TimeToRestore time_to_restore;
    ReworkRate rework_rate;
    std::int64_t formula_version = dora_formula_version;
};
BOOST_DESCRIBE_STRUCT(Dora, (),
                      (repo, hours, environment, basis, deployments, deployment_frequency, lead_time_for_changes,
                       change_failure_rate, time_to_restore, rework_rate, formula_version))

/// Whether a deployment's environment is the one asked about: for `production` whatever starts with `prod` or `live`,
/// for others the same name; without regard to case.
bool is_environment(std::string_view name, std::string_view asked);

/// An issue that tells of an incident: one of its labels has `incident` in it.
struct Incident {
    UtcTime opened{};
    std::optional<UtcTime> closed;
};

/// Out of IssuesEvents with their payloads, oldest first.
std::vector<Incident> incidents_from(std::span<Event const> events);

struct DoraEvidence {
    TimeWindow window;
    std::string environment;
    std::span<Deployment const> deployments;
    std::span<Release const> releases;
    std::map<std::int64_t, PullRequest> const& pull_requests; ///< opened up to opening_history before the window
    std::span<Incident const> incidents;
    std::span<UtcTime const> reverts; ///< when commits were made that revert others, ascending
};

/// A pull request that was opened longer before the window has no lead time.
inline constexpr days opening_history{90};
/// What happens later than this after a deployment is not its failure.
inline constexpr days blame{7};

/// Wilson's 95% interval of a share of `part` in `n` > 0.
std::pair<double, double> wilson_interval(std::int64_t part, std::int64_t n);

/// D, the deployments: those to the environment, dated by their first success; without any, published releases that are
/// no drafts or prereleases; without any, merged pull requests. Everything is null without D.
/// - Frequency: D per week; median number of days with one, over whole weeks. Elite ≥ 5 days a week, high ≥ 1 a week,
///   medium ≥ 1 in 30 days.
/// - Lead time: of merged pull requests, from opening to the first D at or after the merge; those not yet deployed wait
///   until the window ends (Kaplan-Meier). Elite < 1 day, high < 7, medium < 30.
/// - Change failures: share of D with a failure status after its success, or a revert or an incident within
///   min(next D, 7 days). Elite ≤ 5%, high ≤ 10%, medium ≤ 15%.
/// - Restoring: from a failed D until its incident was closed, else to the next D; Kaplan-Meier. Elite < 1 hour,
///   high < 1 day, medium < 7 days.
/// - Rework: share of D that follow a failed one.
Dora measure_dora(DoraEvidence const& evidence);

Async<Result<Windowed<Dora>>> dora(DatabaseService& database, DoraParams params, UtcTime now);

} // namespace gem
