// The same happening from webhook, poll and archive on DynamoDB: counted once wherever a process dies and whoever else
// is at work, and free of charge where no webhook is.
#include <cstdlib>
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
struct MatchingProcess {
    MatchingProcess(dynamodb::Client& tables, Clock const& clock, Log& log)
        : client(tables), context{.client = client, .clock = clock, .log = log} {
        context.open = true;
        context.rival_patience = std::chrono::milliseconds(0);
    }
    InsertResult insert(std::vector<Event> batch) { return wait_ok(events.insert_events(std::move(batch))); }

    FaultyClient client;
    dynamodb::DynamoDBContext context;
    DynamoDBEventsRepository events{context};
    DynamoDBMaintenance maintenance{context, events, nullptr};
};

EventMaker told_push(std::string id, int number, seconds after) {
    return make_event(std::move(id))
        .type("PushEvent")
        .facts({.ref = "refs/heads/main",
                .head = fmt::format("{:040x}", number + 1),
                .before = fmt::format("{:040x}", number)})
        .after(after);
}

EventMaker told_issue(std::string id, int number, std::string action, seconds after) {
    return make_event(std::move(id))
        .type("IssuesEvent")
        .facts({.action = std::move(action), .number = number})
        .after(after);
}

constexpr int happenings = 9;

/// Nine happenings as one source tells of them; some on both sides of the border between two cells (each six hours).
std::vector<Event> told_by(bool webhook) {
    auto const id = [&](int number) { return fmt::format("{}{}", webhook ? "wh:" : "", number); };
    auto const late = webhook ? seconds(0) : seconds(40);
    std::vector<Event> all = {
        told_push(id(1), 1, late),
        told_push(id(2), 2, seconds(100) + late),
        told_issue(id(3), 5, "opened", webhook ? seconds(7) : -seconds(days(50))),
        told_issue(id(4), 5, "closed", seconds(10) + late),
        told_issue(id(5), 5, "reopened", seconds(20) + late),
        told_issue(id(6), 5, "closed", seconds(30) + late),
    };
    for (int i = 7; i <= happenings; ++i) {
        auto const border = std::chrono::ceil<std::chrono::duration<std::int64_t, std::ratio<21600>>>(
            make_event("0").done().created_at);
        all.push_back(told_push(id(i), i, seconds(0)).at(border + hours(6 * (i - 7)) - seconds(20) + late));
    }
    return all;
}

} // namespace

class DynamoDbClaims : public testing::Test {
  protected:
    DynamoDbClaims() : tables_(DynamoClient::own_tables()) {
        wait_ok(dynamodb::create_tables(*tables_.client, {}, false, log_));
    }
    std::unique_ptr<MatchingProcess> start() {
        return std::make_unique<MatchingProcess>(*tables_.client, clock_, log_);
    }
    double units(auto work) {
        auto const before = dynamodb::total(tables_.capacity.snapshot()).write_units;
        work();
        return dynamodb::total(tables_.capacity.snapshot()).write_units - before;
    }
    ManualClock& clock() { return clock_; }
    Log& log() { return log_; }

    static void expect_exact(MatchingProcess& process, std::int64_t events) {
        EXPECT_EQ(wait_ok(process.events.totals()).events, events);
        auto const report = wait_ok(process.maintenance.verify());
        EXPECT_EQ(report.drift_total, 0);
        EXPECT_EQ(report.events, events);
        auto const page = wait_ok(process.events.find_events({.repo = repo("acme/tool"), .window = all_time()}));
        EXPECT_EQ(page.events.size(), static_cast<std::size_t>(events)) << "nothing is left beside";
    }

