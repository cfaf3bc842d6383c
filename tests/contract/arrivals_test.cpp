// Following the store: events in the order in which they were stored.
#include "contract/contract_test.hpp"

namespace gem::test {

class Arrivals : public ContractTest {
  protected:
    ArrivalPage after(std::string const& position, std::size_t limit = 100) {
        return wait_ok(events().arrivals(position, limit));
    }
    static std::vector<std::string> ids(ArrivalPage const& page) {
        std::vector<std::string> found;
        for (auto const& arrival : page.events) found.push_back(arrival.event.id);
        return found;
    }
    using Ids = std::vector<std::string>;
};
GEM_CONTRACT(Arrivals);

TEST_P(Arrivals, begin_now_and_come_in_the_order_of_storing_whatever_their_time) {
    insert({make_event("0")});
    auto const now = after("");
    EXPECT_TRUE(now.events.empty());
    EXPECT_FALSE(now.gap);
    EXPECT_FALSE(now.more);
    insert({make_event("new").after(hours(1))});
    insert({make_event("old").after(-hours(100)).of("acme/other", 8)});
    auto const page = after(now.position);
    EXPECT_EQ(ids(page), (Ids{"new", "old"}));
    EXPECT_FALSE(page.gap);
    EXPECT_EQ(page.events.front().event, make_event("new").after(hours(1)).done()) << "whole, with its payload";
    EXPECT_TRUE(after(page.position).events.empty());
    EXPECT_EQ(ids(after(page.events.front().position)), Ids{"old"});
}

TEST_P(Arrivals, are_new_events_only) {
    auto const now = after("");
    insert({make_event("1"), make_event("1")});
    insert({make_event("1")});
    insert({make_event("wh:1").action("started")});
    EXPECT_EQ(ids(after(now.position)), Ids{"1"});
}

TEST_P(Arrivals, come_page_by_page) {
    auto const now = after("");
    for (int i = 0; i < 25; ++i) insert({make_event(std::to_string(i))});
    Ids all;
    auto position = now.position;
    for (bool more = true; more;) {
        auto const page = after(position, 10);
        EXPECT_LE(page.events.size(), 10U);
        EXPECT_FALSE(page.gap);
        for (auto const& id : ids(page)) all.push_back(id);
        position = page.position;
        more = page.more;
    }
    ASSERT_EQ(all.size(), 25U);
    for (int i = 0; i < 25; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_P(Arrivals, an_unknown_position_is_a_gap) {
    insert({make_event("1")});
    for (auto const* odd : {"nonsense", "-", "other-1", "'; DROP TABLE events; --"}) {
        auto const page = after(odd);
        EXPECT_TRUE(page.gap) << odd;
        EXPECT_TRUE(page.events.empty()) << odd;
        EXPECT_FALSE(after(page.position).gap);
    }
    auto const now = after("").position;
    EXPECT_TRUE(after(now + "9").gap) << "the future";
}

TEST_P(Arrivals, of_very_many_at_once_the_last_are_there_and_the_rest_is_a_gap) {
    auto const now = after("");
    std::vector<Event> batch;
    for (int i = 0; i < 11'000; ++i) batch.push_back(make_event(std::to_string(i)).after(seconds(i)));
    insert(std::move(batch));
    auto const page = after(now.position, 20'000);
    EXPECT_TRUE(page.gap);
    EXPECT_GE(page.events.size(), arrivals_kept_of_a_batch);
    EXPECT_LE(page.events.size(), arrivals_kept);
    EXPECT_FALSE(after(page.position).gap);
}

TEST_P(Arrivals, of_another_manager_are_seen_too) {
    if (!GetParam().shared) GTEST_SKIP() << "every manager of this provider has a store of its own";
    if (!GetParam().keeps_arrivals) GTEST_SKIP() << "this provider knows the arrivals of its own process alone";
    auto const other = open();
    auto const now = after("");
    wait_ok(other->events().insert_events({make_event("1")}));
    EXPECT_EQ(ids(after(now.position)), Ids{"1"});
    wait_ok(other->connection().close());
    reopen();
    EXPECT_EQ(ids(after(now.position)), Ids{"1"}) << "positions outlive a restart";
}

} // namespace gem::test
