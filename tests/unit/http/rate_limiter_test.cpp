#include "http/rate_limiter.hpp"

#include <gtest/gtest.h>

using gem::http::RateLimiter;
using namespace std::chrono_literals;

namespace {
RateLimiter::Time const start{};
}

TEST(RateLimiter, lets_a_burst_through_and_then_says_when_to_come_back) {
    RateLimiter limiter(2, 3, 100);
    for (unsigned left : {2U, 1U, 0U}) {
        auto const decision = limiter.take("a", start);
        EXPECT_TRUE(decision.allowed);
        EXPECT_EQ(decision.remaining, left);
        EXPECT_EQ(decision.limit, 3U);
        EXPECT_EQ(decision.window, 2s);
    }
    auto const refused = limiter.take("a", start);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_in, 1s);
    EXPECT_EQ(refused.reset, 2s);
}

TEST(RateLimiter, refills_at_its_rate_up_to_the_burst) {
    RateLimiter limiter(2, 3, 100);
    for (int i = 0; i < 3; ++i) limiter.take("a", start);
    EXPECT_FALSE(limiter.take("a", start + 400ms).allowed);
    EXPECT_TRUE(limiter.take("a", start + 500ms).allowed);
    EXPECT_FALSE(limiter.take("a", start + 500ms).allowed);
    EXPECT_EQ(limiter.take("a", start + 1h).remaining, 2U);
}

TEST(RateLimiter, a_refused_request_costs_nothing) {
    RateLimiter limiter(1, 1, 100);
    limiter.take("a", start);
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(limiter.take("a", start + 500ms).allowed);
    EXPECT_TRUE(limiter.take("a", start + 1s).allowed);
}

TEST(RateLimiter, clients_do_not_share) {
    RateLimiter limiter(1, 1, 100);
    EXPECT_TRUE(limiter.take("a", start).allowed);
    EXPECT_TRUE(limiter.take("b", start).allowed);
    EXPECT_FALSE(limiter.take("a", start).allowed);
}

TEST(RateLimiter, a_clock_that_goes_back_gives_nothing_away) {
    RateLimiter limiter(1, 1, 100);
    limiter.take("a", start + 10s);
    EXPECT_FALSE(limiter.take("a", start).allowed);
    EXPECT_FALSE(limiter.take("a", start + 500ms).allowed);
}

TEST(RateLimiter, never_remembers_more_clients_than_it_may) {
    RateLimiter limiter(1, 5, 10);
    for (int i = 0; i < 1000; ++i) limiter.take(std::to_string(i), start);
    EXPECT_EQ(limiter.clients(), 10U);
    // The latest are the ones it knows.
    EXPECT_EQ(limiter.take("999", start).remaining, 3U);
    EXPECT_EQ(limiter.take("0", start).remaining, 4U);
}

TEST(RateLimiter, forgets_clients_whose_bucket_is_full_again) {
    RateLimiter limiter(1, 5, 100'000);
    for (int i = 0; i < 1000; ++i) limiter.take(std::to_string(i), start);
    EXPECT_EQ(limiter.clients(), 1000U);
    for (int i = 0; i < 1000; ++i) limiter.take("new " + std::to_string(i), start + 1min);
    EXPECT_LE(limiter.clients(), 1000U);
    for (int i = 0; i < 1000; ++i) limiter.take("newer " + std::to_string(i), start + 2min);
    EXPECT_LE(limiter.clients(), 1000U);
}
