#include "storage/dynamodb/in_flight.hpp"

#include <algorithm>
#include <deque>
#include <exception>
#include <memory>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace gem::dynamodb {

namespace {

struct Flight {
    std::size_t count = 0;
    std::function<Async<Outcome<void>>(std::size_t)> task;
    std::size_t next = 0;
    std::size_t running = 0;
    std::optional<Failure> failure;
    std::exception_ptr thrown;
    std::deque<asio::cancellation_signal> signals;
    std::move_only_function<void()> finish;

    [[nodiscard]] bool stopped() const { return failure || thrown; }
};

Async<void> work(std::shared_ptr<Flight> flight) {
    while (!flight->stopped() && flight->next < flight->count) {
        auto outcome = co_await flight->task(flight->next++);
        if (!outcome && !flight->failure) flight->failure = std::move(outcome.error());
    }
}

} // namespace

Async<Outcome<void>> run_in_flight(std::size_t count, std::size_t limit,
                                   std::function<Async<Outcome<void>>(std::size_t)> task) {
    if (count == 0) co_return Outcome<void>();
    if (count == 1) co_return co_await task(0);
    auto const executor = co_await asio::this_coro::executor;
    auto const flight = std::make_shared<Flight>();
    flight->count = count;
    flight->task = std::move(task);
    auto const start = [flight, executor, workers = std::min(count, std::max<std::size_t>(limit, 1))](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto guard = asio::make_work_guard(executor);
        flight->finish = [handler = std::move(handler), guard = std::move(guard), executor, slot]() mutable {
            asio::post(executor, [handler = std::move(handler), slot]() mutable {
                if (slot.is_connected()) slot.clear();
                std::move(handler)();
            });
        };
        if (slot.is_connected()) {
            // Posted, so that no worker ends inside of the call that asks for it.
            slot.assign([weak = std::weak_ptr(flight), executor](asio::cancellation_type type) {
                asio::post(executor, [weak, type] {
                    auto const alive = weak.lock();
                    if (!alive) return;
                    for (auto& signal : alive->signals) signal.emit(type);
                });
            });
        }
        flight->running = workers;
        for (std::size_t i = 0; i < workers; ++i) {
            auto& signal = flight->signals.emplace_back();
            asio::co_spawn(executor, work(flight),
                           asio::bind_cancellation_slot(signal.slot(), [flight](std::exception_ptr error) {
                               if (error && !flight->thrown) flight->thrown = error;
                               if (--flight->running > 0) return;
                               auto finish = std::move(flight->finish);
                               finish();
                           }));
        }
    };
    co_await asio::async_initiate<decltype(asio::use_awaitable) const, void()>(start, asio::use_awaitable);
    if (flight->thrown) std::rethrow_exception(flight->thrown);
    if (flight->failure) co_return std::unexpected(std::move(*flight->failure));
    co_return Outcome<void>();
}

} // namespace gem::dynamodb
