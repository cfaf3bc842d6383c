// Opening, closing, health, description, tables and the write generation.
#include "contract/contract_test.hpp"
#include "contract/samples.hpp"

namespace gem::test {

class Connection : public ContractTest {
  protected:
    [[nodiscard]] DatabaseConnection& connection() { return database().connection(); }
};
GEM_CONTRACT(Connection);

TEST_P(Connection, a_new_database_is_healthy_and_has_nine_tables) {
    auto const health = run_to_end(connection().health_check());
    EXPECT_TRUE(health.healthy) << health.error;
    EXPECT_EQ(health.tables_found, 9);
    EXPECT_TRUE(health.error.empty());
}

TEST_P(Connection, initializing_again_does_no_harm) {
    insert({make_event("1")});
    wait_ok(connection().initialize());
    wait_ok(connection().initialize());
    EXPECT_EQ(total(), 1);
    EXPECT_EQ(run_to_end(connection().health_check()).tables_found, 9);
}

TEST_P(Connection, closing_twice_does_no_harm) {
    auto const manager = open_elsewhere();
    wait_ok(manager->connection().close());
    wait_ok(manager->connection().close());
}

TEST_P(Connection, before_it_is_opened_and_after_it_is_closed_operations_fail_and_health_says_so) {
    auto const elsewhere = place() / "never-opened";
    std::filesystem::create_directory(elsewhere);
    auto const manager = GetParam().make(clock(), log(), {.place = elsewhere});
    EXPECT_FALSE(run_to_end(manager->events().totals()).has_value());
    EXPECT_FALSE(run_to_end(manager->connection().health_check()).healthy);
    wait_ok(manager->connection().initialize());
    wait_ok(manager->connection().close());
    EXPECT_FALSE(run_to_end(manager->events().insert_events({make_event("1")})).has_value());
    auto const health = run_to_end(manager->connection().health_check());
    EXPECT_FALSE(health.healthy);
    EXPECT_FALSE(health.error.empty());
}

TEST_P(Connection, the_nine_tables_are_told_in_order) {
    insert({make_event("1"), make_event("2")});
    wait_ok(commits().store_commits({sample_commit('a', "acme/tool", 7)}));
    auto const tables = wait_ok(connection().table_info());
    ASSERT_EQ(tables.size(), table_names.size());
    for (std::size_t i = 0; i < tables.size(); ++i) EXPECT_EQ(tables[i].name, table_names.at(i));
    for (auto const& [index, rows] : {std::pair<std::size_t, std::int64_t>{0, 2}, {1, 1}, {2, 2}, {3, 1}, {4, 0}}) {
        if (!tables[index].approximate && tables[index].rows)
            EXPECT_EQ(*tables[index].rows, rows) << tables[index].name;
    }
}

TEST_P(Connection, the_description_names_the_provider_and_no_secret) {
    auto const description = connection().describe();
    EXPECT_FALSE(description.provider.empty());
    for (auto const& [key, value] : description.configuration) {
        for (auto const* word : {"secret", "token", "password", "credential", "access_key"}) {
            EXPECT_EQ(ascii_lower(key).find(word), std::string::npos) << key;
            EXPECT_EQ(ascii_lower(value.value_or("")).find(word), std::string::npos) << key;
        }
    }
}

TEST_P(Connection, the_write_generation_grows_with_every_write_that_changes_an_answer) {
    auto last = run_to_end(connection().write_generation());
    auto const expect_growth = [&](char const* after) {
        auto const now = run_to_end(connection().write_generation());
        EXPECT_GT(now, last) << after;
        last = now;
    };
    insert({make_event("1"), make_event("2").of("acme/other", 8)});
    expect_growth("an insert");
    wait_ok(commits().store_commits({sample_commit('a', "acme/tool", 7)}));
    expect_growth("a commit");
    wait_ok(metrics().put_health({.repo_name = "acme/tool", .day = ten_o_clock}));
    expect_growth("a snapshot");
    wait_ok(metrics().put_patterns(
        {{.repo_name = "acme/tool", .kind = "spike", .event_type = "PushEvent", .bucket_start = ten_o_clock}}));
    expect_growth("a pattern");
    wait_ok(metrics().put_deployment({.repo_name = "acme/tool", .deployment_id = "1", .created_at = ten_o_clock}));
    expect_growth("a deployment");
    wait_ok(maintenance().forget_repository(repo("acme/other")));
    expect_growth("forgetting");
    wait_ok(events().totals());
    EXPECT_EQ(run_to_end(connection().write_generation()), last) << "a read changes nothing";
}

TEST_P(Connection, another_managers_writes_are_seen_in_the_generation) {
    if (!GetParam().shared) GTEST_SKIP() << "every manager of this provider has a store of its own";
    auto const other = open();
    if (other->connection().generation_lag() > seconds(0)) GTEST_SKIP() << "this provider may lag, and no test sleeps";
    auto const before = run_to_end(other->connection().write_generation());
    insert({make_event("1")});
    EXPECT_GT(run_to_end(other->connection().write_generation()), before);
    wait_ok(other->connection().close());
}

TEST_P(Connection, closing_waits_for_what_is_under_way) {
    if (!GetParam().shared) GTEST_SKIP() << "this provider keeps nothing";
    auto const other = open();
    std::vector<Async<Result<InsertResult>>> work;
    for (int i = 0; i < 20; ++i) work.push_back(other->events().insert_events({make_event(std::to_string(i))}));
    auto const close = [](DatabaseConnection& connection) -> Async<Result<InsertResult>> {
        auto const closed = co_await connection.close();
        if (!closed) co_return std::unexpected(closed.error());
        co_return InsertResult();
    };
    work.insert(work.begin() + 10, close(other->connection()));
    std::size_t acknowledged = 0;
    for (auto const& result : run_together(std::move(work))) acknowledged += result ? result->inserted : 0;
    EXPECT_EQ(total(), static_cast<std::int64_t>(acknowledged));
}

TEST_P(Connection, dropped_tables_are_gone_and_can_be_made_anew) {
    auto const manager = open_elsewhere();
    wait_ok(manager->events().insert_events({make_event("1")}));
    wait_ok(manager->metrics().put_state({.key = "k", .value = JsonText(), .version = 0}));
    wait_ok(manager->maintenance().drop_tables());
    auto const health = run_to_end(manager->connection().health_check());
    EXPECT_FALSE(health.healthy);
    EXPECT_EQ(health.tables_found, 0);
    EXPECT_FALSE(run_to_end(manager->events().totals()).has_value());
    wait_ok(manager->connection().initialize());
    EXPECT_EQ(run_to_end(manager->connection().health_check()).tables_found, 9);
    EXPECT_EQ(wait_ok(manager->events().totals()).events, 0);
    EXPECT_TRUE(wait_ok(manager->metrics().list_state("")).empty());
    wait_ok(manager->connection().close());
}

} // namespace gem::test
