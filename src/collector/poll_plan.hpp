// How often each time line is asked, so that no events are lost and all together stay inside of what GitHub allows.
// Plain logic: it is given the time and what was answered; no clock, no I/O.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collector/poll_schedule.hpp"
#include "github/token_pool.hpp"

namespace gem {

struct BudgetLimits {
    double reserve_share = 0;      ///< of each token's hourly limit, kept from polls for commit details
    double untouched_share = 0.02; ///< of each token's limit, left to whoever uses the token beside us
    double asked_per_minute = 600; ///< by one token, 304 included: GitHub's secondary limit is 900
};

/// What polls may cost from now on. A 304 is asked, but not charged.
struct PollBudget {
    double charged_per_second = 0; ///< if it is to last until the rate limit is renewed
    double asked_per_second = 0;
    std::int64_t spare = 0;           ///< charged requests until then, without the reserve
    std::int64_t urgent = 0;          ///< the same with the reserve: for time lines that would lose events
    std::optional<UtcTime> renewed{}; ///< the first reset of a token whose limit is known
};

PollBudget budget_of(std::span<github::TokenPool::Entry const> tokens, UtcTime now, BudgetLimits const& limits);

/// What was learned of one time line.
struct PollPace {
    double events_per_second = 0;     ///< follows a rise at once, a fall within hours
    std::optional<seconds> floor{};   ///< X-Poll-Interval
    bool paged = false;               ///< it has more than one page: a poll that finds something asks for two at least
    double idle_charge = 0;           ///< how often an answer without anything new was charged, 0–1
    std::optional<seconds> ceiling{}; ///< in place of the common one
};

struct PollNews {
    std::size_t new_events = 0;
    std::optional<seconds> since_previous{}; ///< the last complete poll; empty at the first
    std::optional<seconds> poll_interval{};
    bool gap = false; ///< there were more than GitHub shows
    bool paged = false;
    std::size_t charged = 0; ///< requests that were answered with something else than 304
};

/// The wait of a time line is `target_events` at its own rate, between the floor and the ceiling. If all of these cost
/// more than the budget has, waits are stretched together, by one figure, the tightness: up to 1 towards half an hour
/// and half-way to `most_events`, up to 2 towards six hours and `most_events`, and beyond, as events are lost in any
/// case, all of them in proportion.
class PollPlan {
  public:
    explicit PollPlan(PollLimits limits) : limits_(limits), stretch_(stretch_at(0)) {}

    void note(std::string const& key, PollNews const& news);
    /// What a former process learned.
    void recall(std::string const& key, double events_per_second);
    void forget(std::string const& key) { paces_.erase(key); }
    /// The longest wait of this one while the budget lasts, in place of the common ceiling; nothing: the common one.
    void want(std::string const& key, std::optional<seconds> ceiling);

    /// Fits all waits into the budget. Costs about 20 rounds over all time lines; once a minute is enough.
    void fit(PollBudget const& budget);

    [[nodiscard]] seconds wait(std::string const& key) const;
    /// The share of what GitHub shows that has probably passed since `last_complete`: above 1 events are lost. A half
    /// if nothing is known.
    [[nodiscard]] double urgency(std::string const& key, std::optional<UtcTime> last_complete, UtcTime now) const;
    [[nodiscard]] double events_per_second(std::string const& key) const;

    /// What the polls will probably be charged, as of the last fit().
    [[nodiscard]] double charged_per_second() const { return charged_per_second_; }

    /// 0: every time line gets its own wait. Above 2 the budget does not suffice to keep all events.
    [[nodiscard]] double tightness() const { return tightness_; }

  private:
    struct Cost {
        double charged = 0;
        double asked = 0;
    };
    /// What a tightness means: no wait longer than this, no more events between two polls; and all times the factor.
    struct Stretch {
        double longest = 0; ///< seconds
        double events = 0;
        double factor = 1;
    };
    [[nodiscard]] Stretch stretch_at(double tightness) const;
    [[nodiscard]] double wait_of(PollPace const& pace, Stretch const& stretch) const;
    [[nodiscard]] Cost cost_at(Stretch const& stretch) const;

    PollLimits limits_;
    std::map<std::string, PollPace, std::less<>> paces_;
    double tightness_ = 0;
    double charged_per_second_ = 0;
    Stretch stretch_;
};

} // namespace gem
