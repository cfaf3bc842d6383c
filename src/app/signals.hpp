// The root of the tree of coroutines: SIGINT and SIGTERM cancel it, a second one ends the process at once.
#pragma once

#include <csignal>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/signal_set.hpp>

#include "base/async.hpp"

namespace gem {

/// Runs `root` to its end on `context`. On the first signal `asked_to_stop(signal)` is called, or `root` is cancelled
/// where that is empty; what `root` then throws because of it is an empty answer. Other exceptions are passed on.
template <class T>
std::optional<T> run_until_signal(asio::io_context& context, Async<T> root,
                                  std::function<void(int)> asked_to_stop = {}) {
    asio::cancellation_signal cancel;
    asio::signal_set signals(context, SIGINT, SIGTERM);
    std::optional<T> answer;
    std::exception_ptr thrown;
    bool cancelled = false;
    std::function<void()> listen = [&] {
        signals.async_wait([&](boost::system::error_code error, int signal) {
            if (error) return;
            if (cancelled) std::_Exit(128 + signal);
            cancelled = true;
            if (asked_to_stop)
                asked_to_stop(signal);
            else
                cancel.emit(asio::cancellation_type::terminal);
            listen();
        });
    };
    listen();
    asio::co_spawn(context, std::move(root),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error, std::optional<T> value) {
                       thrown = error;
                       if (!error) answer = std::move(value);
                       signals.cancel();
                   }));
    context.run();
    if (thrown && !(cancelled && !asked_to_stop)) std::rethrow_exception(thrown);
    return answer;
}

} // namespace gem
