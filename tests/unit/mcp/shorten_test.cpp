// The size contract: whole items go, and the rest can be had.
#include "mcp/tools/shorten.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace {

using namespace gem::mcp;

Object answer_of(int items) {
    Array list;
    for (int i = 0; i < items; ++i) list.emplace_back(Object{{"name", fmt::format("item-{:04}", i)}, {"n", i}});
    return Object{{"repo", "a/b"}, {"list", std::move(list)}, {"other", Array{1, 2, 3}}};
}

} // namespace

TEST(McpShorten, leaves_alone_what_fits) {
    auto answer = answer_of(3);
    auto const before = answer;
    ListCursor cursor;
    EXPECT_EQ(fit(answer, 8000, cursor), Fit::whole);
    EXPECT_EQ(answer, before);
}

TEST(McpShorten, shows_every_item_once_over_as_many_answers_as_it_takes_and_none_is_too_long) {
    for (std::size_t const max_bytes : {300UZ, 500UZ, 1000UZ, 8000UZ}) {
        std::vector<int> seen;
        ListCursor cursor{.until = "2015-01-01T16:00:00Z"};
        for (int round = 0;; ++round) {
            ASSERT_LT(round, 1000);
            auto answer = answer_of(200);
            ASSERT_TRUE(skip_seen(answer, cursor));
            auto const outcome = fit(answer, max_bytes, cursor);
            ASSERT_NE(outcome, Fit::too_small);
            EXPECT_LE(json_size(Value(answer)), max_bytes);
            for (auto const& item : answer.at("list").as_array())
                seen.push_back(static_cast<int>(item.at("n").as_int64()));
            if (outcome == Fit::whole) break;
            auto const next = ListCursor::parse(std::string_view(answer.at("cursor").as_string()));
            ASSERT_TRUE(next);
            EXPECT_EQ(next->until, cursor.until);
            cursor = *next;
        }
        ASSERT_EQ(seen.size(), 200U);
        for (int i = 0; i < 200; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
    }
}

TEST(McpShorten, says_when_not_even_one_item_fits) {
    Object answer{{"list", Array{Value(std::string(1000, 'x'))}}};
    ListCursor cursor;
    EXPECT_EQ(fit(answer, 500, cursor), Fit::too_small);
}

TEST(McpShorten, finds_lists_below_objects_whatever_their_names) {
    Object inner;
    inner["a/b|c=d~e"] = Array{1, 2, 3};
    Object answer{{"results", std::move(inner)}};
    auto const places = find_lists(answer);
    ASSERT_EQ(places.size(), 1U);
    ListCursor cursor;
    cursor.seen[places[0].path] = 2;
    auto const read = ListCursor::parse(cursor.text());
    ASSERT_TRUE(read);
    EXPECT_TRUE(skip_seen(answer, *read));
    EXPECT_EQ(find_lists(answer)[0].items->size(), 1U);
}

TEST(McpShorten, refuses_cursors_that_nobody_gave) {
    for (auto const* const text : {"", "x", "|", "|/list", "|/list=", "|/list=-1", "|/list=99999999999999999999"})
        EXPECT_FALSE(ListCursor::parse(text)) << text;
    auto answer = answer_of(3);
    EXPECT_FALSE(skip_seen(answer, *ListCursor::parse("|/nowhere=1")));
    EXPECT_TRUE(skip_seen(answer, *ListCursor::parse("|/list=100")));
}

TEST(McpShorten, keeps_the_named_fields_of_items) {
    auto answer = answer_of(2);
    EXPECT_TRUE(keep_fields(answer, {"n"}));
    EXPECT_EQ(to_text(answer.at("list")), R"([{"n":0},{"n":1}])");
    EXPECT_FALSE(keep_fields(answer, {"nothing"}));
}
