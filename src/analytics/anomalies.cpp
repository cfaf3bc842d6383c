#include "analytics/anomalies.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

#include "analytics/negative_binomial.hpp"

namespace gem {

namespace {

constexpr std::size_t week = 168;
constexpr std::size_t weeks_back = 4;
constexpr std::size_t history = week * weeks_back;
constexpr double cells = 12;              ///< three hours of four weeks
constexpr std::size_t gaps_listed = 1000; ///< at most, by coverage_of()
constexpr double pull = 3;                ///< observations' worth of the level in what stands in for unknown counts

/// A sum of known counts and their number.
struct Known {
    double sum = 0;
    double n = 0;
    void add(std::optional<std::int64_t> count) {
        if (!count) return;
        sum += static_cast<double>(*count);
        ++n;
    }
};

std::optional<std::int64_t> count_at(HourlyCounts const& counts, std::int64_t place, std::int64_t end) {
    if (place < 0 || place >= end) return std::nullopt;
    return counts[static_cast<std::size_t>(place)];
}

/// The counts behind λ: the hour of the week and its neighbours, in the weeks before.
Known cells_of(HourlyCounts const& counts, std::size_t place) {
    Known known;
    auto const at = static_cast<std::int64_t>(place);
    for (std::int64_t w = 1; w <= static_cast<std::int64_t>(weeks_back); ++w) {
        for (std::int64_t d = -1; d <= 1; ++d)
            known.add(count_at(counts, at - w * static_cast<std::int64_t>(week) + d, at));
    }
    return known;
}

struct Level {
    double mean = 0; ///< of all known hours of the history
    double known_hours = 0;
    double here = 0; ///< at this hour of the day, drawn to the mean
};

Level level_of(HourlyCounts const& counts, std::size_t place) {
    Known all;
    Known same_hour;
    auto const start = place < history ? 0 : place - history;
    for (auto i = start; i < place; ++i) {
        all.add(counts[i]);
        auto const apart = (place - i) % 24;
        if (apart <= 1 || apart == 23) same_hour.add(counts[i]);
    }
    Level level{.mean = all.n > 0 ? all.sum / all.n : 0, .known_hours = all.n};
    level.here = (same_hour.sum + pull * level.mean) / (same_hour.n + pull);
    return level;
}

struct Expectation {
    double mean = 0;
    double observations = cells; ///< behind the mean
};

std::optional<Expectation> expect(HourlyCounts const& counts, std::size_t place) {
    auto const known = cells_of(counts, place);
    if (known.n == cells) return Expectation{.mean = (known.sum + 0.5) / cells, .observations = cells};
    auto const level = level_of(counts, place);
    if (level.known_hours < static_cast<double>(least_history)) return std::nullopt;
    return Expectation{.mean = (known.sum + (cells - known.n) * level.here + 0.5) / cells,
                       .observations = std::min(cells, known.n + pull)};
}

/// The first count beyond `start` in direction `step` at which `tail` is below alarm_probability; −1 if none is.
template <class Tail>
std::int64_t threshold_from(std::int64_t start, std::int64_t step, Tail tail) {
    auto inside = start;
    std::int64_t reach = 1;
    auto outside = start + step;
    while (outside >= 0 && tail(outside) >= alarm_probability) {
        inside = outside;
        reach *= 2;
        outside = start + step * reach;
    }
    if (outside < 0) {
        if (tail(0) >= alarm_probability) return -1;
        outside = 0;
    }
    while (std::abs(outside - inside) > 1) {
        auto const middle = inside + (outside - inside) / 2;
        (tail(middle) < alarm_probability ? outside : inside) = middle;
    }
    return outside;
}

std::optional<Deviation> judge(std::int64_t actual, Expectation const& expected, double spread) {
    double const mean = expected.mean;
    double const variance = (mean + mean * mean * spread) * (1 + 1 / expected.observations);
    // Within three standard deviations no tail of these distributions is that thin.
    if (std::abs(static_cast<double>(actual) - mean) < 3 * std::sqrt(variance) && actual > 0) return std::nullopt;
    NegativeBinomial const counts(mean, variance);
    auto const middle = static_cast<std::int64_t>(mean);
    if (static_cast<double>(actual) > mean) {
        double const probability = counts.at_least(actual);
        if (probability >= alarm_probability) return std::nullopt;
        return Deviation{.kind = "spike",
                         .expected = mean,
                         .threshold = threshold_from(middle, 1, [&](std::int64_t x) { return counts.at_least(x); }),
                         .actual = actual,
                         .probability = probability};
    }
    double const probability = counts.at_most(actual);
    if (probability >= alarm_probability) return std::nullopt;
    return Deviation{.kind = actual == 0 ? "silence" : "drop",
                     .expected = mean,
                     .threshold = threshold_from(middle, -1, [&](std::int64_t x) { return counts.at_most(x); }),
                     .actual = actual,
                     .probability = probability};
}

std::string describe(std::string_view type, Deviation const& found) {
    auto const what = found.actual == 0   ? fmt::format("no {}", type)
                      : found.actual == 1 ? fmt::format("1 {}", type)
                                          : fmt::format("{} {}s", found.actual, type);
    return fmt::format("{} in one hour where {:.1f} were expected", what, found.expected);
}

bool touches(CoverageGap const& gap, UtcTime hour) { return gap.from < hour + hours(1) && gap.to > hour; }

TimeWindow whole_hours_of(TimeWindow window) {
    return {.from = std::chrono::ceil<hours>(window.from), .to = std::chrono::floor<hours>(window.to)};
}

} // namespace

std::optional<double> expected_count(HourlyCounts const& counts, std::size_t place) {
    auto const expected = expect(counts, place);
    return expected ? std::optional(expected->mean) : std::nullopt;
}

double dispersion(HourlyCounts const& counts, std::size_t place) {
    auto const start = place < history ? 0 : place - history;
    std::vector<Known> of_hour(week);
    for (auto i = start; i < place; ++i) of_hour[i % week].add(counts[i]);
    double above = 0;
    double squares = 0;
    for (auto i = start; i < place; ++i) {
        if (!counts[i]) continue;
        Known near;
        for (auto const hour : {(i + week - 1) % week, i % week, (i + 1) % week}) {
            near.sum += of_hour[hour].sum;
            near.n += of_hour[hour].n;
        }
        if (near.n < 2) continue;
        double const mean = near.sum / near.n;
        double const apart = static_cast<double>(*counts[i]) - mean;
        above += apart * apart * near.n / (near.n - 1) - mean;
        squares += mean * mean;
    }
    return squares > 0 ? std::max(0.0, above / squares) : 0.0;
}

std::vector<Deviation> find_deviations(HourlyCounts const& counts, std::size_t first) {
    std::vector<Deviation> found;
    std::optional<double> spread;
    for (auto place = first; place < counts.size(); ++place) {
        if ((place - first) % 24 == 0) spread.reset(); // once a day is often enough
        if (!counts[place]) continue;
        auto const expected = expect(counts, place);
        if (!expected) continue;
        if (!spread) spread = dispersion(counts, place);
        auto deviation = judge(*counts[place], *expected, *spread);
        if (!deviation) continue;
        deviation->place = place;
        found.push_back(std::move(*deviation));
    }
    return found;
}

std::string_view severity_of(double probability) {
    if (probability < 1e-7) return "high";
    return probability < 1e-5 ? "medium" : "low";
}

std::map<std::string, HourlyCounts> hourly_counts(TimeWindow window, std::span<BucketTally const> found,
                                                  std::span<CoverageGap const> gaps) {
    auto const whole = whole_hours_of(window);
    HourlyCounts empty;
    for (auto hour = whole.from; hour < whole.to; hour += hours(1)) {
        bool const seen = std::ranges::none_of(gaps, [&](CoverageGap const& gap) { return touches(gap, hour); });
        empty.push_back(seen ? std::optional<std::int64_t>(0) : std::nullopt);
    }
    std::map<std::string, HourlyCounts> series;
    for (auto const& bucket : found) {
        if (!whole.contains(bucket.bucket_start)) continue;
        auto const place = static_cast<std::size_t>((bucket.bucket_start - whole.from) / hours(1));
        for (auto const& [type, count] : bucket.counts) {
            auto& counts = series.try_emplace(type, empty).first->second;
            if (counts[place]) counts[place] = count;
        }
    }
    return series;
}

Async<Result<Windowed<EventAnomalies>>> event_anomalies(DatabaseService& database, RepoWindowParams params,
                                                        UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(168), now);
    if (!asked) co_return fail(asked.error());
    EventAnomalies figures{.repo = asked->repo, .hours = whole_hours(asked->window), .anomalies = {}};
    auto const tested = whole_hours_of(asked->window);
    if (tested.empty()) co_return Windowed(std::move(figures), std::move(asked->part));
    auto const back = anomaly_history + hours(1); // the neighbour of the first hour, four weeks before
    TimeWindow const looked_at{.from = tested.from - back, .to = tested.to};
    auto coverage = co_await coverage_of(database, looked_at, params.repo);
    if (!coverage) co_return fail(coverage.error());
    if (coverage->gaps.size() >= gaps_listed) // there may be more: what comes after those that are listed is not known
        coverage->gaps.push_back({.from = coverage->gaps.back().from, .to = looked_at.to, .reason = {}});
    auto const buckets = co_await database.events().tally_series(looked_at, hours(1), params.repo, std::nullopt);
    if (!buckets) co_return fail(buckets.error());
    auto const stored = co_await database.metrics().find_patterns(*params.repo, tested);
    if (!stored) co_return fail(stored.error());
    std::map<std::tuple<UtcTime, std::string, std::string>, UtcTime> detected;
    for (auto const& each : *stored) detected[{each.bucket_start, each.event_type, each.kind}] = each.detected_at;
    auto const first = static_cast<std::size_t>(back / hours(1));
    for (auto const& [type, counts] : hourly_counts(looked_at, *buckets, coverage->gaps)) {
        for (auto& found : find_deviations(counts, first)) {
            auto const start = looked_at.from + hours(found.place);
            auto const known = detected.find({start, type, found.kind});
            figures.anomalies.push_back({.type = found.kind,
                                         .event_type = type,
                                         .severity = std::string(severity_of(found.probability)),
                                         .description = describe(type, found),
                                         .bucket_start = start,
                                         .expected = found.expected,
                                         .threshold = static_cast<double>(found.threshold),
                                         .actual_value = found.actual,
                                         .confidence = 1 - found.probability,
                                         .detected_at = known != detected.end() ? known->second : start + hours(1)});
        }
    }
    std::ranges::sort(figures.anomalies, {},
                      [](Anomaly const& each) { return std::tie(each.bucket_start, each.event_type); });
    co_return Windowed(std::move(figures), std::move(asked->part));
}

} // namespace gem
