// The colours keep what theme.hpp promises: contrast, and difference for those who see colours otherwise.
#include "charts/theme.hpp"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

namespace gem::charts {
namespace {

using Triple = std::array<double, 3>;

/// Linear red, green and blue, 0 to 1 (sRGB).
Triple linear(std::uint32_t color) {
    Triple parts{};
    for (unsigned i = 0; i < 3; ++i) {
        auto const part = static_cast<double>((color >> (16 - 8 * i)) & 0xFFU) / 255;
        parts[i] = part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
    }
    return parts;
}

/// WCAG 2: (lighter + 0.05) / (darker + 0.05) of the relative luminances.
double contrast(std::uint32_t one, std::uint32_t other) {
    auto const luminance = [](std::uint32_t color) {
        auto const [red, green, blue] = linear(color);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    auto const a = luminance(one);
    auto const b = luminance(other);
    return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

using Matrix = std::array<Triple, 3>;
constexpr Matrix full_sight = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
// Machado, Oliveira and Fernandes (2009), severity 1.
constexpr Matrix protanopia = {
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}};
constexpr Matrix deuteranopia = {
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};

/// CIE L*a*b* of what somebody sees.
Triple seen(std::uint32_t color, Matrix const& eye) {
    auto const from = linear(color);
    Triple to{};
    for (std::size_t i = 0; i < 3; ++i) {
        double const sum = eye[i][0] * from[0] + eye[i][1] * from[1] + eye[i][2] * from[2];
        to[i] = std::clamp(sum, 0.0, 1.0);
    }
    auto const root = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
    auto const x = root((0.4124 * to[0] + 0.3576 * to[1] + 0.1805 * to[2]) / 0.95047);
    auto const y = root(0.2126 * to[0] + 0.7152 * to[1] + 0.0722 * to[2]);
    auto const z = root((0.0193 * to[0] + 0.1192 * to[1] + 0.9505 * to[2]) / 1.08883);
    return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

double difference(std::uint32_t one, std::uint32_t other, Matrix const& eye) {
    auto const a = seen(one, eye);
    auto const b = seen(other, eye);
    return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

class Themes : public testing::TestWithParam<Theme> {
  protected:
    static std::uint32_t color(Ink ink) { return color_of(ink, GetParam()); }
    static double on_background(Ink ink) { return contrast(color(ink), color(Ink::background)); }
};
INSTANTIATE_TEST_SUITE_P(Both, Themes, testing::Values(Theme::light, Theme::dark),
                         [](auto const& info) { return info.param == Theme::light ? "light" : "dark"; });

TEST_P(Themes, have_texts_of_four_and_a_half_to_one) {
    EXPECT_GE(on_background(Ink::text), 4.5);
    EXPECT_GE(on_background(Ink::muted), 4.5);
    for (auto const ink :
         {Ink::badge_name, Ink::badge_plain, Ink::badge_good, Ink::badge_fair, Ink::badge_poor, Ink::badge_unknown})
        EXPECT_GE(contrast(color(Ink::badge_text), color(ink)), 4.5) << ink_name(ink);
}

TEST_P(Themes, have_marks_of_three_to_one) {
    for (std::size_t i = 0; i <= series_count; ++i) EXPECT_GE(on_background(series_ink(i)), 3) << i;
    for (std::size_t i = 1; i <= ramp_steps; ++i) EXPECT_GE(on_background(ramp_ink(i)), 3) << i;
    EXPECT_GE(on_background(Ink::axis), 3);
}

TEST_P(Themes, keep_series_apart_for_every_eye) {
    for (std::size_t i = 0; i <= series_count; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            for (auto const& eye : {full_sight, protanopia, deuteranopia})
                EXPECT_GE(difference(color(series_ink(i)), color(series_ink(j)), eye), 25) << i << ' ' << j;
        }
    }
}

TEST_P(Themes, have_a_ramp_that_goes_one_way) {
    for (std::size_t i = 1; i < ramp_steps; ++i) {
        EXPECT_GT(on_background(ramp_ink(i + 1)), on_background(ramp_ink(i)) * 1.2);
        EXPECT_GE(difference(color(ramp_ink(i)), color(ramp_ink(i + 1)), deuteranopia), 8);
    }
}

} // namespace
} // namespace gem::charts
