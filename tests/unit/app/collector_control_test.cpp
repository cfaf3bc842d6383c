// What a collection cycle comes to for the API.
#include <gtest/gtest.h>

#include "app/collector_control.hpp"

using namespace gem;

namespace {

constexpr UtcTime noon = from_unix(1'768'478'400);

CollectReport report_of(std::vector<std::string> const& outcomes) {
    CollectReport report;
    report.finished = noon;
    for (auto const& outcome : outcomes) {
        auto& target = report.targets.emplace_back();
        target.outcome = outcome;
        target.next_poll = noon + seconds(60 * static_cast<std::int64_t>(report.targets.size()));
        if (!target.failed()) continue;
        target.message = "GitHub answered 502";
        report.errors.push_back(target.message);
    }
    return report;
}

} // namespace

TEST(CollectOutcome, is_completed_partial_or_failed) {
    EXPECT_EQ(outcome_of(report_of({"fresh", "not_modified"}))->status, "completed");
    EXPECT_EQ(outcome_of(report_of({"fresh", "failed"}))->status, "partial");
    EXPECT_EQ(outcome_of(report_of({"failed", "refused"}))->status, "failed");
}

TEST(CollectOutcome, of_a_cycle_in_vain_tells_what_github_answered_and_when_to_ask_again) {
    auto const outcome = outcome_of(report_of({"failed", "postponed"}));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->reason, "GitHub answered 502");
    EXPECT_EQ(outcome->retry_after, seconds(60));
    EXPECT_TRUE(outcome_of(report_of(std::vector<std::string>(7, "failed")))->reason.ends_with("502; and 2 more"));
}

TEST(CollectOutcome, is_an_error_when_it_is_the_store_that_failed) {
    auto report = report_of({"failed"});
    report.targets[0].store_failed = true;
    report.targets[0].message = "the disk is full";
    auto const outcome = outcome_of(report);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::unavailable);
    EXPECT_EQ(outcome.error().message, "the disk is full");
}
