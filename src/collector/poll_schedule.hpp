// When one time line is asked next. Plain logic: it is given the time, what was last answered and a die, and returns
// what to do; no clock, no I/O. How long the wait is when all is well says the plan (poll_plan.hpp).
#pragma once

#include <cstddef>
#include <optional>

#include "base/time.hpp"

namespace gem {

struct PollLimits {
    seconds ceiling = minutes(5);        ///< POLL_INTERVAL: as long as the budget lasts nothing is asked less often
    seconds floor = minutes(1);          ///< until GitHub says otherwise (X-Poll-Interval)
    std::size_t target_events = 100;     ///< wanted between two polls: a third of the 300 that GitHub shows
    std::size_t most_events = 250;       ///< accepted between two polls when the budget is short
    seconds first_retry = seconds(15);   ///< doubles with each failure in a row …
    seconds longest_retry = minutes(15); ///< … up to this
    seconds look_at_parked = hours(24);  ///< a parked one is asked this often whether it is back
};

enum class PollOutcome {
    fresh,        ///< new or known events came, all of them stored
    not_modified, ///< 304
    gone,         ///< 404, 410, 451
    rate_limited, ///< retry_at says how long
    refused,      ///< GitHub does not want the request: a person has to look
    failed,       ///< no answer, a server error, damaged; or our own store failed
};

struct PollAnswer {
    PollOutcome outcome = PollOutcome::failed;
    std::optional<seconds> poll_interval{}; ///< X-Poll-Interval
    std::optional<UtcTime> retry_at{};      ///< Retry-After or the reset
};

struct PollStep {
    UtcTime next_poll{};  ///< when to ask by ourselves
    UtcTime not_before{}; ///< not even when a person asks: GitHub said so
    std::int64_t failures = 0;
    bool parked = false;
};

class PollSchedule {
  public:
    explicit PollSchedule(PollLimits limits) : limits_(limits) {}

    /// `planned`: the wait when all is well. `failures`: in a row so far. `dice`: in [0, 1), evenly.
    [[nodiscard]] PollStep after(UtcTime now, PollAnswer const& answer, seconds planned, std::int64_t failures,
                                 double dice) const;

  private:
    PollLimits limits_;
};

} // namespace gem
