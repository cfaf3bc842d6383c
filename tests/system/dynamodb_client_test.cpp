// The client against AWS's DynamoDB Local: every operation, and what it says when something is wrong.
#include <gtest/gtest.h>

#include "storage/dynamodb/usage_ledger.hpp"
#include "support/dynamodb_fixture.hpp"
#include "support/manual_clock.hpp"

namespace gem::test {

namespace {

using namespace dynamodb;

TableSpec notes() {
    return {.name = "notes",
            .hash = {"book"},
            .range = KeyAttribute{"page"},
            .indexes = {{.name = "by-colour", .hash = {"colour"}, .range = KeyAttribute{"page"}}}};
}

Item key(std::string book, std::string page) {
    return {{"book", AttributeValue::string(std::move(book))}, {"page", AttributeValue::string(std::move(page))}};
}

Item note(std::string book, std::string page, std::int64_t words) {
    auto item = key(std::move(book), std::move(page));
    item.emplace("words", AttributeValue::number(words));
    return item;
}

Query all_of(std::string book) {
    return {.table = "notes",
            .key_condition = {.text = "#b = :b",
                              .names = {{"#b", "book"}},
                              .values = {{":b", AttributeValue::string(std::move(book))}}}};
}

/// A client with the table of notes.
struct DynamoDb : testing::Test {
    void SetUp() override { ok(client->create_table(notes())); }
    void TearDown() override { ok(client->delete_table("notes")); }
    DynamoClient client{DynamoClient::own_tables()};
};

} // namespace

TEST_F(DynamoDb, gives_back_what_was_put_byte_for_byte) {
    auto item = note("a \"b\" \\ \n é 漢 😀", "1", -42);
    std::string bytes;
    for (int i = 0; i < 1000; ++i) bytes += static_cast<char>(i * 7);
    item.emplace("bytes", AttributeValue::binary(bytes));
    item.emplace("none", AttributeValue::binary(""));
    item.emplace("empty", AttributeValue::string(""));
    item.emplace("yes", AttributeValue::boolean(true));
    item.emplace("null", AttributeValue{Null{}});
    item.emplace("set", AttributeValue{StringSet{{"x", "y"}}});
    item.emplace("list", AttributeValue{List{AttributeValue::number(1), AttributeValue::string("two")}});
    item.emplace("map", AttributeValue::map({{"inner", AttributeValue::map({})}}));
    ok(client->put({.table = "notes", .item = item}));
    auto const found = ok(client->get({.table = "notes", .key = key("a \"b\" \\ \n é 漢 😀", "1")}));
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, item);
    EXPECT_FALSE(ok(client->get({.table = "notes", .key = key("nobody", "1")})));
}

TEST_F(DynamoDb, tells_which_item_was_there_when_a_condition_does_not_hold) {
    PutItem const once{
        .table = "notes", .item = note("a", "1", 5), .condition = {.text = "attribute_not_exists(book)"}};
    ok(client->put(once));
    auto const failure = failure_of(client->put(once));
    EXPECT_EQ(failure.kind, Failure::Kind::condition_failed);
    EXPECT_EQ(failure.operation, "PutItem");
    ASSERT_TRUE(failure.old_item);
    EXPECT_EQ(*failure.old_item, note("a", "1", 5));
    EXPECT_EQ(
        failure_of(client->remove({.table = "notes",
                                   .key = key("a", "1"),
                                   .condition = {.text = "words = :w", .values = {{":w", AttributeValue::number(6)}}}}))
            .kind,
        Failure::Kind::condition_failed);
    ok(client->remove({.table = "notes", .key = key("a", "1")}));
    EXPECT_FALSE(ok(client->get({.table = "notes", .key = key("a", "1")})));
}

TEST_F(DynamoDb, returns_the_item_after_an_update) {
    UpdateItem const more{
        .table = "notes",
        .key = key("a", "1"),
        .update = "SET #c = :c ADD words :n",
        .expression = {.names = {{"#c", "colour"}},
                       .values = {{":n", AttributeValue::number(2)}, {":c", AttributeValue::string("red")}}}};
    ok(client->update(more));
    auto const after = ok(client->update(more));
    EXPECT_EQ(integer_or(after, "words", 0), 4);
    EXPECT_EQ(*find_string(after, "colour"), "red");
}

