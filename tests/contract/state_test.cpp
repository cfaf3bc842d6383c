// Small documents under keys: compare-and-swap is what leases and counters rest on.
#include "contract/contract_test.hpp"

namespace gem::test {

namespace {

Async<Result<int>> increment(MetricsRepository& metrics) {
    for (int attempt = 1;; ++attempt) {
        auto const stored = co_await metrics.get_state("counter");
        if (!stored) co_return std::unexpected(stored.error());
        auto const value = *stored ? std::stoi((*stored)->value.text()) : 0;
        auto const written =
            co_await metrics.put_state({.key = "counter",
                                        .value = JsonText::already_validated(std::to_string(value + 1)),
                                        .version = *stored ? (*stored)->version : 0});
        if (written) co_return attempt;
        if (written.error().code != ErrorCode::conflict) co_return std::unexpected(written.error());
    }
}

} // namespace

class State : public ContractTest {
  protected:
    std::int64_t put(std::string key, std::string json, std::int64_t version = 0) {
        return wait_ok(metrics().put_state(
            {.key = std::move(key), .value = JsonText::already_validated(std::move(json)), .version = version}));
    }
    std::vector<std::string> keys(std::string prefix) {
        std::vector<std::string> found;
        for (auto const& entry : wait_ok(metrics().list_state(std::move(prefix)))) found.push_back(entry.key);
        return found;
    }
};
GEM_CONTRACT(State);

TEST_P(State, a_key_that_nobody_wrote_is_not_there) {
    EXPECT_FALSE(wait_ok(metrics().get_state("a")).has_value());
    EXPECT_TRUE(keys("").empty());
    wait_ok(metrics().remove_state("a"));
}

TEST_P(State, lists_of_several_prefixes_come_in_their_order) {
    for (auto const* key : {"a#1", "a#2", "b#1"}) put(key, "{}");
    auto const lists = wait_ok(metrics().list_states({"b#", "c#", "a#", "a#2"}));
    ASSERT_EQ(lists.size(), 4U);
    EXPECT_EQ(lists[0].at(0).key, "b#1");
    EXPECT_TRUE(lists[1].empty());
    ASSERT_EQ(lists[2].size(), 2U);
    EXPECT_EQ(lists[2][1].key, "a#2");
    EXPECT_EQ(lists[3].size(), 1U);
    EXPECT_TRUE(wait_ok(metrics().list_states({})).empty());
}

TEST_P(State, what_was_put_is_read_with_its_version) {
    auto const version = put("a", R"({ "x" : 1, "x" : 2 })");
    EXPECT_GT(version, 0);
    auto const entry = wait_ok(metrics().get_state("a")).value();
    EXPECT_EQ(entry.key, "a");
    EXPECT_EQ(entry.value.text(), R"({ "x" : 1, "x" : 2 })");
    EXPECT_EQ(entry.version, version);
}

TEST_P(State, a_write_needs_the_stored_version) {
    auto const first = put("a", "1");
    auto const second = put("a", "2", first);
    EXPECT_GT(second, first);
    for (auto const wrong : {std::int64_t{0}, first, second + 1}) {
        EXPECT_EQ(wait_error(metrics().put_state({.key = "a", .value = JsonText(), .version = wrong})).code,
                  ErrorCode::conflict)
            << wrong;
    }
    EXPECT_EQ(wait_error(metrics().put_state({.key = "new", .value = JsonText(), .version = 1})).code,
              ErrorCode::conflict);
    EXPECT_EQ(wait_ok(metrics().get_state("a")).value().value.text(), "2");
    EXPECT_FALSE(wait_ok(metrics().get_state("new")).has_value());
}

TEST_P(State, what_was_removed_can_be_put_anew) {
    auto const old = put("a", "1");
    wait_ok(metrics().remove_state("a"));
    EXPECT_FALSE(wait_ok(metrics().get_state("a")).has_value());
    EXPECT_EQ(wait_error(metrics().put_state({.key = "a", .value = JsonText(), .version = old})).code,
              ErrorCode::conflict);
    put("a", "2");
    EXPECT_EQ(wait_ok(metrics().get_state("a")).value().value.text(), "2");
}

TEST_P(State, a_list_is_by_key_and_its_prefix_is_taken_literally) {
    for (auto const* key : {"b#2", "a#10", "a#9", "A#1", "a_1", "a%1", "ab", "a", "ä#1", "a*"}) put(key, "{}");
    EXPECT_EQ(keys("a#"), (std::vector<std::string>{"a#10", "a#9"}));
    EXPECT_EQ(keys("a_"), (std::vector<std::string>{"a_1"}));
    EXPECT_EQ(keys("a%"), (std::vector<std::string>{"a%1"}));
    EXPECT_EQ(keys("a*"), (std::vector<std::string>{"a*"}));
    EXPECT_EQ(keys("A"), (std::vector<std::string>{"A#1"}));
    EXPECT_EQ(keys("ä"), (std::vector<std::string>{"ä#1"}));
    EXPECT_EQ(keys(""), (std::vector<std::string>{"A#1", "a", "a#10", "a#9", "a%1", "a*", "a_1", "ab", "b#2", "ä#1"}));
    EXPECT_TRUE(keys("c").empty());
}

TEST_P(State, keys_that_look_like_the_stores_own_are_only_keys) {
    insert({make_event("1")});
    for (auto const* key : {"hour#2026", "registry#acme/tool", "state#x", "acme/tool", "7"}) put(key, "{}");
    EXPECT_EQ(keys("").size(), 5U);
    EXPECT_EQ(count_of(wait_ok(events().tally(all_time(), std::nullopt)), "WatchEvent"), 1);
    wait_ok(metrics().remove_state("registry#acme/tool"));
    EXPECT_TRUE(wait_ok(events().find_repository(repo("acme/tool"))).has_value());
    expect_no_drift();
}

TEST_P(State, a_hundred_coroutines_counting_at_once_lose_no_count) {
    std::vector<Async<Result<int>>> counting;
    for (int i = 0; i < 100; ++i) counting.push_back(increment(metrics()));
    for (auto& done : run_together(std::move(counting))) expect_ok(std::move(done));
    EXPECT_EQ(wait_ok(metrics().get_state("counter")).value().value.text(), "100");
}

TEST_P(State, of_many_who_create_a_key_at_once_one_wins) {
    std::vector<Async<Result<std::int64_t>>> rivals;
    for (int i = 0; i < 30; ++i)
        rivals.push_back(metrics().put_state(
            {.key = "lease", .value = JsonText::already_validated(std::to_string(i)), .version = 0}));
    int winner = -1;
    int winners = 0;
    auto const results = run_together(std::move(rivals));
    for (int i = 0; i < 30; ++i) {
        auto const& result = results[static_cast<std::size_t>(i)];
        if (!result) {
            EXPECT_EQ(result.error().code, ErrorCode::conflict);
            continue;
        }
        winner = i;
        ++winners;
    }
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(wait_ok(metrics().get_state("lease")).value().value.text(), std::to_string(winner));
}

TEST_P(State, two_managers_see_each_others_writes_at_once) {
    if (!GetParam().shared) GTEST_SKIP() << "every manager of this provider has a store of its own";
    auto const other = open();
    auto const version = put("lease", "1");
    EXPECT_EQ(wait_ok(other->metrics().get_state("lease")).value().version, version);
    wait_ok(
        other->metrics().put_state({.key = "lease", .value = JsonText::already_validated("2"), .version = version}));
    EXPECT_EQ(wait_error(metrics().put_state({.key = "lease", .value = JsonText(), .version = version})).code,
              ErrorCode::conflict);
    EXPECT_EQ(wait_ok(metrics().get_state("lease")).value().value.text(), "2");
    wait_ok(other->connection().close());
}

TEST_P(State, a_large_value_is_kept) {
    auto const large = '"' + std::string(300'000, 'x') + '"';
    put("large", large);
    EXPECT_EQ(wait_ok(metrics().get_state("large")).value().value.text(), large);
}

} // namespace gem::test
