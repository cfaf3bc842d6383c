// Check, verify, rebuild, backup; and the largest minute that the contract names.
#include "contract/contract_test.hpp"
#include "contract/samples.hpp"
#include "support/workload.hpp"

namespace gem::test {

class Maintenance : public ContractTest {};
GEM_CONTRACT(Maintenance);

TEST_P(Maintenance, an_empty_database_verifies) {
    expect_no_drift();
    EXPECT_EQ(wait_ok(maintenance().rebuild()).drift_total, 0);
}

TEST_P(Maintenance, a_rebuild_changes_no_answer) {
    for (auto& batch : make_workload({.seed = 5, .start = ten_o_clock - hours(60)})) insert(batch);
    auto const tallies = wait_ok(events().tally(all_time(), std::nullopt));
    auto const series = wait_ok(events().tally_series(all_time(), minutes(60), std::nullopt, std::nullopt));
    auto const report = wait_ok(maintenance().rebuild());
    EXPECT_EQ(report.drift_total, 0);
    EXPECT_EQ(report.events, total());
    EXPECT_EQ(wait_ok(events().tally(all_time(), std::nullopt)), tallies);
    EXPECT_EQ(wait_ok(events().tally_series(all_time(), minutes(60), std::nullopt, std::nullopt)), series);
    expect_no_drift();
}

TEST_P(Maintenance, a_backup_opens_and_answers_the_same) {
    if (!GetParam().backups) GTEST_SKIP() << "this provider writes no backup files";
    for (auto& batch : make_workload({.seed = 6, .start = ten_o_clock - hours(60)})) insert(batch);
    wait_ok(commits().store_commits({sample_commit('a', "acme/tool", 7)}));
    wait_ok(metrics().put_state({.key = "k", .value = JsonText::already_validated("[1]"), .version = 0}));
    auto const file = place() / "backup.db";
    wait_ok(maintenance().backup(file.string()));
    insert({make_event("after the backup")});

    auto const copy = GetParam().open_backup(clock(), log(), file);
    wait_ok(copy->connection().initialize());
    EXPECT_EQ(wait_ok(copy->events().totals()).events, total() - 1);
    auto const until_backup = TimeWindow{.from = from_unix(0), .to = ten_o_clock};
    EXPECT_EQ(wait_ok(copy->events().tally(until_backup, std::nullopt)),
              wait_ok(events().tally(until_backup, std::nullopt)));
    EventQuery const query{.repo = repo("acme/steady"), .window = until_backup, .limit = 1000};
    EXPECT_EQ(wait_ok(copy->events().find_events(query)).events, find(query));
    EXPECT_EQ(wait_ok(copy->commits().find_commit(std::nullopt, std::string(40, 'a'))).commit,
              sample_commit('a', "acme/tool", 7).commit);
    EXPECT_EQ(wait_ok(copy->metrics().get_state("k")).value().value.text(), "[1]");
    EXPECT_EQ(wait_ok(copy->maintenance().verify()).drift_total, 0);
    wait_ok(copy->connection().close());
}

TEST_P(Maintenance, a_backup_never_overwrites_a_file) {
    if (!GetParam().backups) GTEST_SKIP() << "this provider writes no backup files";
    insert({make_event("1")});
    auto const file = (place() / "backup.db").string();
    wait_ok(maintenance().backup(file));
    EXPECT_FALSE(wait_error(maintenance().backup(file)).message.empty());
    EXPECT_FALSE(run_to_end(maintenance().backup((place() / "no-such-directory" / "backup.db").string())).has_value());
}

TEST_P(Maintenance, questions_and_inserts_at_once_see_whole_batches_only) {
    std::vector<Async<Result<std::int64_t>>> work;
    auto const insert_one = [](EventsRepository& repository, int number) -> Async<Result<std::int64_t>> {
        std::vector<Event> batch;
        for (int i = 0; i < 10; ++i) batch.push_back(make_event(fmt::format("{}-{}", number, i)).after(seconds(i)));
        auto const result = co_await repository.insert_events(std::move(batch));
        if (!result) co_return std::unexpected(result.error());
        co_return 0;
    };
    auto const count = [](EventsRepository& repository) -> Async<Result<std::int64_t>> {
        auto const tallies = co_await repository.tally(all_time(), repo("acme/tool"));
        if (!tallies) co_return std::unexpected(tallies.error());
        co_return count_of(*tallies, "WatchEvent");
    };
    for (int i = 0; i < 30; ++i) {
        work.push_back(insert_one(events(), i));
        work.push_back(count(events()));
    }
    for (auto& result : run_together(std::move(work))) EXPECT_EQ(expect_ok(std::move(result)) % 10, 0);
    EXPECT_EQ(total(), 300);
    expect_no_drift();
}

TEST_P(Maintenance, slow_100000_events_of_one_repository_in_one_minute_are_counted_and_paged) {
    int const many = 100'000;
    for (int from = 0; from < many; from += 10'000) {
        std::vector<Event> batch;
        batch.reserve(10'000);
        for (int i = from; i < from + 10'000; ++i)
            batch.push_back(make_event(fmt::format("{:06}", i)).after(seconds(i % 60)).push(1));
        ASSERT_EQ(insert(std::move(batch)).inserted, 10'000U);
    }
    auto const minute = window_after_ten(seconds(0), minutes(1));
    EXPECT_EQ(count_of(wait_ok(events().tally(minute, repo("acme/tool"))), "PushEvent"), many);
    EXPECT_EQ(wait_ok(events().busiest(minute, 1, false)).front().total_events, many);
    EventQuery query{.repo = repo("acme/tool"), .window = minute, .limit = 1000};
    std::size_t seen = 0;
    std::optional<std::pair<UtcTime, std::string>> last;
    for (;;) {
        auto const page = wait_ok(events().find_events(query));
        for (auto const& event : page.events) {
            std::pair const key(event.created_at, event.id);
            if (last) ASSERT_LT(key, *last);
            last = key;
        }
        seen += page.events.size();
        if (!page.next_cursor) break;
        query.cursor = page.next_cursor;
    }
    EXPECT_EQ(seen, static_cast<std::size_t>(many));
}

} // namespace gem::test
