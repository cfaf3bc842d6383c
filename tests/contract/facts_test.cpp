// Facts of a busy repository asked for again and again: a provider may keep what it read, and must answer as if it did
// not.
#include <random>

#include "contract/contract_test.hpp"

namespace gem::test {

class Facts : public ContractTest {
  protected:
    static constexpr int hours_of_events = 12;

    /// One event a minute, of three types in turn.
    static Event event_of_minute(int minute) {
        static constexpr std::array types = {"IssuesEvent", "PullRequestEvent", "WatchEvent"};
        return make_event(fmt::format("{:04}", minute)).type(types.at(minute % 3)).after(minutes(minute)).done();
    }

    /// Of the first `count` minutes.
    static std::vector<std::string> expected(TimeWindow window, std::vector<std::string> const& types, int count) {
        std::vector<std::string> ids;
        for (int minute = 0; minute < count; ++minute) {
            auto const event = event_of_minute(minute);
            bool const wanted = types.empty() || std::ranges::find(types, event.type) != types.end();
            if (window.contains(event.created_at) && wanted) ids.push_back(event.id);
        }
        return ids;
    }

    std::vector<std::string> found(TimeWindow window, std::vector<std::string> const& types) {
        std::vector<std::string> ids;
        for (auto const& row : wait_ok(events().event_facts(repo("acme/tool"), window, types))) ids.push_back(row.id);
        return ids;
    }

    void insert_minutes(int from, int to) {
        std::vector<Event> batch;
        for (int minute = from; minute < to; ++minute) batch.push_back(event_of_minute(minute));
        insert(std::move(batch));
    }
};

TEST_P(Facts, are_those_of_the_window_whatever_was_asked_before) {
    std::mt19937 dice(7);
    auto const any = [&](int most) { return std::uniform_int_distribution(0, most)(dice); };
    std::vector<std::vector<std::string>> const kinds = {
        {}, {"IssuesEvent"}, {"PullRequestEvent", "IssuesEvent"}, {"NoEvent"}, {"Issues"}};
    int stored = 300;
    insert_minutes(0, stored);
    for (int round = 0; round < 150; ++round) {
        auto const from = ten_o_clock + minutes(any(hours_of_events * 60)) + seconds(any(59));
        TimeWindow const window{.from = from, .to = from + minutes(any(round % 2 == 0 ? 60 : hours_of_events * 60))};
        auto const& types = kinds.at(static_cast<std::size_t>(any(static_cast<int>(kinds.size()) - 1)));
        SCOPED_TRACE(fmt::format("round {}, {} to {}, {} types", round, format_time(window.from),
                                 format_time(window.to), types.size()));
        ASSERT_EQ(found(window, types), expected(window, types, stored));
        if (round % 10 == 9) {
            insert_minutes(stored, stored + 20);
            stored += 20;
        }
    }
}

TEST_P(Facts, asked_for_again_have_what_another_manager_stored) {
    if (!GetParam().shared) GTEST_SKIP() << "needs a second manager over the same store";
    insert_minutes(0, 400);
    EXPECT_EQ(found(all_time(), {}).size(), 400U);
    auto const other = open();
    wait_ok(other->events().insert_events({event_of_minute(500)}));
    EXPECT_EQ(found(all_time(), {}).size(), 401U);
    EXPECT_EQ(found(all_time(), {"WatchEvent"}).back(), "0500");
    wait_ok(other->connection().close());
}

TEST_P(Facts, are_gone_with_what_was_forgotten) {
    insert_minutes(0, 400);
    EXPECT_EQ(found(all_time(), {}).size(), 400U);
    wait_ok(maintenance().forget_repository(repo("acme/tool")));
    EXPECT_TRUE(found(all_time(), {}).empty());
    insert_minutes(0, 3);
    EXPECT_EQ(found(all_time(), {}).size(), 3U);
}

TEST_P(Facts, of_a_name_that_two_repositories_bore_are_in_the_order_of_time) {
    insert_minutes(0, 300);
    EXPECT_EQ(found(all_time(), {}).size(), 300U);
    std::vector<Event> batch;
    for (int minute = 300; minute < 320; ++minute)
        batch.push_back(make_event(fmt::format("{:04}", minute)).of("acme/tool", 8).after(minutes(minute)));
    insert(std::move(batch));
    auto const ids = found(all_time(), {});
    EXPECT_TRUE(std::ranges::is_sorted(ids));
    EXPECT_EQ(ids.back(), "0319");
}

GEM_CONTRACT(Facts);

} // namespace gem::test
