#include "charts/drawing.hpp"

#include <algorithm>
#include <cmath>

namespace gem::charts {

std::vector<std::pair<Point, Point>> hatch_lines(Rect area) {
    // x + y is the same along a line; multiples of the distance, so that hatches side by side fit together.
    constexpr double distance = 7;
    std::vector<std::pair<Point, Point>> lines;
    for (double sum = (std::floor((area.x + area.y) / distance) + 1) * distance; sum < area.right() + area.bottom();
         sum += distance) {
        double const low_x = std::max(area.x, sum - area.bottom());
        double const high_x = std::min(area.right(), sum - area.y);
        if (low_x < high_x) lines.push_back({{low_x, sum - low_x}, {high_x, sum - high_x}});
    }
    return lines;
}

} // namespace gem::charts
