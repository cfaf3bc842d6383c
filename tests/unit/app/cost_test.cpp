// The arithmetic of `cost`.
#include <gtest/gtest.h>

#include "app/cost.hpp"

namespace gem {

TEST(Cost, prices_each_row_and_puts_the_dearest_first) {
    Usage const usage{.rows = {{"events", "", "Query", 1e6, 0.0, 10}, {"events", "", "PutItem", 0.0, 1e6, 20}}};
    auto const cost = cost_of(usage, *parse_time("2026-11-16T00:00:00Z")); // half of thirty days
    EXPECT_EQ(cost.month, "2026-11");
    ASSERT_EQ(cost.rows.size(), 2);
    EXPECT_EQ(cost.rows[0].operation, "PutItem");
    EXPECT_DOUBLE_EQ(cost.rows[0].cost_usd.value, 0.625);
    EXPECT_DOUBLE_EQ(cost.rows[1].cost_usd.value, 0.125);
    EXPECT_DOUBLE_EQ(cost.cost_usd.value, 0.75);
    EXPECT_DOUBLE_EQ(cost.projected_usd.value, 1.5);
}

TEST(Cost, projects_a_leap_february_and_a_december) {
    Usage const usage{.rows = {{"events", "", "PutItem", 0.0, 1e6, 20}}};
    EXPECT_DOUBLE_EQ(cost_of(usage, *parse_time("2028-02-02T00:00:00Z")).projected_usd.value, 0.625 * 29);
    EXPECT_DOUBLE_EQ(cost_of(usage, *parse_time("2026-12-02T00:00:00Z")).projected_usd.value, 0.625 * 31);
}

TEST(Cost, projects_nothing_wild_in_the_first_minutes_of_a_month) {
    Usage const usage{.rows = {{"events", "", "PutItem", 0.0, 1e6, 20}}};
    EXPECT_DOUBLE_EQ(cost_of(usage, *parse_time("2026-11-01T00:00:01Z")).projected_usd.value, 0.625 * 720);
}

TEST(Cost, of_nothing_is_nothing) {
    EXPECT_DOUBLE_EQ(estimate_cost({.events_per_hour = 0, .queries_per_hour = 0, .storage_gb = 0}).total_usd.value, 0);
    EXPECT_DOUBLE_EQ(estimate_cost({.events_per_hour = 0, .queries_per_hour = 0, .storage_gb = 4}).total_usd.value, 1);
}

TEST(Usage, is_read_as_it_was_written) {
    Usage const usage{.rows = {{"events", "type-created-index", "Query", 1.5, 0.0, 3}}};
    auto const read = parse_usage(JsonText::already_validated(json::to_string(usage)));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->rows.size(), 1);
    EXPECT_EQ(read->rows[0].index, "type-created-index");
    EXPECT_EQ(read->rows[0].read_units, Fixed<1>(1.5));
    EXPECT_EQ(read->rows[0].requests, 3);
    EXPECT_FALSE(parse_usage(JsonText::already_validated("{}")));
    EXPECT_FALSE(parse_usage(JsonText::already_validated(R"({"rows":[{"table":"x"}]})")));
    EXPECT_EQ(usage_key(*parse_time("2026-11-30T23:59:59Z")), "usage#2026-11");
}

} // namespace gem
