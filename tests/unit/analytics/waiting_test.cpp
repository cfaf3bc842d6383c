// Waiting times, pull requests and issues on cases worked out by hand.
#include <gtest/gtest.h>

#include "analytics/work_items.hpp"
#include "unit/analytics/facts_maker.hpp"

namespace gem::test {
namespace {

Wait answered(int length) { return {.length = seconds(length), .answered = true}; }
Wait open(int length) { return {.length = seconds(length), .answered = false}; }

constexpr TimeWindow whole_week{.from = noon, .to = noon + days(7)};

TEST(KaplanMeier, is_the_plain_median_when_all_are_answered) {
    // S: 2/3, then 2/3 · 1/2 = 1/3 at 20
    EXPECT_EQ(kaplan_meier_median(std::vector{answered(30), answered(10), answered(20)}), seconds(20));
    // An even number: S = 3/4, then 3/4 · 2/3 = 1/2 at 20
    EXPECT_EQ(kaplan_meier_median(std::vector{answered(10), answered(20), answered(30), answered(40)}), seconds(20));
}

TEST(KaplanMeier, lets_open_items_wait_as_long_as_they_did) {
    // 10 answered of 5 waiting: 4/5; at 15 one leaves; 20 of 3: 4/5 · 2/3 = 8/15; 40 of 2: 8/15 · 1/2 = 4/15
    EXPECT_EQ(kaplan_meier_median(std::vector{answered(10), open(15), answered(20), answered(40), open(60)}),
              seconds(40));
}

TEST(KaplanMeier, is_unknown_when_half_of_them_were_never_answered) {
    // 2/3 at 10, then nobody answers
    EXPECT_EQ(kaplan_meier_median(std::vector{answered(10), open(50), open(60)}), std::nullopt);
    EXPECT_EQ(kaplan_meier_median(std::vector<Wait>{}), std::nullopt);
    EXPECT_EQ(kaplan_meier_median(std::vector{open(5)}), std::nullopt);
    EXPECT_EQ(kaplan_meier_median(std::vector{answered(0)}), seconds(0));
}

TEST(KaplanMeier, counts_what_ends_at_the_time_of_an_answer_as_waiting_then) {
    // at 10: one answer among 2 waiting, S = 1/2
    EXPECT_EQ(kaplan_meier_median(std::vector{open(10), answered(10)}), seconds(10));
}

TEST(KaplanMeier, hits_an_exact_half_of_any_number) {
    for (int n = 2; n <= 400; n += 2) {
        std::vector<Wait> waits;
        for (int i = 1; i <= n; ++i) waits.push_back(answered(i));
        EXPECT_EQ(kaplan_meier_median(waits), seconds(n / 2));
    }
}

TEST(NearestRank, is_the_value_at_the_place_p_times_n_rounded_up) {
    std::vector<seconds> ten;
    for (int i = 1; i <= 10; ++i) ten.emplace_back(i * 10);
    EXPECT_EQ(nearest_rank(ten, 0.5), seconds(50));                                 // place 5
    EXPECT_EQ(nearest_rank(ten, 0.9), seconds(90));                                 // place 9
    EXPECT_EQ(nearest_rank({seconds(3), seconds(1), seconds(2)}, 0.5), seconds(2)); // place ⌈1.5⌉ = 2
    EXPECT_EQ(nearest_rank({seconds(7)}, 0.9), seconds(7));
    EXPECT_EQ(nearest_rank({}, 0.5), std::nullopt);
}

TEST(WaitFigures, are_about_answered_items_and_null_without_one) {
    // (10 + 20 + 45) / 3 = 25
    EXPECT_EQ(json::to_string(plain_figures(std::vector{answered(10), open(99), answered(20), answered(45)})),
              R"({"count":3,"avg_seconds":25,"p50":20,"p90":45})");
    EXPECT_EQ(json::to_string(plain_figures(std::vector{open(99)})),
              R"({"count":0,"avg_seconds":null,"p50":null,"p90":null})");
    EXPECT_EQ(json::to_string(median_figures(std::vector{open(99)})), R"({"n":1,"answered":0,"median_seconds":null})");
}

TEST(PrInterval, is_made_of_the_gaps_between_pull_requests) {
    // gaps of 4 h, 24 h, 46 h: mean 74/3 = 24.6667 h = 88,800 s
    auto const figures = measure_intervals({noon + hours(28), noon, noon + hours(4), noon + hours(74)});
    EXPECT_EQ(figures.total_prs, 4);
    EXPECT_EQ(figures.count, 3);
    EXPECT_EQ(figures.avg_seconds, 88'800);
    EXPECT_NEAR(figures.avg_interval_hours->value, 24.6667, 1e-4);
    EXPECT_NEAR(figures.median_interval_hours->value, 24, 1e-9);
    EXPECT_NEAR(figures.min_interval_hours->value, 4, 1e-9);
    EXPECT_NEAR(figures.max_interval_hours->value, 46, 1e-9);
    // an even number of gaps, 4 h and 24 h: (4 + 24) / 2 = 14
    EXPECT_NEAR(measure_intervals({noon, noon + hours(4), noon + hours(28)}).median_interval_hours->value, 14, 1e-9);
}

TEST(PrInterval, is_null_below_two) {
    EXPECT_EQ(measure_intervals({noon}).count, 0);
    EXPECT_FALSE(measure_intervals({noon}).avg_seconds);
    EXPECT_FALSE(measure_intervals({}).max_interval_hours);
}

TEST(PullRequests, know_a_merge_by_its_action_or_by_what_closed_says) {
    std::vector<EventFactsRow> const rows = {
        fact("PullRequestEvent", noon).action("opened").number(1).by("ada"),
        fact("PullRequestEvent", noon).action("opened").number(2).by("ada"),
        fact("PullRequestEvent", noon).action("opened").number(3).by("ada"),
        fact("PullRequestEvent", noon + hours(1)).action("closed").number(1).merged(),
        fact("PullRequestEvent", noon + hours(2)).action("merged").number(2),
        fact("PullRequestEvent", noon + hours(3)).action("closed").number(3),
    };
    auto const found = pull_requests_of(rows);
    EXPECT_EQ(found.at(1).merged, noon + hours(1));
    EXPECT_EQ(found.at(2).merged, noon + hours(2));
    EXPECT_FALSE(found.at(3).merged);
    EXPECT_EQ(merge_waits(found, whole_week), (std::vector{answered(3600), answered(7200), open(10'800)}));
}

TEST(PullRequests, that_were_opened_again_wait_until_the_window_ends) {
    std::vector<EventFactsRow> const rows = {
        fact("PullRequestEvent", noon).action("opened").number(1).by("ada"),
        fact("PullRequestEvent", noon + hours(1)).action("closed").number(1),
        fact("PullRequestEvent", noon + hours(2)).action("reopened").number(1),
        fact("PullRequestEvent", noon + hours(2)).action("merged").number(9), // opened before: not of this window
    };
    EXPECT_EQ(merge_waits(pull_requests_of(rows), whole_week), std::vector{open(7 * 86'400)});
}

TEST(PullRequests, are_reviewed_by_a_human_who_is_not_the_author) {
    auto const reviewed = [](FactMaker review) {
        std::vector<EventFactsRow> const rows = {fact("PullRequestEvent", noon).action("opened").number(1).by("ada", 1),
                                                 review.action("created").number(1)};
        return pull_requests_of(rows).at(1);
    };
    auto const at = noon + hours(1);
    EXPECT_TRUE(reviewed(fact("PullRequestReviewEvent", at).by("ben", 2).state("commented")).reviewed);
    EXPECT_FALSE(reviewed(fact("PullRequestReviewEvent", at).by("Ada", 1).state("commented")).reviewed);
    EXPECT_FALSE(reviewed(fact("PullRequestReviewEvent", at).by("helper[bot]", 3).state("approved")).approved);
    EXPECT_TRUE(reviewed(fact("PullRequestReviewEvent", at).by("ben", 2).state("APPROVED")).approved);
    EXPECT_FALSE(reviewed(fact("PullRequestReviewEvent", at).by("ben", 2).state("commented")).approved);
    std::vector<EventFactsRow> const trimmed = {
        fact("PullRequestReviewEvent", at).action("created").number(1).by("ben").state("commented"),
        fact("PullRequestReviewEvent", at).action("created").number(2).by("ben").state("approved")};
    EXPECT_FALSE(pull_requests_of(trimmed).at(1).reviewed) << "it may be the author who comments";
    EXPECT_TRUE(pull_requests_of(trimmed).at(2).reviewed) << "nobody approves their own";
}

TEST(FirstResponse, is_by_another_human_more_than_30_seconds_after) {
    std::vector<EventFactsRow> const rows = {
        fact("IssuesEvent", noon).action("opened").number(1).by("ada"),
        fact("IssueCommentEvent", noon + seconds(30)).action("created").number(1).by("ben"),        // too soon
        fact("IssueCommentEvent", noon + seconds(40)).action("created").number(1).by("helper-bot"), // no human
        fact("IssueCommentEvent", noon + seconds(50)).action("created").number(1).by("ADA"),        // the author
        fact("IssueCommentEvent", noon + seconds(60)).action("edited").number(1).by("ben"),         // no new comment
        fact("IssueCommentEvent", noon + seconds(70)).action("created").number(1).by("ben").flag(), // pull request
        fact("IssueCommentEvent", noon + seconds(90)).action("created").number(1).by("ben").flag(false),
        fact("IssuesEvent", noon).action("opened").number(2).by("ada"),
        fact("IssuesEvent", noon + hours(5)).action("closed").number(2).by("ada"),
        fact("IssuesEvent", noon + days(1)).action("opened").number(3).by("ada"),
    };
    // #1 after 90 s; #2 was closed after 5 h without one; #3 waits for the six days that are left
    EXPECT_EQ(response_waits(issues_of(rows), whole_week), (std::vector{answered(90), open(18'000), open(6 * 86'400)}));
}

TEST(PrTimeline, has_every_day_that_the_window_touches) {
    std::vector<EventFactsRow> const rows = {
        fact("PullRequestEvent", noon).action("opened").number(1).by("ada"),
        fact("PullRequestEvent", noon + days(2)).action("closed").number(1).merged(),
        fact("PullRequestEvent", noon + days(2)).action("opened").number(2).by("ada"),
        fact("PullRequestEvent", noon + days(2) + hours(1)).action("closed").number(2),
    };
    auto const timeline = pull_requests_by_day(pull_requests_of(rows), {.from = noon, .to = noon + days(3)});
    ASSERT_EQ(timeline.size(), 4U); // noon to noon
    auto const first = noon - hours(12);
    EXPECT_EQ(timeline[0], (PrDay{.day = first, .opened = 1}));
    EXPECT_EQ(timeline[1], (PrDay{.day = first + days(1)}));
    EXPECT_EQ(timeline[2], (PrDay{.day = first + days(2), .opened = 1, .merged = 1, .closed = 1}));
    EXPECT_EQ(timeline[3], (PrDay{.day = first + days(3)}));
}

} // namespace
} // namespace gem::test
