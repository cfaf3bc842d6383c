#include "charts/time_chart.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "charts/text.hpp"

namespace gem::charts {

namespace {

constexpr double thinnest_step = 2;
constexpr double thinnest_place = 6; ///< of marks side by side
constexpr double thinnest_column = 4;
constexpr double widest_column = 36;
constexpr std::size_t most_dots = 60;

std::size_t bucket_count(TimeChart const& chart) {
    return chart.series.empty() ? 0 : chart.series.front().counts.size();
}

/// The least usual length that is a multiple of the bucket and makes at most `most` of them.
minutes fitting_bucket(TimeChart const& chart, double most) {
    static constexpr std::array<minutes, 16> usual = {
        minutes(1), minutes(2), minutes(5), minutes(10), minutes(15), minutes(20), minutes(30), hours(1),
        hours(2),   hours(3),   hours(4),   hours(6),    hours(12),   days(1),     days(2),     days(7)};
    auto const fits = [&](minutes length) {
        return length % chart.bucket == minutes(0) && static_cast<double>(chart.window.length() / length) + 1 <= most;
    };
    if (static_cast<double>(bucket_count(chart)) <= most) return chart.bucket;
    auto const* const found = std::ranges::find_if(usual, fits);
    if (found != usual.end()) return *found;
    auto length = chart.bucket;
    while (!fits(length)) length += chart.bucket;
    return length;
}

/// Buckets on the axis of time.
class Places {
  public:
    Places(TimeChart const& chart, Rect plot)
        : chart_(chart), plot_(plot), pixels_(plot.width / static_cast<double>(chart.window.length().count())) {}

    /// Where bucket `place` starts (and the one before it ends), cut off at the edges of the plot.
    [[nodiscard]] double edge(std::size_t place) const {
        auto const time = start(place);
        return std::clamp(plot_.x + pixels_ * static_cast<double>((time - chart_.window.from).count()), plot_.x,
                          plot_.right());
    }
    [[nodiscard]] double middle(std::size_t place) const { return (edge(place) + edge(place + 1)) / 2; }
    [[nodiscard]] double width(std::size_t place) const { return edge(place + 1) - edge(place); }
    [[nodiscard]] UtcTime start(std::size_t place) const {
        return chart_.first + chart_.bucket * static_cast<std::int64_t>(place);
    }

