#include "storage/dynamodb/event_item.hpp"

#include <random>

#include <gtest/gtest.h>

#include "storage/database_interface.hpp"
#include "storage/dynamodb/log_items.hpp"
#include "storage/payload_codec.hpp"
#include "support/event_maker.hpp"

namespace gem::dynamodb {

using test::make_event;

namespace {

Event back(Event const& event) {
    PayloadCodec codec;
    auto items = to_items(event, codec.compress(event.payload.text()), "writer:1", std::nullopt);
    auto read = read_event(items.event).value();
    auto const keys = part_keys(items.event);
    EXPECT_EQ(keys.size(), items.parts.size());
    for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(keys[i], key_of(items.parts[i]));
    read.payload = JsonText::already_validated(read_payload(items.event, items.parts).value());
    return read;
}

} // namespace

TEST(EventItem, every_field_comes_back) {
    Event event = make_event("wh:1#2").push(3).payload(R"({"a": 1})").from(EventSource::webhook);
    event.is_public = false;
    event.facts = {.action = "closed",
                   .number = 7,
                   .ref = "",
                   .ref_type = "tag",
                   .head = std::string(40, 'a'),
                   .before = "not a sha",
                   .size = 0,
                   .distinct_size = -1,
                   .merged = false,
                   .state = "x",
                   .name = "v1",
                   .author_id = 5,
                   .author_login = "Ada",
                   .flag = true};
    EXPECT_EQ(back(event), event);
    EXPECT_EQ(back(make_event("1").of("", 99).by("", std::nullopt)),
              make_event("1").of("", 99).by("", std::nullopt).done());
    EXPECT_EQ(back(make_event("1").of("Acme/Tool", std::nullopt)),
              make_event("1").of("Acme/Tool", std::nullopt).done());
}

TEST(EventItem, a_payload_that_does_not_fit_lies_in_parts_beside_it) {
    std::string noise = "\"";
    std::mt19937 random(1);
    while (noise.size() < 1'000'000) {
        auto const c = static_cast<char>('!' + random() % 90);
        noise += c == '"' || c == '\\' ? 'x' : c;
    }
    auto const event = make_event("1").payload(noise + "\"").done();
    EXPECT_EQ(back(event), event);
}

TEST(EventItem, range_keys_sort_as_events_do) {
    auto const key = [](auto const& event) {
        Event const made = event;
        return event_sort_key(made.created_at, made.type, made.id);
    };
    EXPECT_LT(key(make_event("9")), key(make_event("1").after(seconds(1))));
    EXPECT_LT(key(make_event("10")), key(make_event("9")));
    EXPECT_LT(key(make_event("z").type("Push")), key(make_event("a").type("PushEvent")));
    EXPECT_LT(event_sort_key(test::ten_o_clock), key(make_event("0")));
}

TEST(LogItems, a_head_comes_back_as_it_was) {
    Head head;
    head.unit = {.shard = 3, .hour = 490'000};
    head.version = 7;
    head.writers = {{"abc", 5}, {"d-_", 1}};
    head.disowned = {"x:1"};
    head.pages = {{.id = "p1", .bytes = 900}, {.id = "p2", .bytes = 70'000}};
    head.rows = std::string("\0rows", 5);
    head.events = 12;
    head.purged = 3;
    head.purged_to = 99;
    head.sealed = true;
    head.claims = 2;
    head.epoch = 4;
    head.claim = Claim{.token = {.writer = "abc", .number = 6}, .until = 1000, .process = "machine.7.9"};
    auto const back = read_head(to_item(head)).value();
    EXPECT_EQ(to_item(back), to_item(head));
    EXPECT_EQ(back.unit, head.unit);
    EXPECT_EQ(back.pages, head.pages);
    EXPECT_TRUE(back.logged({.writer = "abc", .number = 5}));
    EXPECT_FALSE(back.logged({.writer = "abc", .number = 6}));
    EXPECT_FALSE(back.logged({.writer = "new", .number = 1}));
}

} // namespace gem::dynamodb
