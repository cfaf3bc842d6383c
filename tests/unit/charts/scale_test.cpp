// Axes: ticks that people expect, at times that people expect, with labels that stay apart.
#include "charts/scale.hpp"

#include <gtest/gtest.h>

#include "charts/text.hpp"

namespace gem::charts {
namespace {

UtcTime at(std::string const& text) { return parse_time(text).value(); }
TimeWindow between(std::string const& from, std::string const& to) { return {.from = at(from), .to = at(to)}; }

std::vector<std::string> labels(TimeWindow window, double width) {
    std::vector<std::string> texts;
    for (auto const& tick : time_ticks(window, width, 11)) texts.push_back(tick.label);
    return texts;
}

TEST(CountScale, steps_by_one_two_or_five_times_a_power_of_ten) {
    EXPECT_EQ(count_scale(7, 8).ticks(), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(count_scale(7, 5).ticks(), (std::vector<std::int64_t>{0, 2, 4, 6, 8}));
    EXPECT_EQ(count_scale(43, 5).ticks(), (std::vector<std::int64_t>{0, 10, 20, 30, 40, 50}));
    EXPECT_EQ(count_scale(11'351, 6).ticks(), (std::vector<std::int64_t>{0, 2000, 4000, 6000, 8000, 10'000, 12'000}));
}

TEST(CountScale, has_whole_steps_for_nothing_for_one_and_for_huge_counts) {
    EXPECT_EQ(count_scale(0, 5).ticks(), (std::vector<std::int64_t>{0, 1}));
    EXPECT_EQ(count_scale(1, 5).ticks(), (std::vector<std::int64_t>{0, 1}));
    auto const huge = count_scale(std::numeric_limits<std::int64_t>::max(), 2);
    EXPECT_LE(huge.ticks().size(), 3U);
    EXPECT_GT(huge.top, 0);
}

TEST(CountScale, reaches_the_highest_count_in_no_more_steps_than_fit) {
    for (std::int64_t highest = 1; highest < 3'000'000; highest = highest * 3 / 2 + 1) {
        for (std::size_t const most : {2U, 3U, 5U, 8U}) {
            auto const scale = count_scale(highest, most);
            EXPECT_GE(scale.top, highest);
            EXPECT_LT(scale.top - scale.step, highest) << "the last step is needed";
            EXPECT_LE(scale.ticks().size(), most + 1);
        }
    }
}

TEST(TimeTicks, stand_at_whole_hours_of_a_day) {
    EXPECT_EQ(labels(between("2015-01-01T00:00:00Z", "2015-01-02T00:00:00Z"), 700),
              (std::vector<std::string>{"Jan 1", "02:00", "04:00", "06:00", "08:00", "10:00", "12:00", "14:00", "16:00",
                                        "18:00", "20:00", "22:00", "Jan 2"}));
    EXPECT_EQ(labels(between("2015-01-01T15:00:00Z", "2015-01-01T16:00:00Z"), 300),
              (std::vector<std::string>{"15:00", "15:10", "15:20", "15:30", "15:40", "15:50", "16:00"}));
}

TEST(TimeTicks, stand_at_days_mondays_months_and_years) {
    EXPECT_EQ(labels(between("2014-12-30T10:30:00Z", "2015-01-03T10:30:00Z"), 300),
              (std::vector<std::string>{"Dec 31", "Jan 1", "Jan 2", "Jan 3"}));
    for (auto const& tick : time_ticks(between("2015-01-01T00:00:00Z", "2015-02-15T00:00:00Z"), 500, 11))
        EXPECT_EQ(std::chrono::weekday(std::chrono::floor<days>(tick.at)), std::chrono::Monday) << tick.label;
    EXPECT_EQ(labels(between("2014-11-15T00:00:00Z", "2015-04-15T00:00:00Z"), 500),
              (std::vector<std::string>{"Dec", "Jan 2015", "Feb", "Mar", "Apr"}));
    EXPECT_EQ(labels(between("2011-06-01T00:00:00Z", "2026-06-01T00:00:00Z"), 500).front(), "2012");
}

TEST(TimeTicks, never_collide_whatever_the_window_and_the_width) {
    auto const end = at("2026-03-01T10:07:00Z");
    for (auto length = minutes(1); length < days(40'000); length = length * 7 / 5 + minutes(1)) {
        TimeWindow const window{.from = end - length, .to = end};
        for (double const width : {200.0, 320.0, 700.0, 1568.0}) {
            auto const ticks = time_ticks(window, width, 11);
            double last = -1e9;
            for (auto const& tick : ticks) {
                auto const middle = width * static_cast<double>((tick.at - window.from).count()) /
                                    static_cast<double>(window.length().count());
                auto const half = text_width(tick.label, 11) / 2;
                EXPECT_GT(middle - half, last + 4) << tick.label << ' ' << width << ' ' << format_window(window);
                last = middle + half;
            }
            EXPECT_LE(ticks.size(), 60U);
        }
    }
}

TEST(TimeTicks, of_an_empty_window_are_none) { EXPECT_TRUE(time_ticks({}, 700, 11).empty()); }

TEST(Spans, are_told_as_people_say_them) {
    EXPECT_EQ(format_span(minutes(5)), "5 minutes");
    EXPECT_EQ(format_span(hours(1)), "hour");
    EXPECT_EQ(format_span(minutes(90)), "90 minutes");
    EXPECT_EQ(format_span(days(14)), "2 weeks");
    EXPECT_EQ(format_window(between("2015-01-01T15:00:00Z", "2015-01-01T16:00:00Z")), "2015-01-01 15:00 – 16:00 UTC");
    EXPECT_EQ(format_window(between("2015-01-01T15:00:00Z", "2015-01-02T15:00:00Z")),
              "2015-01-01 15:00 – 2015-01-02 15:00 UTC");
}

} // namespace
} // namespace gem::charts
