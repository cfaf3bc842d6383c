// What DynamoDB's events promise beyond the contract: exact whenever a process dies, whoever else is at work, and
// cheap.
#include <cstdlib>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "storage/dynamodb/capacity.hpp"
#include "storage/dynamodb/dynamodb_maintenance.hpp"
#include "storage/dynamodb/table_specs.hpp"
#include "support/dynamodb_fixture.hpp"
#include "support/event_maker.hpp"
#include "support/faulty_client.hpp"
#include "support/manual_clock.hpp"
#include "support/run_async.hpp"

namespace gem::test {

namespace {

/// One process over the tables of a test.
struct Process {
    explicit Process(dynamodb::Client& tables, Clock const& clock, Log& log)
        : client(tables), context{.client = client, .clock = clock, .log = log} {
        context.open = true;
        context.rival_patience = std::chrono::milliseconds(0);
    }
    FaultyClient client;
    dynamodb::DynamoDBContext context;
    DynamoDBEventsRepository events{context};
    DynamoDBMaintenance maintenance{context, events, nullptr};
};

std::vector<Event> first_batch() {
    std::vector<Event> batch;
    for (int i = 0; i < 6; ++i) {
        auto const id = std::to_string(i);
        batch.push_back(make_event(id).after(minutes(i * 20)));
        batch.push_back(make_event(id).of("acme/other", 8).after(minutes(i * 20)).push(1));
    }
    return batch;
}

/// Overlaps the first one, and renames a repository.
std::vector<Event> second_batch() {
    auto batch = first_batch();
    batch.erase(batch.begin(), batch.begin() + 6);
    batch.push_back(make_event("new").of("acme/renamed", 8).after(hours(3)));
    batch.push_back(make_event("old").after(-hours(30)));
    return batch;
}

} // namespace

class DynamoDbEvents : public testing::Test {
  protected:
    DynamoDbEvents() : tables_(DynamoClient::own_tables()) {
        wait_ok(dynamodb::create_tables(*tables_.client, {}, false, log_));
    }
    std::unique_ptr<Process> start() { return std::make_unique<Process>(*tables_.client, clock_, log_); }
    DynamoClient& tables() { return tables_; }
    ManualClock& clock() { return clock_; }
    Log& log() { return log_; }

    static void expect_exact(Process& process, std::int64_t events) {
        EXPECT_EQ(wait_ok(process.events.totals()).events, events);
        std::int64_t tallied = 0;
        for (auto const& row : wait_ok(process.events.tally(all_time(), std::nullopt))) tallied += row.events;
        EXPECT_EQ(tallied, events);
        auto const report = wait_ok(process.maintenance.verify());
        EXPECT_EQ(report.drift_total, 0);
        EXPECT_EQ(report.events, events);
        EXPECT_TRUE(wait_ok(process.maintenance.check()).empty());
    }

