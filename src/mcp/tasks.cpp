#include "mcp/tasks.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>

namespace gem::mcp {

Tasks::Tasks(asio::any_io_executor executor, Log& log) : executor_(executor), log_(log), ended_(executor) {
    ended_.expires_at(asio::steady_timer::time_point::max());
}

Tasks::Handle Tasks::spawn(Async<void> task) {
    auto const handle = std::make_shared<asio::cancellation_signal>();
    running_.insert(handle);
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot(handle->slot(), [this, handle](std::exception_ptr thrown) {
                       running_.erase(handle);
                       if (running_.empty()) ended_.cancel();
                       try {
                           if (thrown) std::rethrow_exception(thrown);
                       } catch (boost::system::system_error const& error) {
                           if (error.code() != asio::error::operation_aborted)
                               log_.error("mcp_task_failed", {{"error", error.what()}});
                       } catch (std::exception const& error) {
                           log_.error("mcp_task_failed", {{"error", error.what()}});
                       }
                   }));
    return handle;
}

void Tasks::cancel(Handle const& handle) {
    asio::post(executor_, [handle] { handle->emit(asio::cancellation_type::terminal); });
}

void Tasks::cancel_all() {
    for (auto const& handle : running_) cancel(handle);
}

Async<void> Tasks::wait() {
    while (!running_.empty()) {
        boost::system::error_code ignored;
        co_await ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

void Wakeup::set() {
    for (auto* const timer : waiting_) timer->cancel();
}

Async<void> Wakeup::wait(Duration limit) {
    using Clock = std::chrono::steady_clock;
    asio::steady_timer timer(co_await asio::this_coro::executor,
                             limit == for_ever ? Clock::time_point::max() : Clock::now() + limit);
    struct Entry {
        std::set<asio::steady_timer*>& all;
        asio::steady_timer* own;
        Entry(std::set<asio::steady_timer*>& among, asio::steady_timer* timer) : all(among), own(timer) {
            all.insert(own);
        }
        ~Entry() { all.erase(own); }
    } const entry(waiting_, &timer);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
}

} // namespace gem::mcp
