// What makes two events the same, and that the same event is stored once, whoever brings it how often.
#include "contract/contract_test.hpp"

#include <atomic>
#include <deque>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace gem::test {

class Identity : public ContractTest {};
GEM_CONTRACT(Identity);

TEST_P(Identity, an_event_twice_in_one_batch_is_stored_once) {
    auto const result = insert({make_event("1"), make_event("2"), make_event("1")});
    EXPECT_EQ(result.inserted, 2U);
    EXPECT_EQ(result.duplicates, 1U);
    EXPECT_EQ(result.expired, 0U);
    EXPECT_TRUE(result.rejected.empty());
    EXPECT_EQ(total(), 2);
    expect_no_drift();
}

TEST_P(Identity, an_event_in_a_later_batch_again_is_stored_once) {
    EXPECT_EQ(insert({make_event("1")}).inserted, 1U);
    auto const again = insert({make_event("1"), make_event("2")});
    EXPECT_EQ(again.inserted, 1U);
    EXPECT_EQ(again.duplicates, 1U);
    EXPECT_EQ(count_of(wait_ok(events().tally(all_time(), std::nullopt)), "WatchEvent"), 2);
    expect_no_drift();
}

TEST_P(Identity, an_empty_batch_changes_nothing) {
    auto const result = insert({});
    EXPECT_EQ(result.inserted + result.duplicates + result.expired + result.rejected.size(), 0U);
    EXPECT_EQ(total(), 0);
}

TEST_P(Identity, the_same_id_under_another_type_time_or_repository_is_another_event) {
    auto const result = insert({
        make_event("1"),
        make_event("1").type("ForkEvent"),
        make_event("1").after(seconds(1)),
        make_event("1").of("acme/other", 8),
        make_event("1").of("acme/tool", std::nullopt),
    });
    EXPECT_EQ(result.inserted, 5U);
    EXPECT_EQ(result.duplicates, 0U);
    EXPECT_EQ(total(), 5);
    expect_no_drift();
}

TEST_P(Identity, actor_source_payload_and_the_name_beside_an_id_are_not_part_of_it) {
    insert({make_event("1").from(EventSource::poll)});
    auto const again = insert({
        make_event("1").from(EventSource::archive),
        make_event("1").by("somebody-else", 5),
        make_event("1").payload(R"({"other":true})"),
        make_event("1").of("acme/renamed", 7),
    });
    EXPECT_EQ(again.duplicates, 4U);
    EXPECT_EQ(total(), 1);
    auto const stored = find({.repo = repo("acme/tool"), .window = all_time()});
    ASSERT_EQ(stored.size(), 1U);
    EXPECT_EQ(stored.front(), make_event("1").from(EventSource::poll).done()) << "the first one stays";
    expect_no_drift();
}

TEST_P(Identity, ids_and_types_differ_by_case) {
    EXPECT_EQ(insert({make_event("wh:a"), make_event("wh:A"), make_event("wh:a").type("watchevent")}).inserted, 3U);
}

TEST_P(Identity, a_repository_without_id_is_known_by_its_name_whatever_the_case) {
    auto const result =
        insert({make_event("1").of("Acme/Tool", std::nullopt), make_event("1").of("acme/tool", std::nullopt)});
    EXPECT_EQ(result.inserted, 1U);
    EXPECT_EQ(result.duplicates, 1U);
}

TEST_P(Identity, two_managers_over_one_store_store_an_event_once) {
    if (!GetParam().shared) GTEST_SKIP() << "every manager of this provider has a store of its own";
    auto const other = open();
    insert({make_event("1"), make_event("2")});
    auto const result = wait_ok(other->events().insert_events({make_event("2"), make_event("3")}));
    EXPECT_EQ(result.inserted, 1U);
    EXPECT_EQ(result.duplicates, 1U);
    EXPECT_EQ(total(), 3);
    EXPECT_EQ(wait_ok(other->events().totals()).events, 3);
    wait_ok(other->connection().close());
    expect_no_drift();
}

TEST_P(Identity, two_managers_in_two_threads_count_each_event_exactly_once) {
    if (!GetParam().shared) GTEST_SKIP() << "every manager of this provider has a store of its own";
    auto const other = open();
    auto const insert_all = [](DatabaseManager& manager, InsertResult& sum) {
        for (int batch = 0; batch < 20; ++batch) {
            std::vector<Event> same;
            for (int i = 0; i < 20; ++i) same.push_back(make_event(std::to_string(batch * 10 + i)));
            sum += wait_ok(manager.events().insert_events(std::move(same)));
        }
    };
    InsertResult here;
    InsertResult there;
    std::thread rival([&] { insert_all(*other, there); });
    insert_all(database(), here);
    rival.join();
    EXPECT_EQ(here.inserted + there.inserted, 210U);
    EXPECT_EQ(here.duplicates + there.duplicates, 800U - 210U);
    EXPECT_EQ(total(), 210);
    EXPECT_EQ(count_of(wait_ok(events().tally(all_time(), repo("acme/tool"))), "WatchEvent"), 210);
    wait_ok(other->connection().close());
    expect_no_drift();
}

