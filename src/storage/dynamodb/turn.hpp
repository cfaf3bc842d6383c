// A lock for coroutines: whoever comes takes his turn, on whatever executor he lives.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>

#include <boost/asio/redirect_error.hpp>

#include "base/async.hpp"

namespace gem::dynamodb {

/// First come, first served. Thread-safe.
class Turn {
  public:
    /// Held while it lives.
    class Held {
      public:
        explicit Held(Turn* turn) : turn_(turn) {}
        Held(Held&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
        Held& operator=(Held&&) = delete;
        ~Held() {
            if (turn_ != nullptr) turn_->pass_on();
        }

      private:
        Turn* turn_;
    };

    Async<Held> take() {
        auto const mine = std::make_shared<Waiting>(co_await asio::this_coro::executor);
        {
            std::scoped_lock const lock(mutex_);
            if (!taken_) {
                taken_ = true;
                co_return Held(this);
            }
            queue_.push_back(mine);
        }
        // Cancelled or destroyed while it waits: it leaves the queue, or passes on what it was given.
        struct Leave {
            Turn& turn;
            std::shared_ptr<Waiting> const& waiting;
            bool got = false;
            ~Leave() {
                if (!got) turn.leave(waiting);
            }
        } leave{.turn = *this, .waiting = mine};
        while (!mine->called) {
            boost::system::error_code ignored;
            co_await mine->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        leave.got = true;
        co_return Held(this);
    }

  private:
    struct Waiting {
        explicit Waiting(asio::any_io_executor const& executor) : timer(executor) {
            timer.expires_at(asio::steady_timer::time_point::max());
        }
        asio::steady_timer timer;
        bool called = false; ///< on the executor of the one that waits
        bool given = false;  ///< under the mutex
    };

    void pass_on() {
        std::scoped_lock const lock(mutex_);
        if (queue_.empty()) {
            taken_ = false;
            return;
        }
        auto const next = queue_.front();
        queue_.pop_front();
        next->given = true;
        asio::post(next->timer.get_executor(), [next] {
            next->called = true;
            next->timer.cancel();
        });
    }

    void leave(std::shared_ptr<Waiting> const& waiting) {
        {
            std::scoped_lock const lock(mutex_);
            if (!waiting->given) {
                std::erase(queue_, waiting);
                return;
            }
        }
        pass_on();
    }

    std::mutex mutex_;
    bool taken_ = false;
    std::deque<std::shared_ptr<Waiting>> queue_;
};

} // namespace gem::dynamodb
