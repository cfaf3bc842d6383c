// Files that an earlier version wrote are brought to today's form when they are opened, and answer as before.
#include "contract/contract_test.hpp"

#include "storage/sqlite/handle.hpp"
#include "storage/sqlite/schema.hpp"

namespace gem::test {

class SqliteForms : public ContractTest {
  protected:
    void SetUp() override {
        if (GetParam().name != "sqlite_file") GTEST_SKIP() << "about files of SQLite";
    }

    /// Runs SQL on the file while nobody has it open.
    void as_of_old(std::string const& sql) {
        sqlite::Handle handle((place() / "events.db").string(), sqlite::OpenMode::existing, 1024);
        handle.execute(sql);
    }
    std::int64_t ask(char const* sql) {
        return sqlite::Handle((place() / "events.db").string(), sqlite::OpenMode::existing, 1024).scalar(sql);
    }

    /// All that differs in form 1: an index by time, no hour from which on there are raw events, no claims.
    static constexpr char const* form_1 = "DROP TABLE event_claims; DROP TABLE claimed_repos; DROP TABLE arrivals;"
                                          "DELETE FROM counters WHERE name LIKE 'arrivals%';"
                                          "CREATE INDEX event_rows_by_time ON event_rows(created_at, type, id);"
                                          "DELETE FROM counters WHERE name = 'raw_from'; PRAGMA user_version = 1";

    std::vector<Event> ten_days() {
        std::vector<Event> batch;
        for (int day = 0; day < 10; ++day) {
            for (int i = 0; i < 10; ++i)
                batch.push_back(make_event(std::to_string(i))
                                    .at(ten_o_clock - days(day) - minutes(i))
                                    .of(fmt::format("acme/tool{}", i % 3), 7 + i % 3));
        }
        return batch;
    }
    void close() { wait_ok(database().connection().close()); }
};
GEM_CONTRACT(SqliteForms);

TEST_P(SqliteForms, form_1_is_brought_up_to_date_and_answers_as_before) {
    insert(ten_days());
    EventQuery const day{.window = {.from = ten_o_clock - hours(23), .to = ten_o_clock + hours(1)}, .limit = 3};
    auto const listed = find_all(day);
    auto const totals = wait_ok(events().totals());
    ASSERT_EQ(listed.size(), 10U);
    close();
    as_of_old(form_1);

    reopen();
    EXPECT_EQ(find_all(day), listed);
    EXPECT_EQ(wait_ok(events().totals()).first_event, totals.first_event);
    EXPECT_EQ(wait_ok(events().totals()).last_event, totals.last_event);
    EXPECT_EQ(insert(ten_days()).duplicates, 100U);
    expect_no_drift();
    close();
    EXPECT_EQ(ask("PRAGMA user_version"), sqlite::schema_version);
    EXPECT_EQ(ask("SELECT count(*) FROM sqlite_master WHERE name = 'event_rows_by_time'"), 0);
    reopen();
}

TEST_P(SqliteForms, form_1_that_was_left_amid_a_purge_is_purged_to_its_end) {
    insert(ten_days());
    // Form 1 noted the horizon first and then removed from the oldest on: here two of seven days.
    auto const horizon = to_unix(std::chrono::floor<hours>(clock().now() - days(3)));
    auto const removed = to_unix(ten_o_clock - days(7) - hours(1));
    close();
    as_of_old(form_1);
    as_of_old(
        fmt::format("DELETE FROM event_bodies WHERE id IN (SELECT body FROM event_rows WHERE created_at < {0});"
                    "DELETE FROM event_rows WHERE created_at < {0};"
                    "UPDATE counters SET value = 80 WHERE name = 'raw_events';"
                    "INSERT INTO counters VALUES('purged_before', {1}), ('first_purged', {2}), ('last_purged', {0})",
                    removed, horizon, to_unix(ten_o_clock - days(9) - minutes(9))));
    reopen(days(3));
    EXPECT_EQ(wait_ok(maintenance().apply_retention()), 50);
    EXPECT_EQ(wait_ok(events().totals()).raw_events, 30);
    EXPECT_EQ(wait_ok(events().totals()).events, 100);
    EXPECT_EQ(wait_ok(events().totals()).first_event, ten_o_clock - days(9) - minutes(9));
    EXPECT_EQ(wait_ok(events().totals()).last_event, ten_o_clock);
    expect_no_drift();
}

TEST_P(SqliteForms, a_later_form_is_refused_and_not_touched) {
    close();
    as_of_old("PRAGMA user_version = 1000");
    auto const manager = GetParam().make(clock(), log(), {.place = place(), .retention = days(0)});
    auto const opened = run_to_end(manager->connection().initialize());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("later version"), std::string::npos);
    EXPECT_EQ(ask("PRAGMA user_version"), 1000);
    as_of_old(fmt::format("PRAGMA user_version = {}", sqlite::schema_version));
    reopen();
}

} // namespace gem::test
