#include "collector/watch_list.hpp"

#include <gtest/gtest.h>

#include "collector/poll_state.hpp"
#include "support/await.hpp"
#include "support/collecting_store.hpp"
#include "support/manual_clock.hpp"

namespace gem {
namespace {

RepoName name(std::string_view text) { return RepoName::parse(text).value(); }

struct WatchListTest : testing::Test {
    test::ManualClock clock;
    test::CollectedData data;
    DatabaseService database{std::make_unique<test::CollectingManager>(data)};
    WatchList list{database, clock, {name("Zeta/Conf")}};
};

TEST_F(WatchListTest, holds_the_configured_and_the_added_sorted_by_name) {
    ASSERT_TRUE(test::await(list.add(name("Alpha/One"))));
    auto const all = test::await(list.list()).value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].repo.text(), "Alpha/One");
    EXPECT_EQ(all[0].added_at, clock.now());
    EXPECT_FALSE(all[0].from_configuration);
    EXPECT_EQ(all[1].repo.text(), "Zeta/Conf");
    EXPECT_TRUE(all[1].from_configuration);
    EXPECT_EQ(all[1].state, "watched");
    EXPECT_EQ(all[1].next_poll, std::nullopt);
}

TEST_F(WatchListTest, adding_twice_is_adding_once) {
    auto const before = list.generation();
    ASSERT_TRUE(test::await(list.add(name("a/b"))));
    clock.advance(hours(1));
    auto const again = test::await(list.add(name("A/B")));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->repo.text(), "a/b");
    EXPECT_EQ(again->added_at, clock.now() - hours(1));
    EXPECT_EQ(data.count("watch#"), 1U);
    EXPECT_NE(list.generation(), before);
}

TEST_F(WatchListTest, survives_in_the_store) {
    ASSERT_TRUE(test::await(list.add(name("a/b"))));
    WatchList other(database, clock, {});
    EXPECT_EQ(test::await(other.list())->size(), 1U);
    EXPECT_TRUE(test::await(other.find(name("A/b"))).value());
}

TEST_F(WatchListTest, finds_nothing_where_nothing_is_watched) {
    EXPECT_FALSE(test::await(list.find(name("no/body"))).value());
}

TEST_F(WatchListTest, does_not_remove_what_is_configured_or_unknown) {
    EXPECT_EQ(test::await(list.remove(name("zeta/conf"))).error().code, ErrorCode::conflict);
    EXPECT_EQ(test::await(list.remove(name("no/body"))).error().code, ErrorCode::not_found);
}

TEST_F(WatchListTest, removes_a_repository_with_the_state_of_its_polls) {
    ASSERT_TRUE(test::await(list.add(name("a/b"))));
    data.state[poll_key("a/b")] = {.key = poll_key("a/b"), .value = to_json(PollState{}), .version = 3};
    ASSERT_TRUE(test::await(list.remove(name("A/B"))));
    EXPECT_TRUE(data.state.empty());
}

TEST_F(WatchListTest, shows_what_the_collector_learned_last) {
    list.note("zeta/conf",
              {.next_poll = clock.now() + minutes(5), .last_poll = clock.now(), .parked = true, .reason = "gone"});
    auto const found = test::await(list.find(name("zeta/conf"))).value().value();
    EXPECT_EQ(found.state, "parked");
    EXPECT_EQ(found.reason, "gone");
    EXPECT_EQ(found.last_poll, clock.now());
}

TEST_F(WatchListTest, says_which_entry_is_damaged) {
    data.state["watch#a/b"] = {.key = "watch#a/b", .value = JsonText::already_validated("{\"repo\":7}"), .version = 1};
    auto const all = test::await(list.list());
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().code, ErrorCode::corrupt);
    EXPECT_NE(all.error().message.find("watch#a/b"), std::string::npos);
}

TEST(PollStateText, comes_back_as_it_was) {
    PollState state;
    state.target = "o/r";
    state.path = "/repositories/7/events";
    state.etag = "W/\"x\"";
    state.last_poll = from_unix(1'768'478'400);
    state.next_poll = from_unix(1'768'478'700);
    state.failures = 3;
    state.parked = true;
    state.reason = "a \"reason\"";
    state.gap_from = from_unix(1'768'000'000);
    state.recent = std::string(300 * event_mark_size, 'a');
    EXPECT_EQ(parse_poll_state(to_json(state).text()).value(), state);
    EXPECT_EQ(parse_poll_state("{}").value(), PollState{});
    EXPECT_EQ(parse_poll_state("[]").error().code, ErrorCode::corrupt);
}

TEST(EventMark, tells_events_apart_by_all_of_their_identity) {
    Event event;
    event.id = "1";
    event.type = "PushEvent";
    event.created_at = from_unix(5);
    event.repo_id = 7;
    event.repo_name = "a/b";
    EXPECT_EQ(event_mark(event).size(), event_mark_size);
    auto other = event;
    other.repo_name = "renamed/too";
    EXPECT_EQ(event_mark(event), event_mark(other)) << "the number is what a repository is known by";
    other = event;
    other.type = "WatchEvent";
    EXPECT_NE(event_mark(event), event_mark(other));
    other = event;
    other.repo_id = 8;
    EXPECT_NE(event_mark(event), event_mark(other));
    other = event;
    other.created_at = from_unix(6);
    EXPECT_NE(event_mark(event), event_mark(other));
}

} // namespace
} // namespace gem
