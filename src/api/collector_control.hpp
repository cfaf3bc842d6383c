// What the API needs of whoever collects events. The composition root puts the collector behind it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/repo_name.hpp"

namespace gem::api {

/// What one collection cycle brought.
struct CollectOutcome {
    std::string status = "completed"; ///< `completed`, `partial` (some targets failed), `failed`
    std::int64_t events_collected = 0;
    std::int64_t new_events = 0;
    std::int64_t duplicate_events = 0;
    std::int64_t inserted = 0;
    std::string reason{};                 ///< when failed: what GitHub answered, or why it could not be asked
    std::optional<seconds> retry_after{}; ///< when failed: until GitHub is to be asked again, if that is known
};

/// A repository of the watch list.
struct WatchedRepo {
    std::string repo;
    std::string state = "watched"; ///< `watched`, `parked`
    std::string reason;            ///< why it is parked; empty otherwise
    std::optional<UtcTime> last_poll;
    std::optional<UtcTime> next_poll;
    bool from_configuration = false; ///< named by TARGET_REPOSITORIES: cannot be removed while running
};

/// A figure of the collector for `/metrics`.
struct CollectorFigure {
    std::string name; ///< `gem_…`; rows of one name stand together
    std::string help;
    bool counter = false;
    std::vector<std::pair<std::string, std::string>> labels{};
    double value = 0;
};

/// Called on the server's one thread.
class CollectorControl {
  public:
    virtual ~CollectorControl() = default;
    /// One cycle now, or the result of the one under way; at most `limit` events where that is given. An error is the
    /// store's; what GitHub refused is in the outcome.
    virtual Async<Result<CollectOutcome>> collect_now(std::optional<std::int64_t> limit) = 0;
    /// `healthy`, `degraded`, `idle` …: what /health shows as collector_status.
    [[nodiscard]] virtual std::string status() const = 0;
    [[nodiscard]] virtual std::optional<UtcTime> last_poll() const = 0;
    /// What is collected, as it was configured or added: `owner/name`, `org:NAME`, `user:NAME`.
    [[nodiscard]] virtual std::vector<std::string> targets() const = 0;

    /// What Prometheus is told.
    [[nodiscard]] virtual std::vector<CollectorFigure> figures() const { return {}; }

    /// The watch list by lower-case name.
    virtual Async<Result<std::vector<WatchedRepo>>> watched() = 0;
    virtual Async<Result<std::optional<WatchedRepo>>> find_watched(RepoName repo) = 0;
    /// Adds it; the entry, and whether it is new. Adding what is there changes nothing.
    virtual Async<Result<std::pair<WatchedRepo, bool>>> watch(RepoName repo) = 0;
    /// not_found if it is not watched, conflict if the configuration names it.
    virtual Async<Result<void>> unwatch(RepoName repo) = 0;
};

} // namespace gem::api
