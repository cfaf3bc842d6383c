// The client through the fault-injecting proxy: what it says was written is there, whatever happened on the way.
#include <gtest/gtest.h>

#include "support/dynamodb_fixture.hpp"
#include "support/fault_proxy.hpp"
#include "support/run_async.hpp"

namespace gem::test {

namespace {

using namespace dynamodb;
using namespace std::chrono_literals;

Item key(int number) { return {{"k", AttributeValue::string(fmt::format("{:05}", number))}}; }

struct DynamoDbFaults : testing::Test {
    void SetUp() override { ok(direct->create_table({.name = "t", .hash = {"k"}})); }
    void TearDown() override {
        proxy.wait_until_idle();
        ok(direct->delete_table("t"));
    }
    static ClientOptions impatient() {
        auto options = DynamoClient::own_tables();
        options.retry = {.attempts = 40, .base = 1ms, .cap = 20ms};
        return options;
    }
    ClientOptions through_proxy() {
        auto options = impatient_;
        options.endpoint_url = proxy.url();
        return options;
    }

    ClientOptions impatient_ = impatient();
    FaultProxy proxy{DynamoDbLocal::instance().url(), {}, 20'261'123};
    DynamoClient direct{impatient_};
    DynamoClient client{through_proxy()};
};

} // namespace

TEST_F(DynamoDbFaults, lose_no_batch_and_no_read) {
    proxy.set_rates(FaultRates::all(0.4));
    std::vector<WriteRequest> writes;
    std::vector<Item> keys;
    for (int i = 0; i < 500; ++i) {
        auto item = key(i);
        item.emplace("n", AttributeValue::number(i));
        writes.push_back(WriteRequest::put("t", item));
        keys.push_back(key(i));
    }
    ok(client->batch_write(writes));
    auto const through = ok(client->batch_get("t", keys, true));
    EXPECT_EQ(through.size(), 500);
    proxy.wait_until_idle();
    EXPECT_EQ(ok(direct->batch_get("t", keys, true)).size(), 500);
}

TEST_F(DynamoDbFaults, each_kind_happens_and_is_survived) {
    for (std::size_t kind = 1; kind < fault_kinds; ++kind) {
        auto const fault = static_cast<Fault>(kind);
        proxy.set_rates({.share = {{fault, 0.5}}, .delay = 10ms});
        for (int i = 0; i < 20; ++i) {
            auto item = key(i);
            item.emplace("n", AttributeValue::number(static_cast<std::int64_t>(kind)));
            ok(client->put({.table = "t", .item = item}));
        }
        proxy.wait_until_idle();
        EXPECT_GE(proxy.made().at(fault), 3) << kind;
        proxy.set_rates({});
        for (int i = 0; i < 20; ++i) {
            EXPECT_EQ(integer_or(*ok(client->get({.table = "t", .key = key(i)})), "n", 0), static_cast<int>(kind));
        }
    }
}

TEST_F(DynamoDbFaults, a_lost_answer_shows_our_own_item_to_the_next_try) {
    bool lost = false;
    proxy.set_script([&](ProxiedCall const& call) -> std::optional<Fault> {
        if (call.operation != "PutItem" || std::exchange(lost, true)) return std::nullopt;
        return Fault::lost_answer;
    });
    auto item = key(1);
    item.emplace("w", AttributeValue::string("mine"));
    auto const failure =
        failure_of(client->put({.table = "t", .item = item, .condition = {.text = "attribute_not_exists(k)"}}));
    EXPECT_EQ(failure.kind, Failure::Kind::condition_failed);
    ASSERT_TRUE(failure.old_item);
    EXPECT_EQ(*failure.old_item, item);
}

TEST_F(DynamoDbFaults, a_write_may_come_after_its_retry) {
    bool first = true;
    proxy.set_rates({.share = {}, .delay = 5s});
    proxy.set_script([&](ProxiedCall const& call) -> std::optional<Fault> {
        if (call.operation == "UpdateItem" && std::exchange(first, false)) return Fault::late;
        return std::nullopt;
    });
    UpdateItem const add{.table = "t",
                         .key = key(1),
                         .update = "ADD n :one",
                         .expression = {.values = {{":one", AttributeValue::number(1)}}}};
    EXPECT_EQ(integer_or(ok(client->update(add)), "n", 0), 1);
    proxy.wait_until_idle();
    EXPECT_EQ(integer_or(*ok(direct->get({.table = "t", .key = key(1)})), "n", 0), 2); // so nobody may write like this
}

TEST_F(DynamoDbFaults, a_dead_server_is_told_within_the_deadline) {
    auto options = through_proxy();
    options.deadline = 300ms;
    options.attempt = 100ms;
    options.retry.attempts = 1000; // they would take minutes
    DynamoClient const hasty(options);
    proxy.set_rates({.share = {{Fault::slow, 1.0}}, .delay = 250ms});
    auto const begun = std::chrono::steady_clock::now();
    EXPECT_EQ(failure_of(hasty->get({.table = "t", .key = key(1)})).kind, Failure::Kind::timed_out);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 20s);
}

} // namespace gem::test
