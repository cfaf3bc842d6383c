#include "app/children.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

namespace gem {

Children::Children(asio::any_io_executor executor) : executor_(executor), ended_(executor) {
    ended_.expires_at(asio::steady_timer::time_point::max());
}

void Children::spawn(Async<void> child) {
    ++running_;
    auto& signal = signals_.emplace_back();
    asio::co_spawn(executor_, std::move(child),
                   asio::bind_cancellation_slot(signal.slot(), [this](std::exception_ptr error) {
                       --running_;
                       if (error && !cancelled_) {
                           thrown_ = error;
                           cancel();
                       }
                       if (running_ == 0) ended_.cancel();
                   }));
}

void Children::cancel() {
    if (cancelled_) return;
    cancelled_ = true;
    // Posted, so that no child ends inside of the call that asks for it.
    asio::post(executor_, [this] {
        for (auto& signal : signals_) signal.emit(asio::cancellation_type::terminal);
    });
}

Async<void> Children::wait() {
    while (running_ > 0) {
        boost::system::error_code ignored;
        co_await ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

Result<void> Children::outcome() const {
    if (!thrown_) return {};
    try {
        std::rethrow_exception(thrown_);
    } catch (std::exception const& error) {
        return fail(ErrorCode::internal, fmt::format("an error that should not happen: {}", error.what()));
    }
}

} // namespace gem
