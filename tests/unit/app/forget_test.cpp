// Forgetting a repository takes what any part of the program stored about it, and nothing about others.
#include "app/forget.hpp"

#include <gtest/gtest.h>

#include "collector/monitors.hpp"
#include "collector/watch_list.hpp"
#include "storage/repo_history.hpp"
#include "support/event_maker.hpp"
#include "support/manual_clock.hpp"
#include "support/reference_database.hpp"
#include "support/run_async.hpp"

namespace gem::test {

struct ForgetRepository : testing::Test {
    void SetUp() override { wait_ok(database.initialize()); }
    void put(std::string key) {
        wait_ok(database.metrics().put_state({.key = std::move(key), .value = JsonText::already_validated("{}")}));
    }
    std::vector<std::string> keys() {
        std::vector<std::string> all;
        for (auto const& entry : wait_ok(database.metrics().list_state(""))) all.push_back(entry.key);
        return all;
    }

    ManualClock clock;
    DatabaseService database{make_reference_manager(std::make_shared<ReferenceStore>(), clock)};
    RepoName tool = repo("acme/tool_2");
};

TEST_F(ForgetRepository, takes_what_the_collector_noted_and_leaves_others) {
    for (auto const* const key :
         {"watch#acme/tool_2", "poll#acme/tool_2", "coverage#since#acme/tool_2", "coverage#archive#acme/tool_2#2026-01",
          "coverage#gap#Acme/Tool_2#2026-01-15T10:00:00Z", "owed#acme/tool_2#2026-01-15T10:00:00Z#0123456789ab",
          "history#state#acme/tool_2", "history#page#acme/tool_2#items#2026-01-15T10:00:00Z#0001",
          "private#acme/tool_2"})
        put(key);
    std::vector<std::string> const others = {
        "coverage#archive#*#2026-01", "poll#acme/tool",     "poll#acme/toolx2",  "poll#org:acme",
        "private#acme/tool",          "watch#acme/tool_22", "watch#xacme/tool_2"};
    for (auto const& key : others) put(key);
    auto const removed = wait_ok(forget_repository(database, tool));
    EXPECT_EQ(removed.other_rows, 9);
    EXPECT_EQ(keys(), others);
    EXPECT_EQ(wait_ok(forget_repository(database, tool)).other_rows, 0);
}

TEST_F(ForgetRepository, takes_its_monitors_so_that_it_is_not_collected_again) {
    WatchList watch_list(database, clock, {});
    Monitors monitors(database, clock, {}, watch_list);
    wait_ok(monitors.add(repo("Acme/TOOL_2"), seconds(60), {}));
    auto const other = wait_ok(monitors.add(repo("acme/other"), seconds(60), {}));
    EXPECT_EQ(wait_ok(forget_repository(database, tool)).other_rows, 1);
    auto const left = wait_ok(monitors.list());
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left.front().id, other.id);
    EXPECT_EQ(wait_ok(monitors.wanted()).size(), 1U);
}

TEST_F(ForgetRepository, takes_events_and_their_counts) {
    wait_ok(
        database.events().insert_events({make_event("1").of("acme/tool_2", 7), make_event("2").of("acme/other", 8)}));
    auto const removed = wait_ok(forget_repository(database, tool));
    EXPECT_EQ(removed.events, 1);
    EXPECT_EQ(wait_ok(database.events().totals()).events, 1);
}

TEST_F(ForgetRepository, a_person_goes_from_its_history) {
    wait_ok(write_history_page(database.metrics(), tool, "items#1",
                               {.items = {{.number = 1, .author_login = "Ada", .author_id = 1001}},
                                .answers = {{.number = 1, .login = "ada", .id = 1001}, {.number = 1, .login = "bob"}},
                                .releases = {}}));
    EXPECT_EQ(wait_ok(forget_actor(database, "ADA")).other_rows, 1);
    auto const left = wait_ok(database.metrics().list_state("history#")).front().value.text();
    EXPECT_EQ(left.find("1001"), std::string::npos) << left;
    EXPECT_NE(left.find("bob"), std::string::npos) << left;
    EXPECT_EQ(wait_ok(forget_actor(database, "ADA")).other_rows, 0);
}

} // namespace gem::test
