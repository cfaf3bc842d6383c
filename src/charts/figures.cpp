#include "charts/figures.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "charts/text.hpp"

namespace gem::charts {

namespace {

/// The types that get a colour of their own, by their events; all others share one.
class TypeKinds {
  public:
    explicit TypeKinds(std::map<std::string, std::int64_t> const& totals) {
        std::vector<std::pair<std::int64_t, std::string>> order;
        for (auto const& [type, count] : totals) order.emplace_back(-count, type);
        std::ranges::sort(order);
        bool const all_fit = order.size() <= series_count + 1;
        for (auto const& [count, type] : order) {
            auto const place = all_fit ? places_.size() : std::min(places_.size(), series_count);
            places_[type] = place;
            if (place == names_.size()) names_.push_back(name_of_type(type));
        }
        if (!all_fit) names_.back() = "other types";
    }
    [[nodiscard]] std::size_t size() const { return names_.size(); }
    [[nodiscard]] std::string const& name(std::size_t place) const { return names_[place]; }
    [[nodiscard]] std::size_t place_of(std::string const& type) const { return places_.at(type); }

  private:
    std::map<std::string, std::size_t> places_;
    std::vector<std::string> names_;
};

void add_counts(std::map<std::string, std::int64_t>& sums, std::map<std::string, std::int64_t> const& more) {
    for (auto const& [type, count] : more) sums[type] += count;
}

std::vector<std::string> notes_of(WindowedPart const& part) { return {format_window(part.window)}; }

} // namespace

std::vector<TimeWindow> uncovered_of(Coverage const& coverage) {
    std::vector<TimeWindow> gaps;
    for (auto const& gap : coverage.gaps) gaps.push_back({.from = gap.from, .to = gap.to});
    std::ranges::sort(gaps, {}, &TimeWindow::from);
    std::vector<TimeWindow> united;
    for (auto const& gap : gaps) {
        if (!united.empty() && gap.from <= united.back().to)
            united.back().to = std::max(united.back().to, gap.to);
        else
            united.push_back(gap);
    }
    return united;
}

std::string why_nothing(Coverage const& coverage) {
    if (coverage.complete) return "Everything that happened was seen: there was nothing.";
    auto const reason = coverage.gaps.empty() ? std::string("it is not covered") : coverage.gaps.front().reason;
    return fmt::format("Nothing was seen, but the window is not fully covered ({}).", reason);
}

TimeChart chart_of(Windowed<EventSeries> const& answer) {
    std::map<std::string, std::int64_t> totals;
    for (auto const& bucket : answer.series) add_counts(totals, bucket.counts);
    TypeKinds const kinds(totals);
    TimeChart chart{.heading = {.title = answer.repo ? fmt::format("Events of {}", *answer.repo) : "Events",
                                .notes = notes_of(answer)},
                    .what = answer.type ? fmt::format("{}s", *answer.type) : "events",
                    .style = TimeStyle::stacked,
                    .window = answer.window,
                    .first = answer.series.empty() ? answer.window.from : answer.series.front().bucket_start,
                    .bucket = minutes(answer.bucket_minutes),
                    .series = {},
                    .uncovered = uncovered_of(answer.coverage),
                    .why_empty = why_nothing(answer.coverage)};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        chart.series.push_back({.name = kinds.name(i),
                                .ink = series_ink(i),
                                .counts = std::vector<std::int64_t>(answer.series.size(), 0)});
    }
    for (std::size_t i = 0; i < answer.series.size(); ++i) {
        for (auto const& [type, count] : answer.series[i].counts) chart.series[kinds.place_of(type)].counts[i] += count;
    }
    return chart;
}

TimeChart chart_of(Windowed<PrTimeline> const& answer) {
    TimeChart chart{.heading = {.title = fmt::format("Pull requests of {}", answer.repo), .notes = notes_of(answer)},
                    .what = "pull requests",
                    .style = TimeStyle::side_by_side,
                    .window = answer.window,
                    .first = answer.days.empty() ? answer.window.from : answer.days.front().day,
                    .bucket = days(1),
                    .series = {},
                    .uncovered = uncovered_of(answer.coverage),
                    .why_empty = why_nothing(answer.coverage)};
    chart.series = {{.name = "opened", .ink = Ink::series_1, .counts = {}},
                    {.name = "merged", .ink = Ink::series_3, .counts = {}},
                    {.name = "closed without a merge", .ink = Ink::series_2, .counts = {}}};
    for (auto const& day : answer.days) {
        chart.series[0].counts.push_back(day.opened);
        chart.series[1].counts.push_back(day.merged);
        chart.series[2].counts.push_back(day.closed);
    }
    return chart;
}

BarChart chart_of(Windowed<Trending> const& answer) {
    std::map<std::string, std::int64_t> totals;
    for (auto const& repository : answer.repositories) add_counts(totals, repository.event_breakdown);
    TypeKinds const kinds(totals);
    BarChart chart{.heading = {.title = "Repositories with the most events", .notes = notes_of(answer)},
                   .what = "events",
                   .kinds = {},
                   .bars = {},
                   .covered = answer.coverage.complete,
                   .why_empty = why_nothing(answer.coverage)};
    if (!answer.coverage.complete) chart.heading.notes.emplace_back("not fully covered: there may be more");
    for (std::size_t i = 0; i < kinds.size(); ++i) chart.kinds.push_back({.name = kinds.name(i), .ink = series_ink(i)});
    for (auto const& repository : answer.repositories) {
        Bar bar{.name = repository.repo, .parts = std::vector<std::int64_t>(kinds.size(), 0)};
        for (auto const& [type, count] : repository.event_breakdown) bar.parts[kinds.place_of(type)] += count;
        chart.bars.push_back(std::move(bar));
    }
    return chart;
}

HeatmapChart chart_of(Windowed<ActivityHeatmap> const& answer) {
    HeatmapChart chart{
        .heading = {.title = fmt::format("When something happens in {}", answer.repo), .notes = notes_of(answer)},
        .what = "events",
        .cells = {},
        .why_empty = why_nothing(answer.coverage)};
    for (std::size_t day = 0; day < 7; ++day) {
        for (std::size_t hour = 0; hour < 24; ++hour) chart.cells[day][hour].count = answer.cells.at(day).at(hour);
    }
    auto const gaps = uncovered_of(answer.coverage);
    auto gap = gaps.begin();
    for (auto hour = std::chrono::floor<hours>(answer.window.from); hour < answer.window.to; hour += hours(1)) {
        while (gap != gaps.end() && gap->to <= hour) ++gap;
        bool const touched = gap != gaps.end() && gap->from < hour + hours(1);
        auto const day = std::chrono::floor<days>(hour);
        auto const weekday = std::chrono::weekday(day).iso_encoding() - 1;
        auto& cell = chart.cells.at(weekday).at(static_cast<std::size_t>((hour - day) / hours(1)));
        cell.seen = cell.seen || !touched;
    }
    return chart;
}

} // namespace gem::charts
