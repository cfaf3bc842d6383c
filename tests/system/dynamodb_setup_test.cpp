// The built program on DynamoDB Local: SEED.md's quick start, `setup`, health, and moving a store there and back.
#include "storage/dynamodb/table_specs.hpp"
#include "support/dynamodb_fixture.hpp"
#include "support/faulty_client.hpp"
#include "support/run_async.hpp"
#include "system/dynamodb_program.hpp"

namespace gem::tests {

namespace {

class DynamoSetup : public DynamoProgram {
  protected:
    static std::string lines_of_events(int count) {
        std::string lines;
        for (int i = 0; i < count; ++i) {
            lines += fmt::format(
                R"({{"id":"{}","type":"WatchEvent","actor":{{"id":{},"login":"a{}"}},"repo":{{"id":7,"name":"acme/tool"}},)"
                R"("payload":{{"action":"started"}},"public":true,"created_at":"2015-01-01T15:{:02}:00Z"}})"
                "\n",
                i, i % 5, i % 5, i % 60);
        }
        return lines;
    }
};

} // namespace

TEST_F(DynamoSetup, setup_tests_makes_tells_and_deletes_the_tables) {
    auto outcome = run_with({"setup", "test"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("nothing is there yet"), std::string::npos) << outcome.out;
    EXPECT_NE(run_with({"setup", "info"}).out.find("0 of 9 tables"), std::string::npos) << "looking makes nothing";

    outcome = run_with({"setup", "create"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("9 tables are there"), std::string::npos) << outcome.out;
    EXPECT_EQ(run_with({"setup", "create"}).status, 0) << "harmless when repeated";
    outcome = run_with({"setup", "test"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("healthy, 9 of 9 tables found"), std::string::npos) << outcome.out;

    outcome = run_with({"setup", "info", "--json"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find(R"("provider":"dynamodb","configuration":{"aws_region":"us-east-1",)"),
              std::string::npos)
        << outcome.out;
    EXPECT_EQ(number(outcome.out, "tables_found"), 9);

    EXPECT_EQ(run_with({"setup", "delete"}).status, 1) << "nobody said yes";
    EXPECT_EQ(run_with({"setup", "delete", "--yes"}).status, 0);
    EXPECT_NE(run_with({"setup", "test"}).out.find("nothing is there yet"), std::string::npos);
}

TEST_F(DynamoSetup, two_processes_that_make_the_tables_at_once_both_succeed) {
    ChildProcess one(GEM_PROGRAM, {"setup", "create"}, dynamodb());
    ChildProcess other(GEM_PROGRAM, {"setup", "create"}, dynamodb());
    auto const first = one.wait();
    auto const second = other.wait();
    EXPECT_EQ(first.status, 0) << first.err;
    EXPECT_EQ(second.status, 0) << second.err;
}

TEST(DynamoTables, making_them_succeeds_when_a_rival_sets_the_time_to_live_first) {
    test::DynamoClient real(test::DynamoClient::own_tables());
    test::FaultyClient client(*real.client);
    client.rival_does = "UpdateTimeToLive";
    test::wait_ok(dynamodb::create_tables(client, {}, true, real.log));
    test::wait_ok(dynamodb::delete_tables(client));
}

TEST_F(DynamoSetup, a_missing_table_and_one_with_foreign_keys_are_told_by_name) {
    ASSERT_EQ(run_with({"setup", "create"}).status, 0);
    test::DynamoClient client({.table_prefix = prefix_});
    test::ok(client->delete_table("commits"));
    auto outcome = run_with({"setup", "test"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("8 of 9 tables are there; missing: commits"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("setup create"), std::string::npos) << outcome.err;

    test::ok(client->create_table({.name = "commits", .hash = {.name = "id", .type = 'N'}}));
    for (auto const* command : {"test", "create"}) {
        outcome = run_with({"setup", command});
        EXPECT_EQ(outcome.status, 1) << command;
        EXPECT_NE(outcome.err.find("commits: its keys are hash id (N) and no range"), std::string::npos) << outcome.err;
        EXPECT_NE(outcome.err.find("DYNAMODB_TABLE_PREFIX"), std::string::npos) << outcome.err;
    }
}

TEST_F(DynamoSetup, a_wrong_endpoint_and_missing_credentials_are_told_in_words_of_use) {
    auto outcome = run_with({"setup", "test"}, {{"DYNAMODB_ENDPOINT_URL", "http://127.0.0.1:1"}});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("127.0.0.1:1"), std::string::npos) << outcome.err;
    outcome = run_with({"setup", "test"}, {{"AWS_ACCESS_KEY_ID", ""},
                                           {"AWS_SECRET_ACCESS_KEY", ""},
                                           {"HOME", directory_.string()},
                                           {"AWS_EC2_METADATA_DISABLED", "true"}});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("AWS_ACCESS_KEY_ID"), std::string::npos) << outcome.err;
}

TEST_F(DynamoSetup, health_and_database_info_are_as_in_the_seed_and_503_when_a_table_is_gone) {
    ASSERT_EQ(run_with({"backfill", "--quiet", write("some.json", lines_of_events(20))}).status, 0);
    ChildProcess server(GEM_PROGRAM, {"serve", "--port", "0", "--poll", "off"}, dynamodb());
    ASSERT_TRUE(server.wait_for_err("listening url=")) << server.err();
    ASSERT_TRUE(server.wait_for_err("\n"));
    auto const at = server.err().find("127.0.0.1:", server.err().find("listening url="));
    auto const port = static_cast<std::uint16_t>(std::stoi(server.err().substr(at + 10)));

    auto const health = get(port, "/health");
    EXPECT_NE(health.find(fmt::format(R"("database":{{"status":"healthy","provider":"dynamodb","region":"us-east-1",)"
                                      R"("table_prefix":"{}","tables_found":9}})",
                                      prefix_)),
              std::string::npos)
        << health;
    EXPECT_NE(health.find(R"("total_events_stored":20)"), std::string::npos) << health;
    auto const info = get(port, "/database/info");
    EXPECT_NE(info.find(fmt::format(R"("provider":"dynamodb","configuration":{{"aws_region":"us-east-1",)"
                                    R"("table_prefix":"{}","endpoint_url":"{}"}},)"
                                    R"("health":{{"status":"healthy","tables_found":9}})",
                                    prefix_, test::DynamoDbLocal::instance().url())),
              std::string::npos)
        << info;
    auto const counts = get(port, "/metrics/event-counts?offset_minutes=60&until=2015-01-01T16:00:00Z");
    EXPECT_NE(counts.find(R"("total_events":20)"), std::string::npos) << counts;

    test::DynamoClient client({.table_prefix = prefix_});
    test::ok(client->delete_table("commits"));
    std::string sick;
    for (int i = 0; i < 100 && !sick.starts_with("503"); ++i) { // health is asked for at most every five seconds
        sick = get(port, "/health");
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    EXPECT_TRUE(sick.starts_with("503 ")) << sick;
    EXPECT_NE(sick.find("missing: commits"), std::string::npos) << sick;
    EXPECT_TRUE(server.wait_for_err("database_unhealthy")) << server.err();
}

TEST_F(DynamoSetup, a_store_moves_from_sqlite_to_dynamodb_and_back_byte_for_byte) {
    Variables const sqlite = {{"DATABASE_PROVIDER", "sqlite"}};
    ASSERT_EQ(run_with({"backfill", "--quiet", write("some.json", lines_of_events(2500))}, sqlite).status, 0);
    auto const there = run_with({"export", "--quiet"}, sqlite);
    ASSERT_EQ(there.status, 0) << there.err;
    auto const imported = run_with({"import", "--quiet", "--json", write("there.json", there.out)});
    ASSERT_EQ(imported.status, 0) << imported.err;
    EXPECT_EQ(number(imported.out, "inserted"), 2500) << imported.out;
    auto const back = run_with({"export", "--quiet", "--compress", "--output", path("back.zst")});
    ASSERT_EQ(back.status, 0) << back.err;
    EXPECT_EQ(run_with({"db", "verify"}).status, 0);
    auto const second = Variables{{"DATABASE_PROVIDER", "sqlite"}, {"DATABASE_PATH", path("second.db")}};
    ASSERT_EQ(run_with({"import", "--quiet", path("back.zst")}, second).status, 0);
    EXPECT_TRUE(run_with({"export", "--quiet"}, second).out == there.out);
    EXPECT_EQ(run_with({"db", "verify"}, second).status, 0);
}

TEST_F(DynamoSetup, the_example_says_the_same_on_both_providers) {
    for (std::string const provider : {"sqlite", "dynamodb"}) {
        auto const outcome = ChildProcess(GEM_EXAMPLE, {provider}, dynamodb()).wait();
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_EQ(outcome.out, provider + ": 3 events stored, 3 counted in the last hour, 9 tables\n");
    }
}

} // namespace gem::tests
