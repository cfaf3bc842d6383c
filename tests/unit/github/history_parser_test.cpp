// Lists of GitHub's REST API as far as they tell of a repository's past.
#include "github/history_parser.hpp"

#include <gtest/gtest.h>

namespace gem::github {
namespace {

TEST(HistoryParser, tells_issues_from_pull_requests_and_merges_from_closings) {
    auto const list = parse_issue_list(R"([
        {"number":7,"user":{"login":"ada","id":1},"created_at":"2026-01-02T10:00:00Z","updated_at":"2026-01-05T10:00:00Z",
         "closed_at":"2026-01-04T10:00:00Z"},
        {"number":8,"user":{"login":"ben","id":2},"created_at":"2026-01-03T10:00:00Z","updated_at":"2026-01-06T10:00:00Z",
         "closed_at":"2026-01-06T10:00:00Z","pull_request":{"url":"x","merged_at":"2026-01-06T10:00:00Z"}},
        {"number":9,"user":null,"created_at":"2026-01-03T11:00:00Z","updated_at":"2026-01-03T11:00:00Z","closed_at":null,
         "pull_request":{"url":"x","merged_at":null}},
        {"odd":true}])");
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_EQ(list->shown, 4U);
    EXPECT_EQ(list->latest, parse_time("2026-01-06T10:00:00Z"));
    EXPECT_EQ(list->earliest, parse_time("2026-01-03T11:00:00Z"));
    std::vector<HistoryItem> const wanted = {
        {.number = 7,
         .author_login = "ada",
         .author_id = 1,
         .opened = *parse_time("2026-01-02T10:00:00Z"),
         .closed = parse_time("2026-01-04T10:00:00Z")},
        {.number = 8,
         .pull_request = true,
         .author_login = "ben",
         .author_id = 2,
         .opened = *parse_time("2026-01-03T10:00:00Z"),
         .closed = parse_time("2026-01-06T10:00:00Z"),
         .merged = parse_time("2026-01-06T10:00:00Z")},
        {.number = 9, .pull_request = true, .opened = *parse_time("2026-01-03T11:00:00Z")}};
    EXPECT_EQ(list->page.items, wanted);
}

TEST(HistoryParser, takes_comments_on_issues_alone) {
    auto const list = parse_comment_list(R"([
        {"issue_url":"https://api.github.com/repos/o/r/issues/7","html_url":"https://github.com/o/r/issues/7#issuecomment-1",
         "user":{"login":"ben","id":2},"created_at":"2026-01-02T12:00:00Z","updated_at":"2026-01-02T13:00:00Z"},
        {"issue_url":"https://api.github.com/repos/o/r/issues/8","html_url":"https://github.com/o/r/pull/8#issuecomment-2",
         "user":{"login":"ben","id":2},"created_at":"2026-01-03T12:00:00Z","updated_at":"2026-01-03T12:00:00Z"}])");
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_EQ(list->shown, 2U);
    EXPECT_EQ(list->latest, parse_time("2026-01-03T12:00:00Z"));
    ASSERT_EQ(list->page.answers.size(), 1U);
    EXPECT_EQ(list->page.answers.front(),
              (HistoryAnswer{.number = 7, .login = "ben", .id = 2, .at = *parse_time("2026-01-02T12:00:00Z")}));
}

TEST(HistoryParser, leaves_drafts_of_releases_out) {
    auto const list = parse_release_list(R"([
        {"tag_name":"v2","name":"Two","draft":true,"prerelease":false,"created_at":"2026-01-09T10:00:00Z","published_at":null},
        {"tag_name":"v1","name":null,"draft":false,"prerelease":true,"author":{"login":"ada","id":1},
         "created_at":"2026-01-02T10:00:00Z","published_at":"2026-01-03T10:00:00Z"}])");
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_EQ(list->earliest, parse_time("2026-01-02T10:00:00Z"));
    ASSERT_EQ(list->page.releases.size(), 1U);
    EXPECT_EQ(list->page.releases.front(), (HistoryRelease{.tag_name = "v1",
                                                           .prerelease = true,
                                                           .author_login = "ada",
                                                           .author_id = 1,
                                                           .published = *parse_time("2026-01-03T10:00:00Z")}));
}

TEST(HistoryParser, a_deployment_is_what_its_last_end_made_of_it) {
    auto deployments = parse_deployment_list(R"([{"id":5,"environment":"production","sha":"abc","ref":"main",
        "created_at":"2026-01-02T10:00:00Z"}])");
    ASSERT_TRUE(deployments);
    auto& one = deployments->at(0);
    EXPECT_EQ(one.status, "pending");
    ASSERT_TRUE(apply_statuses(R"([{"state":"inactive","created_at":"2026-01-03T10:00:00Z"},
        {"state":"success","created_at":"2026-01-02T10:05:00Z"},
        {"state":"in_progress","created_at":"2026-01-02T10:01:00Z"}])",
                               one));
    EXPECT_EQ(one.status, "success");
    EXPECT_EQ(one.finished_at, parse_time("2026-01-02T10:05:00Z"));
    EXPECT_EQ(one.environment, "production");
    EXPECT_EQ(one.deployment_id, "5");
}

TEST(HistoryParser, takes_no_answer_for_public_that_does_not_say_so) {
    EXPECT_TRUE(parse_is_private(R"({"id":7,"private":true,"visibility":"internal"})").value());
    EXPECT_FALSE(parse_is_private(R"({"id":7,"private":false})").value());
    for (auto const* const odd : {"{}", R"({"private":null})", "[]", "<html>", ""})
        EXPECT_EQ(parse_is_private(odd).error().code, ErrorCode::corrupt) << odd;
}

TEST(HistoryParser, says_when_an_answer_is_no_list) {
    for (auto const* const body : {"", "{}", "[", R"({"message":"Not Found"})"}) {
        EXPECT_FALSE(parse_issue_list(body)) << body;
        EXPECT_FALSE(parse_comment_list(body)) << body;
        EXPECT_FALSE(parse_release_list(body)) << body;
        EXPECT_FALSE(parse_deployment_list(body)) << body;
    }
}

} // namespace
} // namespace gem::github
