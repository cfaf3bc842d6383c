// Several coroutines at once, a bounded number in flight, their answers in the order given.
#pragma once

#include <algorithm>
#include <deque>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "base/async.hpp"

namespace gem::dynamodb {

/// Runs all of `work` on the caller's executor, at most `at_once` at a time. Waits for every one that has begun, also
/// when it is cancelled (then throws operation_aborted) or one of them throws (then rethrows, the rest not begun).
template <class T>
Async<std::vector<T>> together(std::vector<Async<T>> work, std::size_t at_once = 16) {
    struct Progress {
        explicit Progress(asio::any_io_executor const& executor) : changed(executor) {
            changed.expires_at(asio::steady_timer::time_point::max());
        }
        asio::steady_timer changed;
        std::size_t next = 0;
        std::size_t running = 0;
        std::exception_ptr thrown;
    };
    auto const executor = co_await asio::this_coro::executor;
    std::vector<std::optional<T>> answers(work.size());
    std::deque<asio::cancellation_signal> signals;
    Progress progress(executor);
    auto const take_turns = [&]() -> Async<void> {
        while (progress.next < work.size() && !progress.thrown) {
            auto const mine = progress.next++;
            answers[mine].emplace(co_await std::move(work[mine]));
        }
    };
    for (std::size_t i = 0; i < std::min(at_once, work.size()); ++i) {
        ++progress.running;
        asio::co_spawn(executor, take_turns(),
                       asio::bind_cancellation_slot(signals.emplace_back().slot(), [&](std::exception_ptr thrown) {
                           if (thrown && !progress.thrown) progress.thrown = thrown;
                           --progress.running;
                           progress.changed.cancel();
                       }));
    }
    co_await asio::this_coro::throw_if_cancelled(false);
    bool cancelled = false;
    while (progress.running > 0) {
        boost::system::error_code ignored;
        co_await progress.changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() == asio::cancellation_type::none || cancelled) continue;
        cancelled = true;
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        progress.next = work.size();
        for (auto& signal : signals) signal.emit(asio::cancellation_type::terminal);
    }
    if (cancelled) throw boost::system::system_error(asio::error::operation_aborted);
    if (progress.thrown) std::rethrow_exception(progress.thrown);
    std::vector<T> all;
    all.reserve(answers.size());
    for (auto& answer : answers) all.push_back(std::move(*answer));
    co_return all;
}

} // namespace gem::dynamodb
