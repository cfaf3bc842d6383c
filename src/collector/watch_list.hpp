// Which repositories are watched: those that the configuration names and those that people added while it runs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "domain/repo_name.hpp"
#include "storage/database_service.hpp"

namespace gem {

struct WatchedRepository {
    RepoName repo;
    std::string state = "watched"; ///< `watched`, `parked`
    std::string reason;            ///< why parked, or what went wrong last; empty when all is well
    std::optional<UtcTime> next_poll;
    std::optional<UtcTime> last_poll; ///< when GitHub last answered
    bool from_configuration = false;
    std::optional<UtcTime> added_at; ///< of those that people added
};

/// The list is kept in the store; what the collector knows better by now is laid over it. For one event loop.
class WatchList {
  public:
    /// `configured`: the repositories among TARGET_REPOSITORIES.
    WatchList(DatabaseService& database, Clock const& clock, std::vector<RepoName> configured);

    /// By name, lower case ascending.
    Async<Result<std::vector<WatchedRepository>>> list();
    /// Nothing if it is not watched.
    Async<Result<std::optional<WatchedRepository>>> find(RepoName repo);
    /// Idempotent; a parked one is tried again at once. At most 10,000 (invalid_argument).
    Async<Result<WatchedRepository>> add(RepoName repo);
    /// Stored events stay. not_found if it is not watched; conflict if the configuration names it.
    Async<Result<void>> remove(RepoName repo);

    /// After somebody no longer wants it polled: if nobody else does (list, monitors, the configuration of this process
    /// or of a collector that is at work), what is known of its polls goes, and with it what they vouched for. A record
    /// that nobody goes on with would be a gap in every answer about everything. Stored events stay.
    Async<Result<void>> let_go(RepoName repo);

    /// Names in the store, without what is known of their polls; those of the configuration are not among them.
    Async<Result<std::vector<RepoName>>> added();

    /// What the collector has just learned; shown until it tells anew.
    struct Progress {
        std::optional<UtcTime> next_poll;
        std::optional<UtcTime> last_poll;
        bool parked = false;
        std::string reason;
    };
    void note(std::string const& key, Progress progress) { progress_[key] = std::move(progress); }
    /// What the collector of this process has learned last of that target, watched or not; nothing if it never told.
    [[nodiscard]] Progress const* progress(std::string const& key) const;
    /// Changes with each add and remove in this process.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }

  private:
    [[nodiscard]] bool configured(RepoName const& repo) const;
    Async<Result<void>> forget_polls(RepoName repo);
    void lay_over(WatchedRepository& repository) const;

    DatabaseService& database_;
    Clock const& clock_;
    std::vector<RepoName> configured_;
    std::map<std::string, Progress> progress_; // by RepoName::key()
    std::uint64_t generation_ = 0;
};

} // namespace gem