  private:
    TimeChart const& chart_;
    Rect plot_;
    double pixels_;
};

void push_step(std::vector<Point>& points, Point point) {
    auto const count = points.size();
    if (count >= 2 && points[count - 1].y == point.y && points[count - 2].y == point.y)
        points.back() = point;
    else
        points.push_back(point);
}

void draw_stacked(Sheet& sheet, TimeChart const& chart, Rect plot, CountScale const& scale) {
    Places const places(chart, plot);
    auto const count = bucket_count(chart);
    std::vector<std::int64_t> below(count, 0);
    auto const height = [&](std::int64_t events) { return plot.bottom() - scale.share(events) * plot.height; };
    for (auto const& series : chart.series) {
        Area area{.outline = {}, .fill = series.ink};
        bool drawn = false;
        for (std::size_t i = 0; i < count; ++i) {
            auto const y = height(below[i] + series.counts[i]);
            push_step(area.outline, {places.edge(i), y});
            push_step(area.outline, {places.edge(i + 1), y});
            drawn = drawn || series.counts[i] > 0;
        }
        std::vector<Point> back;
        for (std::size_t i = count; i-- > 0;) {
            auto const y = height(below[i]);
            push_step(back, {places.edge(i + 1), y});
            push_step(back, {places.edge(i), y});
            below[i] += series.counts[i];
        }
        area.outline.insert(area.outline.end(), back.begin(), back.end());
        if (drawn) sheet.add(std::move(area));
    }
}

void draw_columns(Sheet& sheet, TimeChart const& chart, Rect plot, CountScale const& scale) {
    Places const places(chart, plot);
    auto const columns = static_cast<double>(chart.series.size());
    for (std::size_t i = 0; i < bucket_count(chart); ++i) {
        auto const width = std::min(places.width(i) * 0.8 / columns, widest_column);
        double x = places.middle(i) - width * columns / 2;
        for (auto const& series : chart.series) {
            auto const height = scale.share(series.counts[i]) * plot.height;
            if (series.counts[i] > 0) {
                sheet.add(Box{.area = {.x = x, .y = plot.bottom() - height, .width = width, .height = height},
                              .fill = series.ink,
                              .hint = fmt::format("{}: {} {}", format_minute(places.start(i)),
                                                  format_count(series.counts[i]), series.name)});
            }
            x += width;
        }
    }
}

void draw_lines(Sheet& sheet, TimeChart const& chart, Rect plot, CountScale const& scale) {
    Places const places(chart, plot);
    for (auto const& series : chart.series) {
        Line line{.points = {}, .stroke = series.ink, .thickness = 2};
        for (std::size_t i = 0; i < series.counts.size(); ++i)
            line.points.push_back({places.middle(i), plot.bottom() - scale.share(series.counts[i]) * plot.height});
        if (line.points.size() <= most_dots) {
            for (auto const& point : line.points) sheet.add(Dot{.center = point, .radius = 2.5, .fill = series.ink});
        }
        sheet.add(std::move(line));
    }
}

/// The highest that is drawn, and in which bucket.
std::pair<std::int64_t, std::size_t> highest(TimeChart const& chart) {
    std::pair<std::int64_t, std::size_t> best{0, 0};
    for (std::size_t i = 0; i < bucket_count(chart); ++i) {
        std::int64_t stacked = 0;
        std::int64_t most = 0;
        for (auto const& series : chart.series) {
            stacked += series.counts[i];
            most = std::max(most, series.counts[i]);
        }
        auto const height = chart.style == TimeStyle::stacked ? stacked : most;
        if (height > best.first) best = {height, i};
    }
    return best;
}

std::string describe(TimeChart const& chart, std::pair<std::int64_t, std::size_t> top) {
    auto text = fmt::format("{}.", format_window(chart.window));
    if (top.first == 0) {
        text += fmt::format(" No {}. {}", chart.what, chart.why_empty);
    } else {
        text += fmt::format(" At most {} in one bucket ({} a bucket), that of {} UTC. In all:", format_count(top.first),
                            format_span(chart.bucket),
                            format_minute(chart.first + chart.bucket * static_cast<std::int64_t>(top.second)));
        for (auto const& series : chart.series) {
            std::int64_t sum = 0;
            for (auto const count : series.counts) sum += count;
            text += fmt::format("{} {} {}", &series == chart.series.data() ? "" : ",", format_count(sum), series.name);
        }
        text += '.';
    }
    if (!chart.uncovered.empty()) text += " Parts of the window are not fully covered.";
    return text;
}

/// The series and, where something is not covered, what the hatch means.
std::vector<LegendEntry> legend_of(TimeChart const& chart, bool empty) {
    std::vector<LegendEntry> entries;
    if (!empty) {
        for (auto const& series : chart.series) entries.push_back({.name = series.name, .ink = series.ink});
    }
    if (!chart.uncovered.empty()) entries.push_back({.name = "not fully covered", .hatched = true});
    return entries;
}

/// With buckets that are wide enough to be seen on `width` pixels.
TimeChart made_to_fit(TimeChart chart, double width) {
    auto const longer =
        fitting_bucket(chart, width / (chart.style == TimeStyle::stacked ? thinnest_step : thinnest_place));
    return longer == chart.bucket ? chart : in_longer_buckets(std::move(chart), longer);
}

} // namespace

TimeChart in_longer_buckets(TimeChart chart, minutes longer) {
    seconds const origin = longer % days(7) == minutes(0) ? seconds(days(4)) : seconds(0);
    auto const aligned = [&](UtcTime time) {
        auto const since = time.time_since_epoch() - origin;
        return time - ((since % longer) + longer) % longer;
    };
    auto const first = aligned(chart.first);
    for (auto& series : chart.series) {
        std::vector<std::int64_t> sums;
        for (std::size_t i = 0; i < series.counts.size(); ++i) {
            auto const start = chart.first + chart.bucket * static_cast<std::int64_t>(i);
            auto const place = static_cast<std::size_t>((start - first) / longer);
            if (place >= sums.size()) sums.resize(place + 1, 0);
            sums[place] += series.counts[i];
        }
        series.counts = std::move(sums);
    }
    chart.first = first;
    chart.bucket = longer;
    return chart;
}

Drawing draw(TimeChart const& asked, Size size) {
    auto const chart = made_to_fit(asked, std::clamp(size.width, smallest_chart.width, largest_chart.width) - 80);
    auto const top = highest(chart);
    bool const empty = top.first == 0;
    Sheet sheet(size, chart.heading);
    sheet.put_legend(legend_of(chart, empty));
    if (!empty) sheet.put_unit(fmt::format("{} per {}", chart.what, format_span(chart.bucket)));

    auto plot = sheet.free();
    plot.height = std::max(40.0, plot.height - Sheet::time_axis_height + Sheet::margin / 2);
    auto const scale = count_scale(top.first, steps_on(plot.height));
    auto const axis_width = empty ? 12 : count_axis_width(scale);
    plot.x += axis_width;
    plot.width -= axis_width + 12; // the last label stands half beyond the end

    sheet.put_uncovered_ground(plot, chart.window, chart.uncovered);
    if (!empty) sheet.put_count_axis(plot, scale);
    bool const by_day = chart.bucket == days(1) && chart.window.length() < days(60);
    sheet.put_time_axis(plot, chart.window, by_day ? hours(12) : hours(0));
    if (empty) {
        sheet.put_uncovered_hatch(plot, chart.window, chart.uncovered);
        sheet.add(Line{.points = {{plot.x, plot.bottom()}, {plot.right(), plot.bottom()}}, .stroke = Ink::axis});
        sheet.put_empty(plot, fmt::format("No {} in this window", chart.what), chart.why_empty);
    } else if (chart.style == TimeStyle::stacked) {
        draw_stacked(sheet, chart, plot, scale);
    } else if (plot.width / static_cast<double>(bucket_count(chart) * chart.series.size()) >= thinnest_column) {
        draw_columns(sheet, chart, plot, scale);
    } else {
        draw_lines(sheet, chart, plot, scale);
    }
    if (!empty) sheet.put_uncovered_hatch(plot, chart.window, chart.uncovered);
    return std::move(sheet).finish(describe(chart, top));
}

} // namespace gem::charts
