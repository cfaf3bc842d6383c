// The heat map on a case worked out by hand.
#include "analytics/heatmap.hpp"

#include <gtest/gtest.h>

namespace gem {
namespace {

TEST(Heatmap, adds_up_by_hour_of_the_week) {
    constexpr UtcTime thursday_noon = from_unix(1'420'113'600); // 2015-01-01T12:00:00Z
    std::vector<BucketTally> const hourly = {
        {.bucket_start = thursday_noon, .counts = {{"PushEvent", 2}, {"WatchEvent", 1}}},
        {.bucket_start = thursday_noon + days(7), .counts = {{"PushEvent", 4}}},
        {.bucket_start = thursday_noon + days(3) + hours(11), .counts = {{"PushEvent", 5}}}};
    auto const cells = sum_by_hour_of_week(hourly);
    ASSERT_EQ(cells.size(), 7U);
    EXPECT_EQ(cells[3][12], 7);
    EXPECT_EQ(cells[6][23], 5); // Sunday, 23:00
    EXPECT_EQ(cells[0][0], 0);
}

} // namespace
} // namespace gem
