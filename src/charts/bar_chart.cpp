#include "charts/bar_chart.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "charts/text.hpp"

namespace gem::charts {

namespace {

constexpr double suitable_row = 30;
constexpr double least_row = 17;
constexpr double most_row = 44;
constexpr double name_size = 12;
constexpr double left_out_height = 16;

std::int64_t total_of(Bar const& bar) { return std::accumulate(bar.parts.begin(), bar.parts.end(), std::int64_t{0}); }

/// In full as long as that is short.
std::string total_text(std::int64_t total) { return total < 10'000'000 ? format_count(total) : format_short(total); }

std::int64_t highest_total(BarChart const& chart) {
    std::int64_t highest = 0;
    for (auto const& bar : chart.bars) highest = std::max(highest, total_of(bar));
    return highest;
}

std::string describe_bars(BarChart const& chart) {
    std::string text;
    for (auto const& bar : chart.bars) {
        text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", bar.name, format_count(total_of(bar)));
    }
    if (chart.bars.empty()) text = fmt::format("No {}. {}", chart.what, chart.why_empty);
    return text + (chart.covered ? "." : ". The window is not fully covered.");
}

std::string hint_of(BarChart const& chart, Bar const& bar, std::size_t part) {
    return fmt::format("{}: {} {}", bar.name, format_count(bar.parts[part]), chart.kinds[part].name);
}

double widest_total(BarChart const& chart) {
    double widest = 0;
    for (auto const& bar : chart.bars)
        widest = std::max(widest, text_width(total_text(total_of(bar)), name_size, true));
    return widest;
}

/// One bar in its row of the plot.
void draw_bar(Sheet& sheet, BarChart const& chart, Bar const& bar, Rect row, CountScale const& scale) {
    double const height = std::min(row.height * 0.68, 24.0);
    double const top = row.y + (row.height - height) / 2;
    double const baseline = row.y + row.height / 2 + name_size * 0.36;
    double const names = row.x - Sheet::margin - 8;
    sheet.put_text({.at = {row.x - 8, baseline}, .text = bar.name, .size = name_size, .anchor = Anchor::end}, names);
    double x = row.x;
    for (std::size_t part = 0; part < bar.parts.size(); ++part) {
        auto const width = scale.share(bar.parts[part]) * row.width;
        if (width <= 0) continue;
        sheet.add(Box{.area = {.x = x, .y = top, .width = width, .height = height},
                      .fill = chart.kinds[part].ink,
                      .hint = hint_of(chart, bar, part)});
        x += width;
    }
    sheet.add(Label{.at = {x + 6, baseline}, .text = total_text(total_of(bar)), .size = name_size, .bold = true});
}

} // namespace

double natural_height(BarChart const& chart) {
    auto const rows = static_cast<double>(std::max<std::size_t>(chart.bars.size(), 3));
    return std::clamp(170 + rows * suitable_row, smallest_chart.height, largest_chart.height);
}

Drawing draw(BarChart const& chart, Size size) {
    Sheet sheet(size, chart.heading);
    auto const highest = highest_total(chart);
    if (highest == 0) {
        sheet.put_empty(sheet.free(), fmt::format("No {} in this window", chart.what), chart.why_empty);
        return std::move(sheet).finish(describe_bars(chart));
    }
    sheet.put_legend(chart.kinds);
    sheet.put_unit(chart.what);

    auto plot = sheet.free();
    plot.height -= Sheet::count_axis_height - 4;
    double const space = std::max(least_row, plot.height);
    auto shown = std::min(chart.bars.size(), static_cast<std::size_t>(space / least_row));
    if (shown < chart.bars.size()) {
        plot.height -= left_out_height;
        shown = std::max<std::size_t>(1, std::min(shown, static_cast<std::size_t>(plot.height / least_row)));
    }
    double const row_height = std::min(plot.height / static_cast<double>(shown), most_row);
    plot.height = row_height * static_cast<double>(shown);

    double names = 0;
    for (auto const& bar : chart.bars) names = std::max(names, text_width(bar.name, name_size));
    names = std::min(names, plot.width * 0.38);
    double const numbers = widest_total(chart) + 6;
    plot.x += names + 8;
    plot.width -= names + 8 + numbers;

    auto const scale = count_scale(highest, static_cast<std::size_t>(std::clamp(plot.width / 60, 2.0, 8.0)));
    sheet.put_count_axis_below(plot, scale);
    for (std::size_t i = 0; i < shown; ++i) {
        Rect const row{
            .x = plot.x, .y = plot.y + row_height * static_cast<double>(i), .width = plot.width, .height = row_height};
        draw_bar(sheet, chart, chart.bars[i], row, scale);
    }
    if (shown < chart.bars.size()) {
        sheet.add(Label{.at = {Sheet::margin, sheet.size().height - 8},
                        .text = fmt::format("{} more are not drawn: too little height", chart.bars.size() - shown),
                        .size = Sheet::tick_size,
                        .ink = Ink::muted});
    }
    return std::move(sheet).finish(describe_bars(chart));
}

} // namespace gem::charts
