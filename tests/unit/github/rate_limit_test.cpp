#include "github/rate_limit.hpp"

#include <gtest/gtest.h>

#include "github/token_pool.hpp"

namespace gem::github {
namespace {

UtcTime const noon = *parse_time("2026-01-15T12:00:00Z");

http::ClientResponse response(unsigned status, http::HeaderList headers, std::string body = {}) {
    return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

TEST(LinkHeader, gives_the_target_of_a_relation) {
    std::string_view const header = "<https://api.github.com/events?page=8>; rel=\"prev\", "
                                    "<https://api.github.com/events?page=10>; rel=\"next\"";
    EXPECT_EQ(link_target(header, "next"), "https://api.github.com/events?page=10");
    EXPECT_EQ(link_target(header, "prev"), "https://api.github.com/events?page=8");
    EXPECT_EQ(link_target(header, "last"), std::nullopt);
}

TEST(LinkHeader, is_read_with_unquoted_many_and_quoted_parameters) {
    EXPECT_EQ(link_target("<a>;rel=next", "next"), "a");
    EXPECT_EQ(link_target("<a>; rel=\"first next\"", "next"), "a");
    EXPECT_EQ(link_target("<a>; title=\"x, y; rel=next\" ; REL=\"Next\"", "next"), "a");
    EXPECT_EQ(link_target("<a,b>; rel=prev , <c>; title=\"<d>\"; rel=next", "next"), "c");
}

TEST(LinkHeader, is_passed_over_when_it_is_damaged) {
    for (std::string_view const header :
         {"", "<", "<a", "a>; rel=next", "<a>", "<a>; rel", "<a>; rel=\"next", "<a>; title=\"\\"}) {
        EXPECT_EQ(link_target(header, "next"), std::nullopt) << header;
    }
}

TEST(NextPage, is_the_number_in_the_next_link) {
    EXPECT_EQ(next_page(response(200, {{"link", "<https://x/events?per_page=100&page=3>; rel=\"next\""}})), 3);
    EXPECT_EQ(next_page(response(200, {{"link", "<https://x/events?per_page=100>; rel=\"next\""}})), std::nullopt);
    EXPECT_EQ(next_page(response(200, {{"link", "<https://x/events?page=-1>; rel=\"next\""}})), std::nullopt);
    EXPECT_EQ(next_page(response(200, {})), std::nullopt);
}

TEST(RateLimit, is_read_from_the_headers_and_empty_where_they_are_not_numbers) {
    auto const rate = parse_rate_limit(response(200, {{"x-ratelimit-limit", "5000"},
                                                      {"x-ratelimit-remaining", "4965"},
                                                      {"x-ratelimit-reset", "1571698634"},
                                                      {"x-ratelimit-resource", "core"}}));
    EXPECT_EQ(rate.limit, 5000);
    EXPECT_EQ(rate.remaining, 4965);
    EXPECT_EQ(rate.reset, from_unix(1571698634));
    EXPECT_EQ(rate.resource, "core");
    auto const odd =
        parse_rate_limit(response(200, {{"x-ratelimit-remaining", "many"}, {"x-ratelimit-reset", "99999999999999"}}));
    EXPECT_EQ(odd.remaining, std::nullopt);
    EXPECT_EQ(odd.reset, std::nullopt);
}

TEST(RetryAfter, is_seconds_or_a_date) {
    EXPECT_EQ(retry_after(response(429, {{"retry-after", "30"}}), noon), noon + seconds(30));
    EXPECT_EQ(retry_after(response(429, {{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"}}), noon),
              parse_time("1994-11-06T08:49:37Z"));
    EXPECT_EQ(retry_after(response(429, {{"retry-after", "soon"}}), noon), std::nullopt);
    EXPECT_EQ(retry_after(response(429, {}), noon), std::nullopt);
}

TEST(RateLimit, is_told_from_a_plain_403) {
    EXPECT_TRUE(is_rate_limited(response(429, {}), noon));
    EXPECT_TRUE(is_rate_limited(response(403, {{"retry-after", "5"}}), noon));
    EXPECT_TRUE(is_rate_limited(response(403, {{"x-ratelimit-remaining", "0"}}), noon));
    EXPECT_TRUE(is_rate_limited(response(403, {}, R"({"message":"You have exceeded a secondary rate limit"})"), noon));
    EXPECT_FALSE(is_rate_limited(
        response(403, {{"x-ratelimit-remaining", "10"}}, R"({"message":"Must have push access"})"), noon));
    EXPECT_FALSE(is_rate_limited(response(404, {{"x-ratelimit-remaining", "0"}}), noon));
}

TEST(RateLimit, waits_until_the_reset_when_nothing_is_left) {
    auto const reset = std::to_string(to_unix(noon + minutes(20)));
    EXPECT_EQ(rate_limited_until(response(403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", reset}}), noon),
              noon + minutes(20) + seconds(1));
}

TEST(RateLimit, believes_retry_after_before_the_reset_and_a_minute_without_either) {
    auto const reset = std::to_string(to_unix(noon + minutes(20)));
    EXPECT_EQ(
        rate_limited_until(
            response(403, {{"retry-after", "7"}, {"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", reset}}), noon),
        noon + seconds(7));
    EXPECT_EQ(rate_limited_until(response(429, {}), noon), noon + minutes(1));
}

TEST(RateLimit, never_waits_into_the_past_or_for_more_than_a_day) {
    EXPECT_EQ(rate_limited_until(response(429, {{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"}}), noon),
              noon + seconds(1));
    EXPECT_EQ(rate_limited_until(response(429, {{"retry-after", "99999999"}}), noon), noon + hours(24));
}

TEST(ErrorMessage, is_what_github_says_in_one_line) {
    EXPECT_EQ(error_message(response(404, {}, R"({"message":"Not Found"})")), "Not Found (status 404)");
    EXPECT_EQ(error_message(response(422, {}, R"({"message":"Validation\nFailed","errors":[{"code":"missing"}]})")),
              "Validation Failed: missing (status 422)");
    EXPECT_EQ(error_message(response(502, {}, R"({"error":"Server Error"})")), "Server Error (status 502)");
    EXPECT_EQ(error_message(response(503, {}, "<html>unicorn</html>")), "status 503");
    EXPECT_EQ(error_message(response(500, {}, "")), "status 500");
    EXPECT_LT(error_message(response(500, {}, R"({"message":")" + std::string(5000, 'x') + "\"}")).size(), 310U);
}

TEST(TokenPool, names_a_token_without_telling_it) {
    EXPECT_EQ(token_fingerprint(""), "anonymous");
    EXPECT_EQ(token_fingerprint("abc"), "ba7816bf"); // SHA-256 of "abc" starts so (FIPS 180-2)
}

TEST(TokenPool, prefers_the_token_that_the_etag_belongs_to_else_the_one_with_most_left) {
    TokenPool pool({"a", "b", "c"});
    auto const rate = [](std::int64_t left) {
        return RateLimit{.limit = 5000, .remaining = left, .reset = noon + hours(1), .resource = {}};
    };
    pool.note(0, rate(10), noon);
    pool.note(1, rate(4000), noon);
    pool.note(2, rate(1000), noon);
    EXPECT_EQ(pool.choose(noon, token_fingerprint("c")), 2U);
    EXPECT_EQ(pool.choose(noon, token_fingerprint("a")), 1U) << "an ETag is not worth the last requests of a token";
    EXPECT_EQ(pool.choose(noon, "another"), 1U);
}

TEST(TokenPool, rests_a_token_with_nothing_left_until_its_reset) {
    TokenPool pool({"a", "b"});
    pool.note(0, {.limit = 5000, .remaining = 0, .reset = noon + minutes(10), .resource = {}}, noon);
    EXPECT_EQ(pool.choose(noon, token_fingerprint("a")), 1U);
    EXPECT_EQ(pool.next_free(noon), noon);
    pool.pause(1, noon + minutes(3));
    EXPECT_EQ(pool.choose(noon, ""), std::nullopt);
    EXPECT_EQ(pool.next_free(noon), noon + minutes(3));
    EXPECT_EQ(pool.choose(noon + minutes(3), ""), 1U);
    EXPECT_EQ(pool.choose(noon + minutes(11), token_fingerprint("a")), 0U);
}

TEST(TokenPool, asks_anonymously_without_tokens) {
    TokenPool const pool({});
    EXPECT_EQ(pool.choose(noon, ""), 0U);
    EXPECT_EQ(pool.entries()[0].fingerprint, "anonymous");
}

} // namespace
} // namespace gem::github
