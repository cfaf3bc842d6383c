// Counts of several things as bars, one below the other, each made of parts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "charts/sheet.hpp"

namespace gem::charts {

struct Bar {
    std::string name;
    std::vector<std::int64_t> parts; ///< one for each of the chart's kinds
};

struct BarChart {
    Heading heading;
    std::string what;               ///< is counted: `events`
    std::vector<LegendEntry> kinds; ///< of the parts
    std::vector<Bar> bars;          ///< in their order
    bool covered = true;            ///< it is vouched for that everything was seen
    std::string why_empty;          ///< said when there is no bar
};

/// The height at which every bar has the space that suits it.
double natural_height(BarChart const& chart);

/// Bars for which there is no space are left out, and their number told.
Drawing draw(BarChart const& chart, Size size);

} // namespace gem::charts