TEST_F(DynamoDb, writes_and_reads_hundreds_of_items_in_batches) {
    std::vector<WriteRequest> writes;
    std::vector<Item> keys;
    for (int i = 0; i < 333; ++i) {
        writes.push_back(WriteRequest::put("notes", note("a", fmt::format("{:04}", i), i)));
        keys.push_back(key("a", fmt::format("{:04}", i)));
    }
    ok(client->batch_write(writes));
    keys.push_back(key("a", "not there"));
    auto const found = ok(client->batch_get("notes", keys, true));
    EXPECT_EQ(found.size(), 333);

    ok(client->batch_write({WriteRequest::remove("notes", key("a", "0000"))}));
    int count = 0;
    auto pages = all_of("a");
    pages.limit = 50;
    ok(query_all(*client.client, pages, [&](Item&&) { return ++count < 1000; }));
    EXPECT_EQ(count, 332);
}

TEST_F(DynamoDb, reads_page_after_page_of_a_megabyte) {
    std::vector<WriteRequest> writes;
    for (int i = 0; i < 30; ++i) {
        auto item = note("big", fmt::format("{:04}", i), i);
        item.emplace("bytes", AttributeValue::binary(std::string(100'000, static_cast<char>(i))));
        writes.push_back(WriteRequest::put("notes", std::move(item)));
    }
    ok(client->batch_write(std::move(writes)));
    auto page = ok(client->query(all_of("big")));
    EXPECT_LT(page.items.size(), 12);
    ASSERT_TRUE(page.next);
    std::vector<std::int64_t> order;
    ok(query_all(*client.client, all_of("big"), [&](Item&& item) {
        order.push_back(integer_or(item, "words", -1));
        return true;
    }));
    EXPECT_EQ(order.size(), 30);
    EXPECT_TRUE(std::ranges::is_sorted(order));
    int scanned = 0;
    for (int segment = 0; segment < 3; ++segment) {
        Scan scan{.table = "notes", .projection = "words", .segment = segment, .segments = 3};
        do {
            auto part = ok(client->scan(scan));
            scanned += static_cast<int>(part.items.size());
            scan.start = std::move(part.next);
        } while (scan.start);
    }
    EXPECT_EQ(scanned, 30);
}

TEST_F(DynamoDb, does_all_of_a_transaction_or_nothing) {
    ok(client->put({.table = "notes", .item = note("a", "1", 1)}));
    std::vector<TransactionPart> parts{
        PutItem{.table = "notes", .item = note("a", "2", 2)},
        PutItem{.table = "notes", .item = note("a", "1", 9), .condition = {.text = "attribute_not_exists(book)"}}};
    EXPECT_EQ(failure_of(client->transact(parts)).kind, Failure::Kind::condition_failed);
    EXPECT_FALSE(ok(client->get({.table = "notes", .key = key("a", "2")})));
    parts.pop_back();
    parts.push_back(DeleteItem{.table = "notes", .key = key("a", "1")});
    ok(client->transact(parts));
    EXPECT_TRUE(ok(client->get({.table = "notes", .key = key("a", "2")})));
    EXPECT_FALSE(ok(client->get({.table = "notes", .key = key("a", "1")})));
}

TEST_F(DynamoDb, describes_a_table_as_it_was_made) {
    auto const description = ok(client->describe_table("notes"));
    EXPECT_EQ(description.spec.name, "notes");
    EXPECT_EQ(description.spec.hash, notes().hash);
    EXPECT_EQ(description.spec.range, notes().range);
    EXPECT_EQ(description.spec.indexes, notes().indexes);
    EXPECT_EQ(description.billing_mode, "PAY_PER_REQUEST");
    EXPECT_TRUE(description.active());
    EXPECT_EQ(ok(client->list_tables()), std::vector<std::string>{"notes"});
}

TEST_F(DynamoDb, counts_units_by_table_index_and_operation) {
    auto item = note("a", "1", 1);
    item.emplace("colour", AttributeValue::string("red"));
    ok(client->put({.table = "notes", .item = item}));
    ok(client->batch_write(
        {WriteRequest::put("notes", note("a", "2", 1)), WriteRequest::put("notes", note("a", "3", 1))}));
    ok(client->query(all_of("a")));
    ok(client->query({.table = "notes",
                      .index = "by-colour",
                      .key_condition = {.text = "colour = :c", .values = {{":c", AttributeValue::string("red")}}}}));
    auto const use = client.capacity.snapshot();
    EXPECT_EQ(use.at({"notes", "", "PutItem"}).write_units, 1);
    EXPECT_EQ(use.at({"notes", "by-colour", "PutItem"}).write_units, 1);
    EXPECT_EQ(use.at({"notes", "", "BatchWriteItem"}).write_units, 2);
    EXPECT_EQ(use.at({"notes", "", "Query"}).read_units, 1);
    EXPECT_EQ(use.at({"notes", "", "Query"}).requests, 2);
    EXPECT_EQ(use.at({"notes", "by-colour", "Query"}).read_units, 0.5);
    EXPECT_EQ(total(use).write_units, 4);
}

TEST(DynamoDbUsage, is_added_up_over_processes_and_months_are_kept_apart) {
    auto const options = DynamoClient::own_tables();
    DynamoClient const one(options);
    DynamoClient const two(options);
    ok(one->create_table({.name = "event_patterns", .hash = {"pk"}, .range = KeyAttribute{"sk"}}));
    ManualClock clock(*parse_time("2026-11-30T23:50:00Z"));
    UsageLedger first(*one.client, one.capacity, clock);
    UsageLedger second(*two.client, two.capacity, clock);
    auto const get = [](DynamoClient const& client) {
        ok(client->get({.table = "event_patterns",
                        .key = {{"pk", AttributeValue::string("x")}, {"sk", AttributeValue::string("y")}}}));
    };
    auto const gets_of = [](UsageLedger& ledger, std::string month) {
        return ok(ledger.month(std::move(month)))[{"event_patterns", "", "GetItem"}];
    };
    for (int i = 0; i < 3; ++i) get(one);
    get(two);
    EXPECT_FALSE(first.due());
    clock.advance(minutes(5));
    EXPECT_TRUE(first.due());
    ok(first.save());
    ok(second.save());
    EXPECT_FALSE(first.due());
    auto const seen = gets_of(first, "usage#2026-11");
    EXPECT_EQ(seen.read_units, 5); // the one by which it asks is among them
    EXPECT_EQ(seen.requests, 5);
    get(one); // not saved yet, and known to itself; beside the one of asking before
    EXPECT_EQ(gets_of(first, "usage#2026-11").requests, 7);
    clock.advance(minutes(5)); // December
    ok(first.save());
    EXPECT_EQ(gets_of(second, "usage#2026-11").requests, 4);
    EXPECT_EQ(gets_of(second, "usage#2027-01").requests, 0);
    ok(one->delete_table("event_patterns"));
}

TEST(DynamoDbErrors, a_missing_table_says_to_run_setup_create) {
    DynamoClient const client(DynamoClient::own_tables());
    auto const failure = failure_of(client->get({.table = "notes", .key = key("a", "1")}));
    EXPECT_EQ(failure.kind, Failure::Kind::table_missing);
    EXPECT_NE(failure.message.find("setup create"), std::string::npos) << failure.message;
}

TEST(DynamoDbErrors, foreign_keys_say_that_another_program_may_have_made_the_table) {
    DynamoClient const client(DynamoClient::own_tables());
    ok(client->create_table({.name = "notes", .hash = {"id"}}));
    auto const failure = failure_of(client->get({.table = "notes", .key = key("a", "1")}));
    EXPECT_EQ(failure.kind, Failure::Kind::invalid);
    EXPECT_NE(failure.message.find("setup info"), std::string::npos) << failure.message;
    EXPECT_EQ(failure_of(client->create_table({.name = "notes", .hash = {"id"}})).kind, Failure::Kind::conflict);
    ok(client->delete_table("notes"));
}

} // namespace gem::test
