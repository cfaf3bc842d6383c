// When a call is tried again.
#include <gtest/gtest.h>

#include "storage/dynamodb/retry.hpp"

namespace gem::dynamodb {

using namespace std::chrono_literals;

TEST(DynamoDbRetry, doubles_its_window_up_to_the_cap) {
    Retry retry({.attempts = 6, .base = 25ms, .cap = 150ms}, 1h);
    EXPECT_EQ(retry.next(0s, 1.0), 50ms);
    EXPECT_EQ(retry.next(0s, 1.0), 100ms);
    EXPECT_EQ(retry.next(0s, 1.0), 150ms);
    EXPECT_EQ(retry.next(0s, 0.5), 75ms);
    EXPECT_EQ(retry.next(0s, 0.0), 0ms);
    EXPECT_EQ(retry.next(0s, 0.0), std::nullopt);
    EXPECT_EQ(retry.attempts(), 6);
}

TEST(DynamoDbRetry, gives_up_when_the_wait_would_pass_the_deadline) {
    Retry retry({.attempts = 100, .base = 25ms, .cap = 2s}, 1s);
    EXPECT_EQ(retry.next(900ms, 1.0), 50ms);
    EXPECT_EQ(retry.next(900ms, 1.0), std::nullopt);
    EXPECT_EQ(retry.next(2s, 0.0), std::nullopt);
}

TEST(DynamoDbRetry, never_overflows_its_window) {
    Retry retry({.attempts = 1000, .base = 25ms, .cap = 2s}, 1h);
    for (int i = 0; i < 900; ++i) EXPECT_LE(*retry.next(0s, 1.0), 2s);
}

} // namespace gem::dynamodb
