// Several coroutines at once.
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "storage/dynamodb/in_flight.hpp"
#include "support/await.hpp"

namespace gem::dynamodb {

namespace {

/// Lets other coroutines run first.
Async<void> step_aside() { co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable); }

} // namespace

TEST(InFlight, runs_all_and_never_more_than_the_limit_at_once) {
    std::size_t running = 0;
    std::size_t most = 0;
    std::vector<std::size_t> done;
    auto const task = [&](std::size_t number) -> Async<Outcome<void>> {
        most = std::max(most, ++running);
        for (std::size_t i = 0; i <= number % 3; ++i) co_await step_aside();
        --running;
        done.push_back(number);
        co_return Outcome<void>();
    };
    EXPECT_TRUE(test::await(run_in_flight(20, 4, task)));
    EXPECT_EQ(done.size(), 20);
    EXPECT_EQ(most, 4);
    EXPECT_TRUE(test::await(run_in_flight(0, 4, task)));
    EXPECT_TRUE(test::await(run_in_flight(1, 4, task)));
    EXPECT_EQ(done.size(), 21);
}

TEST(InFlight, begins_no_more_after_a_failure_and_waits_for_those_under_way) {
    int begun = 0;
    int ended = 0;
    auto const outcome = test::await(run_in_flight(100, 3, [&](std::size_t number) -> Async<Outcome<void>> {
        ++begun;
        if (number == 1) co_return std::unexpected(Failure{.operation = "Put"});
        for (int i = 0; i < 5; ++i) co_await step_aside();
        ++ended;
        co_return Outcome<void>();
    }));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().operation, "Put");
    EXPECT_EQ(begun, 2);
    EXPECT_EQ(ended, 1);
}

TEST(InFlight, throws_on_what_a_task_throws) {
    auto const task = [](std::size_t number) -> Async<Outcome<void>> {
        co_await step_aside();
        if (number == 2) throw std::runtime_error("broken");
        co_return Outcome<void>();
    };
    EXPECT_THROW(static_cast<void>(test::await(run_in_flight(5, 2, task))), std::runtime_error);
}

TEST(InFlight, ends_all_of_them_when_it_is_cancelled) {
    asio::io_context context(1);
    asio::cancellation_signal signal;
    int cancelled = 0;
    std::exception_ptr thrown;
    auto const wait = [&](std::size_t) -> Async<Outcome<void>> {
        try {
            co_await sleep_for(std::chrono::hours(1));
        } catch (...) {
            ++cancelled;
            throw;
        }
        co_return Outcome<void>();
    };
    asio::co_spawn(context, run_in_flight(9, 3, wait),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](std::exception_ptr error, Outcome<void> const&) { thrown = error; }));
    asio::post(context, [&] { asio::post(context, [&] { signal.emit(asio::cancellation_type::terminal); }); });
    context.run();
    EXPECT_EQ(cancelled, 3);
    EXPECT_TRUE(thrown);
}

} // namespace gem::dynamodb
