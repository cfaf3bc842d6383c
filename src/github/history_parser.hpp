// Reads answers of GitHub's REST API that tell of a repository's past: issues with pull requests, comments, releases,
// deployments with their statuses; and whether strangers may be told of it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/metrics.hpp"
#include "domain/repo_history.hpp"

namespace gem::github {

struct HistoryList {
    HistoryPage page{};
    std::size_t shown = 0; ///< elements of the list, also those that tell nothing
    /// Of those in the list: the latest time by which it is sorted, and the earliest.
    std::optional<UtcTime> latest{};
    std::optional<UtcTime> earliest{};
};

/// `GET /repos/{o}/{r}`: what is internal in an enterprise is private, too.
Result<bool> parse_is_private(std::string_view body);

/// `GET /repos/{o}/{r}/issues`: pull requests too. Times are those of the last change.
Result<HistoryList> parse_issue_list(std::string_view body);

/// `GET /repos/{o}/{r}/issues/comments`: those on issues, without those on pull requests. Times are those of the last
/// change.
Result<HistoryList> parse_comment_list(std::string_view body);

/// `GET /repos/{o}/{r}/releases`, drafts left out. Times are those of creation.
Result<HistoryList> parse_release_list(std::string_view body);

/// `GET /repos/{o}/{r}/deployments`: newest first, all `pending`, without the repository's name.
Result<std::vector<DeploymentMetric>> parse_deployment_list(std::string_view body);

/// `GET /repos/{o}/{r}/deployments/{id}/statuses`: puts the state and the end into the deployment.
Result<void> apply_statuses(std::string_view body, DeploymentMetric& deployment);

} // namespace gem::github
