// The collector: who is polled, when, one cycle at a time, by itself (run) or because somebody asks (collect_once).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "collector/history_filler.hpp"
#include "collector/membership.hpp"
#include "collector/monitors.hpp"
#include "collector/one_at_a_time.hpp"
#include "collector/poller.hpp"
#include "collector/watch_list.hpp"

namespace gem {

struct CollectorOptions {
    /// What the configuration names. Repositories that people added are polled beside; with neither it is everybody's
    /// time line (`public`).
    std::vector<github::EventTarget> targets{};
    Poller::Options poller{};
    BudgetLimits budget{};
    CommitDetails::Options details{};
    HistoryFiller::Options history{};
    LeaseOptions lease{}; ///< without an id this is the only collector
    /// Whether run() polls everybody's time line when nobody is named; collect_once() does so in any case.
    bool run_for_everybody = true;
    /// ETags and times are written this often, after so many new events, and with the first complete poll of each hour
    /// (which completes what is said of the hour before): a killed process costs its successor a few charged requests,
    /// no events. What a restart needs is written at once. Zero: always (for a single cycle).
    seconds state_flush = minutes(10);
    std::size_t state_flush_events = 100;
    /// The other targets of a cycle are put off after so many in a row that GitHub did not answer.
    std::size_t give_up_after = 3;
};

/// The repositories among `targets`: what a WatchList is told to be configured.
std::vector<RepoName> repositories_among(std::vector<github::EventTarget> const& targets);

/// One cycle. `new_events` of the API is `inserted`.
struct CollectReport {
    UtcTime started{};
    UtcTime finished{};
    std::size_t events_collected = 0;
    std::size_t new_events = 0;
    std::size_t duplicate_events = 0;
    std::size_t inserted = 0;
    std::size_t expired = 0;
    std::size_t rejected = 0;
    std::vector<TargetReport> targets; ///< in the order in which they were asked
    std::vector<std::string> errors;   ///< the messages of those that failed
    /// Whether something was asked and nothing of it was answered.
    [[nodiscard]] bool all_failed() const;
};

struct CollectorStatus {
    std::string status;               ///< `healthy`, `degraded` (some target fails, see reason), `idle` (nothing polls)
    std::string reason;               ///< empty unless degraded
    std::optional<UtcTime> last_poll; ///< when GitHub last answered
    bool running = false;
    std::vector<std::string> targets; ///< of the last cycle
    std::size_t parked = 0;
    std::size_t failing = 0;
    std::string api_base;
    std::size_t tokens = 0; ///< how many are configured
    double tightness = 0;   ///< PollPlan::tightness()
};

/// What was done since the start.
struct CollectorFigures {
    std::map<std::string, std::uint64_t> polls; ///< by TargetReport::outcome
    std::uint64_t requests = 0;                 ///< for time lines, that GitHub answered …
    std::uint64_t charged = 0;                  ///< … and of these the ones that were no 304
    std::uint64_t inserted = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t gaps = 0;
    std::uint64_t timed_events = 0; ///< events that a later poll than a target's first brought …
    std::uint64_t latency_sum = 0;  ///< … and the seconds from their happening to that poll, added up
    std::optional<seconds> lag{}; ///< since the last complete poll of the target that waits longest, parked ones aside
    std::size_t collectors = 1;   ///< at work on this store, as of the last look
    std::size_t asked_elsewhere = 0; ///< targets that another one asks
    CommitDetailsFigures details{};
    HistoryFigures history{};
};

/// For one event loop.
class Collector {
  public:
    /// `dice` gives numbers in [0, 1) for jitter. All outlive the collector.
    Collector(DatabaseService& database, github::GitHubClient& github, WatchList& watch_list, Clock const& clock,
              Log& log, std::function<double()> dice, CollectorOptions options);

    /// Polls what running monitors name, too. Before the first cycle; `monitors` outlives the collector.
    void follow(Monitors& monitors) { monitors_ = &monitors; }

    /// Asks every target now, but for those that are parked or that GitHub wants left alone for a while
    /// (X-Poll-Interval, rate limit); waits for a cycle under way. `limit`: events taken of each target at most. Fails
    /// only if the store cannot be read; what became of each target is in the report.
    Async<Result<CollectReport>> collect_once(std::optional<std::size_t> limit = std::nullopt);

    /// Polls what is due until cancelled; then returns, with nothing under way.
    Async<void> run();

    /// Fetches commits that pushes owe, as far as the budget goes; a turn of run() does some.
    Async<Result<void>> pay_debts();
    /// Whether pay_debts() would find something to do now.
    [[nodiscard]] bool owes_commits() const { return details_.due(); }

    /// Whether it is for us to pay what pushes to that repository (RepoName::key()) owe.
    [[nodiscard]] bool is_ours_to_pay(std::string_view repo) const;

    /// Asks for the past of repositories that are newly watched, as far as regular polls leave a budget; a turn of
    /// run() does some. Those that no poll has answered yet wait for one.
    Async<Result<void>> fill_history();
    /// Whether fill_history() would find something to ask for now, of what it knows.
    [[nodiscard]] bool lacks_history() const { return history_.due(); }

    /// Notes what pushes to watched repositories owe that came another way than by a poll; before they are stored.
    Async<Result<void>> note_pushes(std::vector<Event> events);

