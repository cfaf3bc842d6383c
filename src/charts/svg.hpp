// A drawing as SVG, with real text.
#pragma once

#include <string>

#include "charts/drawing.hpp"

namespace gem::charts {

struct SvgOptions {
    Theme theme = Theme::light;
    std::string id = "chart"; ///< start of the ids in it; several drawings in one page need different ones
    bool standalone = true;   ///< a file of its own, not part of a page
};

/// The rules that drawings of Theme::follow need: part of a standalone one, to be put once into a page.
std::string chart_style_sheet();

/// Well-formed XML that asks nothing of anybody: no script, no font, no picture from elsewhere.
std::string to_svg(Drawing const& drawing, SvgOptions const& options);

} // namespace gem::charts
