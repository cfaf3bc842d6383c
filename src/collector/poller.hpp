// One poll of one time line: pages in, new events stored, what may have been missed written down.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "collector/commit_details.hpp"
#include "collector/poll_plan.hpp"
#include "collector/poll_schedule.hpp"
#include "collector/poll_state.hpp"
#include "github/client.hpp"
#include "storage/database_service.hpp"
#include "storage/private_repositories.hpp"

namespace gem {

/// What became of one target in one cycle.
struct TargetReport {
    std::string target;
    /// `fresh`, `not_modified`, `parked`, `rate_limited`, `refused`, `failed`; `waiting`: GitHub asked for a pause that
    /// is not over; `postponed`: not asked, since GitHub did not answer others; `elsewhere`: another collector asks,
    /// or has begun to while we did, or nobody wants it asked any more, and nothing of it was written.
    std::string outcome;
    std::size_t events_collected = 0; ///< that GitHub sent
    std::size_t inserted = 0;
    std::size_t duplicates = 0;
    std::size_t expired = 0;
    std::size_t rejected = 0; ///< not readable, or not storable
    std::size_t asked = 0;    ///< requests that GitHub answered …
    std::size_t charged = 0;  ///< … and of these the ones that were no 304
    std::size_t timed = 0;    ///< new events since an earlier poll …
    seconds latency_sum{0};   ///< … and how long before their poll they happened, added up
    bool gap = false;         ///< events may have been missed before this poll
    std::string message;      ///< for a person; empty when all is well
    std::optional<UtcTime> next_poll;
    bool store_failed = false; ///< it is the database that failed, not GitHub
    [[nodiscard]] bool failed() const { return outcome == "failed" || outcome == "refused"; }
};

/// Not for several polls of one target at once.
class Poller {
  public:
    /// `beyond_state`: something is to be written that a repository which is no longer watched must not leave.
    using MayWrite = std::function<Async<Result<bool>>(bool beyond_state)>;
    struct Options {
        PollLimits limits{};
        int max_pages = 3;
    };
    /// `plan` is told what each poll brought, and tells how long to wait.
    /// `details` are told of pushes before these are stored.
    Poller(DatabaseService& database, github::GitHubClient& github, PollPlan& plan, CommitDetails& details,
           Clock const& clock, Log& log, std::function<double()> dice, Options options);

    /// Events are durable before `state` says so: with a crash in between they are only asked for once more. `limit`
    /// bounds the events taken; the state moves on only if none was left over. `may_write` is asked before anything is
    /// written; when it says no, `state` is of no use any more.
    Async<TargetReport> poll(github::EventTarget target, PollState& state, std::optional<std::size_t> limit,
                             MayWrite may_write);

  private:
    struct Harvest;
    Async<Harvest> fetch(github::EventTarget const& target, PollState& state, std::optional<std::size_t> limit);
    Async<github::EventsPage> first_page(github::EventTarget const& target, PollState& state,
                                         github::PageRequest& request, Harvest& harvest);
    Async<Result<void>> store(Harvest& harvest, TargetReport& report, bool watched);
    void settle(Harvest const& harvest, PollState& state, TargetReport const& report, UtcTime started);
    PollStep next_step(std::string const& key, Harvest const& harvest, PollState const& state, UtcTime started,
                       bool gap);
    static UtcTime covered_since(github::EventTarget const& target, Harvest const& harvest, UtcTime now);
    Async<Result<void>> write_coverage(std::string target_key, PollState const& state, bool gap, UtcTime now,
                                       UtcTime covered_from);
    Async<Result<void>> put(std::string key, JsonText value, bool replace);

    DatabaseService& database_;
    github::GitHubClient& github_;
    Clock const& clock_;
    Log& log_;
    std::function<double()> dice_;
    PollPlan& plan_;
    CommitDetails& details_;
    PrivateRepositories private_;
    Options options_;
    PollSchedule schedule_;
};

} // namespace gem
