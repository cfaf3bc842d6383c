// Alerts from finding to finding: grouping, cool-down, messages, back-off, keeping.
#include "alerts/ledger.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gem::alerts {
namespace {

constexpr UtcTime start = from_unix(1'768'478'400); // 2026-01-15T12:00:00Z

AlertRule told_rule() {
    RuleDraft draft;
    draft.kind = "silence";
    draft.url = "https://example.com/";
    auto rule = rule_of(std::move(draft), false).value();
    rule.id = "r-1";
    return rule; // cool-down of an hour
}

Finding found(UtcTime at, bool lasting = false) {
    return {.cause = "thing",
            .severity = {},
            .value = 1,
            .threshold = 2,
            .message = "it is so",
            .seen_at = at,
            .lasting = lasting};
}

AlertRecord opened(UtcTime at) {
    auto step = after_finding(told_rule(), "acme/tool", std::nullopt, found(at), at);
    EXPECT_TRUE(step && step->fired);
    return step.value().record;
}

std::vector<std::string> events_of(AlertRecord const& record) {
    std::vector<std::string> events;
    for (auto const& notice : record.notices) events.push_back(notice.event);
    return events;
}

TEST(AlertLedger, groups_what_lasts_into_one_alert_and_tells_of_it_once) {
    auto record = opened(start);
    EXPECT_EQ(events_of(record), std::vector<std::string>{"alert.fired"});
    EXPECT_FALSE(after_finding(told_rule(), "acme/tool", record, found(start), start + minutes(1))) << "known already";
    for (int hour = 1; hour <= 5; ++hour) {
        auto step = after_finding(told_rule(), "acme/tool", record, found(start + hours(hour)), start + hours(hour));
        ASSERT_TRUE(step);
        EXPECT_FALSE(step->fired);
        EXPECT_EQ(step->record.id, record.id);
        record = step->record;
    }
    EXPECT_EQ(record.count, 6);
    EXPECT_EQ(record.fired_at, start);
    EXPECT_EQ(record.last_seen_at, start + hours(5));
    EXPECT_EQ(events_of(record).size(), 1U);
}

TEST(AlertLedger, writes_down_a_lasting_state_once_an_hour) {
    auto const record = opened(start + minutes(10));
    EXPECT_FALSE(after_finding(told_rule(), "acme/tool", record, found(start + minutes(59), true), start));
    EXPECT_TRUE(after_finding(told_rule(), "acme/tool", record, found(start + minutes(60), true), start));
}

TEST(AlertLedger, resolves_what_is_well_and_says_so_once) {
    auto const record = opened(start);
    EXPECT_FALSE(after_wellness(told_rule(), record, start, start)) << "nothing is known of after it was seen";
    auto const step = after_wellness(told_rule(), record, start + minutes(1), start + minutes(1));
    ASSERT_TRUE(step);
    EXPECT_TRUE(step->resolved);
    EXPECT_EQ(step->record.state, "resolved");
    EXPECT_EQ(step->record.resolved_at, start + minutes(1));
    EXPECT_EQ(events_of(step->record), (std::vector<std::string>{"alert.fired", "alert.resolved"}));
    EXPECT_FALSE(after_wellness(told_rule(), step->record, start + hours(9), start + hours(9)));
}

TEST(AlertLedger, is_silent_about_what_comes_back_within_the_cool_down_until_that_is_over) {
    auto record = opened(start);
    record = after_wellness(told_rule(), record, start + minutes(5), start + minutes(5))->record;
    auto again = after_finding(told_rule(), "acme/tool", record, found(start + minutes(10)), start + minutes(10));
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->fired);
    EXPECT_FALSE(again->former);
    EXPECT_EQ(again->record.id, record.id);
    EXPECT_EQ(again->record.state, "open");
    EXPECT_EQ(again->record.count, 2);
    // It comes and goes: nothing is told.
    auto const gone = after_wellness(told_rule(), again->record, start + minutes(20), start + minutes(20));
    ASSERT_TRUE(gone);
    EXPECT_FALSE(gone->resolved);
    // It stays: told of when the hour is over.
    EXPECT_FALSE(after_time(told_rule(), again->record, start + minutes(59)));
    auto const told = after_time(told_rule(), again->record, start + minutes(60));
    ASSERT_TRUE(told);
    EXPECT_TRUE(told->fired);
}

TEST(AlertLedger, opens_an_alert_of_its_own_after_the_cool_down_and_keeps_the_former) {
    auto record = opened(start);
    record = after_wellness(told_rule(), record, start + minutes(5), start + minutes(5))->record;
    record.notices.clear(); // delivered
    auto const step = after_finding(told_rule(), "acme/tool", record, found(start + hours(2)), start + hours(2));
    ASSERT_TRUE(step && step->former);
    EXPECT_TRUE(step->fired);
    EXPECT_NE(step->record.id, record.id);
    EXPECT_EQ(step->former->id, record.id);
    EXPECT_EQ(standing_key(step->record), standing_key(record));
}

TEST(AlertLedger, queues_nothing_for_a_rule_without_a_url) {
    auto rule = told_rule();
    rule.url.clear();
    auto const step = after_finding(rule, "acme/tool", std::nullopt, found(start), start);
    EXPECT_TRUE(step->fired) << "the log is told";
    EXPECT_TRUE(step->record.notices.empty());
    EXPECT_EQ(step->record.delivery.status, "none");
}

TEST(AlertLedger, tries_again_later_and_later_and_gives_up_after_a_day) {
    EXPECT_EQ(pause_after(1), seconds(30));
    EXPECT_EQ(pause_after(2), seconds(60));
    EXPECT_EQ(pause_after(7), seconds(1920));
    EXPECT_EQ(pause_after(8), seconds(3600));
    EXPECT_EQ(pause_after(1000), seconds(3600));
    auto record = opened(start);
    auto now = start;
    int attempts = 0;
    auto came = Attempt::failed;
    while (came == Attempt::failed && attempts < 1000) {
        auto const notice = begin_attempt(record, now);
        ASSERT_TRUE(notice);
        EXPECT_FALSE(begin_attempt(record, now)) << "one at a time";
        ++attempts;
        came = end_attempt(record, notice->id, "500", now);
        if (came == Attempt::failed) now = record.notices.front().next_attempt_at;
    }
    EXPECT_EQ(came, Attempt::given_up);
    EXPECT_GT(now, start + hours(22));
    EXPECT_LE(now, start + hours(24));
    EXPECT_EQ(attempts, 30); // seven pauses of 30 … 1,920 s (3,810 s in all), then one each hour: 22 more attempts
    EXPECT_EQ(record.delivery.status, "given_up");
    EXPECT_EQ(record.delivery.error, "500");
    EXPECT_TRUE(record.notices.empty());
}

TEST(AlertLedger, keeps_ninety_days_and_a_thousand_and_every_open_one) {
    std::vector<AlertRecord> alerts(1005);
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        alerts[i].id = fmt::format("a-{:04}", i);
        alerts[i].state = "resolved";
        alerts[i].last_seen_at = start + minutes(i);
    }
    alerts[1].state = "open";
    EXPECT_EQ(to_remove(alerts, start + days(1)), (std::vector<std::size_t>{0, 2, 3, 4, 5}));
    alerts.resize(4);
    EXPECT_TRUE(to_remove(alerts, start + days(90)).empty());
    EXPECT_EQ(to_remove(alerts, start + days(90) + minutes(3)), (std::vector<std::size_t>{0, 2}));
}

} // namespace
} // namespace gem::alerts
