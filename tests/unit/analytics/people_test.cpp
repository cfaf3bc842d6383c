// What people did and who takes part, on cases worked out by hand.
#include <gtest/gtest.h>

#include <set>

#include "analytics/community.hpp"
#include "analytics/developers.hpp"
#include "unit/analytics/facts_maker.hpp"

namespace gem::test {
namespace {

TEST(Person, is_known_by_number_or_by_login) {
    EXPECT_TRUE((Person{1, "ada"}).same_as({1, "ada-renamed"}));
    EXPECT_FALSE((Person{1, "ada"}).same_as({2, "ada"}));
    EXPECT_TRUE((Person{1, "Ada"}).same_as({std::nullopt, "ada"}));
    EXPECT_FALSE((Person{}).same_as({})) << "unknown people are nobody's equal";
    EXPECT_EQ((Person{}).key(), "");
}

TEST(ProductivityScore, is_the_root_of_the_weighted_sum) {
    // 0.53·18 + 2.22·2 + 4.07·4 + 0.74·4 + 2.03·4 + 31 = 9.54 + 4.44 + 16.28 + 2.96 + 8.12 + 31 = 72.34; √ = 8.5053
    auto const signals = explain_productivity(
        {.comments = 18, .issues_opened = 2, .prs_opened = 4, .review_comments = 4, .prs_merged = 4, .commits = 31});
    EXPECT_NEAR(productivity_score(signals), 8.5053, 1e-4);
    EXPECT_EQ(signals.size(), 6U);
}

TEST(ProductivityScore, leaves_out_commits_that_nobody_knows) {
    auto const signals = explain_productivity({.comments = 100, .commits = {}}); // √53 = 7.2801
    EXPECT_NEAR(productivity_score(signals), 7.2801, 1e-4);
    EXPECT_FALSE(signals.back().points);
    EXPECT_TRUE(signals.back().sentence.starts_with("left out: "));
}

TEST(Developers, are_counted_by_what_they_did) {
    std::vector<EventFactsRow> const rows = {
        fact("PushEvent", noon).by("ada", 1).commits(3),
        fact("PullRequestEvent", noon + hours(1)).by("ada", 1).action("opened").number(7),
        fact("PullRequestReviewEvent", noon + hours(2)).by("ben", 2).action("created").number(7).state("approved"),
        fact("PullRequestReviewCommentEvent", noon + hours(2)).by("ben", 2).action("created").number(7),
        fact("PullRequestEvent", noon + hours(3)).by("ben", 2).action("closed").number(7).merged(),
        fact("IssuesEvent", noon + hours(4)).by("Ada", 1).action("closed").number(5),
        fact("IssueCommentEvent", noon + hours(4)).by("helper[bot]", 3).action("created").number(5),
        fact("ReleaseEvent", noon + hours(5)).by("ben", 2).action("published"),
        fact("WatchEvent", noon + hours(6)).by("", {}),
    };
    auto const people = measure_developers(rows, Bots::exclude, {});
    ASSERT_EQ(people.size(), 2U);
    auto const& ada = people[0]; // √(4.07 + 2.03 + 3) = √9.1 = 3.0166
    EXPECT_EQ(ada.actor_login, "Ada");
    EXPECT_EQ(ada.total_events, 3);
    EXPECT_EQ(ada.commits, 3);
    EXPECT_EQ(ada.prs_opened, 1);
    EXPECT_EQ(ada.prs_merged, 1) << "her own, merged by somebody else";
    EXPECT_EQ(ada.issues_closed, 1);
    EXPECT_EQ(ada.first_activity, noon);
    EXPECT_EQ(ada.last_activity, noon + hours(4));
    EXPECT_NEAR(ada.event_diversity.value, 33.3333, 1e-3); // pushes, pull requests: 2 of 6
    EXPECT_NEAR(ada.productivity_score.value, 3.0166, 1e-4);
    auto const& ben = people[1]; // √0.74 = 0.8602
    EXPECT_EQ(ben.reviews_given, 1);
    EXPECT_EQ(ben.comments_made, 1);
    EXPECT_EQ(ben.prs_merged, 0);
    EXPECT_EQ(ben.releases, 1);
    EXPECT_NEAR(ben.event_diversity.value, 50, 1e-9);
    EXPECT_NEAR(ben.productivity_score.value, 0.8602, 1e-4);
    EXPECT_EQ(bots_left_out(rows, Bots::exclude), 1);
    ASSERT_EQ(measure_developers(rows, Bots::only, {}).size(), 1U);
    EXPECT_EQ(measure_developers(rows, Bots::include, {}).size(), 3U);
}

TEST(Developers, whose_pushes_are_silent_have_the_commits_that_are_stored) {
    std::vector<EventFactsRow> const rows = {fact("PushEvent", noon).by("Ada", 1), fact("PushEvent", noon).by("ben", 2),
                                             fact("PushEvent", noon).by("cho", 3).commits(2)};
    ASSERT_TRUE(pushes_are_silent(rows));
    auto people = measure_developers(rows, Bots::exclude, {{"ada", 5}, {"cho", 9}});
    std::ranges::sort(people, {}, [](DeveloperFigures const& each) { return ascii_lower(each.actor_login); });
    EXPECT_EQ(people[0].commits, 5);
    EXPECT_EQ(people[1].commits, std::nullopt);
    EXPECT_EQ(people[2].commits, 2) << "the pushes told";
}

TEST(BusFactor, is_the_fewest_people_who_make_more_than_half) {
    // 2475 in all; 1000 is less than half, 1000 + 433 = 1433 is more
    EXPECT_EQ(bus_factor({1000, 202, 90, 33, 332, 343, 42, 433}), 2);
    EXPECT_EQ(bus_factor({5}), 1);
    EXPECT_EQ(bus_factor({5, 5}), 2) << "half is not more than half";
    EXPECT_EQ(bus_factor({}), std::nullopt);
    EXPECT_EQ(bus_factor({0, 0}), std::nullopt);
}

std::vector<EventFactsRow> a_community() {
    return {
        fact("PushEvent", noon).by("acme", 1), // of the owner: does not count
        fact("PullRequestEvent", noon).by("ada", 2).action("opened").number(1),
        fact("PullRequestEvent", noon).by("ada", 2).action("closed").number(1),
        fact("PullRequestReviewEvent", noon).by("ada", 2).action("created").number(2),
        fact("IssuesEvent", noon).by("ben", 3).action("opened").number(3),
        fact("IssueCommentEvent", noon).by("ben", 3).action("created").number(3),
        fact("WatchEvent", noon).by("cho", 4),
        fact("IssueCommentEvent", noon).by("ci-bot", 5).action("created").number(3),
    };
}

TEST(Community, is_everybody_but_the_owner_who_only_pushes) {
    auto const figures = measure_community(a_community(), "Acme", Bots::exclude, std::set<std::string>{"2", "9"});
    EXPECT_EQ(figures.total_contributors, 3);
    EXPECT_EQ(figures.new_contributors, 2); // ben and cho
    EXPECT_EQ(figures.active_contributors, 1);
    // ada 5 + 5 + 4 = 14, ben 3 + 2 = 5, cho 1
    EXPECT_EQ(json::to_string(figures.engagement_distribution),
              R"({"high_engagement":0,"medium_engagement":2,"low_engagement":1})");
    EXPECT_EQ(figures.bus_factor, 1); // ada: 3 of 5 contributions
    ASSERT_EQ(figures.top_contributors.size(), 3U);
    EXPECT_EQ(json::to_string(figures.top_contributors[0]),
              R"({"actor_login":"ada","total_events":3,"engagement_points":14,"share":0.6000,"new":false})");
    // 40·1/3 + 30·2/3 + 30·(1 − 3/5) = 13.3333 + 20 + 12 = 45.3333
    EXPECT_NEAR(figures.community_health_score->value, 45.3333, 1e-4);
    double points = 0;
    for (auto const& signal : figures.explanation) points += signal.points->value;
    EXPECT_NEAR(points, 45.3333, 1e-4) << "the receipt adds up";
}

TEST(Community, whose_past_nobody_knows_has_no_new_ones) {
    auto const figures = measure_community(a_community(), "acme", Bots::exclude, std::nullopt);
    EXPECT_FALSE(figures.new_contributors);
    EXPECT_FALSE(figures.top_contributors[0].new_);
    // (40·1/3 + 30·2/5) / 0.7 = (13.3333 + 12) / 0.7 = 36.1905
    EXPECT_NEAR(figures.community_health_score->value, 36.1905, 1e-4);
}

TEST(Community, of_nobody_has_no_score) {
    auto const figures = measure_community({}, "acme", Bots::exclude, std::nullopt);
    EXPECT_EQ(figures.total_contributors, 0);
    EXPECT_FALSE(figures.community_health_score);
    EXPECT_FALSE(figures.bus_factor);
    EXPECT_EQ(figures.explanation.size(), 3U);
}

TEST(Community, of_watchers_alone_has_no_shares) {
    auto const figures =
        measure_community(std::vector<EventFactsRow>{fact("WatchEvent", noon).by("ada")}, "acme", Bots::exclude, {});
    EXPECT_EQ(figures.total_contributors, 1);
    EXPECT_FALSE(figures.bus_factor);
    EXPECT_FALSE(figures.top_contributors[0].share);
    EXPECT_NEAR(figures.community_health_score->value, 0, 1e-9); // nobody is active, the rest is unknown
}

} // namespace
} // namespace gem::test
