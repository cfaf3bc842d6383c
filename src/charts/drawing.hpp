// A drawing as a list of shapes: what charts make, and what both back-ends (SVG, PNG) draw. Lengths are CSS pixels,
// (0, 0) is the upper left corner.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "charts/theme.hpp"

namespace gem::charts {

struct Point {
    double x = 0;
    double y = 0;
};

struct Rect {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;

    [[nodiscard]] double right() const { return x + width; }
    [[nodiscard]] double bottom() const { return y + height; }
};

/// How large a picture is to be.
struct Size {
    double width = 0;
    double height = 0;
};

/// `hint` of a mark is what a pointer that rests on it is told (SVG only); empty for none.
struct Box {
    Rect area;
    Ink fill = Ink::text;
    double radius = 0;
    std::string hint{};
};

struct Area {
    std::vector<Point> outline;
    Ink fill = Ink::text;
};

struct Line {
    std::vector<Point> points;
    Ink stroke = Ink::text;
    double thickness = 1;
};

struct Dot {
    Point center;
    double radius = 3;
    Ink fill = Ink::text;
    std::string hint{};
};

/// Slanted lines over a place.
struct Hatch {
    Rect area;
};

enum class Anchor : std::uint8_t { start, middle, end };

/// One line of text; `at` is on its base line.
struct Label {
    Point at;
    std::string text;
    double size = 12;
    Ink ink = Ink::text;
    Anchor anchor = Anchor::start;
    bool bold = false;
    bool fixed_width = false; ///< exactly as wide as text_width() says, whatever the font
};

using Shape = std::variant<Box, Area, Line, Dot, Hatch, Label>;

struct Drawing {
    Size size;
    std::string title;       ///< for those who cannot see it: what it is
    std::string description; ///< … and what it shows
    std::vector<Shape> shapes;
};

/// The slanted lines of a hatch as pairs of points, cut off at the edges of `area`.
std::vector<std::pair<Point, Point>> hatch_lines(Rect area);

} // namespace gem::charts
