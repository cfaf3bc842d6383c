// A turn that one coroutine has at a time; others wait in the order in which they came.
#pragma once

#include <algorithm>
#include <deque>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>

#include "base/async.hpp"

namespace gem {

/// For coroutines of one event loop. Outlives all turns and waits.
class OneAtATime {
  public:
    /// Given back when it is destroyed.
    class Turn {
      public:
        explicit Turn(OneAtATime& owner) : owner_(&owner) {}
        Turn(Turn&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Turn& operator=(Turn&&) = delete;
        ~Turn() {
            if (owner_ != nullptr) owner_->pass_on();
        }

      private:
        OneAtATime* owner_;
    };

    /// Throws operation_aborted when cancelled while waiting.
    Async<Turn> take() {
        if (!busy_) {
            busy_ = true;
            co_return Turn(*this);
        }
        Waiter waiter(*this, co_await asio::this_coro::executor);
        boost::system::error_code ignored;
        co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (!waiter.granted) throw boost::system::system_error(asio::error::operation_aborted);
        co_return Turn(*this);
    }

  private:
    struct Waiter {
        Waiter(OneAtATime& list, asio::any_io_executor const& executor) : owner(list), timer(executor) {
            timer.expires_at(asio::steady_timer::time_point::max());
            owner.waiting_.push_back(this);
        }
        ~Waiter() { std::erase(owner.waiting_, this); }
        Waiter(Waiter const&) = delete;
        Waiter& operator=(Waiter const&) = delete;
        OneAtATime& owner;
        asio::steady_timer timer;
        bool granted = false;
    };

    void pass_on() {
        if (waiting_.empty()) {
            busy_ = false;
            return;
        }
        auto* const next = waiting_.front();
        waiting_.pop_front();
        next->granted = true;
        next->timer.cancel();
    }

    bool busy_ = false;
    std::deque<Waiter*> waiting_;
};

} // namespace gem
