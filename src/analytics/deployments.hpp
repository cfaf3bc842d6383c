// Releases and deployments of a repository, out of its events and of what is materialised of them.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "analytics/answer.hpp"

namespace gem {

/// A deployment with what became of it.
struct Deployment {
    std::string deployment_id;
    std::string environment;
    std::string status; ///< the last state known; pending without one
    std::string sha;
    std::string ref;
    UtcTime created_at{};
    std::optional<UtcTime> finished_at{};     ///< its first success, failure or error
    std::optional<UtcTime> succeeded_at{};    ///< its first success
    std::optional<UtcTime> failed_at{};       ///< its first failure or error
    std::optional<UtcTime> failed_again_at{}; ///< the first failure or error after a success
    bool succeeded = false;                   ///< the last success, failure or error is a success
    std::vector<std::string> failure_events{};

    /// A status `state` was set at `time`; states come oldest first.
    void apply(std::string_view state, UtcTime time, std::string const& event_id);
};

/// A deployment as answers list it.
struct DeploymentEntry {
    std::string deployment_id;
    std::string environment;
    std::string status;
    std::string sha;
    std::string ref;
    UtcTime created_at{};
    std::optional<UtcTime> finished_at;
};
BOOST_DESCRIBE_STRUCT(DeploymentEntry, (), (deployment_id, environment, status, sha, ref, created_at, finished_at))

/// A published release.
struct Release {
    std::string event_id;
    std::string tag_name;
    std::string name;
    std::string type; ///< release, prerelease, draft
    std::string author_login;
    UtcTime published_at{};
    std::optional<bool> signed_; ///< whether an asset is a signature or an attestation; null when assets are not told
};

struct ReleaseEntry {
    std::string tag_name;
    std::string name;
    std::string type;
    std::string author_login;
    UtcTime published_at{};
};
BOOST_DESCRIBE_STRUCT(ReleaseEntry, (), (tag_name, name, type, author_login, published_at))

/// How many of the newest deployments and releases answers list.
inline constexpr std::size_t most_recent = 20;

/// Out of DeploymentEvents and DeploymentStatusEvents, in any order, by (created_at, deployment_id). A deployment of
/// which only statuses were seen is as its statuses describe it.
std::vector<Deployment> deployments_from(std::span<Event const> events);

/// ReleaseEvents whose action is `published`, once for each tag, oldest first.
std::vector<Release> releases_from(std::span<Event const> events);

/// Whether the name of a release's asset is that of a signature or an attestation: `.sig`, `.asc`, `.sign`,
/// `.minisig`, `.sigstore`, `.sigstore.json`, `.intoto.jsonl` at the end.
bool is_signature(std::string_view asset);

/// All events of one type with their payloads, oldest first.
Async<Result<std::vector<Event>>> events_of(DatabaseService& database, RepoName repo, TimeWindow window,
                                            std::string type);

/// Deployments created in the window, statuses up to its end considered. What is materialised in deployment_metrics
/// counts where no event tells of it; `sources` gets history_source if that was read on arrival (reconstructed.hpp).
Async<Result<std::vector<Deployment>>> deployments_of(DatabaseService& database, RepoName repo, TimeWindow window,
                                                      std::vector<std::string>* sources);

/// Releases published in the window; those of the history where no event tells of them, `sources` as above.
Async<Result<std::vector<Release>>> releases_of(DatabaseService& database, RepoName repo, TimeWindow window,
                                                std::vector<std::string>* sources);

/// Successes / finished deployments; nothing when none finished. A deployment is judged by its last success, failure or
/// error.
std::optional<double> success_rate(std::span<Deployment const> deployments);

std::map<std::string, std::int64_t> count_environments(std::span<Deployment const> deployments);
/// Newest first, at most `most_recent`.
std::vector<DeploymentEntry> list_recent(std::span<Deployment const> deployments);

// ---------------------------------------------------------------------------------------------------------------------
// releases and deployments side by side

struct ReleaseFigures {
    std::int64_t total_count = 0;
    Ratio frequency_per_week;
    std::map<std::string, std::int64_t> release_types;
    std::vector<ReleaseEntry> recent_releases; ///< newest first
};
BOOST_DESCRIBE_STRUCT(ReleaseFigures, (), (total_count, frequency_per_week, release_types, recent_releases))

struct DeploymentFigures {
    std::int64_t total_count = 0;
    Ratio frequency_per_week;
    std::optional<Ratio> success_rate; ///< null when none finished
    std::map<std::string, std::int64_t> environments;
    std::vector<DeploymentEntry> recent_deployments; ///< newest first
};
BOOST_DESCRIBE_STRUCT(DeploymentFigures, (),
                      (total_count, frequency_per_week, success_rate, environments, recent_deployments))

struct ReleaseDeployment {
    std::string repo_name;
    std::optional<std::int64_t> analysis_period_hours;
    ReleaseFigures releases;
    DeploymentFigures deployments;
    std::optional<Ratio> deployment_lead_time; ///< mean hours from a release to the next success; null without a pair
};
BOOST_DESCRIBE_STRUCT(ReleaseDeployment, (),
                      (repo_name, analysis_period_hours, releases, deployments, deployment_lead_time))

/// Mean hours from each release to the first success of a deployment at or after it; releases without one are left out.
std::optional<double> mean_lead_hours(std::span<Release const> releases, std::span<Deployment const> deployments);

ReleaseDeployment measure_releases(std::span<Release const> releases, std::span<Deployment const> deployments,
                                   TimeWindow window);

/// Default window: 720 hours.
Async<Result<Windowed<ReleaseDeployment>>> release_deployment(DatabaseService& database, RepoWindowParams params,
                                                              UtcTime now);

} // namespace gem
