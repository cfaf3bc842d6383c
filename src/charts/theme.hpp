// Colours by what they are for, in a light and a dark theme. Marks have a contrast of 3:1 or more with the background,
// texts of 4.5:1; the series stay apart for people with protanopia and deuteranopia. Tests compute both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gem::charts {

enum class Ink : std::uint8_t {
    background,
    surface, ///< a place that could hold something and does not
    text,
    muted, ///< text that matters less
    grid,
    axis,
    hatch,    ///< over what nobody vouches for
    series_1, ///< five series, in this order, and the rest of them
    series_2,
    series_3,
    series_4,
    series_5,
    rest,
    ramp_1, ///< six steps from little to much
    ramp_2,
    ramp_3,
    ramp_4,
    ramp_5,
    ramp_6,
    badge_text, ///< badges look the same in both themes
    badge_name,
    badge_plain,
    badge_good,
    badge_fair,
    badge_poor,
    badge_unknown,
};
inline constexpr std::size_t ink_count = 26;
inline constexpr std::size_t series_count = 5;
inline constexpr std::size_t ramp_steps = 6;

/// `place` 0 to 4; `rest` beyond.
Ink series_ink(std::size_t place);
/// `step` 1 to 6.
Ink ramp_ink(std::size_t step);
/// `series-1`: a name for style sheets.
std::string ink_name(Ink ink);

/// `follow`: light or dark as the reader's system is; SVG only, a PNG is light then.
enum class Theme : std::uint8_t { light, dark, follow };

/// 0xRRGGBB
std::uint32_t color_of(Ink ink, Theme theme);

} // namespace gem::charts
