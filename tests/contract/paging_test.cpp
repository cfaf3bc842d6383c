// Finding raw events: order, filters, limits and cursors.
#include "contract/contract_test.hpp"

namespace gem::test {

class Paging : public ContractTest {
  protected:
    EventQuery of_tool(std::size_t limit = 100) {
        return {.repo = repo("acme/tool"), .window = all_time(), .limit = limit};
    }
    /// `count` stars of acme/tool, a second apart, with ids that sort like their times.
    void insert_stars(int count) {
        std::vector<Event> batch;
        for (int i = 0; i < count; ++i) batch.push_back(make_event(std::to_string(1000 + i)).after(seconds(i)));
        insert(batch);
    }
};
GEM_CONTRACT(Paging);

TEST_P(Paging, events_come_newest_first_and_ties_by_type_then_id_then_repository_as_bytes) {
    std::vector<Event> const ascending = {
        make_event("9").type("ForkEvent"),
        make_event("1").type("WatchEvent").of("acme/ten", 10), // repository keys "10" < "7" < "n:…" as bytes
        make_event("1").type("WatchEvent"),
        make_event("1").type("WatchEvent").of("acme/ten", std::nullopt),
        make_event("10").type("WatchEvent"), // "10" < "9" as bytes
        make_event("9").type("WatchEvent"),
        make_event("A").type("WatchEvent"),
        make_event("a").type("WatchEvent"),
        make_event("é").type("WatchEvent"), // bytes above 0x7f come after all letters
        make_event("1").type("watchEvent"), // types as bytes too
        make_event("0").type("AEvent").after(seconds(1)),
    };
    auto shuffled = ascending;
    std::ranges::rotate(shuffled, shuffled.begin() + 5);
    insert(shuffled);
    auto expected = ascending;
    std::ranges::reverse(expected);
    for (std::size_t const limit : {1, 2, 3, 100})
        EXPECT_EQ(find_all({.window = window_after_ten(seconds(0), hours(1)), .limit = limit}), expected) << limit;
}

TEST_P(Paging, facts_come_oldest_first_in_the_same_order) {
    insert({make_event("9"), make_event("10"), make_event("b").after(seconds(1)), make_event("a").type("ForkEvent"),
            make_event("a").after(seconds(1))});
    std::vector<std::string> ids;
    for (auto const& row : wait_ok(events().event_facts(repo("acme/tool"), all_time(), {}))) ids.push_back(row.id);
    EXPECT_EQ(ids, (std::vector<std::string>{"a", "10", "9", "a", "b"}));
}

TEST_P(Paging, pages_of_any_size_give_each_event_once) {
    insert_stars(57);
    auto const all = find(of_tool(1000));
    ASSERT_EQ(all.size(), 57U);
    for (std::size_t const limit : {1, 2, 7, 19, 56, 57, 58}) EXPECT_EQ(find_all(of_tool(limit)), all) << limit;
}

TEST_P(Paging, pages_of_a_type_that_is_rare_among_others_give_each_event_once) {
    std::vector<Event> batch;
    for (int i = 0; i < 200; ++i) {
        auto const* const type = i % 3 == 0 ? "ReleaseEvent" : i % 3 == 1 ? "DeploymentStatusEvent" : "WatchEvent";
        batch.push_back(make_event(std::to_string(1000 + i)).type(type).after(seconds(i * 20)));
    }
    insert(batch);
    for (auto const* const type : {"ReleaseEvent", "DeploymentStatusEvent"}) {
        std::vector<Event> expected;
        for (auto const& event : batch) {
            if (event.type == type) expected.insert(expected.begin(), event);
        }
        auto query = of_tool();
        query.type = type;
        for (std::size_t const limit : {1, 4, 66, 67, 100}) {
            query.limit = limit;
            EXPECT_EQ(find_all(query), expected) << type << " " << limit;
        }
    }
}

TEST_P(Paging, there_is_no_cursor_when_there_is_no_more) {
    EXPECT_FALSE(wait_ok(events().find_events(of_tool())).next_cursor);
    insert_stars(4);
    EXPECT_FALSE(wait_ok(events().find_events(of_tool(5))).next_cursor);
    EXPECT_FALSE(wait_ok(events().find_events(of_tool(4))).next_cursor);
    auto const page = wait_ok(events().find_events(of_tool(3)));
    ASSERT_TRUE(page.next_cursor);
    auto rest = of_tool(3);
    rest.cursor = page.next_cursor;
    auto const last = wait_ok(events().find_events(rest));
    EXPECT_EQ(ids_of(last.events), (std::vector<std::string>{"1000"}));
    EXPECT_FALSE(last.next_cursor);
}

TEST_P(Paging, events_of_private_repositories_can_be_left_out) {
    std::vector<Event> batch;
    for (int i = 0; i < 6; ++i) {
        Event event = make_event(std::to_string(i)).after(seconds(i));
        event.is_public = i % 2 == 0;
        batch.push_back(std::move(event));
    }
    insert(batch);
    std::vector<std::string> const open = {"4", "2", "0"};
    EXPECT_EQ(find(of_tool()).size(), 6U);
    for (std::size_t const limit : {1, 2, 3, 100}) {
        EventQuery of_one = of_tool(limit);
        of_one.public_only = true;
        EXPECT_EQ(ids_of(find_all(of_one)), open) << limit;
        EventQuery const of_all{.window = window_after_ten(seconds(0), hours(1)), .limit = limit, .public_only = true};
        EXPECT_EQ(ids_of(find_all(of_all)), open) << limit;
    }
    auto everything = of_tool(1);
    everything.public_only = true;
    everything.cursor = wait_ok(events().find_events(everything)).next_cursor;
    everything.public_only = false;
    EXPECT_EQ(wait_error(events().find_events(everything)).code, ErrorCode::invalid_argument);
}

TEST_P(Paging, a_limit_is_1_to_1000) {
    insert_stars(1001);
    EXPECT_EQ(wait_error(events().find_events(of_tool(0))).code, ErrorCode::invalid_argument);
    EXPECT_EQ(wait_error(events().find_events(of_tool(1001))).code, ErrorCode::invalid_argument);
    EXPECT_EQ(find(of_tool(1)).size(), 1U);
    auto const page = wait_ok(events().find_events(of_tool(1000)));
    EXPECT_EQ(page.events.size(), 1000U);
    EXPECT_TRUE(page.next_cursor);
}

TEST_P(Paging, a_type_filter_is_exact) {
    insert({make_event("1"), make_event("2").type("ForkEvent"), make_event("3").type("watchevent")});
    auto query = of_tool();
    query.type = "WatchEvent";
    EXPECT_EQ(ids_of(find(query)), (std::vector<std::string>{"1"}));
    query.type = "NoEvent";
    EXPECT_TRUE(find(query).empty());
}

TEST_P(Paging, an_actor_filter_ignores_case_and_takes_nobody_else) {
    insert({make_event("1").by("Ada", 1001), make_event("2").by("ada", 1001).after(seconds(1)),
            make_event("3").by("ada2", 1002), make_event("4").by("a_a", 1003), make_event("5").by("", std::nullopt),
            make_event("6").by("ADA", std::nullopt).after(seconds(2))});
    auto query = of_tool(1);
    query.actor = "aDA";
    EXPECT_EQ(ids_of(find_all(query)), (std::vector<std::string>{"6", "2", "1"}));
    query.actor = "a%";
    EXPECT_TRUE(find_all(query).empty());
    query.actor = "nobody";
    EXPECT_TRUE(find_all(query).empty());
}

TEST_P(Paging, filters_hold_over_all_pages) {
    std::vector<Event> batch;
    for (int i = 0; i < 300; ++i) {
        batch.push_back(make_event(std::to_string(i))
                            .after(seconds(i / 3))
                            .type(i % 7 == 0 ? "ForkEvent" : "WatchEvent")
                            .by(i % 5 == 0 ? "eve" : "ada", i % 5 == 0 ? 5 : 1001));
    }
    insert(batch);
    auto query = of_tool(2);
    query.type = "ForkEvent";
    query.actor = "Eve";
    auto const found = find_all(query);
    EXPECT_EQ(found.size(), 9U); // multiples of 35 below 300
    for (auto const& event : found) EXPECT_TRUE(event.type == "ForkEvent" && event.actor_login == "eve");
}

TEST_P(Paging, a_window_takes_its_start_and_not_its_end) {
    insert_stars(10);
    auto query = of_tool(1);
    query.window = window_after_ten(seconds(3), seconds(6));
    EXPECT_EQ(ids_of(find_all(query)), (std::vector<std::string>{"1005", "1004", "1003"}));
    query.window = window_after_ten(seconds(3), seconds(3));
    EXPECT_TRUE(find_all(query).empty());
    query.window = window_after_ten(hours(24) * 365, hours(24) * 366);
    EXPECT_TRUE(find_all(query).empty());
}

TEST_P(Paging, a_question_without_repository_spans_24_hours_at_most) {
    insert({make_event("1"), make_event("2").of("acme/other", 8),
            make_event("3").of("zeta/no-id", std::nullopt).after(hours(23))});
    EXPECT_EQ(find({.window = window_after_ten(seconds(0), hours(24))}).size(), 3U);
    EXPECT_EQ(wait_error(events().find_events({.window = window_after_ten(seconds(0), hours(24) + seconds(1))})).code,
              ErrorCode::invalid_argument);
    EXPECT_EQ(wait_error(events().find_events({.window = all_time()})).code, ErrorCode::invalid_argument);
}

TEST_P(Paging, an_actor_without_repository_is_refused) {
    EventQuery const query{.actor = "ada", .window = window_after_ten(seconds(0), hours(1))};
    EXPECT_EQ(wait_error(events().find_events(query)).code, ErrorCode::invalid_argument);
}

TEST_P(Paging, a_cursor_of_another_question_is_refused) {
    insert_stars(5);
    insert({make_event("1").of("acme/other", 8), make_event("2").of("acme/other", 8)});
    auto const cursor = wait_ok(events().find_events(of_tool(2))).next_cursor;
    ASSERT_TRUE(cursor);
    auto const refused = [&](EventQuery query) {
        query.cursor = cursor;
        EXPECT_EQ(wait_error(events().find_events(query)).code, ErrorCode::invalid_argument);
    };
    refused({.repo = repo("acme/other"), .window = all_time()});
    refused({.repo = repo("acme/tool"), .type = "WatchEvent", .window = all_time()});
    refused({.repo = repo("acme/tool"), .actor = "ada", .window = all_time()});
    refused({.repo = repo("acme/tool"), .window = window_after_ten(seconds(0), hours(1))});
    refused({.window = window_after_ten(seconds(0), hours(1))});
}

TEST_P(Paging, a_cursor_that_nobody_gave_is_refused) {
    insert_stars(5);
    auto const good = wait_ok(events().find_events(of_tool(2))).next_cursor.value();
    for (auto const& bad : {std::string(), std::string("x"), std::string("0"), std::string("../../etc/passwd"),
                            std::string("\n\xff"), std::string(10'000, 'a'), good.substr(0, 3)}) {
        auto query = of_tool();
        query.cursor = bad;
        EXPECT_EQ(wait_error(events().find_events(query)).code, ErrorCode::invalid_argument) << bad.substr(0, 20);
    }
}

TEST_P(Paging, a_cursor_is_short_and_fits_a_url) {
    insert({make_event(std::string(120, 'x')), make_event("ключ / & ?").after(seconds(1)),
            make_event("3").after(seconds(2))});
    auto query = of_tool(1);
    for (auto page = wait_ok(events().find_events(query)); page.next_cursor;
         page = wait_ok(events().find_events(query))) {
        EXPECT_LE(page.next_cursor->size(), 1024U);
        for (unsigned char const c : *page.next_cursor)
            EXPECT_TRUE(std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~') << *page.next_cursor;
        query.cursor = page.next_cursor;
    }
}

TEST_P(Paging, events_that_come_while_somebody_pages_neither_repeat_nor_hide_older_ones) {
    insert_stars(30);
    auto const before = find(of_tool(1000));
    std::vector<Event> seen;
    auto query = of_tool(4);
    for (int round = 0;; ++round) {
        auto const page = wait_ok(events().find_events(query));
        seen.insert(seen.end(), page.events.begin(), page.events.end());
        if (!page.next_cursor) break;
        query.cursor = page.next_cursor;
        // Newer than everything, and between the ones already seen.
        insert({make_event("new" + std::to_string(round)).after(hours(1) + seconds(round)),
                make_event("late" + std::to_string(round)).after(seconds(29 - round))});
    }
    std::vector<Event> old_ones;
    for (auto const& event : seen) {
        if (event.id.starts_with("1"))
            old_ones.push_back(event);
        else
            EXPECT_TRUE(event.id.starts_with("late")) << event.id;
    }
    EXPECT_EQ(old_ones, before);
    EXPECT_TRUE(std::ranges::is_sorted(seen, std::ranges::greater(), &Event::created_at));
}

TEST_P(Paging, a_cursor_outlives_a_restart) {
    if (!GetParam().shared) GTEST_SKIP() << "this provider keeps nothing";
    insert_stars(5);
    auto query = of_tool(3);
    query.cursor = wait_ok(events().find_events(query)).next_cursor;
    reopen();
    EXPECT_EQ(ids_of(find(query)), (std::vector<std::string>{"1001", "1000"}));
}

} // namespace gem::test
