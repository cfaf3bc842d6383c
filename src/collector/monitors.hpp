// Monitors: repositories that somebody wants polled for a while, at a pace of their own, and events of some types of
// them. Kept in the store, so that they outlive the process.
//
// Keys: monitor#ID {"id","repo","interval_seconds","types","state","created_at","stopped_at","last_poll"}; monitor_ids
// {"last"}.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "collector/watch_list.hpp"
#include "domain/repo_name.hpp"
#include "storage/database_service.hpp"

namespace gem {

struct Monitor {
    std::string id; ///< `m-0001`; none is ever given twice
    std::string repo;
    std::int64_t interval_seconds = 0; ///< the longest wait between two polls, as long as the rate limit suffices
    std::vector<std::string> types{};  ///< of the events it is about, sorted; empty: all
    std::string state = "running";     ///< `running`, `stopped`
    UtcTime created_at{};
    std::optional<UtcTime> stopped_at{};
    std::optional<UtcTime> last_poll{}; ///< of a stopped one: what was known of it then

    [[nodiscard]] bool running() const { return state == "running"; }
    [[nodiscard]] bool is_about(std::string_view type) const;
};
BOOST_DESCRIBE_STRUCT(Monitor, (), (id, repo, interval_seconds, types, state, created_at, stopped_at, last_poll))

inline constexpr std::size_t most_monitors = 1000;

/// not_found, in words.
std::unexpected<Error> no_such_monitor(std::string_view id);

/// Those about the repository, running or not. Returns how many there were.
Async<Result<std::int64_t>> remove_monitors_of(DatabaseService& database, RepoName repo);

/// Whether a running one is about the repository.
Async<Result<bool>> is_monitored(DatabaseService& database, RepoName repo);

/// For one event loop.
class Monitors {
  public:
    /// `changed` is called after each change in this process; may be empty. `watch_list` tells who else wants a
    /// repository polled, and knows polls that are not written yet.
    Monitors(DatabaseService& database, Clock const& clock, std::function<void()> changed, WatchList& watch_list)
        : database_(database), clock_(clock), changed_(std::move(changed)), watch_list_(watch_list) {}

    /// By id.
    Async<Result<std::vector<Monitor>>> list();
    /// not_found if there is none.
    Async<Result<Monitor>> find(std::string id);
    /// A new one, even if there is an equal one. invalid_argument beyond most_monitors.
    Async<Result<Monitor>> add(RepoName repo, seconds interval, std::vector<std::string> types);
    /// It stays, with its events; the repository is no longer polled for it. Unless others want it polled, nobody
    /// vouches any more that its events are whole. Idempotent; not_found if there is none.
    Async<Result<Monitor>> stop(std::string id);
    /// Stored events stay; else as stop(), which it does first. not_found if there is none.
    Async<Result<void>> remove(std::string id);

    /// When the repository was last polled, by whichever process; nothing if it never was.
    Async<Result<std::optional<UtcTime>>> last_poll(Monitor monitor);

    /// The repositories of running monitors, each with the shortest interval.
    Async<Result<std::map<RepoName, seconds>>> wanted();
    /// Changes with each change in this process.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }

  private:
    Async<Result<Monitor>> ended(Monitor monitor);
    Async<Result<std::string>> next_id();
    void tell();

    DatabaseService& database_;
    Clock const& clock_;
    std::function<void()> changed_;
    WatchList& watch_list_;
    std::uint64_t generation_ = 0;
};

} // namespace gem
