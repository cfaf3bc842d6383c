// A drawing as PNG.
#pragma once

#include <string>

#include "base/result.hpp"
#include "charts/drawing.hpp"

namespace gem::charts {

/// `scale` (1 or 2) pixels to a CSS pixel. The same drawing gives the same bytes on one machine. Text is set in DejaVu
/// Sans, which cairo brings along on Debian. `internal` when cairo cannot (no memory).
Result<std::string> to_png(Drawing const& drawing, Theme theme, int scale);

} // namespace gem::charts
