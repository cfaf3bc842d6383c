// Every chart at every size: nothing sticks out, no label lies on another, empty ones say why, and the two back-ends
// draw what there is.
#include <gtest/gtest.h>

#include "charts/badge.hpp"
#include "charts/figures.hpp"
#include "charts/png.hpp"
#include "charts/svg.hpp"
#include "charts/text.hpp"

namespace gem::charts {
namespace {

constexpr auto start_of_2015 = from_unix(1'420'070'400); // a Thursday

Rect box_of(Label const& label) {
    auto const width = text_width(label.text, label.size, label.bold);
    double const share = label.anchor == Anchor::start ? 0 : label.anchor == Anchor::middle ? 0.5 : 1;
    return {.x = label.at.x - share * width,
            .y = label.at.y - label.size * 0.75,
            .width = width,
            .height = label.size * 0.95};
}

bool overlap(Rect const& a, Rect const& b) {
    return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

bool inside(Rect const& part, Size const& whole) {
    return part.x >= -0.5 && part.y >= -0.5 && part.right() <= whole.width + 0.5 && part.bottom() <= whole.height + 0.5;
}

/// What holds for every drawing.
void expect_tidy(Drawing const& drawing, std::string const& which) {
    std::vector<Label const*> labels;
    for (auto const& shape : drawing.shapes) {
        if (auto const* label = std::get_if<Label>(&shape)) {
            EXPECT_TRUE(inside(box_of(*label), drawing.size)) << which << ": " << label->text << " sticks out";
            for (auto const* other : labels)
                EXPECT_FALSE(overlap(box_of(*label), box_of(*other)))
                    << which << ": " << label->text << " lies on " << other->text;
            labels.push_back(label);
        } else if (auto const* box = std::get_if<Box>(&shape)) {
            EXPECT_TRUE(inside(box->area, drawing.size)) << which << ": a box sticks out";
            EXPECT_GE(box->area.width, 0) << which;
            EXPECT_GE(box->area.height, 0) << which;
        } else if (auto const* area = std::get_if<Area>(&shape)) {
            for (auto const& point : area->outline)
                EXPECT_TRUE(inside({.x = point.x, .y = point.y}, drawing.size)) << which;
        } else if (auto const* line = std::get_if<Line>(&shape)) {
            for (auto const& point : line->points)
                EXPECT_TRUE(inside({.x = point.x, .y = point.y}, drawing.size)) << which;
        }
    }
    EXPECT_FALSE(drawing.title.empty()) << which;
    EXPECT_FALSE(drawing.description.empty()) << which;
}

bool says(Drawing const& drawing, std::string_view text) {
    return std::ranges::any_of(drawing.shapes, [&](Shape const& shape) {
        auto const* label = std::get_if<Label>(&shape);
        return label != nullptr && label->text.find(text) != std::string::npos;
    });
}

template <class T>
std::size_t number_of(Drawing const& drawing) {
    return static_cast<std::size_t>(
        std::ranges::count_if(drawing.shapes, [](Shape const& shape) { return std::holds_alternative<T>(shape); }));
}

std::size_t boxes_in(Drawing const& drawing, Ink ink) {
    return static_cast<std::size_t>(std::ranges::count_if(drawing.shapes, [&](Shape const& shape) {
        auto const* box = std::get_if<Box>(&shape);
        return box != nullptr && box->fill == ink;
    }));
}

constexpr std::array<Size, 6> sizes = {{{320, 240}, {320, 1600}, {800, 400}, {500, 300}, {1600, 240}, {1600, 1600}}};

/// `buckets` of five types; `factor` makes counts large.
Windowed<EventSeries> series(std::size_t buckets, std::int64_t bucket_minutes, std::int64_t factor) {
    Windowed<EventSeries> answer;
    answer.repo = "octo-org/hello-world";
    answer.bucket_minutes = bucket_minutes;
    answer.coverage.complete = true;
    answer.window = {.from = start_of_2015, .to = start_of_2015 + minutes(bucket_minutes) * buckets};
    std::vector<std::string> const types = {"PushEvent",          "WatchEvent",        "PullRequestReviewCommentEvent",
                                            "CommitCommentEvent", "IssueCommentEvent", "ForkEvent",
                                            "CreateEvent"};
    for (std::size_t i = 0; i < buckets; ++i) {
        SeriesBucket bucket{.bucket_start = start_of_2015 + minutes(bucket_minutes) * i, .total = 0, .counts = {}};
        for (std::size_t t = 0; t < types.size(); ++t)
            bucket.counts[types[t]] = static_cast<std::int64_t>((i * (t + 3)) % 11) * factor + factor;
        answer.series.push_back(std::move(bucket));
    }
    return answer;
}

Windowed<PrTimeline> timeline(std::size_t count) {
    Windowed<PrTimeline> answer;
    answer.repo = "octo-org/hello-world";
    answer.coverage.complete = true;
    answer.window = {.from = start_of_2015, .to = start_of_2015 + days(count)};
    for (std::size_t i = 0; i < count; ++i) {
        auto const n = static_cast<std::int64_t>(i);
        answer.days.push_back({.day = start_of_2015 + days(i), .opened = n % 7, .merged = n % 5, .closed = n % 2});
    }
    return answer;
}

Windowed<Trending> trending_list(std::size_t count, std::int64_t factor) {
    Windowed<Trending> answer;
    answer.window = {.from = start_of_2015, .to = start_of_2015 + days(1)};
    answer.coverage.complete = true;
    for (std::size_t i = 0; i < count; ++i) {
        TrendingRepository one;
        one.repo = i % 3 == 0 ? "a-very-long-organisation-name-indeed/and-a-very-long-name-of-its-repository"
                              : fmt::format("octo-org/tool-{}", i);
        one.event_breakdown = {{"PushEvent", factor}, {"WatchEvent", factor / static_cast<std::int64_t>(i + 1)}};
        answer.repositories.push_back(std::move(one));
    }
    return answer;
}

Windowed<ActivityHeatmap> heat(std::int64_t factor) {
    Windowed<ActivityHeatmap> answer;
    answer.repo = "octo-org/hello-world";
    answer.window = {.from = start_of_2015, .to = start_of_2015 + days(28)};
    answer.coverage.complete = true;
    answer.cells.assign(7, std::vector<std::int64_t>(24, 0));
    for (std::size_t day = 0; day < 7; ++day)
        for (std::size_t hour = 0; hour < 24; ++hour)
            answer.cells[day][hour] = static_cast<std::int64_t>(day * hour) * factor;
    return answer;
}

template <class Chart>
void expect_tidy_at_every_size(Chart const& chart, std::string const& which) {
    for (auto const& size : sizes)
        expect_tidy(draw(chart, size), fmt::format("{} at {} x {}", which, size.width, size.height));
}

TEST(Charts, are_tidy_at_every_size_with_little_and_with_much) {
    for (std::size_t const buckets : {1U, 2U, 12U, 288U, 10'000U}) {
        for (std::int64_t const factor : {std::int64_t{1}, std::int64_t{1'000}, std::int64_t{10'000'000'000'000}}) {
            expect_tidy_at_every_size(chart_of(series(buckets, 5, factor)),
                                      fmt::format("series {} {}", buckets, factor));
        }
    }
    for (std::size_t const count : {1U, 7U, 30U, 365U})
        expect_tidy_at_every_size(chart_of(timeline(count)), fmt::format("timeline {}", count));
    for (std::size_t const count : {1U, 5U, 50U}) {
        for (std::int64_t const factor : {std::int64_t{1}, std::int64_t{10'000'000'000'000}})
            expect_tidy_at_every_size(chart_of(trending_list(count, factor)), fmt::format("trending {}", count));
    }
    for (std::int64_t const factor : {std::int64_t{1}, std::int64_t{999}, std::int64_t{10'000'000'000'000'000}})
        expect_tidy_at_every_size(chart_of(heat(factor)), fmt::format("heatmap {}", factor));
}

TEST(Charts, without_anything_say_why) {
    auto empty = series(12, 5, 0);
    auto const complete = draw(chart_of(empty), usual_chart);
    EXPECT_TRUE(says(complete, "No events in this window"));
    EXPECT_TRUE(says(complete, "Everything that happened was seen"));
    empty.coverage.complete = false;
    empty.coverage.gaps = {{.from = empty.window.from, .to = empty.window.to, .reason = "not yet polled"}};
    auto const uncovered = draw(chart_of(empty), usual_chart);
    EXPECT_TRUE(says(uncovered, "(not yet polled)"));
    EXPECT_EQ(number_of<Hatch>(uncovered), 2U) << "the place, and what it means in the legend";
    expect_tidy_at_every_size(chart_of(empty), "empty series");
    expect_tidy_at_every_size(chart_of(trending_list(0, 1)), "empty trending");
    expect_tidy_at_every_size(chart_of(heat(0)), "empty heatmap");
    auto none = timeline(7);
    for (auto& day : none.days) day.opened = day.merged = day.closed = 0;
    EXPECT_TRUE(says(draw(chart_of(none), usual_chart), "No pull requests in this window"));
    none.days.clear();
    expect_tidy_at_every_size(chart_of(none), "a timeline without days");
}

TEST(TimeCharts, put_buckets_together_that_could_not_be_seen_and_say_so) {
    EXPECT_TRUE(says(draw(chart_of(series(288, 5, 1)), usual_chart), "events per 5 minutes"));
    EXPECT_TRUE(says(draw(chart_of(series(2016, 5, 1)), usual_chart), "events per 30 minutes"));
    auto const chart = chart_of(series(12, 5, 1));
    auto const quarters = in_longer_buckets(chart, minutes(15));
    ASSERT_EQ(quarters.series.front().counts.size(), 4U);
    EXPECT_EQ(quarters.series.front().counts[0],
              chart.series.front().counts[0] + chart.series.front().counts[1] + chart.series.front().counts[2]);
    auto const weeks = in_longer_buckets(chart_of(timeline(7)), days(7));
    ASSERT_EQ(weeks.series.front().counts.size(), 2U) << "Thursday to Wednesday touches two weeks";
    EXPECT_EQ(weeks.first, start_of_2015 - days(3)) << "a Monday";
}

TEST(TimeCharts, stack_up_to_the_total) {
    auto const drawing = draw(chart_of(series(12, 5, 1)), usual_chart);
    EXPECT_EQ(number_of<Area>(drawing), 6U) << "five types, and the rest";
    EXPECT_TRUE(says(drawing, "other types"));
}

TEST(TimeCharts, compare_by_columns_or_by_lines_when_there_are_many) {
    EXPECT_EQ(boxes_in(draw(chart_of(timeline(7)), usual_chart), Ink::series_1), 1U + 6U)
        << "legend, and Monday has none";
    auto const many = draw(chart_of(timeline(90)), usual_chart);
    EXPECT_EQ(boxes_in(many, Ink::series_1), 1U);
    EXPECT_TRUE(says(many, "pull requests per day"));
    EXPECT_TRUE(says(draw(chart_of(timeline(365)), usual_chart), "pull requests per week"));
}

TEST(TimeCharts, hatch_what_is_not_covered_once) {
    auto answer = series(12, 5, 1);
    answer.coverage.complete = false;
    answer.coverage.gaps = {{.from = start_of_2015, .to = start_of_2015 + minutes(10), .reason = "a"},
                            {.from = start_of_2015 + minutes(5), .to = start_of_2015 + minutes(20), .reason = "b"},
                            {.from = start_of_2015 + minutes(40), .to = start_of_2015 + minutes(50), .reason = "c"}};
    auto const drawing = draw(chart_of(answer), usual_chart);
    EXPECT_EQ(number_of<Hatch>(drawing), 3U) << "two stretches and the legend";
    EXPECT_TRUE(says(drawing, "not fully covered"));
}

TEST(BarCharts, leave_out_bars_without_space_and_tell_how_many) {
    auto const chart = chart_of(trending_list(50, 100));
    EXPECT_TRUE(says(draw(chart, {.width = 800, .height = 400}), "more are not drawn"));
    EXPECT_FALSE(says(draw(chart, {.width = 800, .height = natural_height(chart)}), "more are not drawn"));
}

TEST(BarCharts, write_the_total_at_each_bar) {
    auto const drawing = draw(chart_of(trending_list(2, 1'000)), usual_chart);
    EXPECT_TRUE(says(drawing, "2,000")); // 1000 + 1000/1
    EXPECT_TRUE(says(drawing, "1,500")); // 1000 + 1000/2
}

TEST(Heatmaps, shade_in_six_equal_parts) {
    EXPECT_EQ(shade_of(1, 600), 1U);
    EXPECT_EQ(shade_of(100, 600), 1U);
    EXPECT_EQ(shade_of(101, 600), 2U);
    EXPECT_EQ(shade_of(600, 600), 6U);
    EXPECT_EQ(shade_of(1, 1), 1U);
    EXPECT_EQ(shade_of(std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()), 6U);
    auto const drawing = draw(chart_of(heat(1)), usual_heatmap); // at most 6 · 23 = 138
    EXPECT_TRUE(says(drawing, "1–23"));
    EXPECT_TRUE(says(drawing, "116–138"));
}

TEST(Heatmaps, hatch_hours_of_the_week_that_nobody_saw) {
    auto answer = heat(1);
    answer.window = {.from = start_of_2015 + hours(10), .to = start_of_2015 + hours(13)};
    answer.coverage.complete = false;
    answer.coverage.gaps = {{.from = start_of_2015 + hours(11), .to = start_of_2015 + hours(12), .reason = "down"}};
    auto const chart = chart_of(answer);
    EXPECT_TRUE(chart.cells[3][10].seen);
    EXPECT_FALSE(chart.cells[3][11].seen);
    EXPECT_TRUE(chart.cells[3][12].seen);
    EXPECT_FALSE(chart.cells[3][13].seen) << "after the window";
    EXPECT_EQ(number_of<Hatch>(draw(chart, usual_heatmap)), 7U * 24 - 2 + 1) << "and the legend";
}

TEST(Badges, are_as_wide_as_their_texts) {
    for (auto const* value : {"1", "≥ 12.5k", "v1.0.0-rc.1+build.5", "漢字", ""}) {
        auto const drawing = draw(Badge{.name = "events (24 h)", .value = value, .description = "d"});
        expect_tidy(drawing, value);
        EXPECT_EQ(drawing.size.height, 20);
    }
    auto const longest = draw(Badge{.name = std::string(500, 'W'), .value = std::string(500, 'M'), .description = "d"});
    expect_tidy(longest, "long");
    EXPECT_LT(longest.size.width, 520);
}

TEST(Svg, escapes_whatever_it_is_given) {
    auto answer = trending_list(1, 5);
    answer.repositories.front().repo = "a/<script>alert(1)</script>&\"'\x01\xff";
    auto const svg = to_svg(draw(chart_of(answer), usual_chart), {});
    EXPECT_EQ(svg.find("<script"), std::string::npos);
    EXPECT_NE(svg.find("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;??"), std::string::npos) << svg;
}

TEST(Svg, has_real_text_and_says_what_it_is) {
    auto const svg = to_svg(draw(chart_of(series(12, 5, 1)), usual_chart), {.theme = Theme::dark, .id = "x"});
    EXPECT_TRUE(svg.starts_with(R"(<svg xmlns="http://www.w3.org/2000/svg" width="800" height="400")")) << svg;
    EXPECT_NE(svg.find(R"(role="img" aria-labelledby="x-title x-desc")"), std::string::npos);
    EXPECT_NE(svg.find(R"(<title id="x-title">Events of octo-org/hello-world</title>)"), std::string::npos);
    EXPECT_NE(svg.find(R"(<desc id="x-desc">2015-01-01 00:00 – 01:00 UTC.)"), std::string::npos);
    EXPECT_NE(svg.find(">forks</text>"), std::string::npos);
    EXPECT_NE(svg.find("system-ui"), std::string::npos);
    EXPECT_NE(svg.find(R"(fill="#0d1117")"), std::string::npos) << "the dark background";
    EXPECT_EQ(svg.find("href"), std::string::npos) << "asks for nothing";
}

TEST(Svg, follows_the_reader_where_it_shall) {
    auto const drawing = draw(chart_of(series(12, 5, 1)), usual_chart);
    auto const alone = to_svg(drawing, {.theme = Theme::follow});
    EXPECT_NE(alone.find("prefers-color-scheme:dark"), std::string::npos);
    EXPECT_NE(alone.find(R"(class="fill-background")"), std::string::npos);
    auto const part = to_svg(drawing, {.theme = Theme::follow, .standalone = false});
    EXPECT_EQ(part.find("<style"), std::string::npos);
}

TEST(Png, is_of_the_size_asked_for_and_always_the_same) {
    auto const drawing = draw(chart_of(series(12, 5, 1)), usual_chart);
    auto const png = to_png(drawing, Theme::light, 1);
    ASSERT_TRUE(png.has_value());
    EXPECT_TRUE(png->starts_with("\x89PNG\r\n\x1a\n"));
    EXPECT_EQ(png->substr(16, 8), std::string("\0\0\x03\x20\0\0\x01\x90", 8)) << "800 x 400";
    EXPECT_EQ(*png, to_png(drawing, Theme::light, 1).value());
    EXPECT_NE(*png, to_png(drawing, Theme::dark, 1).value());
    EXPECT_EQ(to_png(drawing, Theme::light, 2).value().substr(16, 8), std::string("\0\0\x06\x40\0\0\x03\x20", 8));
}

TEST(Hatches, stay_inside_and_fit_together) {
    for (auto const& [from, to] : hatch_lines({.x = 10.3, .y = 20, .width = 33, .height = 7})) {
        for (auto const& point : {from, to}) {
            EXPECT_GE(point.x, 10.3 - 1e-9);
            EXPECT_LE(point.x, 43.3 + 1e-9);
            EXPECT_GE(point.y, 20 - 1e-9);
            EXPECT_LE(point.y, 27 + 1e-9);
        }
        EXPECT_NEAR(from.x + from.y, to.x + to.y, 1e-9);
    }
    EXPECT_TRUE(hatch_lines({}).empty());
}

} // namespace
} // namespace gem::charts
