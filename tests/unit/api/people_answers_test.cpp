// The bodies of the routes about pull requests, issues and people.
#include "unit/api/model_fixture.hpp"

namespace gem::test {
namespace {

using PeopleAnswers = ModelApiTest;

TEST_F(PeopleAnswers, about_an_unknown_repository_are_zeros_and_nulls) {
    EXPECT_EQ(text(body("/metrics/pr-interval?repo=a/b").at("avg_seconds")), "null");
    EXPECT_EQ(body("/metrics/avg-pr-interval?repo=a/b").at("hours").as_int64(), 720);
    auto const merge = body("/metrics/pr-merge-time?repo=a/b");
    EXPECT_EQ(merge.at("n").as_int64(), 0);
    EXPECT_TRUE(merge.at("median_seconds").is_null());
    EXPECT_EQ(body("/metrics/issue-first-response?repo=a/b").at("unanswered").as_int64(), 0);
    EXPECT_TRUE(body("/metrics/developer-productivity?repo=a/b").at("developers").as_array().empty());
    auto const community = body("/metrics/community-engagement?repo=a/b");
    EXPECT_EQ(community.at("repo_name").as_string(), "a/b");
    EXPECT_TRUE(community.at("bus_factor").is_null());
    EXPECT_TRUE(community.at("community_health_score").is_null());
    EXPECT_FALSE(community.at("coverage").at("complete").as_bool());
}

TEST_F(PeopleAnswers, ask_for_a_repository) {
    for (auto const* path : {"/metrics/pr-interval", "/metrics/pr-merge-time", "/metrics/issue-first-response",
                             "/metrics/developer-productivity", "/metrics/community-engagement"}) {
        EXPECT_EQ(get(path).status, 422U) << path;
        EXPECT_EQ(get(std::string(path) + "?repo=a/b&hours=9999").status, 422U) << path;
    }
}

TEST_F(PeopleAnswers, tell_waiting_times) {
    EventFacts opened{.action = "opened", .number = 1};
    EventFacts merged{.action = "closed", .number = 1, .merged = true};
    EventFacts issue{.action = "opened", .number = 2};
    EventFacts comment{.action = "created", .number = 2, .flag = false};
    put({event("PullRequestEvent").facts(opened), event("PullRequestEvent").facts(merged).after(hours(1)),
         event("IssuesEvent").facts(issue),
         event("IssueCommentEvent").facts(comment).after(minutes(30)).by("ben", 1002)});
    auto const merge = body("/metrics/pr-merge-time?repo=Acme/Tool");
    EXPECT_EQ(merge.at("repo").as_string(), "acme/tool");
    EXPECT_EQ(merge.at("count").as_int64(), 1);
    EXPECT_EQ(merge.at("median_seconds").as_int64(), 3600);
    auto const response = body("/metrics/issue-first-response?repo=acme/tool");
    EXPECT_EQ(response.at("p90").as_int64(), 1800);
    EXPECT_EQ(response.at("unanswered").as_int64(), 0);
    EXPECT_EQ(body("/metrics/issue-first-response?repo=acme/tool&until=2026-01-15T10:10:00Z").at("unanswered"), 1)
        << "what comes after the window is not considered";
}

TEST_F(PeopleAnswers, list_people_as_json_and_as_csv) {
    put({event("PushEvent").push(3), event("PushEvent").push(2).by("ci-bot", 9)});
    auto const answer = body("/metrics/developer-productivity?repo=acme/tool&limit=1");
    EXPECT_EQ(answer.at("developers").at(0).at("actor_login").as_string(), "ada");
    EXPECT_EQ(answer.at("bots_excluded").as_int64(), 1);
    EXPECT_EQ(body("/metrics/developer-activity?repo=acme/tool&bots=only").at("developers").at(0).at("commits"), 2);
    auto const csv = get("/metrics/developer-productivity?repo=acme/tool&format=csv").body->bytes();
    EXPECT_TRUE(csv.starts_with("actor_login,total_events,pushes,commits,")) << csv;
}

TEST_F(PeopleAnswers, know_new_contributors_by_the_past) {
    put({event("IssuesEvent").at(ten_o_clock - days(30)), event("IssuesEvent").by("ben", 1002),
         event("IssuesEvent").after(minutes(1))});
    auto const answer = body("/metrics/community-engagement?repo=acme/tool");
    EXPECT_EQ(answer.at("total_contributors").as_int64(), 2);
    EXPECT_EQ(answer.at("new_contributors").as_int64(), 1);
    EXPECT_TRUE(body("/metrics/community-engagement?repo=acme/tool&hours=8000").at("new_contributors").is_null());
}

} // namespace
} // namespace gem::test
