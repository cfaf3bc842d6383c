#include "charts/heatmap_chart.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "charts/text.hpp"

namespace gem::charts {

namespace {

constexpr std::array<std::string_view, 7> day_names = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr double day_width = 34;
constexpr double hours_height = 36;
constexpr std::int64_t highest_drawn = 1'000'000'000'000'000'000;

struct Busiest {
    std::int64_t count = 0;
    std::size_t day = 0;
    std::size_t hour = 0;
};

Busiest busiest_hour(HeatmapChart const& chart) {
    Busiest best;
    for (std::size_t day = 0; day < 7; ++day) {
        for (std::size_t hour = 0; hour < 24; ++hour) {
            if (chart.cells[day][hour].count > best.count) best = {chart.cells[day][hour].count, day, hour};
        }
    }
    return best;
}

bool has_unseen(HeatmapChart const& chart) {
    return std::ranges::any_of(chart.cells, [](auto const& day) {
        return std::ranges::any_of(day, [](auto const& cell) { return !cell.seen; });
    });
}

/// The highest count that still has shade `step`; counts of 10^18 and more are drawn as that.
std::int64_t last_of_shade(std::size_t step, std::int64_t highest) {
    return (static_cast<std::int64_t>(step) * highest - 1) / static_cast<std::int64_t>(ramp_steps) + 1;
}

/// The shades with the counts that they begin and end with.
std::vector<LegendEntry> shades(HeatmapChart const& chart, std::int64_t highest) {
    highest = std::min(highest, highest_drawn);
    std::vector<LegendEntry> entries = {{.name = "0", .ink = Ink::surface}};
    std::int64_t from = 1;
    for (std::size_t step = 1; step <= ramp_steps; ++step) {
        auto const to = last_of_shade(step, highest);
        if (to < from || shade_of(to, highest) != step) continue;
        auto const first = format_short(from);
        auto const last = format_short(to);
        entries.push_back({.name = first == last ? first : fmt::format("{}–{}", first, last), .ink = ramp_ink(step)});
        from = to + 1;
    }
    if (has_unseen(chart)) entries.push_back({.name = "not seen", .hatched = true});
    return entries;
}

void draw_cell(Sheet& sheet, HeatmapChart const& chart, std::size_t day, std::size_t hour, Rect place,
               std::int64_t highest) {
    auto const& cell = chart.cells[day][hour];
    auto const hint =
        fmt::format("{} {:02}:00–{:02}:00 UTC: {}{}", day_names[day], hour, hour + 1,
                    cell.count == 0 && !cell.seen ? std::string("not seen")
                                                  : fmt::format("{} {}", format_count(cell.count), chart.what),
                    cell.count > 0 && !cell.seen ? ", not fully covered" : "");
    auto const fill = cell.count == 0 ? Ink::surface : ramp_ink(shade_of(cell.count, highest));
    sheet.add(Box{.area = place, .fill = fill, .radius = cell.seen ? 2.0 : 0.0, .hint = hint});
    if (!cell.seen) sheet.add(Hatch{place});
}

} // namespace

std::size_t shade_of(std::int64_t count, std::int64_t highest) {
    auto const before = std::min(count, highest_drawn) - 1;
    auto const steps = static_cast<std::int64_t>(ramp_steps);
    return std::min(ramp_steps, 1 + static_cast<std::size_t>(before * steps / std::min(highest, highest_drawn)));
}

Drawing draw(HeatmapChart const& chart, Size size) {
    Sheet sheet(size, chart.heading);
    auto const top = busiest_hour(chart);
    bool const empty = top.count == 0;
    if (!empty) sheet.put_legend(shades(chart, top.count));
    auto plot = sheet.free();
    plot.x += day_width;
    plot.width -= day_width;
    plot.height = std::max(70.0, plot.height - hours_height + Sheet::margin / 2);
    double const width = plot.width / 24;
    double const height = plot.height / 7;
    double const between = width > 18 ? 2 : 1;
    for (std::size_t day = 0; day < 7; ++day) {
        double const y = plot.y + height * static_cast<double>(day);
        sheet.add(Label{.at = {plot.x - 8, y + height / 2 + 4},
                        .text = std::string(day_names[day]),
                        .size = Sheet::tick_size,
                        .ink = Ink::muted,
                        .anchor = Anchor::end});
        for (std::size_t hour = 0; hour < 24; ++hour) {
            Rect const place{.x = plot.x + width * static_cast<double>(hour),
                             .y = y,
                             .width = width - between,
                             .height = height - between};
            draw_cell(sheet, chart, day, hour, place, top.count);
        }
    }
    for (std::size_t hour = 0; hour < 24; hour += 3) {
        sheet.add(Label{.at = {plot.x + width * static_cast<double>(hour), plot.bottom() + 14},
                        .text = fmt::format("{:02}", hour),
                        .size = Sheet::tick_size,
                        .ink = Ink::muted});
    }
    sheet.add(Label{.at = {plot.right(), plot.bottom() + 30},
                    .text = "hour of the day in UTC",
                    .size = Sheet::tick_size,
                    .ink = Ink::muted,
                    .anchor = Anchor::end});
    if (empty) {
        sheet.put_empty(plot, fmt::format("No {} in this window", chart.what), chart.why_empty);
        return std::move(sheet).finish(fmt::format("No {}. {}", chart.what, chart.why_empty));
    }
    return std::move(sheet).finish(fmt::format("Most in one hour of the week: {} {}, {} from {:02}:00 UTC.{}",
                                               format_count(top.count), chart.what, day_names[top.day], top.hour,
                                               has_unseen(chart) ? " Some hours were not seen." : ""));
}

} // namespace gem::charts
