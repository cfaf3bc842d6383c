// Hours in which much more, or much less, of something happened than the weeks before let expect.
#pragma once

#include <span>

#include "analytics/answer.hpp"

namespace gem {

/// Which definition of the detector was used; grows when METRICS.md's changes.
inline constexpr std::int64_t anomalies_formula_version = 1;

/// An alarm is raised below this probability.
inline constexpr double alarm_probability = 1e-4;
/// How far back the detector looks.
inline constexpr days anomaly_history{28};
/// Fewer known hours than this in the history are too few to expect anything from.
inline constexpr std::size_t least_history = 72;

/// Counts of one type in consecutive hours; nothing for an hour of which nobody vouches that every event was seen.
using HourlyCounts = std::vector<std::optional<std::int64_t>>;

/// An hour that stands out. `place` is its index in the series.
struct Deviation {
    std::size_t place = 0;
    std::string kind; ///< spike, drop; silence: a drop to nothing
    double expected = 0;
    std::int64_t threshold = 0; ///< the first count at which the probability is below alarm_probability
    std::int64_t actual = 0;
    double probability = 1;
};

/// What is expected of an hour: λ = (S + 1/2) / 12, S being the sum of the counts at the same hour of the week and its
/// two neighbours in each of the four weeks before. Where such a count is not known, what the same hour of all days
/// (and its neighbours) of the last 28 days had on average stands in for it, drawn to the level of all hours as three
/// more observations would draw it. Nothing with fewer than `least_history` known hours.
std::optional<double> expected_count(HourlyCounts const& counts, std::size_t place);

/// 1/k of the 28 days before `place`: max(0, Σ((x − λ)²·12/11 − λ) / Σλ²) with λ from the same four weeks; 12/11 makes
/// up for x being one of the twelve counts behind its own λ.
double dispersion(HourlyCounts const& counts, std::size_t place);

/// Hours from `first` on that stand out: the probability of a count as high (or as low) is below alarm_probability
/// under a negative binomial distribution of mean λ and variance (λ + λ²/k)·13/12 (12 replaced by the number of known
/// counts + 3 when that is less); the last factor is for λ being an estimate.
std::vector<Deviation> find_deviations(HourlyCounts const& counts, std::size_t first);

/// high below 1e-7, medium below 1e-5, else low.
std::string_view severity_of(double probability);

struct Anomaly {
    std::string type; ///< spike, drop, silence
    std::string event_type;
    std::string severity; ///< low, medium, high
    std::string description;
    UtcTime bucket_start{};
    Ratio expected;
    Ratio threshold;
    std::int64_t actual_value = 0;
    Ratio confidence;      ///< 1 − probability
    UtcTime detected_at{}; ///< as stored; the end of the hour when nobody stored it
};
BOOST_DESCRIBE_STRUCT(Anomaly, (),
                      (type, event_type, severity, description, bucket_start, expected, threshold, actual_value,
                       confidence, detected_at))

struct EventAnomalies {
    std::string repo;
    std::optional<std::int64_t> hours;
    std::vector<Anomaly> anomalies; ///< by hour and type
    std::int64_t formula_version = anomalies_formula_version;
};
BOOST_DESCRIBE_STRUCT(EventAnomalies, (), (repo, hours, anomalies, formula_version))

/// Counts by type of the whole hours of `window`, none for an hour that a gap touches.
std::map<std::string, HourlyCounts> hourly_counts(TimeWindow window, std::span<BucketTally const> found,
                                                  std::span<CoverageGap const> gaps);

/// The whole hours of the window, all types. Default window: 168 hours.
Async<Result<Windowed<EventAnomalies>>> event_anomalies(DatabaseService& database, RepoWindowParams params,
                                                        UtcTime now);

} // namespace gem
