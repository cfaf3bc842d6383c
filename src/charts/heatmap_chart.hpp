// Counts by hour of the week: seven rows of 24 cells.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "charts/sheet.hpp"

namespace gem::charts {

struct HeatmapCell {
    std::int64_t count = 0;
    bool seen = false; ///< at least one such hour of the window is covered
};

struct HeatmapChart {
    Heading heading;
    std::string what;                                 ///< is counted: `events`
    std::array<std::array<HeatmapCell, 24>, 7> cells; ///< Monday first; hours of UTC
    std::string why_empty;                            ///< said when nothing was counted
};

/// Six shades from 1 to the highest count, nothing in a cell of 0; hatched where no such hour was seen.
Drawing draw(HeatmapChart const& chart, Size size);

/// 1 to ramp_steps for a count of 1 to `highest`: equal parts of it.
std::size_t shade_of(std::int64_t count, std::int64_t highest);

} // namespace gem::charts
