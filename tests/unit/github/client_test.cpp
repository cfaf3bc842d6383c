#include "github/client.hpp"

#include <gtest/gtest.h>

#include "support/manual_clock.hpp"
#include "support/scripted_http_client.hpp"

namespace gem::github {
namespace {

std::string event_json(int id) {
    return fmt::format(
        R"({{"id":"{}","type":"WatchEvent","actor":{{"id":1,"login":"octocat"}},"repo":{{"id":7,"name":"o/r"}},)"
        R"("payload":{{"action":"started"}},"public":true,"created_at":"2026-01-15T11:00:00Z"}})",
        id);
}

struct GitHubClientTest : testing::Test {
    EventsPage ask(PageRequest request) { return run_to_end(client.events(std::move(request))); }
    EventsPage ask() { return ask({.target = target}); }

    test::ManualClock clock;
    test::ScriptedHttpClient http;
    GitHubClient client{http, clock, {.api_base = "https://github.example/api/v3/", .tokens = {"secret"}}};
    EventTarget target = EventTarget::parse("Octo/Hello").value();
};

TEST(EventTarget, knows_its_path) {
    EXPECT_EQ(EventTarget::parse("Octo/Hello")->path(), "/repos/Octo/Hello/events");
    EXPECT_EQ(EventTarget::parse("org:github")->path(), "/orgs/github/events");
    EXPECT_EQ(EventTarget::parse("user:octocat")->path(), "/users/octocat/events/public");
    EXPECT_EQ(EventTarget::parse("public")->path(), "/events");
    EXPECT_EQ(EventTarget::parse("Octo/Hello")->key(), "octo/hello");
    EXPECT_EQ(EventTarget::parse("org:GitHub")->key(), "org:github");
}

TEST(EventTarget, refuses_what_is_none_and_says_what_was_expected) {
    for (std::string_view const text : {"", "octo", "org:", "org:a/b", "user:a b", "a/b/c", "a/..", "ORG:x"}) {
        auto const target = EventTarget::parse(text);
        ASSERT_FALSE(target) << text;
        EXPECT_EQ(target.error().code, ErrorCode::invalid_argument);
        EXPECT_NE(target.error().message.find("org:NAME"), std::string::npos);
    }
}

TEST_F(GitHubClientTest, asks_as_github_wants_to_be_asked) {
    http.will_answer(200, {}, "[]");
    ask({.target = target, .page = 2});
    auto const& asked = http.asked.at(0);
    EXPECT_EQ(asked.url, "https://github.example/api/v3/repos/Octo/Hello/events?per_page=100&page=2");
    EXPECT_EQ(test::header_of(asked, "Accept"), "application/vnd.github+json");
    EXPECT_EQ(test::header_of(asked, "X-GitHub-Api-Version"), "2022-11-28");
    EXPECT_EQ(test::header_of(asked, "Authorization"), "Bearer secret");
    EXPECT_TRUE(test::header_of(asked, "User-Agent")->starts_with("github-events-monitor/"));
    EXPECT_FALSE(test::header_of(asked, "If-None-Match"));
}

TEST_F(GitHubClientTest, gives_a_page_with_its_events_and_what_the_headers_say) {
    http.will_answer(200,
                     {{"etag", "W/\"abc\""},
                      {"x-poll-interval", "60"},
                      {"x-ratelimit-remaining", "17"},
                      {"x-ratelimit-reset", "1768480000"},
                      {"link", "<https://elsewhere.example/?page=2>; rel=\"next\""}},
                     "[" + event_json(1) + "," + event_json(2) + R"(,{"id":"3"}])");
    auto const page = ask();
    EXPECT_EQ(page.status, PageStatus::fresh);
    ASSERT_EQ(page.events.size(), 2U);
    EXPECT_EQ(page.events[0].id, "1");
    EXPECT_EQ(page.events[0].source, EventSource::poll);
    EXPECT_EQ(page.bad_events.size(), 1U);
    EXPECT_EQ(page.next_page, 2);
    EXPECT_EQ(page.etag, "W/\"abc\"");
    EXPECT_EQ(page.etag_token, token_fingerprint("secret"));
    EXPECT_EQ(page.poll_interval, seconds(60));
    EXPECT_EQ(page.rate.remaining, 17);
    EXPECT_EQ(page.message, "");
}

TEST_F(GitHubClientTest, sends_the_etag_only_with_the_token_that_it_belongs_to) {
    http.will_answer(304, {}, "");
    http.will_answer(200, {}, "[]");
    auto const page = ask({.target = target, .etag = "\"x\"", .etag_token = token_fingerprint("secret")});
    EXPECT_EQ(page.status, PageStatus::not_modified);
    EXPECT_EQ(test::header_of(http.asked.at(0), "If-None-Match"), "\"x\"");
    ask({.target = target, .etag = "\"x\"", .etag_token = "feedbeef"});
    EXPECT_FALSE(test::header_of(http.asked.at(1), "If-None-Match"));
}

TEST_F(GitHubClientTest, tells_where_a_renamed_repository_went) {
    http.will_answer(301, {{"location", "https://github.example:443/api/v3/repositories/7/events?per_page=100&page=1"}},
                     R"({"message":"Moved Permanently"})");
    auto const page = ask();
    EXPECT_EQ(page.status, PageStatus::moved);
    EXPECT_EQ(page.moved_to, "/repositories/7/events");
    http.will_answer(200, {}, "[]");
    ask({.target = target, .path = page.moved_to});
    EXPECT_EQ(http.asked.at(1).url, "https://github.example/api/v3/repositories/7/events?per_page=100&page=1");
}

TEST_F(GitHubClientTest, does_not_follow_to_another_server) {
    http.will_answer(301, {{"location", "https://evil.example/api/v3/repositories/7/events"}}, "");
    auto const page = ask();
    EXPECT_EQ(page.status, PageStatus::unavailable);
    EXPECT_NE(page.message.find("Octo/Hello"), std::string::npos);
}

TEST(PathBelow, is_the_path_under_the_same_base_only) {
    EXPECT_EQ(path_below("https://api.github.com", "https://API.github.com:443/repositories/1/events?page=1"),
              "/repositories/1/events");
    EXPECT_EQ(path_below("https://api.github.com", "/repositories/1/events"), "/repositories/1/events");
    EXPECT_EQ(path_below("http://127.0.0.1:80", "http://127.0.0.1/x"), "/x");
    for (std::string_view const location :
         {"", "//evil/x", "http://api.github.com/x", "https://api.github.com.evil/x", "https://api.github.com@evil/x",
          "https://api.github.com/../x", "https://api.github.com/a b", "ftp://api.github.com/x", "x"}) {
        EXPECT_EQ(path_below("https://api.github.com", location), std::nullopt) << location;
    }
    EXPECT_EQ(path_below("https://h/api/v3", "https://h/other/x"), std::nullopt);
}

TEST_F(GitHubClientTest, says_why_something_is_gone) {
    http.will_answer(404, {}, R"({"message":"Not Found"})");
    http.will_answer(451, {}, R"({"message":"Repository access blocked"})");
    auto page = ask();
    EXPECT_EQ(page.status, PageStatus::gone);
    EXPECT_NE(page.message.find("Octo/Hello: Not Found (status 404); the name is wrong"), std::string::npos)
        << page.message;
    page = ask();
    EXPECT_EQ(page.status, PageStatus::gone);
    EXPECT_NE(page.message.find("Repository access blocked"), std::string::npos);
}

TEST_F(GitHubClientTest, asks_nobody_while_its_only_token_rests) {
    http.will_answer(403, {{"retry-after", "30"}}, R"({"message":"You have exceeded a secondary rate limit"})");
    auto page = ask();
    EXPECT_EQ(page.status, PageStatus::rate_limited);
    EXPECT_EQ(page.retry_at, clock.now() + seconds(30));
    page = ask();
    EXPECT_EQ(page.status, PageStatus::rate_limited);
    EXPECT_EQ(page.retry_at, clock.now() + seconds(30));
    EXPECT_EQ(http.asked.size(), 1U);
    clock.advance(seconds(30));
    http.will_answer(200, {}, "[]");
    EXPECT_EQ(ask().status, PageStatus::fresh);
}

TEST_F(GitHubClientTest, takes_the_next_token_when_one_is_used_up) {
    GitHubClient two(http, clock, {.tokens = {"first", "second"}});
    auto const reset = std::to_string(to_unix(clock.now() + hours(1)));
    http.will_answer(200, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", reset}}, "[]");
    http.will_answer(200, {}, "[]");
    run_to_end(two.events({.target = target}));
    run_to_end(two.events({.target = target, .etag = "\"x\"", .etag_token = token_fingerprint("first")}));
    EXPECT_EQ(test::header_of(http.asked.at(1), "Authorization"), "Bearer second");
    EXPECT_FALSE(test::header_of(http.asked.at(1), "If-None-Match"));
}

TEST_F(GitHubClientTest, calls_server_errors_damaged_answers_and_silence_unavailable) {
    http.will_answer(502, {}, R"({"error":"Server Error"})");
    http.will_answer(200, {}, "[" + event_json(1) + R"(,{"id":"2","ty)");
    http.will_answer(200, {}, R"({"message":"hello"})");
    http.will_answer(fail(ErrorCode::timed_out, "github.example: did not answer in time"));
    for (std::string_view const why :
         {"Server Error", "not a list of events", "Octo/Hello", "did not answer in time"}) {
        auto const page = ask();
        EXPECT_NE(page.status, PageStatus::rate_limited);
        if (why != "Octo/Hello") {
            EXPECT_EQ(page.status, PageStatus::unavailable) << why;
            EXPECT_NE(page.message.find(why), std::string::npos) << page.message;
        }
        EXPECT_EQ(page.message.find("secret"), std::string::npos);
    }
}

TEST_F(GitHubClientTest, calls_bad_credentials_refused_and_says_what_to_check) {
    http.will_answer(401, {}, R"({"message":"Bad credentials"})");
    auto const page = ask();
    EXPECT_EQ(page.status, PageStatus::refused);
    EXPECT_NE(page.message.find("GITHUB_TOKEN"), std::string::npos);
}

} // namespace
} // namespace gem::github
