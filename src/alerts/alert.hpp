// Alerts: what a rule found, while it lasts and after, and the messages about it that are on their way.
//
// Keys in the store:
//   alert_rule#ID                  AlertRule
//   alert#now#RULE#OWNER/NAME#HASH AlertRecord: the latest of a rule, a repository and a cause (HASH is the cause's)
//   alert#past#FIRED#ID            AlertRecord: those that another one followed
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "alerts/rule.hpp"

namespace gem::alerts {

/// As it is told to others.
struct Alert {
    std::string id;
    std::string rule_id;
    std::string name; ///< the rule's
    std::string kind;
    std::string repo;
    std::string cause;                   ///< what it is about: `spike PushEvent`, `production`, `health` …
    std::optional<std::string> severity; ///< of an anomaly
    std::optional<Score> value;          ///< what was seen when it fired …
    std::optional<Score> threshold;      ///< … and what it was held against
    std::string message;
    std::string state = "open"; ///< open, resolved
    std::int64_t count = 1;     ///< how often it was seen: hours, failures
    UtcTime fired_at{};
    UtcTime last_seen_at{};
    std::optional<UtcTime> resolved_at;
};
BOOST_DESCRIBE_STRUCT(Alert, (),
                      (id, rule_id, name, kind, repo, cause, severity, value, threshold, message, state, count,
                       fired_at, last_seen_at, resolved_at))

/// How the latest message about an alert fares.
struct AlertDelivery {
    std::string status = "none"; ///< none (no URL), pending, delivered, given_up
    std::int64_t attempts = 0;
    std::optional<UtcTime> last_attempt_at;
    std::string error; ///< of the last attempt; empty when it was delivered
};
BOOST_DESCRIBE_STRUCT(AlertDelivery, (), (status, attempts, last_attempt_at, error))

struct AlertItem : Alert {
    AlertDelivery delivery;
};
BOOST_DESCRIBE_STRUCT(AlertItem, (Alert), (delivery))

/// A message on its way.
struct AlertNotice {
    std::string id;    ///< of the delivery, the same in every attempt
    std::string event; ///< alert.fired, alert.resolved
    std::string body;
    UtcTime created_at{};
    std::int64_t attempts = 0;
    UtcTime next_attempt_at{};
};
BOOST_DESCRIBE_STRUCT(AlertNotice, (), (id, event, body, created_at, attempts, next_attempt_at))

/// As it is stored.
struct AlertRecord : AlertItem {
    std::string told;                 ///< what the last message was: empty, fired, resolved
    UtcTime told_at{};                ///< when the last message `fired` was
    std::vector<AlertNotice> notices; ///< not yet delivered, oldest first
};
BOOST_DESCRIBE_STRUCT(AlertRecord, (AlertItem), (told, told_at, notices))

inline constexpr std::string_view rule_prefix = "alert_rule#";
inline constexpr std::string_view alert_prefix = "alert#";
inline constexpr std::string_view standing_prefix = "alert#now#";

std::string rule_key(std::string_view rule_id);
/// Of the alerts of one rule.
std::string standing_prefix_of(std::string_view rule_id);
std::string standing_key(Alert const& alert);
std::string standing_key(std::string_view rule_id, std::string_view repo, std::string_view cause);
std::string past_key(Alert const& alert);

/// `PREFIX-` and twelve random hexadecimal digits.
std::string new_id(std::string_view prefix);
/// A random UUID.
std::string new_delivery_id();

} // namespace gem::alerts
