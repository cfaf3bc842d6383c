#include "charts/theme.hpp"

#include <array>

#include <fmt/format.h>

namespace gem::charts {

namespace {

constexpr std::array<std::uint32_t, ink_count> light_colors = {
    0xffffff, 0xf0f2f5, 0x1f2328, 0x57606a, 0xe1e4e8, 0x8c959f, 0xb4bac2, // background … hatch
    0x1554d3, 0xd18001, 0x33a25f, 0x885aa6, 0x6b3610, 0x8a9099,           // series
    0x6296d0, 0x427cbf, 0x2a62a6, 0x174a8a, 0x0b346b, 0x04204a,           // ramp
    0xffffff, 0x3b434d, 0x0969da, 0x1a7f37, 0x9a6700, 0xcf222e, 0x6e7781, // badges
};
constexpr std::array<std::uint32_t, ink_count> dark_colors = {
    0x0d1117, 0x1b212a, 0xe6edf3, 0x9198a1, 0x262c36, 0x6e7681, 0x4a525d, // background … hatch
    0x617bf5, 0xd46543, 0x50f5b9, 0xb5beff, 0xffcc3f, 0x747c86,           // series
    0x2f68ad, 0x3f80cc, 0x5b9ae0, 0x7fb4ee, 0xa8cef8, 0xd3e7ff,           // ramp
    0xffffff, 0x3b434d, 0x0969da, 0x1a7f37, 0x9a6700, 0xcf222e, 0x6e7781, // badges
};
constexpr std::array<std::string_view, ink_count> ink_names = {
    "background",  "surface",    "text",       "muted",      "grid",          "axis",       "hatch",
    "series-1",    "series-2",   "series-3",   "series-4",   "series-5",      "rest",       "ramp-1",
    "ramp-2",      "ramp-3",     "ramp-4",     "ramp-5",     "ramp-6",        "badge-text", "badge-name",
    "badge-plain", "badge-good", "badge-fair", "badge-poor", "badge-unknown",
};

Ink ink_after(Ink first, std::size_t steps) { return static_cast<Ink>(static_cast<std::size_t>(first) + steps); }

} // namespace

Ink series_ink(std::size_t place) { return place < series_count ? ink_after(Ink::series_1, place) : Ink::rest; }

Ink ramp_ink(std::size_t step) { return ink_after(Ink::ramp_1, step - 1); }

std::string ink_name(Ink ink) { return std::string(ink_names.at(static_cast<std::size_t>(ink))); }

std::uint32_t color_of(Ink ink, Theme theme) {
    auto const place = static_cast<std::size_t>(ink);
    return theme == Theme::dark ? dark_colors.at(place) : light_colors.at(place);
}

} // namespace gem::charts
