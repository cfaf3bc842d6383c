// A file from before claims and arrivals opens, and works as if it had been made today.
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "contract/contract_test.hpp"
#include "storage/database_factory.hpp"
#include "storage/sqlite/handle.hpp"
#include "storage/sqlite/schema.hpp"
#include "storage/sqlite/sqlite_manager.hpp"

namespace gem::test {

TEST(SqliteFormTwo, a_file_of_form_2_gets_claims_and_arrivals) {
    ManualClock clock;
    Log log(clock, LogLevel::off, LogFormat::text, [](std::string_view) {});
    auto const folder = std::filesystem::path(testing::TempDir()) / fmt::format("gem_form_2_{}", ::getpid());
    std::filesystem::create_directories(folder);
    DatabaseConfig const config{.provider = "sqlite", .db_path = (folder / "events.db").string()};
    auto const polled = make_event("77").type("IssuesEvent").facts({.action = "closed", .number = 5}).done();
    auto const delivered = make_event("wh:1").type("IssuesEvent").facts({.action = "closed", .number = 5}).done();
    {
        auto const manager = expect_ok(make_sqlite_manager(config, clock, log));
        wait_ok(manager->connection().initialize());
        wait_ok(manager->events().insert_events({polled}));
        wait_ok(manager->connection().close());
        sqlite::Handle file(config.db_path, sqlite::OpenMode::existing, 1024);
        file.execute("DROP TABLE event_claims; DROP TABLE claimed_repos; DROP TABLE arrivals; "
                     "DELETE FROM counters WHERE name LIKE 'arrivals%'; PRAGMA user_version = 2");
    }
    {
        auto const manager = expect_ok(make_sqlite_manager(config, clock, log));
        wait_ok(manager->connection().initialize());
        auto const now = wait_ok(manager->events().arrivals("", 10)).position;
        EXPECT_EQ(wait_ok(manager->events().insert_events({delivered})).duplicates, 1U);
        wait_ok(manager->events().insert_events({make_event("1")}));
        EXPECT_EQ(wait_ok(manager->events().arrivals(now, 10)).events.size(), 1U);
        EXPECT_EQ(wait_ok(manager->events().totals()).events, 2);
        EXPECT_EQ(wait_ok(manager->maintenance().verify()).drift_total, 0);
        wait_ok(manager->connection().close());
        sqlite::Handle file(config.db_path, sqlite::OpenMode::existing, 1024);
        EXPECT_EQ(file.scalar("PRAGMA user_version"), sqlite::schema_version);
    }
    std::filesystem::remove_all(folder);
}

} // namespace gem::test
