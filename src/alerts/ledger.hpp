// How an alert goes on from finding to finding, what is told of it and when, and how long it is kept. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "alerts/alert.hpp"
#include "alerts/judge.hpp"

namespace gem::alerts {

/// What becomes of the standing alert of a rule, a repository and a cause.
struct Step {
    AlertRecord record;                ///< in its place
    std::optional<AlertRecord> former; ///< the one that it replaces, to be kept among the past ones
    bool fired = false;                ///< to be told of now: it has begun …
    bool resolved = false;             ///< … or is over
};

/// A finding: nothing if it is known already. The first opens an alert. While that is open, each later one is counted
/// (of a lasting state each hour). After it was resolved, the next one opens it again, and is told of when the
/// cool-down since the last message is over; when it is over already, it is an alert of its own.
std::optional<Step> after_finding(AlertRule const& rule, std::string const& repo,
                                  std::optional<AlertRecord> const& standing, Finding const& finding, UtcTime now);

/// Nobody found it up to `well_until`: resolved if it is open and was last seen before. Told of if its beginning was.
std::optional<Step> after_wellness(AlertRule const& rule, AlertRecord const& standing, UtcTime well_until, UtcTime now);

/// Time has passed: an open alert that was resolved and opened again within the cool-down is told of once that is over.
std::optional<Step> after_time(AlertRule const& rule, AlertRecord const& standing, UtcTime now);

/// As it is left when nobody is to be told of it any more: resolved, without messages on their way. Nothing if it is
/// that already.
std::optional<AlertRecord> after_closing(AlertRecord const& standing, UtcTime now);

// -- Deliveries -------------------------------------------------------------------------------------------------------

inline constexpr seconds first_pause{30};
inline constexpr seconds longest_pause{3600};
inline constexpr seconds gives_up_after{24 * 3600};
inline constexpr std::size_t most_notices = 8; ///< of one alert, waiting; the oldest goes

/// Between attempt number `attempts` and the next: 30 seconds, doubled each time, at most an hour.
seconds pause_after(std::int64_t attempts);

/// The notice to send now, taken into account as one more attempt (so that nobody else sends it meanwhile); nothing if
/// none is due.
std::optional<AlertNotice> begin_attempt(AlertRecord& record, UtcTime now);

enum class Attempt { delivered, failed, given_up };
/// What came of the attempt: `problem` is empty when it was delivered. A day after the message was made the next
/// failure is the last.
Attempt end_attempt(AlertRecord& record, std::string const& notice_id, std::string problem, UtcTime now);

// -- Keeping ----------------------------------------------------------------------------------------------------------

inline constexpr std::size_t most_alerts = 1000;
inline constexpr days alerts_kept{90};

/// Which of them go: resolved ones last seen more than 90 days ago, and the oldest resolved ones beyond 1,000 in all.
std::vector<std::size_t> to_remove(std::span<AlertRecord const> alerts, UtcTime now);

} // namespace gem::alerts
