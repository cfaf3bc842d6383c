// Coroutines that come and go, and their owner, who waits for them: nothing is detached.
#pragma once

#include <memory>
#include <set>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/async.hpp"
#include "base/log.hpp"

namespace gem::mcp {

/// For one event loop. Wait before it is destroyed.
class Tasks {
  public:
    using Handle = std::shared_ptr<asio::cancellation_signal>;

    Tasks(asio::any_io_executor executor, Log& log);
    Tasks(Tasks const&) = delete;
    Tasks& operator=(Tasks const&) = delete;

    /// Starts it soon; what it throws, but for being cancelled, is logged.
    Handle spawn(Async<void> task);
    /// Posted: the task does not end inside of the call.
    void cancel(Handle const& handle);
    void cancel_all();
    [[nodiscard]] std::size_t size() const { return running_.size(); }
    /// Returns when none is left.
    Async<void> wait();

  private:
    asio::any_io_executor executor_;
    Log& log_;
    asio::steady_timer ended_;
    std::set<Handle> running_;
};

/// Wakes coroutines that wait for something to change; each looks at its own condition before and after.
class Wakeup {
  public:
    using Duration = std::chrono::steady_clock::duration;
    static constexpr Duration for_ever = Duration::max();

    void set();
    /// Returns at the next set(), or when `limit` is over. Throws operation_aborted when cancelled.
    Async<void> wait(Duration limit = for_ever);

  private:
    std::set<asio::steady_timer*> waiting_;
};

} // namespace gem::mcp