  private:
    ManualClock clock_;
    Log log_{clock_, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    DynamoClient tables_;
};

TEST_F(DynamoDbEvents, slow_counts_are_exact_wherever_a_process_dies) {
    int requests = 0;
    {
        auto const process = start();
        wait_ok(process->events.insert_events(first_batch()));
        wait_ok(process->events.insert_events(second_batch()));
        requests = process->client.asked;
    }
    ASSERT_GT(requests, 10);
    // Each fifth, in turns; all of them with GEM_CRASH_POINTS=all (script/test --deep).
    auto const* const points = std::getenv("GEM_CRASH_POINTS");
    int const step = points != nullptr && std::string_view(points) == "all" ? 1 : 5;
    for (bool const answer_lost : {false, true}) {
        for (int at = answer_lost ? step / 2 : 0; at < requests; at += step) {
            SCOPED_TRACE(fmt::format("request {} {}", at, answer_lost ? "was done" : "was not done"));
            DynamoClient tables(DynamoClient::own_tables());
            wait_ok(dynamodb::create_tables(*tables.client, {}, false, log()));
            Process victim(*tables.client, clock(), log());
            victim.client.fails_at = at;
            victim.client.answer_lost = answer_lost;
            std::size_t acknowledged = 0;
            for (auto const& batch : {first_batch(), second_batch()}) {
                auto const result = run_to_end(victim.events.insert_events(batch));
                if (result) acknowledged += result->inserted;
            }
            Process heir(*tables.client, clock(), log());
            std::size_t before = 0;
            for (auto const& row : wait_ok(heir.events.tally(all_time(), std::nullopt)))
                before += static_cast<std::size_t>(row.events);
            EXPECT_GE(before, acknowledged) << "acknowledged means counted";
            InsertResult sum;
            for (auto const& batch : {first_batch(), second_batch()}) sum += wait_ok(heir.events.insert_events(batch));
            EXPECT_EQ(before + sum.inserted, 14U);
            expect_exact(heir, 14);
            // Whoever was thought dead goes on.
            victim.client.fails_at = -1;
            EXPECT_EQ(wait_ok(victim.events.insert_events(second_batch())).inserted, 0U);
            expect_exact(victim, 14);
            if (HasFailure()) return;
            wait_ok(dynamodb::delete_tables(*tables.client));
        }
    }
}

TEST_F(DynamoDbEvents, rivals_that_store_the_same_and_overlapping_events_count_each_once) {
    constexpr int rivals = 3;
    std::vector<std::unique_ptr<DynamoClient>> clients;
    std::vector<InsertResult> sums(rivals);
    std::vector<std::thread> threads;
    auto const prefix = DynamoClient::own_tables();
    {
        DynamoClient first(prefix);
        wait_ok(dynamodb::create_tables(*first.client, {}, false, log()));
    }
    for (int i = 0; i < rivals; ++i) {
        threads.emplace_back([&, i] {
            DynamoClient own(prefix);
            Process process(*own.client, clock(), log());
            process.context.rival_patience = std::chrono::milliseconds(300);
            for (int batch = 0; batch < 8; ++batch) {
                std::vector<Event> some;
                for (int j = 0; j < 20; ++j) {
                    auto const number = batch * 10 + j;
                    some.push_back(make_event(std::to_string(number))
                                       .after(seconds(number))
                                       .of(number % 3 == 0 ? "acme/tool" : "acme/other", number % 3 == 0 ? 7 : 8));
                }
                sums[static_cast<std::size_t>(i)] += wait_ok(process.events.insert_events(std::move(some)));
            }
        });
    }
    for (auto& thread : threads) thread.join();
    InsertResult all;
    for (auto const& sum : sums) all += sum;
    EXPECT_EQ(all.inserted, 90U);
    EXPECT_EQ(all.inserted + all.duplicates, 3U * 160U);
    DynamoClient last(prefix);
    Process judge(*last.client, clock(), log());
    expect_exact(judge, 90);
}

TEST_F(DynamoDbEvents, many_events_of_an_old_hour_are_claimed_and_a_dead_claimant_is_waited_out) {
    std::vector<Event> batch;
    for (int i = 0; i < 300; ++i) batch.push_back(make_event(std::to_string(i)).after(seconds(i) - days(30)));
    auto const process = start();
    EXPECT_EQ(wait_ok(process->events.insert_events(batch)).inserted, 300U);
    auto const requests = process->client.asked;
    EXPECT_LT(requests, 40) << "in bulk, not one by one";
    expect_exact(*process, 300);
    EXPECT_EQ(wait_ok(process->events.insert_events(batch)).duplicates, 300U);
    EXPECT_EQ(wait_ok(start()->events.insert_events(batch)).duplicates, 300U);

    for (auto& event : batch) event.id += "again";
    auto const victim = start();
    victim->client.fails_at = 5;
    EXPECT_FALSE(run_to_end(victim->events.insert_events(batch)).has_value());
    clock().advance(minutes(46));
    auto const heir = start();
    EXPECT_EQ(wait_ok(heir->events.insert_events(batch)).inserted, 300U);
    expect_exact(*heir, 600);
}

TEST_F(DynamoDbEvents, whoever_claimed_and_ended_on_this_machine_is_not_waited_for) {
    std::vector<Event> batch;
    for (int i = 0; i < 300; ++i) batch.push_back(make_event(std::to_string(i)).after(seconds(i) - days(30)));
    int waited = 0;
    for (int const request : {2, 4, 6, 8}) {
        SCOPED_TRACE(request);
        for (auto& event : batch) event.id += "again";
        auto const victim = start();
        victim->context.process += "0"; // began at another time than the process of that number does
        victim->client.fails_at = request;
        EXPECT_FALSE(run_to_end(victim->events.insert_events(batch)).has_value());
        auto const heir = start();
        heir->context.last_words = std::chrono::milliseconds(600);
        auto const begun = std::chrono::steady_clock::now();
        EXPECT_EQ(wait_ok(heir->events.insert_events(batch)).inserted, 300U);
        if (std::chrono::steady_clock::now() - begun >= heir->context.last_words) ++waited;
    }
    EXPECT_GT(waited, 1) << "what it sent may come late";
    expect_exact(*start(), 1200);
}

TEST_F(DynamoDbEvents, two_processes_see_at_once_what_the_other_stored_late_or_forgot) {
    auto const one = start();
    auto const two = start();
    auto const count = [](Process& process) {
        std::int64_t sum = 0;
        for (auto const& row : wait_ok(process.events.tally(all_time(), repo("acme/tool")))) sum += row.events;
        return sum;
    };
    std::int64_t stored = 0;
    for (int hour = 0; hour < 12; ++hour) {
        clock().advance(hours(1));
        auto const late = make_event(fmt::format("late{}", hour)).at(clock().now() - hours(hour * 7 % 12));
        auto& writer = hour % 2 == 0 ? *one : *two;
        wait_ok(writer.events.insert_events({make_event(std::to_string(hour)).at(clock().now()), late}));
        stored += 2;
        EXPECT_EQ(count(*one), stored) << hour;
        EXPECT_EQ(count(*two), stored) << hour;
    }
    wait_ok(one->maintenance.forget_actor("ada"));
    EXPECT_EQ(count(*two), 0);
    EXPECT_EQ(wait_ok(two->events.insert_events({make_event("0").at(clock().now() - hours(11))})).inserted, 1U);
    EXPECT_EQ(count(*one), 1);
    expect_exact(*two, 1);
}

TEST_F(DynamoDbEvents, raw_events_are_read_once_and_what_others_add_or_take_away_is_noticed) {
    auto const reader = start();
    auto const other = start();
    auto const ids_for = [&](Process& process, std::string const& name, std::vector<std::string> types) {
        auto const repo = RepoName::parse(name).value();
        std::vector<std::string> ids;
        for (auto const& row : wait_ok(process.events.event_facts(repo, all_time(), std::move(types))))
            ids.push_back(row.id + row.type + row.actor_login);
        return ids;
    };
    auto const reads_of_events = [&] {
        double sum = 0;
        for (auto const& [key, use] : tables().capacity.snapshot()) {
            if (key.table == "events") sum += use.read_units;
        }
        return sum;
    };
    auto const same_as_anew = [&] {
        auto const anew = start();
        for (auto const* const name : {"acme/other", "acme/renamed"}) {
            for (auto const& types : {std::vector<std::string>(), std::vector<std::string>{"WatchEvent"}})
                EXPECT_EQ(ids_for(*reader, name, types), ids_for(*anew, name, types)) << name;
        }
    };
    wait_ok(other->events.insert_events(first_batch()));
    EXPECT_EQ(ids_for(*reader, "acme/other", {}).size(), 6U);
    auto const before = reads_of_events();
    EXPECT_EQ(ids_for(*reader, "acme/other", {}).size(), 6U);
    EXPECT_EQ(ids_for(*reader, "acme/other", {"PushEvent"}).size(), 6U);
    EXPECT_EQ(reads_of_events(), before) << "they are remembered";
    auto late = make_event("late").of("acme/other", 8).after(minutes(20) + seconds(1)).by("somebody", 77).done();
    wait_ok(other->events.insert_events({late}));
    EXPECT_EQ(ids_for(*reader, "acme/other", {}).size(), 7U);
    same_as_anew();
    wait_ok(other->events.insert_events(second_batch())); // renames it
    same_as_anew();
    wait_ok(other->maintenance.forget_actor("somebody"));
    EXPECT_EQ(ids_for(*reader, "acme/renamed", {}).size(), 7U);
    same_as_anew();
    wait_ok(other->maintenance.forget_repository(RepoName::parse("acme/renamed").value()));
    EXPECT_TRUE(ids_for(*reader, "acme/renamed", {}).empty());
}

TEST_F(DynamoDbEvents, slow_an_event_costs_at_most_1_4_write_units_at_ten_repositories_polled_each_five_minutes) {
    auto const process = start();
    std::mt19937 random(1);
    int number = 0;
    auto const before = dynamodb::total(tables().capacity.snapshot());
    for (int poll = 0; poll < 12 * 6; ++poll) { // six hours
        clock().advance(minutes(5));
        for (int repository = 0; repository < 10; ++repository) {
            std::vector<Event> batch;
            for (auto left = 4 + random() % 9; left > 0; --left) {
                std::string payload = R"({"ref":"refs/heads/main","head":")";
                for (int i = 0; i < 400; ++i) payload += "0123456789abcdef"[random() % 16];
                batch.push_back(make_event(fmt::format("{}", 50'000'000'000 + ++number))
                                    .of(fmt::format("some-owner/repository-{}", repository), 100'000 + repository)
                                    .by(fmt::format("developer-{}", random() % 50), 1'000'000 + number % 50)
                                    .push(1)
                                    .payload(payload + "\"}")
                                    .at(clock().now() - seconds(random() % 300)));
            }
            wait_ok(process->events.insert_events(std::move(batch)));
        }
    }
    auto const after = dynamodb::total(tables().capacity.snapshot());
    auto const units = (after.write_units - before.write_units) / number;
    std::printf("%d events, %.3f write units and %.3f read units an event\n", number, units,
                (after.read_units - before.read_units) / number);
    EXPECT_LE(units, 1.4);
    for (auto const& [key, use] : tables().capacity.snapshot())
        std::printf("  %s %s %s: %.1f w %.1f r\n", key.table.c_str(), key.index.c_str(), key.operation.c_str(),
                    use.write_units, use.read_units);
    expect_exact(*process, number);

    auto const reads_of = [&](auto question) {
        auto const start_units = dynamodb::total(tables().capacity.snapshot()).read_units;
        question();
        return dynamodb::total(tables().capacity.snapshot()).read_units - start_units;
    };
    auto const name = repo("some-owner/repository-3");
    (void)wait_ok(process->events.tally(TimeWindow::up_to_now(clock().now(), minutes(60)), name));
    auto const hour = reads_of(
        [&] { (void)wait_ok(process->events.tally(TimeWindow::up_to_now(clock().now(), minutes(60)), name)); });
    auto const week = reads_of(
        [&] { (void)wait_ok(process->events.activity(TimeWindow::up_to_now(clock().now(), hours(168)), {name})); });
    auto const trending = reads_of(
        [&] { (void)wait_ok(process->events.busiest(TimeWindow::up_to_now(clock().now(), hours(24)), 10, true)); });
    std::printf("read units: last hour %.1f, week %.1f, trending of a day %.1f\n", hour, week, trending);
    EXPECT_LE(hour, 2.0);
    EXPECT_LE(week, 3.0);
    EXPECT_LE(trending, 10.0);
}

} // namespace gem::test
