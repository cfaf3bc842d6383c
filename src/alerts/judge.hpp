// What a rule finds in the figures of one repository. Pure: figures and the time in, findings out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "alerts/rule.hpp"
#include "analytics/anomalies.hpp"
#include "analytics/answer.hpp"
#include "analytics/deployments.hpp"

namespace gem::alerts {

/// What analytics tells of a repository; only what the rule's kind looks at is filled (figures.hpp).
struct RepoFigures {
    std::string repo; ///< latest spelling
    TimeWindow window;
    Coverage coverage; ///< of the window
    std::vector<Anomaly> anomalies;
    std::optional<double> health_score;
    std::optional<UtcTime> last_event;
    std::vector<Deployment> deployments;
    UtcTime watched_since{}; ///< what was not covered before this is nobody's fault
};

/// Something that a person should know.
struct Finding {
    std::string cause; ///< findings of the same cause are one alert while it lasts
    std::optional<std::string> severity;
    std::optional<double> value;
    std::optional<double> threshold;
    std::string message;
    UtcTime seen_at{};    ///< when it was so
    bool lasting = false; ///< a state that is still so, no happening
};

struct Judgement {
    std::vector<Finding> findings; ///< by seen_at
    /// An alert that was last seen before this, and is not found again, is over. Empty while a lasting finding is still
    /// so, and when nobody knows: then an alert neither begins nor ends.
    std::optional<UtcTime> well_until;
    std::map<std::string, UtcTime> well; ///< causes of which is known since when they are well again
};

/// - anomaly: each anomaly of the window of at least the rule's severity; well up to the end of the last hour that is
///   covered whole.
/// - health_below: the score is below the threshold. Not known without a score, or when more than a tenth of the window
///   is not covered.
/// - silence: no event in the `hours` before the moment up to which the repository was polled. Not known when that
///   stretch has a gap, or when that moment is more than `hours` ago.
/// - failed_deployment: by environment, the latest finished deployment failed; well when a later one succeeded.
/// - coverage_gap: minutes of the window in gaps, but for the time before it was watched, above the threshold.
Judgement judge(AlertRule const& rule, RepoFigures const& figures, UtcTime now);

/// The part of [from, to) that lies in gaps, each moment counted once; time before a repository was watched is not.
seconds uncovered(std::vector<CoverageGap> const& gaps, UtcTime from, UtcTime to);

} // namespace gem::alerts
