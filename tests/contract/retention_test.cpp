// RETENTION_DAYS: raw events go, counts stay, and what is too old is refused.
#include "contract/contract_test.hpp"

namespace gem::test {

class Retention : public ContractTest {
  protected:
    /// Ten stars a day for ten days that end at ten o'clock; retention of three days from now on.
    void keep_three_days() {
        std::vector<Event> batch;
        for (int day = 0; day < 10; ++day) {
            for (int i = 0; i < 10; ++i)
                batch.push_back(
                    make_event(std::to_string(i)).at(ten_o_clock - days(day) - minutes(i)).of("acme/tool", 7));
        }
        insert(batch);
        kept_ = open_retaining();
    }
    DatabaseManager& kept() { return *kept_; }
    void TearDown() override {
        if (kept_) (void)run_to_end(kept_->connection().close());
    }

  private:
    std::unique_ptr<DatabaseManager> open_retaining() { return open(days(3)); }
    std::unique_ptr<DatabaseManager> kept_;
};
GEM_CONTRACT(Retention);

TEST_P(Retention, without_it_nothing_is_too_old) {
    EXPECT_EQ(insert({make_event("1").at(from_unix(0))}).inserted, 1U);
    EXPECT_EQ(wait_ok(maintenance().apply_retention()), 0);
    EXPECT_EQ(wait_ok(events().totals()).raw_events, 1);
}

TEST_P(Retention, older_events_are_told_as_expired) {
    auto const manager = open_elsewhere(days(3));
    auto const now = clock().now();
    auto const result = wait_ok(manager->events().insert_events(
        {make_event("1").at(now - days(3) - hours(2)), make_event("2").at(now - days(3) + hours(2)),
         make_event("3").at(now - days(400)), make_event(""), make_event("4").at(now + hours(1))}));
    EXPECT_EQ(result.expired, 2U);
    EXPECT_EQ(result.inserted, 2U);
    ASSERT_EQ(result.rejected.size(), 1U);
    EXPECT_EQ(result.rejected.front().index, 3U);
    EXPECT_EQ(wait_ok(manager->events().totals()).events, 2);
    wait_ok(manager->connection().close());
}

TEST_P(Retention, the_horizon_moves_with_the_clock) {
    auto const manager = open_elsewhere(days(3));
    auto const event = make_event("1").at(clock().now() - days(1)).done();
    EXPECT_EQ(wait_ok(manager->events().insert_events({event})).inserted, 1U);
    clock().advance(days(3));
    EXPECT_EQ(wait_ok(manager->events().insert_events({event})).expired, 1U);
    EXPECT_EQ(wait_ok(manager->maintenance().apply_retention()), 1);
    EXPECT_EQ(wait_ok(manager->events().insert_events({event})).expired, 1U) << "it must not be counted twice";
    EXPECT_EQ(wait_ok(manager->events().totals()).events, 1);
    wait_ok(manager->connection().close());
}

TEST_P(Retention, raw_events_go_and_counts_stay) {
    if (!GetParam().shared) GTEST_SKIP() << "needs a second manager over the same store";
    keep_three_days();
    auto& repository = kept().events();
    auto const tallies = wait_ok(repository.tally(all_time(), repo("acme/tool")));
    auto const series = wait_ok(repository.tally_series(all_time(), minutes(1440), std::nullopt, std::nullopt));
    EXPECT_EQ(wait_ok(kept().maintenance().apply_retention()), 70);
    EXPECT_EQ(wait_ok(kept().maintenance().apply_retention()), 0);

    auto const totals = wait_ok(repository.totals());
    EXPECT_EQ(totals.events, 100);
    EXPECT_EQ(totals.raw_events, 30);
    EXPECT_EQ(wait_ok(repository.tally(all_time(), repo("acme/tool"))), tallies);
    EXPECT_EQ(wait_ok(repository.tally_series(all_time(), minutes(1440), std::nullopt, std::nullopt)), series);
    EXPECT_EQ(count_of(wait_ok(repository.tally(
                           {.from = ten_o_clock - days(9) - minutes(4), .to = ten_o_clock - days(9) + minutes(1)},
                           std::nullopt)),
                       "WatchEvent"),
              5)
        << "to the minute, as before";
    EXPECT_EQ(wait_ok(repository.find_repository(repo("acme/tool"))).value().total_events, 100);
    EXPECT_EQ(
        wait_ok(repository.find_events({.repo = repo("acme/tool"), .window = all_time(), .limit = 1000})).events.size(),
        30U);
    EXPECT_EQ(wait_ok(repository.event_facts(repo("acme/tool"), all_time(), {})).size(), 30U);
}

TEST_P(Retention, the_dates_of_the_first_and_last_event_outlive_them) {
    if (!GetParam().shared) GTEST_SKIP() << "needs a second manager over the same store";
    keep_three_days();
    auto const before = wait_ok(kept().events().totals());
    EXPECT_EQ(before.first_event, ten_o_clock - days(9) - minutes(9));
    wait_ok(kept().maintenance().apply_retention());
    EXPECT_EQ(wait_ok(kept().events().totals()).first_event, before.first_event);
    EXPECT_EQ(wait_ok(kept().events().totals()).last_event, ten_o_clock);
    clock().advance(days(30));
    EXPECT_EQ(wait_ok(kept().maintenance().apply_retention()), 30);
    EXPECT_EQ(wait_ok(kept().events().totals()).raw_events, 0);
    EXPECT_EQ(wait_ok(kept().events().totals()).first_event, before.first_event);
    EXPECT_EQ(wait_ok(kept().events().totals()).last_event, ten_o_clock);
}

TEST_P(Retention, removes_more_than_fits_into_one_transaction) {
    if (!GetParam().shared) GTEST_SKIP() << "needs a second manager over the same store";
    std::vector<Event> batch;
    for (int i = 0; i < 45'000; ++i) {
        // A busy hour, then quiet ones.
        auto const time = i < 44'000 ? ten_o_clock - days(9) + seconds(i % 3600)
                                     : ten_o_clock - days(8) + hours(i % 100) + seconds(i % 60);
        batch.push_back(make_event(std::to_string(i)).at(time).of("acme/tool", 7 + i % 500));
    }
    insert(batch);
    auto const manager = open(days(3));
    auto const gone = wait_ok(manager->maintenance().apply_retention());
    EXPECT_EQ(gone + wait_ok(manager->events().totals()).raw_events, 45'000);
    EXPECT_EQ(gone, 45'000);
    EXPECT_EQ(wait_ok(manager->events().totals()).events, 45'000);
    EXPECT_EQ(wait_ok(manager->maintenance().verify()).drift_total, 0);
    wait_ok(manager->connection().close());
}

TEST_P(Retention, counts_from_before_the_horizon_are_no_drift_and_outlive_a_rebuild) {
    if (!GetParam().shared) GTEST_SKIP() << "needs a second manager over the same store";
    keep_three_days();
    auto const tallies = wait_ok(kept().events().tally(all_time(), std::nullopt));
    wait_ok(kept().maintenance().apply_retention());
    EXPECT_EQ(wait_ok(kept().maintenance().verify()).drift_total, 0);
    wait_ok(kept().maintenance().rebuild());
    EXPECT_EQ(wait_ok(kept().events().tally(all_time(), std::nullopt)), tallies);
    EXPECT_EQ(wait_ok(kept().events().totals()).events, 100);
    EXPECT_EQ(wait_ok(kept().maintenance().verify()).drift_total, 0);
}

TEST_P(Retention, forgetting_a_repository_takes_the_counts_without_raw_events_too) {
    if (!GetParam().shared) GTEST_SKIP() << "needs a second manager over the same store";
    keep_three_days();
    insert({make_event("1").of("acme/other", 8)});
    wait_ok(kept().maintenance().apply_retention());
    wait_ok(kept().maintenance().forget_repository(repo("acme/tool")));
    EXPECT_TRUE(wait_ok(kept().events().tally(all_time(), repo("acme/tool"))).empty());
    EXPECT_EQ(wait_ok(kept().events().totals()).events, 1);
    EXPECT_EQ(wait_ok(kept().maintenance().verify()).drift_total, 0);
}

} // namespace gem::test
