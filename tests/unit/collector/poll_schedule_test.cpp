#include "collector/poll_schedule.hpp"

#include <gtest/gtest.h>

namespace gem {
namespace {

UtcTime const noon = *parse_time("2026-01-15T12:00:00Z");

PollAnswer fresh(std::size_t new_events, std::optional<seconds> since = minutes(5)) {
    return {
        .outcome = PollOutcome::fresh, .new_events = new_events, .since_previous = since, .poll_interval = seconds(60)};
}

TEST(PollSchedule, asks_a_quiet_one_at_the_ceiling) {
    PollSchedule const schedule({});
    EXPECT_EQ(schedule.after(noon, fresh(0), 0, 0.5).next_poll, noon + minutes(5));
    EXPECT_EQ(schedule.after(noon, {.outcome = PollOutcome::not_modified}, 0, 0.5).next_poll, noon + minutes(5));
}

TEST(PollSchedule, asks_a_busy_one_before_half_of_what_github_shows_has_passed) {
    PollSchedule const schedule({});
    // 200 events in 300 s: 150 pass in 225 s.
    EXPECT_EQ(schedule.after(noon, fresh(200), 0, 0.5).next_poll, noon + seconds(225));
    // 60 in 300 s: 150 pass in 750 s, which is beyond the ceiling.
    EXPECT_EQ(schedule.after(noon, fresh(60), 0, 0.5).next_poll, noon + minutes(5));
    // 300 in 60 s: 150 pass in 30 s, but GitHub wants 60 s.
    EXPECT_EQ(schedule.after(noon, fresh(300, minutes(1)), 0, 0.5).next_poll, noon + minutes(1));
}

TEST(PollSchedule, takes_a_full_first_answer_for_a_busy_one) {
    PollSchedule const schedule({});
    EXPECT_EQ(schedule.after(noon, fresh(300, std::nullopt), 0, 0).next_poll, noon + minutes(1));
    EXPECT_EQ(schedule.after(noon, fresh(20, std::nullopt), 0, 0).next_poll, noon + minutes(5));
}

TEST(PollSchedule, keeps_the_interval_that_github_asks_for_even_by_hand_and_above_the_ceiling) {
    PollSchedule const schedule({});
    auto answer = fresh(0);
    answer.poll_interval = minutes(20);
    auto const step = schedule.after(noon, answer, 3, 0);
    EXPECT_EQ(step.next_poll, noon + minutes(20));
    EXPECT_EQ(step.not_before, noon + minutes(20));
    EXPECT_EQ(step.failures, 0);
}

TEST(PollSchedule, backs_off_twice_as_long_each_time_up_to_a_quarter_of_an_hour) {
    PollSchedule const schedule({});
    PollAnswer const failed{.outcome = PollOutcome::failed};
    std::vector<std::int64_t> waits;
    std::int64_t failures = 0;
    for (int i = 0; i < 9; ++i) {
        auto const step = schedule.after(noon, failed, failures, 0);
        EXPECT_EQ(step.failures, failures + 1);
        failures = step.failures;
        waits.push_back((step.next_poll - noon).count());
    }
    EXPECT_EQ(waits, (std::vector<std::int64_t>{15, 30, 60, 120, 240, 480, 900, 900, 900}));
}

TEST(PollSchedule, spreads_the_retries_over_the_second_half_of_the_wait) {
    PollSchedule const schedule({});
    for (double const dice : {0.0, 0.25, 0.5, 0.999}) {
        auto const wait = schedule.after(noon, {.outcome = PollOutcome::failed}, 4, dice).next_poll - noon;
        EXPECT_GE(wait, seconds(120));
        EXPECT_LE(wait, seconds(240));
    }
    EXPECT_LT(schedule.after(noon, {.outcome = PollOutcome::failed}, 4, 0.9).next_poll,
              schedule.after(noon, {.outcome = PollOutcome::failed}, 4, 0.1).next_poll);
}

TEST(PollSchedule, survives_any_number_of_failures) {
    PollSchedule const schedule({});
    auto const step = schedule.after(noon, {.outcome = PollOutcome::failed}, std::int64_t{1} << 60, 0);
    EXPECT_EQ(step.next_poll, noon + minutes(15));
}

TEST(PollSchedule, waits_as_long_as_a_failing_server_asks) {
    PollSchedule const schedule({});
    auto const step = schedule.after(noon, {.outcome = PollOutcome::failed, .retry_at = noon + hours(1)}, 0, 0);
    EXPECT_EQ(step.next_poll, noon + hours(1));
}

TEST(PollSchedule, rests_until_the_rate_limit_ends_and_a_little_more) {
    PollSchedule const schedule({});
    auto const step =
        schedule.after(noon, {.outcome = PollOutcome::rate_limited, .retry_at = noon + minutes(30)}, 2, 0.5);
    EXPECT_EQ(step.next_poll, noon + minutes(30) + seconds(5));
    EXPECT_EQ(step.not_before, noon + minutes(30));
    EXPECT_EQ(step.failures, 2);
}

TEST(PollSchedule, parks_what_is_gone_and_looks_again_the_next_day) {
    PollSchedule const schedule({});
    auto const step = schedule.after(noon, {.outcome = PollOutcome::gone}, 0, 0);
    EXPECT_TRUE(step.parked);
    EXPECT_EQ(step.next_poll, noon + hours(24));
}

} // namespace
} // namespace gem
