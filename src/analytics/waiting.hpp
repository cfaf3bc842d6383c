// Times that people wait: the figures that every waiting time has, open items included.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/time.hpp"

namespace gem {

/// How long somebody waited. Not answered: at least that long, what came then is not known.
struct Wait {
    seconds length{0};
    bool answered = false;
    friend bool operator==(Wait const&, Wait const&) = default;
};

/// The median of waiting times over answered and still open items (Kaplan and Meier, 1958): the least time t at which
/// S(t) ≤ 1/2, S(t) being the product of (1 − answered at t_i / waiting just before t_i) over the times t_i ≤ t. What
/// ends at the time of an answer without one still waits at it. Nothing when S never comes down to 1/2.
std::optional<seconds> kaplan_meier_median(std::span<Wait const> waits);

/// The value at place ⌈p·n⌉ of the sorted values (nearest rank); nothing of no values. 0 < p ≤ 1.
std::optional<seconds> nearest_rank(std::vector<seconds> values, double p);

/// The plain figures, over answered items alone; null without one.
struct WaitFigures {
    std::int64_t count = 0; ///< answered
    std::optional<std::int64_t> avg_seconds;
    std::optional<std::int64_t> p50;
    std::optional<std::int64_t> p90;
};
BOOST_DESCRIBE_STRUCT(WaitFigures, (), (count, avg_seconds, p50, p90))

/// The median over all items.
struct WaitMedian {
    std::int64_t n = 0;
    std::int64_t answered = 0;
    std::optional<std::int64_t> median_seconds;
};
BOOST_DESCRIBE_STRUCT(WaitMedian, (), (n, answered, median_seconds))

WaitFigures plain_figures(std::span<Wait const> waits);
WaitMedian median_figures(std::span<Wait const> waits);

} // namespace gem
