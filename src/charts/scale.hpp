// Axes: where ticks stand and what they say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/time_window.hpp"

namespace gem::charts {

/// Whole numbers from 0 to at least `highest`, a step of 1, 2 or 5 times a power of ten apart.
struct CountScale {
    std::int64_t step = 1;
    std::int64_t top = 1; ///< the last tick

    [[nodiscard]] std::vector<std::int64_t> ticks() const;
    /// 0 at 0, 1 at the top.
    [[nodiscard]] double share(std::int64_t count) const {
        return static_cast<double>(count) / static_cast<double>(top);
    }
};

/// At most `most_steps` (≥ 2) steps.
CountScale count_scale(std::int64_t highest, std::size_t most_steps);

struct TimeTick {
    UtcTime at{};
    std::string label;
};

/// Ticks of an axis that is `width` pixels long: at the finest of the usual steps (from a minute to decades, aligned to
/// hours, days, Mondays, months, years of UTC) at which labels in `text_size` stay apart.
std::vector<TimeTick> time_ticks(TimeWindow window, double width, double text_size);

/// `2015-01-01 15:00`
std::string format_minute(UtcTime time);
/// `2015-01-01 15:00 – 16:00 UTC`; the second date only where it is another.
std::string format_window(TimeWindow window);
/// `5 minutes`, `hour`, `2 days`, `week`: what completes `per …`.
std::string format_span(minutes length);

} // namespace gem::charts
