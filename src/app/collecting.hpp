// The parts that collect, put together: HTTP client, GitHub client, watch list, collector.
#pragma once

#include <optional>
#include <random>

#include "app/settings.hpp"
#include "collector/collector.hpp"
#include "collector/monitors.hpp"
#include "collector/watch_list.hpp"
#include "github/client.hpp"
#include "http/client.hpp"
#include "storage/database_service.hpp"

namespace gem {

/// For one event loop. `database`, `clock` and `log` outlive it; what it has under way does not.
class Collecting {
  public:
    enum class Use {
        serve,     ///< writes what a restart needs, times alone now and then; by itself as POLL says
        collect,   ///< the same; with nothing named it asks everybody's time line
        on_demand, ///< cycles only when somebody asks for one: holds no target in between
        one_cycle  ///< collect --once: writes everything at once; with nothing named it asks everybody's time line
    };
    Collecting(DatabaseService& database, Settings const& settings, Clock const& clock, Log& log, Use use);

    [[nodiscard]] Collector& collector() { return collector_; }
    [[nodiscard]] WatchList& watch_list() { return watch_list_; }
    [[nodiscard]] Monitors& monitors() { return monitors_; }
    [[nodiscard]] http::HttpClient& http() { return http_; }
    /// As the configuration names them.
    [[nodiscard]] std::vector<std::string> const& configured() const { return configured_; }

  private:
    std::vector<std::string> configured_;
    std::mt19937_64 random_;
    http::CurlClient http_;
    github::GitHubClient github_;
    WatchList watch_list_;
    Monitors monitors_;
    Collector collector_;
};

/// How much is done after a cycle of what else there is to ask: at most so many turns of Collector::pay_debts() and of
/// Collector::fill_history().
struct FollowUp {
    int details_turns = 1;
    int history_turns = 1;
};

/// A cycle where nothing polls by itself, and what it owes: commits, and the past of what is newly watched. Either ends
/// with the first turn that fails or gets nowhere.
Async<Result<CollectReport>> collect_and_follow_up(Collector& collector, std::optional<std::size_t> limit,
                                                   FollowUp turns);

/// One cycle over the configured targets and the watch list, or over everybody's time line where there are neither.
Result<CollectReport> collect_once(Settings const& settings, std::optional<std::size_t> limit, Clock const& clock,
                                   Log& log);

/// Polls until SIGINT or SIGTERM.
Result<void> collect_until_signal(Settings const& settings, Clock const& clock, Log& log);

} // namespace gem