TEST_P(Identity, many_coroutines_at_once_count_each_event_exactly_once) {
    std::vector<Async<Result<InsertResult>>> inserts;
    for (int i = 0; i < 60; ++i) {
        std::vector<Event> batch;
        for (int j = 0; j < 10; ++j) batch.push_back(make_event(std::to_string((i * 5 + j) % 100)).after(seconds(j)));
        inserts.push_back(events().insert_events(std::move(batch)));
    }
    std::set<std::pair<std::string, UtcTime>> expected;
    for (int i = 0; i < 60; ++i) {
        for (int j = 0; j < 10; ++j) expected.emplace(std::to_string((i * 5 + j) % 100), ten_o_clock + seconds(j));
    }
    InsertResult sum;
    for (auto& result : run_together(std::move(inserts))) sum += expect_ok(std::move(result));
    EXPECT_EQ(sum.inserted, expected.size());
    EXPECT_EQ(sum.inserted + sum.duplicates, 600U);
    EXPECT_EQ(total(), static_cast<std::int64_t>(expected.size()));
    expect_no_drift();
}

TEST_P(Identity, of_many_small_batches_at_once_those_that_are_given_up_leave_no_other_waiting) {
    constexpr int threads = 3;
    constexpr int callers = 12;
    constexpr int each = 6;
    std::atomic<std::size_t> stored_by_stayers = 0;
    std::atomic<std::size_t> stored_by_others = 0;
    std::atomic<std::size_t> given_up = 0;
    std::atomic<std::size_t> stayers_failed = 0;
    auto const stays = [](int caller) { return caller % 3 == 2; };
    auto const insert_some = [&](int caller) -> Async<void> {
        for (int i = 0; i < each; ++i) {
            auto const stored = co_await events().insert_events({make_event(fmt::format("{}", caller * each + i))});
            (stays(caller) ? stored_by_stayers : stored_by_others) += expect_ok(stored).inserted;
        }
    };
    auto const run_thread = [&](int thread) {
        asio::io_context context(1);
        std::deque<asio::cancellation_signal> signals(callers);
        std::deque<asio::steady_timer> timers;
        for (std::size_t i = 0; i < callers; ++i) {
            timers.emplace_back(context, std::chrono::milliseconds(1 + 3 * i));
            if (!stays(static_cast<int>(i))) {
                timers[i].async_wait([&, i](boost::system::error_code stopped) {
                    if (!stopped) signals[i].emit(asio::cancellation_type::terminal);
                });
            }
            auto done = [&, i](std::exception_ptr const& thrown) {
                if (thrown) ++(stays(static_cast<int>(i)) ? stayers_failed : given_up);
                timers[i].cancel();
            };
            asio::co_spawn(context, insert_some(thread * callers + static_cast<int>(i)),
                           asio::bind_cancellation_slot(signals[i].slot(), std::move(done)));
        }
        context.run();
    };
    std::vector<std::thread> running;
    for (int thread = 0; thread < threads; ++thread) running.emplace_back(run_thread, thread);
    for (auto& thread : running) thread.join();
    EXPECT_EQ(stayers_failed, 0U);
    EXPECT_EQ(stored_by_stayers, static_cast<std::size_t>(threads * callers / 3 * each));
    // What was given up amid its storing may have been stored.
    auto const told = static_cast<std::int64_t>(stored_by_stayers + stored_by_others);
    EXPECT_GE(total(), told);
    EXPECT_LE(total(), told + static_cast<std::int64_t>(given_up));
    expect_no_drift();
}

TEST_P(Identity, operations_resume_on_the_callers_thread) {
    auto const here = std::this_thread::get_id();
    auto const look = [](EventsRepository& repository) -> Async<Result<std::thread::id>> {
        auto const result = co_await repository.insert_events({make_event("1")});
        if (!result) co_return std::unexpected(result.error());
        auto const totals = co_await repository.totals();
        if (!totals) co_return std::unexpected(totals.error());
        co_return std::this_thread::get_id();
    };
    EXPECT_EQ(wait_ok(look(events())), here);
}

} // namespace gem::test
