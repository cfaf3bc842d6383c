// Which question follows which answer, without asking anybody.
#include "collector/history_plan.hpp"

#include <gtest/gtest.h>

namespace gem {
namespace {

constexpr UtcTime plan_now = from_unix(1'768'478'400); // 2026-01-15T12:00:00Z

HistoryAnswered fresh_answer(bool more, std::optional<UtcTime> latest = {}, std::optional<UtcTime> earliest = {}) {
    return {
        .status = github::PageStatus::fresh, .http_status = 200, .more = more, .latest = latest, .earliest = earliest};
}

HistoryAnswered answer_saying(github::PageStatus status, unsigned http_status, std::optional<UtcTime> retry_at = {}) {
    return {.status = status, .http_status = http_status, .retry_at = retry_at, .message = "o/r: no"};
}

struct HistoryPlanTest : testing::Test {
    void answer(HistoryAnswered const& answered, UtcTime at = plan_now) {
        progress = plan.after(progress, answered, at);
    }

    HistoryPlan plan;
    HistoryProgress progress = plan.after(plan.begin("o/r", plan_now), fresh_answer(false), plan_now);
};

TEST_F(HistoryPlanTest, asks_first_for_the_repository_itself) {
    progress = plan.begin("o/r", plan_now);
    EXPECT_EQ(plan.question(progress), "");
    EXPECT_EQ(plan.cost(progress), 1);
    answer(fresh_answer(false));
    EXPECT_EQ(progress.part, "items");
    EXPECT_EQ(progress.answers, 0) << "nothing is kept of it";
}

TEST_F(HistoryPlanTest, asks_for_nothing_of_a_repository_that_github_does_not_show) {
    progress = plan.begin("o/r", plan_now);
    for (int day = 0; day < 3; ++day) answer(answer_saying(github::PageStatus::gone, 451), plan_now + days(day));
    EXPECT_TRUE(progress.done());
    for (auto const* const part : {"items", "answers", "releases", "deployments"})
        EXPECT_TRUE(progress.omits(part)) << part;
    EXPECT_EQ(progress.omitted.size(), 4U);
    progress = plan.begin("o/r", plan_now);
    answer(answer_saying(github::PageStatus::refused, 403));
    EXPECT_TRUE(progress.done()) << "nobody knows whether it is private";
}

TEST_F(HistoryPlanTest, asks_for_items_answers_releases_and_deployments_of_thirty_days) {
    EXPECT_EQ(plan.question(progress),
              "/issues?state=all&sort=updated&direction=asc&since=2025-12-16T12:00:00Z&per_page=100&page=1");
    answer(fresh_answer(false));
    EXPECT_EQ(plan.question(progress),
              "/issues/comments?sort=updated&direction=asc&since=2025-12-16T12:00:00Z&per_page=100&page=1");
    answer(fresh_answer(false));
    EXPECT_EQ(plan.question(progress), "/releases?per_page=100&page=1");
    answer(fresh_answer(false));
    EXPECT_EQ(plan.question(progress), "/deployments?per_page=4&page=1");
    EXPECT_EQ(plan.cost(progress), 5) << "one for each deployment's statuses";
    answer(fresh_answer(false));
    EXPECT_TRUE(progress.done());
    EXPECT_TRUE(progress.omitted.empty());
    EXPECT_EQ(progress.until, plan_now);
}

TEST_F(HistoryPlanTest, begins_each_answer_where_the_one_before_ended) {
    auto const first = plan.place(progress);
    answer(fresh_answer(true, plan_now - days(20)));
    EXPECT_NE(plan.question(progress).find("since=2025-12-26T11:59:59Z&per_page=100&page=1"), std::string::npos);
    EXPECT_LT(first, plan.place(progress));
    answer(fresh_answer(false, plan_now - days(1)));
    EXPECT_EQ(progress.part, "answers");
    EXPECT_EQ(progress.since, plan_now - days(30));
}

TEST_F(HistoryPlanTest, turns_the_page_when_all_of_one_changed_in_the_same_second) {
    answer(fresh_answer(true, progress.since));
    EXPECT_EQ(progress.page, 2);
    EXPECT_EQ(progress.since, progress.from);
    answer(fresh_answer(true, progress.since + days(1)));
    EXPECT_EQ(progress.page, 1) << "on from there";
}

TEST_F(HistoryPlanTest, reads_releases_back_to_where_the_window_begins) {
    progress.part = "releases";
    answer(fresh_answer(true, plan_now, plan_now - days(10)));
    EXPECT_EQ(progress.page, 2);
    answer(fresh_answer(true, plan_now - days(10), plan_now - days(31)));
    EXPECT_EQ(progress.part, "deployments");
    EXPECT_EQ(progress.page, 1);
}

TEST_F(HistoryPlanTest, leaves_out_what_github_does_not_tell_and_says_why) {
    answer(answer_saying(github::PageStatus::gone, 410)); // issues are switched off
    EXPECT_EQ(progress.part, "answers");
    answer(answer_saying(github::PageStatus::refused, 403));
    EXPECT_EQ(progress.part, "releases");
    answer(answer_saying(github::PageStatus::refused, 422));
    EXPECT_EQ(progress.part, "deployments");
    answer(fresh_answer(false));
    EXPECT_TRUE(progress.done());
    EXPECT_TRUE(progress.omits("items"));
    EXPECT_TRUE(progress.omits("answers"));
    EXPECT_FALSE(progress.omits("deployments"));
    EXPECT_EQ(progress.omitted.front().reason, "o/r: no");
}

TEST_F(HistoryPlanTest, waits_longer_with_each_failure_and_leaves_the_part_out_in_the_end) {
    answer(answer_saying(github::PageStatus::unavailable, 502));
    EXPECT_EQ(progress.not_before, plan_now + minutes(1));
    answer(answer_saying(github::PageStatus::unavailable, 0));
    EXPECT_EQ(progress.not_before, plan_now + minutes(2));
    answer(answer_saying(github::PageStatus::unavailable, 503, plan_now + hours(1)));
    EXPECT_EQ(progress.not_before, plan_now + hours(1));
    answer(fresh_answer(true, plan_now - days(2)));
    EXPECT_EQ(progress.failures, 0);
    EXPECT_EQ(progress.not_before, UtcTime{});
    for (int i = 0; i < 9; ++i) answer(answer_saying(github::PageStatus::unavailable, 502));
    EXPECT_EQ(progress.part, "items");
    EXPECT_EQ(progress.not_before, plan_now + minutes(256));
    answer(answer_saying(github::PageStatus::unavailable, 502));
    EXPECT_TRUE(progress.omits("items"));
    EXPECT_EQ(progress.part, "answers");
    EXPECT_EQ(progress.not_before, UtcTime{}) << "the next part is asked for at once";
}

TEST_F(HistoryPlanTest, looks_daily_whether_a_repository_is_back_and_does_not_blame_it_for_a_bad_token) {
    answer(answer_saying(github::PageStatus::gone, 404));
    EXPECT_EQ(progress.not_before, plan_now + hours(24));
    answer(fresh_answer(true, plan_now - days(2)));
    answer(answer_saying(github::PageStatus::refused, 401));
    EXPECT_EQ(progress.part, "items");
    EXPECT_GT(progress.not_before, plan_now);
}

TEST_F(HistoryPlanTest, waits_as_long_as_the_rate_limit_says_without_counting_it_as_a_failure) {
    answer(answer_saying(github::PageStatus::rate_limited, 403, plan_now + minutes(40)));
    EXPECT_EQ(progress.not_before, plan_now + minutes(40));
    EXPECT_EQ(progress.failures, 0);
}

TEST_F(HistoryPlanTest, stops_at_a_limit_and_says_so) {
    HistoryPlan const small({.most_answers = 3});
    for (int i = 1; i <= 3; ++i)
        progress = small.after(progress, fresh_answer(true, progress.since + hours(i)), plan_now);
    EXPECT_TRUE(progress.omits("items"));
    EXPECT_EQ(progress.part, "answers");
}

} // namespace
} // namespace gem
