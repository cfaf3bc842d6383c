// The paper that charts are drawn on: heading, legend, axes, what is not covered, and the reason when there is nothing.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "charts/drawing.hpp"
#include "charts/scale.hpp"

namespace gem::charts {

/// The limits within which every chart can be drawn; a size beyond them is drawn at the limit.
inline constexpr Size smallest_chart{.width = 320, .height = 240};
inline constexpr Size largest_chart{.width = 1600, .height = 1600};

/// What every chart says above itself.
struct Heading {
    std::string title;
    std::vector<std::string> notes; ///< smaller, below: the window, what is left out
};

struct LegendEntry {
    std::string name;
    Ink ink = Ink::text;
    bool hatched = false;
};

class Sheet {
  public:
    /// With the heading on it.
    Sheet(Size size, Heading const& heading);

    [[nodiscard]] Size size() const { return drawing_.size; }
    /// The space below what was put so far, without the margins.
    [[nodiscard]] Rect free() const;
    void add(Shape shape) { drawing_.shapes.push_back(std::move(shape)); }

    /// Entries side by side, on as many lines as they take.
    void put_legend(std::vector<LegendEntry> const& entries);
    /// What an axis counts, above its end.
    void put_unit(std::string const& text);

    /// Lines at the ticks, with their numbers left of `plot`.
    void put_count_axis(Rect plot, CountScale const& scale);
    /// Lines at the ticks, with their numbers below `plot`.
    void put_count_axis_below(Rect plot, CountScale const& scale);
    /// Ticks and times below `plot`, and the zone that they are in. With a `day_shift` only days are told, their names
    /// so long after their beginnings: in the middle of what belongs to them.
    void put_time_axis(Rect plot, TimeWindow window, seconds day_shift);
    /// The ground of the parts of `plot` that are not covered, below marks, and the hatch, above them.
    void put_uncovered_ground(Rect plot, TimeWindow window, std::vector<TimeWindow> const& uncovered);
    void put_uncovered_hatch(Rect plot, TimeWindow window, std::vector<TimeWindow> const& uncovered);
    /// In the place of marks: what is missing, and why.
    void put_empty(Rect plot, std::string const& what, std::string const& why);
    /// A text that is shortened to `width`.
    void put_text(Label label, double width);

    /// `description` is what the drawing shows, in words.
    Drawing finish(std::string description) &&;

    static constexpr double margin = 16;
    static constexpr double tick_size = 11;
    static constexpr double time_axis_height = 34;
    static constexpr double count_axis_height = 20;

  private:
    Drawing drawing_;
    double top_ = margin;
};

/// Width of the widest number of the axis, with the space beside it.
double count_axis_width(CountScale const& scale);
/// How many steps an axis of that length takes.
std::size_t steps_on(double length);

} // namespace gem::charts
