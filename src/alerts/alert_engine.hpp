// The job that judges the rules turn by turn and delivers what they found.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "alerts/alert_store.hpp"
#include "alerts/figures.hpp"
#include "alerts/ledger.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "http/client.hpp"

namespace gem::alerts {

/// What the job counts since the start of the process.
struct AlertCounts {
    std::map<std::string, std::int64_t> fired;    ///< by kind of rule
    std::map<std::string, std::int64_t> resolved; ///< by kind of rule
    std::int64_t delivered = 0;
    std::int64_t failed = 0; ///< attempts
    std::int64_t given_up = 0;
    std::int64_t errors = 0; ///< rules that could not be judged, stores that did not answer
    std::int64_t rules = 0;  ///< enabled ones now
    std::int64_t open = 0;   ///< alerts now
};

struct EngineOptions {
    seconds interval{60};
    seconds delivery_deadline{10};
    bool private_addresses = false; ///< whether messages may go to an address that is not public
    /// The repositories of rules that name none.
    std::function<Async<Result<std::vector<AlertScope>>>()> watched;
};

/// For one event loop; what it is given outlives it. `client` uses no proxy unless private addresses are allowed.
class AlertEngine {
  public:
    AlertEngine(DatabaseService& database, http::HttpClient& client, Clock const& clock, Log& log,
                EngineOptions options);

    /// Judges every `interval` until it is cancelled. Without a rule that is one small read.
    Async<void> run();
    /// Delivers what run() found due, until it is cancelled: beside it, so that a slow receiver holds no judgement up.
    Async<void> run_deliveries();

    /// One turn: what is due of the rules, all of them the first time. Errors are in the log and in counts().
    Async<void> judge_all();
    /// What is due of the deliveries that the last turn knew of.
    Async<void> deliver_due();

    [[nodiscard]] AlertCounts const& counts() const { return counts_; }

  private:
    using Standing = std::map<std::string, StoredAlert>;

    Async<Result<void>> turn();
    Async<Result<void>> judge_rule(AlertRule const& rule, AlertScope scope, Standing& standing);
    /// Writes the step; false when another process was quicker.
    Async<Result<bool>> take(AlertRule const& rule, Step step, Standing& standing);
    Async<Result<void>> close_orphans(Standing& standing);
    /// What a rule about every watched repository found about those that are not watched any more.
    Async<Result<void>> close_unwatched(AlertRule const& rule, std::vector<AlertScope> const& scopes,
                                        Standing& standing);
    Async<Result<std::vector<AlertScope>>> scopes_of(AlertRule const& rule);
    [[nodiscard]] bool is_due(AlertRule const& rule) const;
    void note_due(Standing const& standing);
    void tell_log(AlertRecord const& record, bool fired);

    /// Sends the messages of one alert that are due; false when the receiver did not take one.
    Async<Result<bool>> deliver(std::string key);
    /// What went wrong; empty when the receiver took it.
    Async<std::string> send(AlertRule const& rule, AlertNotice const& notice);
    Async<Result<void>> write_outcome(std::string key, AlertNotice const& notice, std::string problem);

    DatabaseService& database_;
    AlertStore store_;
    http::HttpClient& client_;
    Clock const& clock_;
    Log& log_;
    EngineOptions options_;
    AlertCounts counts_;
    std::map<std::string, UtcTime> judged_;  ///< when each rule was last judged
    std::map<std::string, AlertRule> rules_; ///< enabled ones, as of the last turn
    std::set<std::string> due_;              ///< keys of alerts with messages on their way
    std::optional<UtcTime> trimmed_;
    asio::steady_timer* wake_ = nullptr; ///< of run_deliveries()
};

} // namespace gem::alerts
