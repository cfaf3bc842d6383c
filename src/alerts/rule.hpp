// Alert rules: what is watched for, where, and who is told.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace gem::alerts {

/// - anomaly: an hour of far more or fewer events than expected (METRICS.md), of at least `severity`, among the last
///   `hours`
/// - health_below: the health score over `hours` is below `threshold`
/// - silence: no event for `hours`
/// - failed_deployment: the latest finished deployment of an environment, created in the last `hours`, failed
/// - coverage_gap: more than `threshold` minutes of the last `hours` for which nobody vouches
inline constexpr std::array<std::string_view, 5> rule_kinds = {"anomaly", "health_below", "silence",
                                                               "failed_deployment", "coverage_gap"};
inline constexpr std::array<std::string_view, 3> severities = {"low", "medium", "high"};

inline constexpr std::size_t longest_name = 200;
inline constexpr std::size_t longest_url = 2000;

/// As it is stored. What a kind has no use for is empty.
struct AlertRule {
    std::string id;
    std::string name;
    std::string kind;
    std::optional<std::string> repo; ///< empty: every watched repository
    std::int64_t hours = 0;
    std::optional<std::int64_t> threshold;
    std::optional<std::string> severity;
    std::optional<std::string> event_type;  ///< anomaly: of this type alone
    std::optional<std::string> environment; ///< failed_deployment: see is_environment()
    std::string url;                        ///< empty: the log alone is told
    std::string secret;                     ///< empty: messages are not signed
    std::int64_t cool_down_minutes = 60;    ///< between two messages that the same has begun
    bool enabled = true;
    UtcTime created_at{};
};
BOOST_DESCRIBE_STRUCT(AlertRule, (),
                      (id, name, kind, repo, hours, threshold, severity, event_type, environment, url, secret,
                       cool_down_minutes, enabled, created_at))

/// What is wished of a rule; what is left out gets the default of its kind, or stays as it is where there is a rule.
struct RuleChange {
    std::optional<std::string> name;
    std::optional<std::string> repo;
    std::optional<std::int64_t> hours;
    std::optional<std::int64_t> threshold;
    std::optional<std::string> severity;
    std::optional<std::string> event_type;
    std::optional<std::string> environment;
    std::optional<std::string> url;
    std::optional<std::string> secret;
    std::optional<std::int64_t> cool_down_minutes;
    std::optional<std::string> enabled; ///< `true` or `false`
};
BOOST_DESCRIBE_STRUCT(RuleChange, (),
                      (name, repo, hours, threshold, severity, event_type, environment, url, secret, cool_down_minutes,
                       enabled))

/// A new rule.
struct RuleDraft : RuleChange {
    std::string kind;
};
BOOST_DESCRIBE_STRUCT(RuleDraft, (RuleChange), (kind))

/// The rule, without id and time; invalid_argument names the member, its limits for this kind and what was given.
/// `private_addresses`: whether a URL may name one.
Result<AlertRule> rule_of(RuleDraft draft, bool private_addresses);

/// The rule as it is afterwards; its kind, id and time stay. Errors as of rule_of().
Result<AlertRule> changed_rule(AlertRule const& rule, RuleChange change, bool private_addresses);

/// Whether both look for the same at the same places, so that what one found holds for the other.
bool judges_alike(AlertRule const& one, AlertRule const& other);

/// The URL as far as it is shown: `https://hooks.example.com/…`. Path and query of such URLs are often secrets.
std::string shown_url(std::string_view url);

} // namespace gem::alerts
