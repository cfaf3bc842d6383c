#include "collector/poll_schedule.hpp"

#include <gtest/gtest.h>

namespace gem {
namespace {

UtcTime const schedule_start = *parse_time("2026-01-15T12:00:00Z");

constexpr seconds planned = minutes(4);

TEST(PollSchedule, waits_as_long_as_planned_when_all_is_well) {
    PollSchedule const schedule({});
    for (auto const outcome : {PollOutcome::fresh, PollOutcome::not_modified}) {
        auto const step =
            schedule.after(schedule_start, {.outcome = outcome, .poll_interval = seconds(60)}, planned, 3, 0.5);
        EXPECT_EQ(step.next_poll, schedule_start + planned);
        EXPECT_EQ(step.not_before, schedule_start + seconds(60));
        EXPECT_EQ(step.failures, 0);
    }
}

TEST(PollSchedule, keeps_the_interval_that_github_asks_for_even_by_hand) {
    PollSchedule const schedule({});
    auto const step =
        schedule.after(schedule_start, {.outcome = PollOutcome::fresh, .poll_interval = minutes(20)}, planned, 3, 0);
    EXPECT_EQ(step.next_poll, schedule_start + minutes(20));
    EXPECT_EQ(step.not_before, schedule_start + minutes(20));
}

TEST(PollSchedule, backs_off_twice_as_long_each_time_up_to_a_quarter_of_an_hour) {
    PollSchedule const schedule({});
    PollAnswer const failed{.outcome = PollOutcome::failed};
    std::vector<std::int64_t> waits;
    std::int64_t failures = 0;
    for (int i = 0; i < 9; ++i) {
        auto const step = schedule.after(schedule_start, failed, planned, failures, 0);
        EXPECT_EQ(step.failures, failures + 1);
        failures = step.failures;
        waits.push_back((step.next_poll - schedule_start).count());
    }
    EXPECT_EQ(waits, (std::vector<std::int64_t>{15, 30, 60, 120, 240, 480, 900, 900, 900}));
}

TEST(PollSchedule, spreads_the_retries_over_the_second_half_of_the_wait) {
    PollSchedule const schedule({});
    for (double const dice : {0.0, 0.25, 0.5, 0.999}) {
        auto const wait = schedule.after(schedule_start, {.outcome = PollOutcome::failed}, planned, 4, dice).next_poll -
                          schedule_start;
        EXPECT_GE(wait, seconds(120));
        EXPECT_LE(wait, seconds(240));
    }
    EXPECT_LT(schedule.after(schedule_start, {.outcome = PollOutcome::failed}, planned, 4, 0.9).next_poll,
              schedule.after(schedule_start, {.outcome = PollOutcome::failed}, planned, 4, 0.1).next_poll);
}

TEST(PollSchedule, survives_any_number_of_failures) {
    PollSchedule const schedule({});
    auto const step =
        schedule.after(schedule_start, {.outcome = PollOutcome::failed}, planned, std::int64_t{1} << 60, 0);
    EXPECT_EQ(step.next_poll, schedule_start + minutes(15));
}

TEST(PollSchedule, waits_as_long_as_a_failing_server_asks) {
    PollSchedule const schedule({});
    auto const step = schedule.after(
        schedule_start, {.outcome = PollOutcome::failed, .retry_at = schedule_start + hours(1)}, planned, 0, 0);
    EXPECT_EQ(step.next_poll, schedule_start + hours(1));
}

TEST(PollSchedule, rests_until_the_rate_limit_ends_and_a_little_more) {
    PollSchedule const schedule({});
    auto const step =
        schedule.after(schedule_start, {.outcome = PollOutcome::rate_limited, .retry_at = schedule_start + minutes(30)},
                       planned, 2, 0.5);
    EXPECT_EQ(step.next_poll, schedule_start + minutes(30) + seconds(5));
    EXPECT_EQ(step.not_before, schedule_start + minutes(30));
    EXPECT_EQ(step.failures, 2);
}

TEST(PollSchedule, parks_what_is_gone_and_looks_again_the_next_day) {
    PollSchedule const schedule({});
    auto const step = schedule.after(schedule_start, {.outcome = PollOutcome::gone}, planned, 0, 0);
    EXPECT_TRUE(step.parked);
    EXPECT_EQ(step.next_poll, schedule_start + hours(24));
}

} // namespace
} // namespace gem
