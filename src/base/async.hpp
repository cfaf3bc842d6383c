// Coroutines as this program uses them: Async<T>, hopping onto a thread that may block, and deadlines.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/result.hpp"

namespace gem {

namespace asio = boost::asio;

template <class T>
using Async = asio::awaitable<T>;

/// Runs `work` (which may block) on `pool` and resumes on the caller's executor with what it returned or threw.
/// The hop itself is never cancelled: `work` bounds itself. `pool` must be joined before the io_context is destroyed.
template <class Pool, class Work>
Async<std::invoke_result_t<Work&>> run_on(Pool& pool, Work work) {
    using Answer = std::invoke_result_t<Work&>;
    static_assert(!std::is_void_v<Answer>, "return something, for example a Result");
    std::optional<Answer> answer;
    std::exception_ptr thrown;
    auto start = [&](auto handler) {
        auto executor = asio::get_associated_executor(handler);
        auto guard = asio::make_work_guard(executor);
        asio::post(pool, [&, handler = std::move(handler), guard = std::move(guard), executor]() mutable {
            try {
                answer.emplace(work());
            } catch (...) {
                thrown = std::current_exception();
            }
            asio::post(executor, [handler = std::move(handler)]() mutable { std::move(handler)(); });
        });
    };
    co_await asio::async_initiate<decltype(asio::use_awaitable) const, void()>(start, asio::use_awaitable);
    if (thrown) std::rethrow_exception(thrown);
    co_return std::move(*answer);
}

/// Waits for `duration`; throws `operation_aborted` when cancelled.
Async<void> sleep_for(std::chrono::steady_clock::duration duration);

/// Runs a coroutine to its end on a fresh io_context: for the CLI and for tests.
template <class T>
T run_to_end(Async<T> coroutine) {
    asio::io_context context(1);
    std::optional<T> answer;
    std::exception_ptr thrown;
    asio::co_spawn(context, std::move(coroutine), [&](std::exception_ptr error, T value) {
        thrown = error;
        if (!error) answer.emplace(std::move(value));
    });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*answer);
}

} // namespace gem
