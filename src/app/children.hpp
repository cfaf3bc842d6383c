// A few long-lived coroutines and their owner, who waits for them: nothing is detached.
#pragma once

#include <deque>
#include <exception>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/async.hpp"

namespace gem {

/// For one event loop. The owner cancels and waits before it lets go.
class Children {
  public:
    explicit Children(asio::any_io_executor executor);
    Children(Children const&) = delete;
    Children& operator=(Children const&) = delete;

    void spawn(Async<void> child);
    /// Asks all to end. What they throw because of it does not count.
    void cancel();
    /// Returns when all have ended; a child that failed ends the others.
    Async<void> wait();
    /// internal, with its message, if a child ended by an exception.
    [[nodiscard]] Result<void> outcome() const;

  private:
    asio::any_io_executor executor_;
    asio::steady_timer ended_;
    std::deque<asio::cancellation_signal> signals_;
    std::size_t running_ = 0;
    bool cancelled_ = false;
    std::exception_ptr thrown_;
};

} // namespace gem
