// Items to DynamoDB's JSON and back.
#include <gtest/gtest.h>

#include "storage/dynamodb/item_json.hpp"

namespace gem::dynamodb {

namespace {

std::string json_of(Item const& item) {
    std::string out;
    write_item(out, item);
    return out;
}

} // namespace

TEST(ItemJson, writes_each_type_as_dynamodb_wants_it) {
    EXPECT_EQ(json_of({{"s", AttributeValue::string("a\"b")},
                       {"n", AttributeValue::number(-7)},
                       {"b", AttributeValue::binary(std::string("\0\xFF", 2))},
                       {"t", AttributeValue::boolean(true)},
                       {"z", AttributeValue{Null{}}},
                       {"ss", AttributeValue{StringSet{{"y", "x"}}}},
                       {"l", AttributeValue{List{AttributeValue::number(1), AttributeValue::boolean(false)}}},
                       {"m", AttributeValue::map({{"k", AttributeValue::string("v")}})}}),
              R"({"b":{"B":"AP8="},"l":{"L":[{"N":"1"},{"BOOL":false}]},"m":{"M":{"k":{"S":"v"}}},"n":{"N":"-7"},)"
              R"("s":{"S":"a\"b"},"ss":{"SS":["x","y"]},"t":{"BOOL":true},"z":{"NULL":true}})");
}

TEST(ItemJson, reads_what_it_writes_for_binaries_of_every_length) {
    for (std::size_t length = 0; length < 100; ++length) {
        std::string bytes;
        for (std::size_t i = 0; i < length; ++i) bytes += static_cast<char>(i * 37 + length);
        Item const item{{"b", AttributeValue::binary(bytes)}};
        EXPECT_EQ(parse_item(json_of(item)), item) << length;
    }
}

TEST(ItemJson, reads_number_and_binary_sets_as_lists) {
    auto const item = parse_item(R"({"n":{"NS":["1","2.5"]},"b":{"BS":["AA=="]}})");
    ASSERT_TRUE(item);
    EXPECT_EQ(item->at("n"), (AttributeValue{List{AttributeValue::number(1), AttributeValue{Number{"2.5"}}}}));
    EXPECT_EQ(item->at("b"), (AttributeValue{List{AttributeValue::binary(std::string(1, '\0'))}}));
}

TEST(ItemJson, refuses_what_is_no_item) {
    for (char const* const text :
         {"", "[]", "7", R"({"a":1})", R"({"a":{}})", R"({"a":{"S":1}})", R"({"a":{"S":"x","N":"1"}})",
          R"({"a":{"X":"1"}})", R"({"a":{"B":"A"}})", R"({"a":{"B":"!!!!"}})", R"({"a":{"L":{}}})",
          R"({"a":{"SS":[1]}})", R"({"a":{"M":[]}})", R"({"a":{"BOOL":"yes"}})", R"({"a":{"S":"x")"}) {
        EXPECT_FALSE(parse_item(text)) << text;
    }
}

TEST(Item, finds_an_attribute_of_the_right_name_and_type_only) {
    Item const item{{"text", AttributeValue::string("x")},
                    {"number", AttributeValue::number(12)},
                    {"fraction", AttributeValue{Number{"1.5"}}},
                    {"big", AttributeValue{Number{"99999999999999999999"}}}};
    EXPECT_EQ(*find_string(item, "text"), "x");
    EXPECT_EQ(find_string(item, "number"), nullptr);
    EXPECT_EQ(find_binary(item, "text"), nullptr);
    EXPECT_EQ(find_map(item, "none"), nullptr);
    EXPECT_EQ(integer_or(item, "number", 0), 12);
    EXPECT_EQ(integer_or(item, "text", -1), -1);
    EXPECT_EQ(integer_or(item, "fraction", -1), -1);
    EXPECT_EQ(integer_or(item, "big", -1), -1);
}

TEST(Item, has_the_size_that_dynamodb_counts) {
    // 2 + 3, 1 + (2 digits: 2), 1 + (3 + 1 + (1 + 1)), 1 + 1
    EXPECT_EQ(size_of({{"ab", AttributeValue::string("xyz")},
                       {"n", AttributeValue::number(12)},
                       {"m", AttributeValue::map({{"k", AttributeValue::boolean(true)}})},
                       {"z", AttributeValue{Null{}}}}),
              5U + 3U + 7U + 2U);
}

} // namespace gem::dynamodb
