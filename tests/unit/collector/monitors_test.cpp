// What becomes of a repository's polls when a monitor ends: nobody vouches for what nobody polls.
#include "collector/monitors.hpp"

#include <gtest/gtest.h>

#include "analytics/answer.hpp"
#include "collector/poll_state.hpp"
#include "storage/sqlite/sqlite_manager.hpp"
#include "support/await.hpp"
#include "support/collecting_store.hpp"
#include "support/event_maker.hpp"
#include "support/manual_clock.hpp"

namespace gem {
namespace {

struct MonitorsTest : testing::Test {
    void SetUp() override {
        ASSERT_TRUE(test::await(database.initialize()));
        put(since_key("o/r"), R"({"target":"o/r","since":"2026-01-15T11:00:00Z"})");
        put(poll_key("o/r"),
            R"({"target":"o/r","last_poll":"2026-01-15T11:50:00Z","last_complete":"2026-01-15T11:50:00Z"})");
    }
    void put(std::string key, std::string json) {
        StateEntry entry;
        entry.key = std::move(key);
        entry.value = JsonText::already_validated(std::move(json));
        ASSERT_TRUE(test::await(database.metrics().put_state(std::move(entry))));
    }
    Monitor add() { return test::await(monitors.add(test::repo("o/r"), minutes(5), {})).value(); }
    bool vouched_for() { return test::await(database.metrics().get_state(since_key("o/r"))).value().has_value(); }

    test::ManualClock clock;
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    DatabaseService database{make_sqlite_manager({.provider = "sqlite", .db_path = ":memory:"}, clock, log).value()};
    WatchList watch_list{database, clock, {test::repo("o/configured")}};
    Monitors monitors{database, clock, {}, watch_list};
};

TEST_F(MonitorsTest, a_stopped_monitor_leaves_no_gap_in_answers_about_everything) {
    auto const monitor = add();
    put(since_key("o/other"), R"({"target":"o/other","since":"2026-01-15T10:00:00Z"})");
    put(poll_key("o/other"), R"({"target":"o/other","last_complete":"2026-01-16T12:00:00Z"})");
    ASSERT_TRUE(test::await(monitors.stop(monitor.id)));
    EXPECT_FALSE(vouched_for());
    clock.advance(days(1));
    auto const coverage = test::await(coverage_of(
        database, {.from = clock.now() - hours(4), .to = clock.now() - hours(2)}, std::nullopt, clock.now()));
    ASSERT_TRUE(coverage);
    EXPECT_TRUE(coverage->gaps.empty()) << coverage->gaps.front().reason;
}

TEST_F(MonitorsTest, a_removed_monitor_leaves_no_gap_either) {
    ASSERT_TRUE(test::await(monitors.remove(add().id)));
    EXPECT_FALSE(vouched_for());
}

TEST_F(MonitorsTest, a_stopped_monitor_still_tells_when_its_repository_was_last_polled) {
    auto const monitor = add();
    auto const stopped = test::await(monitors.stop(monitor.id)).value();
    EXPECT_EQ(test::await(monitors.last_poll(stopped)).value(), parse_time("2026-01-15T11:50:00Z"));
    auto const found = test::await(monitors.find(monitor.id)).value();
    EXPECT_EQ(test::await(monitors.last_poll(found)).value(), parse_time("2026-01-15T11:50:00Z"));
}

TEST_F(MonitorsTest, what_another_one_wants_goes_on) {
    auto const one = add();
    auto const other = add();
    ASSERT_TRUE(test::await(monitors.stop(one.id)));
    EXPECT_TRUE(vouched_for()) << "another monitor runs";
    ASSERT_TRUE(test::await(watch_list.add(test::repo("o/r"))));
    ASSERT_TRUE(test::await(monitors.remove(other.id)));
    EXPECT_TRUE(vouched_for()) << "people added it";
    auto const third = add();
    ASSERT_TRUE(test::await(watch_list.remove(test::repo("o/r"))));
    EXPECT_TRUE(vouched_for()) << "a monitor runs";
    ASSERT_TRUE(test::await(monitors.remove(third.id)));
    EXPECT_FALSE(vouched_for()) << "nobody wants it any more";
}

TEST_F(MonitorsTest, what_the_configuration_names_goes_on) {
    put(since_key("o/configured"), R"({"target":"o/configured","since":"2026-01-15T11:00:00Z"})");
    auto const monitor = test::await(monitors.add(test::repo("o/configured"), minutes(5), {})).value();
    ASSERT_TRUE(test::await(monitors.stop(monitor.id)));
    EXPECT_TRUE(test::await(database.metrics().get_state(since_key("o/configured"))).value());
}

/// The store fails when it is to let go of what was known of the polls of o/r.
struct HalfWayTest : testing::Test {
    void SetUp() override {
        for (auto const& key : {since_key("o/r"), poll_key("o/r")}) {
            data.state[key] = {.key = key, .value = JsonText::already_validated("{}"), .version = 1};
        }
    }
    void fail_once() { data.kept_once = poll_key("o/r"); }
    bool vouched_for() { return data.state.contains(since_key("o/r")) || data.state.contains(poll_key("o/r")); }

    test::ManualClock clock;
    test::CollectedData data;
    DatabaseService database{std::make_unique<test::CollectingManager>(data)};
    WatchList watch_list{database, clock, {}};
    Monitors monitors{database, clock, {}, watch_list};
};

TEST_F(HalfWayTest, stopping_a_monitor_can_be_repeated) {
    auto const monitor = test::await(monitors.add(test::repo("o/r"), minutes(5), {})).value();
    fail_once();
    EXPECT_FALSE(test::await(monitors.stop(monitor.id)));
    EXPECT_TRUE(test::await(monitors.stop(monitor.id)));
    EXPECT_FALSE(vouched_for());
}

TEST_F(HalfWayTest, removing_a_monitor_can_be_repeated) {
    auto const monitor = test::await(monitors.add(test::repo("o/r"), minutes(5), {})).value();
    fail_once();
    EXPECT_FALSE(test::await(monitors.remove(monitor.id)));
    EXPECT_TRUE(test::await(monitors.remove(monitor.id)));
    EXPECT_FALSE(vouched_for());
    EXPECT_EQ(test::await(monitors.remove(monitor.id)).error().code, ErrorCode::not_found);
}

TEST_F(HalfWayTest, removing_a_repository_from_the_watch_list_can_be_repeated) {
    ASSERT_TRUE(test::await(watch_list.add(test::repo("o/r"))));
    fail_once();
    EXPECT_FALSE(test::await(watch_list.remove(test::repo("o/r"))));
    EXPECT_TRUE(test::await(watch_list.remove(test::repo("o/r"))));
    EXPECT_FALSE(vouched_for());
    EXPECT_FALSE(data.state.contains(watch_key("o/r")));
}

} // namespace
} // namespace gem
