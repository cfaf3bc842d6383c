// The formulas of METRICS.md on cases that were worked out by hand; the arithmetic stands beside them.
#include <gtest/gtest.h>

#include "analytics/activity.hpp"
#include "analytics/event_counts.hpp"
#include "analytics/trending.hpp"

using namespace gem;

namespace {

constexpr UtcTime noon = from_unix(1'420'113'600); // 2015-01-01T12:00:00Z
constexpr TimeWindow day{.from = noon - hours(24), .to = noon};

ActivityRow row(UtcTime minute, std::string type, std::int64_t actor, bool bot = false, std::int64_t events = 1) {
    return {.minute = minute, .type = std::move(type), .action = {}, .actor = actor, .bot = bot, .events = events};
}

Tally tally(std::string type, std::string action, std::int64_t events, std::int64_t commits = 0,
            std::int64_t unknown = 0) {
    return {.type = std::move(type),
            .action = std::move(action),
            .events = events,
            .distinct_commits = commits,
            .commits_unknown = unknown};
}

} // namespace

TEST(WindowParams, end_at_the_next_minute_and_take_hours_or_minutes) {
    WindowParams params;
    EXPECT_EQ(params.window(noon + seconds(1), hours(6)),
              (TimeWindow{noon + minutes(1) - hours(6), noon + minutes(1)}));
    params.hours = 2;
    params.until = noon;
    EXPECT_EQ(params.window(noon + hours(9), hours(6)), (TimeWindow{noon - hours(2), noon}));
    params.hours.reset();
    params.offset_minutes = 90;
    EXPECT_EQ(params.window(noon, hours(6)), (TimeWindow{noon - minutes(90), noon}));
    EXPECT_EQ(whole_hours(params.window(noon, hours(6))), std::nullopt);
    EXPECT_EQ(whole_hours(day), 24);
}

TEST(ActivityScore, is_100_times_1_minus_e_to_minus_x_eighths) {
    // 19 in 24 hours: x = 19, 100·(1 − e^(−2.375)) = 100·(1 − 0.093015) = 90.6985
    EXPECT_NEAR(activity_score(19, day), 90.6985, 0.001);
    EXPECT_DOUBLE_EQ(activity_score(0, day), 0.0);
    // 14 in 7 days: x = 2, 100·(1 − e^(−0.25)) = 22.1199
    EXPECT_NEAR(activity_score(14, {noon - hours(168), noon}), 22.1199, 0.001);
    // A window shorter than a day counts as a day: 2 in one hour: x = 2
    EXPECT_NEAR(activity_score(2, {noon - hours(1), noon}), 22.1199, 0.001);
}

TEST(ActivityScore, counts_a_person_once_for_each_type_and_day_and_no_bots) {
    std::vector<ActivityRow> const rows = {
        row(noon - hours(20), "PushEvent", 1),         // 2014-12-31
        row(noon - hours(13), "PushEvent", 1),         // the same day, the same type: once
        row(noon - hours(2), "PushEvent", 1),          // 2015-01-01
        row(noon - hours(2), "WatchEvent", 1),         //
        row(noon - hours(1), "WatchEvent", 2),         //
        row(noon - hours(1), "PushEvent", 3, true, 4), // a bot, 4 events
        row(noon - hours(1), "PushEvent", 0),          // nobody known
    };
    EXPECT_EQ(actor_type_days(rows, Bots::exclude), 4);
    EXPECT_EQ(actor_type_days(rows, Bots::include), 5);
    EXPECT_EQ(actor_type_days(rows, Bots::only), 1);
    EXPECT_EQ(unique_actors(rows), 3);
    EXPECT_EQ(bots_left_out(rows, Bots::exclude), 4);
    EXPECT_EQ(bots_left_out(rows, Bots::include), 0);
}

TEST(Trend, half_lives_follow_the_window) {
    EXPECT_EQ(trend_half_life(day), hours(6));
    EXPECT_EQ(trend_half_life({noon - hours(25), noon}), days(2));
    EXPECT_EQ(trend_half_life({noon - days(7), noon}), days(2));
    EXPECT_EQ(trend_half_life({noon - days(8), noon}), days(7));
}

TEST(Trend, mass_halves_with_every_half_life_of_age) {
    std::vector<ActivityRow> const rows = {
        row(noon - hours(6), "WatchEvent", 1),      // 2·2^(−1) = 1
        row(noon - hours(9), "WatchEvent", 1),      // the same (actor, type, day), older: out
        row(noon - hours(12), "ForkEvent", 2),      // 3·2^(−2) = 0.75
        row(noon - hours(18), "GollumEvent", 2),    // 1·2^(−3) = 0.125
        row(noon - hours(1), "ForkEvent", 9, true), // a bot: out
    };
    EXPECT_NEAR(trend_mass(rows, day), 1.875, 1e-12);
}

TEST(Trend, expectation_spreads_the_habit_over_the_window) {
    // 28 distinct watches in 28 days: 2 a day = 1/12 an hour.
    std::vector<ActivityRow> rows;
    for (int i = 0; i < 28; ++i) rows.push_back(row(day.from - days(28) + days(i), "WatchEvent", i + 1));
    TimeWindow const history{day.from - days(28), day.from};
    // reach = 6 h/ln 2·(1 − 2^(−4)) = 8.65617·0.9375 = 8.11516 h; 8.11516/12 = 0.676263
    EXPECT_NEAR(expected_trend_mass(rows, history, day), 0.676263, 1e-5);
    EXPECT_DOUBLE_EQ(expected_trend_mass({}, history, day), 0.0);
}

TEST(Trend, score_is_the_surplus_over_the_root_of_habit_and_five) {
    EXPECT_DOUBLE_EQ(trend_score(10, 4), 2.0); // 6/√9
    EXPECT_DOUBLE_EQ(trend_score(0, 4), -4.0 / 3.0);
}

TEST(Pushes, know_their_commits_only_when_every_push_tells) {
    auto const known = sum_pushes(std::vector{tally("PushEvent", "", 3, 7), tally("WatchEvent", "started", 2)});
    EXPECT_EQ(known.push_events, 3);
    EXPECT_EQ(known.total_commits, 7);
    auto const partly = sum_pushes(std::vector{tally("PushEvent", "", 3, 7, 1)});
    EXPECT_EQ(partly.push_events, 3);
    EXPECT_EQ(partly.total_commits, std::nullopt);
    EXPECT_EQ(sum_pushes({}).total_commits, 0);
}

TEST(Buckets, are_all_there_and_aligned_to_the_epoch) {
    TimeWindow const window{noon + minutes(7), noon + minutes(31)};
    auto const series =
        fill_buckets(window, minutes(10), {{.bucket_start = noon + minutes(20), .counts = {{"A", 2}, {"B", 3}}}});
    ASSERT_EQ(series.size(), 4U); // 12:00, 12:10, 12:20, 12:30
    EXPECT_EQ(series[0].bucket_start, noon);
    EXPECT_EQ(series[2].total, 5);
    EXPECT_EQ(series[3].total, 0);
    EXPECT_TRUE(fill_buckets({noon, noon}, minutes(10), {}).empty());
}

TEST(EventTypes, are_sorted_into_categories_and_new_ones_into_other) {
    auto const summary = summarise_types({{"DiscussionEvent", 3}, {"ForkEvent", 2}, {"WatchEvent", 5}});
    EXPECT_EQ(summary.total_events, 10);
    EXPECT_EQ(summary.total_monitored_events, 7);
    EXPECT_EQ(summary.categories.at("engagement").count, 7);
    EXPECT_EQ(summary.categories.at("engagement").event_types, (std::vector<std::string>{"ForkEvent", "WatchEvent"}));
    EXPECT_EQ(summary.categories.at("other").count, 3);
}