    /// Writes the state that was not yet written, so that the next process goes on exactly here, and gives all back to
    /// the other collectors. After run().
    Async<Result<void>> flush();

    /// Looks at the watch list and at what is due without waiting for the next turn.
    void wake();

    [[nodiscard]] CollectorStatus status() const;
    [[nodiscard]] CollectorFigures figures() const;
    [[nodiscard]] github::TokenPool const& tokens() const { return github_.tokens(); }
    [[nodiscard]] std::optional<UtcTime> last_poll() const { return last_poll_; }
    /// When run() looks again.
    [[nodiscard]] seconds until_next() const;

    /// Asks what is due now: one turn of run().
    Async<Result<CollectReport>> collect_due() { return cycle(Which::due, std::nullopt); }

  private:
    struct Tracked {
        github::EventTarget target;
        PollState state;
        std::int64_t version = 0;                   ///< in the store; 0: not there
        std::optional<UtcTime> written{};           ///< when, by us
        std::size_t unwritten_events = 0;           ///< new since then
        std::optional<UtcTime> complete_in_store{}; ///< PollState::last_complete as the store has it
        UtcTime held_until{};                       ///< put off: others did not get an answer, or the budget is spent
        bool configured = true;                     ///< else people added it while we run: every collector knows of it
        std::optional<seconds> ceiling{};           ///< that monitors want
    };
    enum class Which { due, all };

    /// Charged requests until the rate limit is renewed.
    struct LeftOver {
        std::int64_t urgent = 0;    ///< PollBudget::urgent, polls included
        std::int64_t spare = 0;     ///< PollBudget::spare, without what polls will take
        std::int64_t for_polls = 0; ///< that they will take
    };
    [[nodiscard]] LeftOver left_over_by_polls() const;
    CommitDetails::Options details_options();
    [[nodiscard]] LeaseOptions lease_options() const;

    /// Does it when nothing else is under way; where this collector works only now and then it gives everything back
    /// afterwards, whatever came of it.
    template <class T>
    Async<Result<T>> in_turn(Async<Result<T>> work) {
        auto const turn = co_await one_cycle_.take();
        auto done = co_await std::move(work);
        if (!options_.lease.one_cycle) co_return done;
        auto const left = co_await membership_.leave();
        if (done && !left) co_return fail(left.error());
        co_return done;
    }
    Async<Result<CollectReport>> cycle(Which which, std::optional<std::size_t> limit);
    Async<Result<CollectReport>> one_cycle(Which which, std::optional<std::size_t> limit);
    Async<Result<void>> pay_some_debts();
    Async<Result<void>> fill_some_history();
    Async<Result<void>> refresh();
    Async<Result<void>> add_monitored(std::map<std::string, Tracked>& targets);
    [[nodiscard]] std::uint64_t wishes() const;
    [[nodiscard]] bool is_to_be_written(Tracked const& tracked, UtcTime now) const;
    Async<Result<void>> keep_lease();
    Async<Result<void>> hand_over();
    Async<Result<bool>> hold(Tracked& tracked);
    /// Reads what is in the store in place of what we know. False if it is there no more.
    Async<Result<bool>> reread(Tracked& tracked);
    [[nodiscard]] bool is_elsewhere(Tracked const& tracked) const;
    [[nodiscard]] bool is_to_be_ours(Tracked const& tracked) const;
    [[nodiscard]] UtcTime due_at(Tracked const& tracked) const;
    std::vector<Tracked*> in_order(Which which);
    /// Why this one is not asked now; nothing if it is to be.
    std::optional<TargetReport> skip(Which which, Tracked& tracked, std::size_t unanswered);
    void fit_plan();
    void tell(TargetReport const& one);
    void count(TargetReport const& one);
    Async<Result<bool>> may_write(Tracked const& tracked, bool beyond_state);
    Async<TargetReport> poll(Tracked& tracked, std::optional<std::size_t> limit);
    Async<Result<void>> persist(Tracked& tracked, PollState const& before, bool ending = false);
    Async<std::optional<std::string>> turn();
    [[nodiscard]] bool only_when_asked(Tracked const& tracked) const;
    void add_up(CollectReport& report, TargetReport one) const;

    DatabaseService& database_;
    github::GitHubClient& github_;
    WatchList& watch_list_;
    Monitors* monitors_ = nullptr;
    Clock const& clock_;
    Log& log_;
    CollectorOptions options_;
    PollPlan plan_;
    Membership membership_;
    CommitDetails details_;
    HistoryFiller history_;
    Poller poller_;
    OneAtATime one_cycle_;

    std::map<std::string, Tracked> tracked_;            // by EventTarget::key()
    std::map<std::string, std::string> held_elsewhere_; // the holders of what others track and we do not, by the same
    std::optional<UtcTime> fitted_;                     // when the plan was
    bool short_of_budget_ = false;
    CollectorFigures figures_;
    std::optional<UtcTime> refreshed_;
    std::uint64_t refreshed_generation_ = 0;
    std::uint64_t shared_among_ = 0; // Membership::generation() of the last handing over
    int looks_for_shares_ = 0;       // so often more is looked whether others have handed over
    std::optional<UtcTime> last_poll_;
    std::string store_problem_; // of the last cycle
    bool running_ = false;
    bool woken_ = false;
    asio::steady_timer* pause_ = nullptr; // while run() waits
};

} // namespace gem
