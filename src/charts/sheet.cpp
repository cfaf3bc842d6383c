#include "charts/sheet.hpp"

#include <algorithm>
#include <cmath>

#include "charts/text.hpp"

namespace gem::charts {

namespace {

constexpr double title_size = 16;
constexpr double note_size = 12;
constexpr double legend_size = 12;
constexpr double legend_line = 18;
constexpr double swatch = 11;

/// Where a vertical line of one pixel is sharp.
double sharp(double place) { return std::floor(place) + 0.5; }

/// Where parts of the window are in the plot, from top to bottom.
std::vector<Rect> places_of(Rect plot, TimeWindow window, std::vector<TimeWindow> const& parts) {
    double const pixels = plot.width / static_cast<double>(window.length().count());
    std::vector<Rect> places;
    for (auto const& part : parts) {
        auto const from = std::max(part.from, window.from);
        auto const to = std::min(part.to, window.to);
        if (from >= to) continue;
        places.push_back({.x = plot.x + pixels * static_cast<double>((from - window.from).count()),
                          .y = plot.y,
                          .width = pixels * static_cast<double>((to - from).count()),
                          .height = plot.height});
    }
    return places;
}

} // namespace

double count_axis_width(CountScale const& scale) {
    double widest = 0;
    for (auto const tick : scale.ticks()) widest = std::max(widest, text_width(format_short(tick), Sheet::tick_size));
    return widest + 8;
}

std::size_t steps_on(double length) { return static_cast<std::size_t>(std::clamp(length / 40, 2.0, 8.0)); }

Sheet::Sheet(Size size, Heading const& heading) {
    drawing_.size = {.width = std::clamp(size.width, smallest_chart.width, largest_chart.width),
                     .height = std::clamp(size.height, smallest_chart.height, largest_chart.height)};
    drawing_.title = heading.title;
    add(Box{.area = {.width = drawing_.size.width, .height = drawing_.size.height}, .fill = Ink::background});
    auto const width = drawing_.size.width - 2 * margin;
    top_ += title_size - 2;
    put_text({.at = {margin, top_}, .text = heading.title, .size = title_size, .bold = true}, width);
    for (auto const& line : wrap_pieces(heading.notes, width, note_size, 2)) {
        top_ += 18;
        add(Label{.at = {margin, top_}, .text = line, .size = note_size, .ink = Ink::muted});
    }
    top_ += 10;
}

Rect Sheet::free() const {
    return {.x = margin,
            .y = top_,
            .width = drawing_.size.width - 2 * margin,
            .height = std::max(0.0, drawing_.size.height - margin - top_)};
}

void Sheet::put_text(Label label, double width) {
    label.text = shorten_middle(label.text, width, label.size, label.bold);
    add(std::move(label));
}

void Sheet::put_legend(std::vector<LegendEntry> const& entries) {
    if (entries.empty()) return;
    double const end = drawing_.size.width - margin;
    double x = margin;
    for (auto const& entry : entries) {
        auto const name = shorten_middle(entry.name, end - margin - swatch - 6, legend_size);
        auto const width = swatch + 6 + text_width(name, legend_size);
        if (x > margin && x + width > end) {
            x = margin;
            top_ += legend_line;
        }
        Rect const place{.x = x, .y = top_ + 2, .width = swatch, .height = swatch};
        add(Box{.area = place, .fill = entry.hatched ? Ink::surface : entry.ink, .radius = entry.hatched ? 0.0 : 2.0});
        if (entry.hatched) add(Hatch{place});
        add(Label{.at = {x + swatch + 6, top_ + swatch + 1}, .text = name, .size = legend_size});
        x += width + 16;
    }
    top_ += legend_line + 4;
}

void Sheet::put_unit(std::string const& text) {
    top_ += tick_size;
    put_text({.at = {margin, top_}, .text = text, .size = tick_size, .ink = Ink::muted},
             drawing_.size.width - 2 * margin);
    top_ += 10;
}

void Sheet::put_count_axis(Rect plot, CountScale const& scale) {
    for (auto const tick : scale.ticks()) {
        auto const y = sharp(plot.bottom() - scale.share(tick) * plot.height);
        add(Line{.points = {{plot.x, y}, {plot.right(), y}}, .stroke = tick == 0 ? Ink::axis : Ink::grid});
        add(Label{.at = {plot.x - 8, y + 4},
                  .text = format_short(tick),
                  .size = tick_size,
                  .ink = Ink::muted,
                  .anchor = Anchor::end});
    }
}

void Sheet::put_count_axis_below(Rect plot, CountScale const& scale) {
    for (auto const tick : scale.ticks()) {
        auto const x = sharp(plot.x + scale.share(tick) * plot.width);
        add(Line{.points = {{x, plot.y}, {x, plot.bottom()}}, .stroke = tick == 0 ? Ink::axis : Ink::grid});
        add(Label{.at = {x, plot.bottom() + 16},
                  .text = format_short(tick),
                  .size = tick_size,
                  .ink = Ink::muted,
                  .anchor = Anchor::middle});
    }
}

void Sheet::put_time_axis(Rect plot, TimeWindow window, seconds day_shift) {
    double const pixels = plot.width / static_cast<double>(window.length().count());
    for (auto const& tick : time_ticks(window, plot.width, tick_size)) {
        bool const names_day = tick.at == std::chrono::floor<days>(tick.at);
        if (!names_day && day_shift > seconds(0)) continue;
        auto const x = plot.x + pixels * static_cast<double>((tick.at - window.from).count());
        add(Line{.points = {{sharp(x), plot.bottom()}, {sharp(x), plot.bottom() + 5}}, .stroke = Ink::axis});
        auto const middle = names_day ? x + pixels * static_cast<double>(day_shift.count()) : x;
        auto const half = text_width(tick.label, tick_size) / 2;
        if (middle - half < 2 || middle + half > drawing_.size.width - 2) continue;
        if (names_day && middle > plot.right()) continue;
        add(Label{.at = {middle, plot.bottom() + 17},
                  .text = tick.label,
                  .size = tick_size,
                  .ink = Ink::muted,
                  .anchor = Anchor::middle});
    }
    add(Label{.at = {plot.right(), plot.bottom() + 32},
              .text = "time in UTC",
              .size = tick_size,
              .ink = Ink::muted,
              .anchor = Anchor::end});
}

void Sheet::put_uncovered_ground(Rect plot, TimeWindow window, std::vector<TimeWindow> const& uncovered) {
    for (auto const& place : places_of(plot, window, uncovered)) add(Box{.area = place, .fill = Ink::surface});
}

void Sheet::put_uncovered_hatch(Rect plot, TimeWindow window, std::vector<TimeWindow> const& uncovered) {
    for (auto const& place : places_of(plot, window, uncovered)) add(Hatch{place});
}

void Sheet::put_empty(Rect plot, std::string const& what, std::string const& why) {
    auto const reasons = wrap_words(why, plot.width - 56, note_size, 3);
    double widest = text_width(what, title_size, true);
    for (auto const& line : reasons) widest = std::max(widest, text_width(line, note_size));
    double const height = 40 + 18 * static_cast<double>(reasons.size());
    double const middle = plot.x + plot.width / 2;
    double const top = plot.y + std::max(0.0, (plot.height - height) / 2);
    double const width = std::min(widest + 40, plot.width);
    add(Box{.area = {.x = middle - width / 2, .y = top, .width = width, .height = height},
            .fill = Ink::background,
            .radius = 6});
    put_text({.at = {middle, top + 26}, .text = what, .size = title_size, .anchor = Anchor::middle, .bold = true},
             plot.width - 16);
    double y = top + 28;
    for (auto const& line : reasons) {
        y += 18;
        add(Label{.at = {middle, y}, .text = line, .size = note_size, .ink = Ink::muted, .anchor = Anchor::middle});
    }
}

Drawing Sheet::finish(std::string description) && {
    drawing_.description = std::move(description);
    return std::move(drawing_);
}

} // namespace gem::charts