  private:
    ManualClock clock_;
    Log log_{clock_, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    DynamoClient tables_;
};

TEST_F(DynamoDbClaims, one_who_did_not_know_of_the_first_delivery_takes_his_event_back) {
    auto const poll = start();
    poll->insert({make_event("0")}); // knows that nobody has claims
    auto const api = start();
    EXPECT_EQ(api->insert({told_push("wh:1", 1, seconds(0))}).inserted, 1U);
    EXPECT_EQ(poll->insert({told_push("1", 1, seconds(5)), told_push("2", 2, seconds(9))}).inserted, 1U);
    EXPECT_EQ(api->insert({told_push("wh:2", 2, seconds(8))}).duplicates, 1U);
    expect_exact(*poll, 3);
}

TEST_F(DynamoDbClaims, a_matched_event_is_stored_when_the_first_one_died_after_its_claim) {
    for (int at = 0;; ++at) {
        SCOPED_TRACE(at);
        auto const victim = start();
        victim->client.fails_at = at;
        auto const number = 10 * (at + 1);
        auto const died = !run_to_end(victim->events.insert_events({told_push(fmt::format("wh:{}", at), number, {})}));
        auto const heir = start();
        auto const result = heir->insert({told_push(std::to_string(at), number, seconds(3))});
        EXPECT_EQ(result.inserted + result.duplicates, 1U);
        if (died) EXPECT_EQ(heir->insert({told_push(fmt::format("wh:{}", at), number, {})}).duplicates, 1U);
        expect_exact(*heir, at + 1);
        if (!died || HasFailure()) break;
    }
}

TEST_F(DynamoDbClaims, slow_every_happening_counts_once_wherever_a_process_dies) {
    int requests = 0;
    {
        auto const process = start();
        EXPECT_EQ(process->insert(told_by(true)).inserted, static_cast<std::size_t>(happenings));
        EXPECT_EQ(process->insert(told_by(false)).inserted, 0U);
        expect_exact(*process, happenings);
        requests = process->client.asked;
    }
    auto const* const points = std::getenv("GEM_CRASH_POINTS");
    int const step = points != nullptr && std::string_view(points) == "all" ? 1 : 7;
    for (bool const webhook_first : {true, false}) {
        for (bool const answer_lost : {false, true}) {
            for (int at = answer_lost ? step / 2 : 0; at < requests; at += step) {
                SCOPED_TRACE(fmt::format("request {} {}", at, answer_lost ? "was done" : "was not done"));
                DynamoClient tables(DynamoClient::own_tables());
                wait_ok(dynamodb::create_tables(*tables.client, {}, false, log()));
                MatchingProcess victim(*tables.client, clock(), log());
                victim.client.fails_at = at;
                victim.client.answer_lost = answer_lost;
                for (bool const webhook : {webhook_first, !webhook_first})
                    (void)run_to_end(victim.events.insert_events(told_by(webhook)));
                MatchingProcess heir(*tables.client, clock(), log());
                for (bool const webhook : {!webhook_first, webhook_first}) heir.insert(told_by(webhook));
                expect_exact(heir, happenings);
                victim.client.fails_at = -1;
                for (bool const webhook : {true, false}) EXPECT_EQ(victim.insert(told_by(webhook)).inserted, 0U);
                expect_exact(victim, happenings);
                if (HasFailure()) return;
                wait_ok(dynamodb::delete_tables(*tables.client));
            }
        }
    }
}

TEST_F(DynamoDbClaims, rivals_with_other_sources_of_the_same_happenings_count_each_once) {
    constexpr int batches = 12;
    auto const prefix = DynamoClient::own_tables();
    {
        DynamoClient first(prefix);
        wait_ok(dynamodb::create_tables(*first.client, {}, false, log()));
    }
    std::atomic<std::size_t> inserted = 0;
    std::vector<std::thread> threads;
    for (int source = 0; source < 4; ++source) { // two webhooks' receivers, a poll and an archive
        threads.emplace_back([&, source] {
            DynamoClient own(prefix);
            MatchingProcess process(*own.client, clock(), log());
            process.context.rival_patience = std::chrono::milliseconds(300);
            for (int batch = 0; batch < batches; ++batch) {
                std::vector<Event> some;
                for (int i = 0; i < 5; ++i) {
                    auto const number = batch * 5 + i;
                    auto const id = fmt::format("{}{}", source < 2 ? "wh:" : "", number);
                    some.push_back(told_push(id, number * 2, seconds(number * 30 + (source < 2 ? 0 : 4))));
                }
                inserted += process.insert(std::move(some)).inserted;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(inserted, static_cast<std::size_t>(batches * 5));
    DynamoClient last(prefix);
    MatchingProcess judge(*last.client, clock(), log());
    expect_exact(judge, batches * 5);
}

TEST_F(DynamoDbClaims, cost_nothing_but_a_read_where_there_is_no_webhook) {
    auto const process = start();
    auto const polled = [](int from) {
        std::vector<Event> batch;
        for (int i = 0; i < 10; ++i)
            batch.push_back(told_push(fmt::format("{}", from + i), from + i, seconds(from + i)));
        return batch;
    };
    process->insert(polled(100));
    auto const without = units([&] { process->insert(polled(200)); });
    auto const deliveries = units([&] { process->insert({told_push("wh:x", 5000, {}).of("acme/hooked", 8)}); });
    auto const beside = units([&] { process->insert(polled(300)); });
    EXPECT_EQ(without, beside);
    EXPECT_LE(beside, 13);
    std::printf(
        "write units: ten polled events %.1f, beside a repository with a webhook %.1f; the first delivery %.1f\n",
        without, beside, deliveries);
    auto const claimed = units([&] {
        auto batch = polled(400);
        for (auto& event : batch) event.repo_id = 8, event.repo_name = "acme/hooked";
        process->insert(std::move(batch));
    });
    std::printf("ten polled events of a repository with a webhook %.1f\n", claimed);
    EXPECT_LE(claimed, beside + 14);
}

} // namespace gem::test
