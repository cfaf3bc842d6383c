#include "storage/dynamodb/event_memory.hpp"
#include "storage/dynamodb/state_memory.hpp"

#include <gtest/gtest.h>

#include "storage/dynamodb/event_item.hpp"
#include "support/event_maker.hpp"

namespace gem::dynamodb {

using test::make_event;

namespace {

Item item_of(Event const& event) { return to_items(event, "packed", "writer:1", std::nullopt).event; }

StateEntry entry(std::string key) {
    return {.key = std::move(key), .value = JsonText::already_validated("{}"), .version = 1};
}

} // namespace

TEST(EventMemory, gives_back_what_was_kept_while_the_log_says_the_same) {
    EventMemory memory;
    auto const release = make_event("1").type("ReleaseEvent").action("published").done();
    auto const push = make_event("2").push(1).done();
    auto const first = item_of(release);
    auto const second = item_of(push);
    KeyMinute const place{.key = *find_string(first, "pk"), .minute = to_unix(release.created_at) / 60};
    MinuteLogged const logged{.events = 2, .epoch = 1};
    EXPECT_FALSE(memory.find(place, logged));
    memory.keep(place, logged, {&first, &second});
    auto const items = memory.find(place, logged);
    ASSERT_TRUE(items);
    ASSERT_EQ(items->size(), 2U);
    EXPECT_EQ(items->at(0), first) << "a release with its payload";
    EXPECT_EQ(find_binary(items->at(1), payload_attribute), nullptr);
    EXPECT_EQ(read_event(items->at(1))->facts, push.facts);
    EXPECT_FALSE(memory.find(place, {.events = 3, .epoch = 1}));
    EXPECT_FALSE(memory.find(place, {.events = 2, .epoch = 2}));
    memory.clear();
    EXPECT_FALSE(memory.find(place, logged));
}

TEST(EventMemory, drops_the_hours_that_were_not_asked_for_when_it_is_full) {
    EventMemory memory(2'000);
    auto const item = item_of(make_event("1").push(1).done());
    MinuteLogged const logged{.events = 1, .epoch = 0};
    for (int hour = 0; hour < 20; ++hour) {
        memory.keep({.key = "7", .minute = hour * 60}, logged, {&item});
        EXPECT_TRUE(memory.find({.key = "7", .minute = 0}, logged)) << "asked for again and again";
    }
    EXPECT_FALSE(memory.find({.key = "7", .minute = 60}, logged));
    EXPECT_TRUE(memory.find({.key = "7", .minute = 19 * 60}, logged));
}

TEST(StateMemory, answers_for_as_long_as_the_lag_and_from_the_list_of_a_shorter_prefix) {
    StateMemory memory;
    auto const now = test::ten_o_clock;
    EXPECT_FALSE(memory.find("poll#", now, minutes(1)));
    memory.keep("poll#", {entry("poll#a/b"), entry("poll#c/d")}, now, memory.ticket());
    EXPECT_EQ(memory.find("poll#", now + seconds(59), minutes(1))->size(), 2U);
    auto const one = memory.find("poll#c", now, minutes(1));
    ASSERT_TRUE(one);
    ASSERT_EQ(one->size(), 1U);
    EXPECT_EQ(one->front().key, "poll#c/d");
    EXPECT_FALSE(memory.find("poll#", now + minutes(1), minutes(1)));
    EXPECT_FALSE(memory.find("poll#", now, seconds(0)));
    EXPECT_FALSE(memory.find("pol", now, minutes(1)));
}

TEST(StateMemory, forgets_at_once_what_this_process_writes) {
    StateMemory memory;
    auto const now = test::ten_o_clock;
    memory.keep("poll#", {entry("poll#a/b")}, now, memory.ticket());
    memory.keep("watch#", {}, now, memory.ticket());
    auto const before = memory.ticket();
    memory.wrote("poll#c/d", now);
    EXPECT_FALSE(memory.find("poll#", now, minutes(1)));
    EXPECT_TRUE(memory.find("watch#", now, minutes(1)));
    memory.keep("poll#", {entry("poll#a/b")}, now, before);
    EXPECT_FALSE(memory.find("poll#", now, minutes(1))) << "it was read while something was written";
    EXPECT_TRUE(memory.just_written("poll#", now));
    EXPECT_FALSE(memory.just_written("watch#", now));
    EXPECT_FALSE(memory.just_written("poll#", now + minutes(1)));
}

} // namespace gem::dynamodb
