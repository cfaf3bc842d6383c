// The DynamoDB provider through the fault-injecting proxy: two rivals bring the same history over a bad network, some
// of them die on the way; in the end every event is there once and every count is what the model says.
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "storage/dynamodb/dynamodb_manager.hpp"
#include "support/dynamodb_local.hpp"
#include "support/event_maker.hpp"
#include "support/fault_proxy.hpp"
#include "support/manual_clock.hpp"
#include "support/reference_database.hpp"
#include "support/run_async.hpp"
#include "support/workload.hpp"

namespace gem::test {

namespace {

using Batches = std::vector<std::vector<Event>>;

/// Managers over the tables of one prefix, and a model that is told the same.
class UnderFire {
  public:
    explicit UnderFire(std::uint32_t seed)
        : proxy{DynamoDbLocal::instance().url(), {}, seed}, direct(open(DynamoDbLocal::instance().url())) {}
    ~UnderFire() {
        proxy.wait_until_idle();
        run_to_end(direct->maintenance().drop_tables());
    }
    UnderFire(UnderFire const&) = delete;
    UnderFire& operator=(UnderFire const&) = delete;

    std::unique_ptr<DatabaseManager> open(std::string url) {
        DatabaseConfig config{.provider = "dynamodb", .table_prefix = prefix_, .endpoint_url = std::move(url)};
        config.dynamodb.environment = {{"AWS_ACCESS_KEY_ID", "test"}, {"AWS_SECRET_ACCESS_KEY", "secret"}};
        auto manager = expect_ok(make_dynamodb_manager(config, clock, log));
        wait_ok(manager->connection().initialize());
        return manager;
    }

    /// A fresh manager, without faults, has what the model has; verify() agrees.
    void expect_exact(Batches const& batches) {
        proxy.set_rates({});
        proxy.set_script({});
        proxy.wait_until_idle();
        auto const model = make_reference_manager(std::make_shared<ReferenceStore>(), clock, days(0));
        wait_ok(model->connection().initialize());
        for (auto const& batch : batches) wait_ok(model->events().insert_events(batch));
        auto const fresh = open(DynamoDbLocal::instance().url());
        auto const expected = wait_ok(model->events().totals());
        auto const found = wait_ok(fresh->events().totals());
        EXPECT_EQ(found.events, expected.events);
        EXPECT_EQ(found.raw_events, expected.raw_events);
        EXPECT_EQ(found.repositories, expected.repositories);
        EXPECT_EQ(wait_ok(fresh->events().tally(all_time(), {})), wait_ok(model->events().tally(all_time(), {})));
        for (auto const& summary : wait_ok(model->events().list_repositories("", 1000))) {
            auto const name = RepoName::parse(summary.repo);
            if (!name) continue;
            EXPECT_EQ(wait_ok(fresh->events().tally(all_time(), *name)),
                      wait_ok(model->events().tally(all_time(), *name)))
                << summary.repo;
        }
        auto const report = wait_ok(fresh->maintenance().verify());
        EXPECT_EQ(report.events, expected.raw_events);
        for (auto const& drift : report.drift) {
            ADD_FAILURE() << drift.where << ": counted " << drift.counted << ", stored " << drift.stored;
        }
    }

    ManualClock clock;
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};

  private:
    std::string prefix_ = DynamoDbLocal::unique_prefix();

  public:
    FaultProxy proxy;
    std::unique_ptr<DatabaseManager> direct;
};

/// Inserts every batch, again until it is acknowledged. The sum of what was told.
Async<InsertResult> bring(EventsRepository& events, Batches batches) {
    InsertResult sum;
    for (auto const& batch : batches) {
        for (int tries = 0;; ++tries) {
            auto result = co_await events.insert_events(batch);
            if (result) {
                sum += *result;
                break;
            }
            if (!result.error().retryable || tries == 20) throw std::runtime_error(result.error().message);
        }
    }
    co_return sum;
}

/// Brings the batches until the proxy has seen so many requests, and dies there.
void bring_until_death(UnderFire& fire, Batches batches, std::uint64_t requests) {
    auto const manager = fire.open(fire.proxy.url());
    asio::io_context context(1);
    asio::cancellation_signal signal;
    std::atomic<std::uint64_t> seen = 0;
    bool dead = false;
    fire.proxy.set_script([&](ProxiedCall const&) -> std::optional<Fault> {
        if (++seen == requests) {
            asio::post(context, [&] { signal.emit(asio::cancellation_type::terminal); });
        }
        return seen >= requests ? std::optional(Fault::late) : std::nullopt;
    });
    auto const end = [&](std::exception_ptr, InsertResult const&) { dead = true; };
    asio::co_spawn(context, bring(manager->events(), std::move(batches)),
                   asio::bind_cancellation_slot(signal.slot(), end));
    context.run();
    EXPECT_TRUE(dead);
    fire.proxy.set_script({});
}

Batches history(UnderFire const& fire, std::uint32_t seed) {
    return make_workload({.seed = seed,
                          .batches = 12,
                          .largest_batch = 30,
                          .start = fire.clock.now() - hours(12),
                          .length = hours(10),
                          .bad_events = false});
}

} // namespace

TEST(DynamoDbUnderFire, two_rivals_over_a_bad_network_count_every_event_once) {
    for (std::uint32_t seed = 1; seed <= 2; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        UnderFire fire(seed);
        auto const batches = history(fire, seed);
        auto const one = fire.open(fire.proxy.url());
        auto const two = fire.open(fire.proxy.url());
        fire.proxy.set_rates(FaultRates::all(0.2));
        std::vector<Async<InsertResult>> rivals;
        rivals.push_back(bring(one->events(), batches));
        rivals.push_back(bring(two->events(), Batches(batches.rbegin(), batches.rend())));
        run_together(std::move(rivals));
        fire.expect_exact(batches);
    }
}

TEST(DynamoDbUnderFire, those_who_die_half_way_leave_nothing_uncounted_behind) {
    UnderFire fire(7);
    auto const batches = history(fire, 7);
    fire.proxy.set_rates(FaultRates::all(0.1));
    for (std::uint64_t const requests : {3, 8, 17, 40, 90}) bring_until_death(fire, batches, requests);
    fire.proxy.wait_until_idle();
    auto const last = fire.open(fire.proxy.url());
    run_to_end(bring(last->events(), batches));
    fire.expect_exact(batches);
}

} // namespace gem::test
