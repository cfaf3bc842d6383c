// A process that is frozen for a quarter of an hour while it stores, among rivals whose clocks are five minutes off:
// wherever it stops, every event is there once and every count is right when it goes on.
#include <gtest/gtest.h>

#include "storage/dynamodb/dynamodb_maintenance.hpp"
#include "storage/dynamodb/table_specs.hpp"
#include "support/dynamodb_fixture.hpp"
#include "support/event_maker.hpp"
#include "support/faulty_client.hpp"
#include "support/manual_clock.hpp"
#include "support/run_async.hpp"

namespace gem::test {

namespace {

constexpr seconds freeze_length = minutes(15);

/// A process with a clock of its own over the tables of a prefix.
struct Frozen {
    Frozen(dynamodb::ClientOptions const& options, UtcTime now) : clock(now), tables(options) {
        context.open = true;
        context.rival_patience = std::chrono::milliseconds(0);
        context.claim_patience = std::chrono::milliseconds(1);
    }
    ManualClock clock;
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    DynamoClient tables;
    FaultyClient client{*tables.client};
    dynamodb::DynamoDBContext context{.client = client, .clock = clock, .log = log};
    DynamoDBEventsRepository events{context};
    DynamoDBMaintenance maintenance{context, events, nullptr};
};

class DynamoDbFrozen : public testing::Test {
  protected:
    using Batch = std::vector<Event>;

    static dynamodb::ClientOptions new_tables(ManualClock const& clock) {
        auto const options = DynamoClient::own_tables();
        Frozen maker(options, clock.now());
        wait_ok(dynamodb::create_tables(*maker.tables.client, {}, false, maker.log));
        return options;
    }

    static std::size_t stored_by(Frozen& process, Batch const& batch) {
        auto const result = run_to_end(process.events.insert_events(batch));
        if (result) return result->inserted;
        EXPECT_TRUE(result.error().retryable) << result.error().message;
        return 0;
    }

    /// Freezes one who stores `first` at each `step`th request, lets a rival whose clock is `off` store `second` then,
    /// and both bring everything again afterwards.
    void freeze_everywhere(Batch const& first, Batch const& second, std::size_t together, seconds off, int step) {
        int requests = 0;
        {
            Frozen alone(new_tables(clock_), clock_.now());
            EXPECT_EQ(stored_by(alone, first), first.size());
            requests = alone.client.asked;
        }
        int const offset = off > seconds(0) ? step / 2 : 0;
        for (int at = offset; at < requests && !HasFailure(); at += step) {
            SCOPED_TRACE(fmt::format("frozen at request {} of {}", at, requests));
            auto const options = new_tables(clock_);
            Frozen frozen(options, clock_.now());
            Frozen rival(options, clock_.now() + off);
            std::size_t inserted = 0;
            frozen.client.freezes_at = at;
            frozen.client.meanwhile = [&] {
                inserted += stored_by(rival, second);
                frozen.clock.advance(freeze_length);
                rival.clock.advance(freeze_length);
                inserted += stored_by(rival, second);
            };
            inserted += stored_by(frozen, first);
            for (auto* const process : {&rival, &frozen}) {
                for (auto const* const batch : {&first, &second}) inserted += stored_by(*process, *batch);
            }
            EXPECT_EQ(inserted, together) << "each event was acknowledged as new once, to one of them";
            Frozen judge(options, clock_.now() + freeze_length);
            EXPECT_EQ(wait_ok(judge.events.totals()).events, static_cast<std::int64_t>(together));
            auto const report = wait_ok(judge.maintenance.verify());
            EXPECT_EQ(report.drift_total, 0);
            EXPECT_EQ(report.events, static_cast<std::int64_t>(together));
            EXPECT_EQ(stored_by(judge, first), 0U);
            EXPECT_EQ(stored_by(judge, second), 0U);
            wait_ok(dynamodb::delete_tables(*judge.tables.client));
        }
    }

    /// Each fifth request or so; every one with GEM_CRASH_POINTS=all (script/test --deep).
    static int step_of(int usual) {
        auto const* const points = std::getenv("GEM_CRASH_POINTS");
        return points != nullptr && std::string_view(points) == "all" ? 1 : usual;
    }

    ManualClock clock_;
};

} // namespace

TEST_F(DynamoDbFrozen, while_it_stores_what_has_just_happened_loses_and_doubles_nothing) {
    Batch first;
    Batch second;
    for (int i = 0; i < 8; ++i) {
        auto const at = clock_.now() - minutes(i * 20);
        auto const event =
            make_event(std::to_string(i)).of(i % 2 == 0 ? "acme/tool" : "acme/other", 7 + i % 2).at(at).done();
        first.push_back(event);
        if (i % 4 != 3) second.push_back(event);
    }
    second.push_back(make_event("rival's").at(clock_.now() - minutes(5)));
    for (auto const off : {-minutes(5), minutes(5)}) freeze_everywhere(first, second, 9, off, step_of(5));
}

TEST_F(DynamoDbFrozen, while_it_stores_many_events_of_an_old_hour_loses_and_doubles_nothing) {
    Batch first;
    Batch second;
    for (int i = 0; i < 150; ++i) {
        auto const event = make_event(std::to_string(i)).at(clock_.now() - days(30) + seconds(i)).done();
        if (i < 130) first.push_back(event);
        if (i >= 20) second.push_back(event);
    }
    for (auto const off : {-minutes(5), minutes(5)}) freeze_everywhere(first, second, 150, off, step_of(3));
}

} // namespace gem::test
