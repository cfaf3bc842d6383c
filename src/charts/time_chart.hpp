// Counts over time, in buckets: stacked areas, or columns (lines, when there are many) side by side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "charts/sheet.hpp"
#include "domain/time_window.hpp"

namespace gem::charts {

struct TimeSeries {
    std::string name;
    Ink ink = Ink::series_1;
    std::vector<std::int64_t> counts; ///< one for each bucket
};

enum class TimeStyle : std::uint8_t {
    stacked,     ///< the parts of a whole: steps upon steps
    side_by_side ///< to be compared: columns, or lines where columns would be too thin
};

struct TimeChart {
    Heading heading;
    std::string what; ///< is counted: `events`
    TimeStyle style = TimeStyle::stacked;
    TimeWindow window;
    UtcTime first{}; ///< start of the first bucket; may lie before the window
    minutes bucket{1};
    std::vector<TimeSeries> series;    ///< all as long
    std::vector<TimeWindow> uncovered; ///< parts of the window of which nobody vouches that everything was seen
    std::string why_empty;             ///< said when nothing was counted
};

/// Buckets that would be thinner than two pixels (side by side: six) are put together, and the axis says how long they
/// are then.
Drawing draw(TimeChart const& chart, Size size);

/// The same counts in buckets of `longer`, a multiple of the bucket, aligned to the epoch (weeks to Mondays).
TimeChart in_longer_buckets(TimeChart chart, minutes longer);

} // namespace gem::charts
