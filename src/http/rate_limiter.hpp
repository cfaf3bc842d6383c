// A token bucket per client address, with the time passed in and bounded memory.
#pragma once

#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gem::http {

/// Lets every client do `rate` requests a second, and `burst` at once after a quiet time. Not thread-safe.
class RateLimiter {
  public:
    using Time = std::chrono::steady_clock::time_point;

    struct Decision {
        bool allowed = true;
        unsigned limit = 0;              ///< the burst
        unsigned remaining = 0;          ///< requests that may follow at once
        std::chrono::seconds window{};   ///< in which an empty bucket becomes full, rounded up
        std::chrono::seconds reset{};    ///< until the bucket is full again, rounded up
        std::chrono::seconds retry_in{}; ///< until one request is allowed, rounded up; 0 when allowed
    };

    /// `rate` and `burst` are at least 1. Beyond `max_clients` the client that was quiet longest is forgotten.
    RateLimiter(double rate, unsigned burst, std::size_t max_clients);

    /// Takes one request of `client` at `now`. Clients whose bucket is full again are forgotten along the way.
    Decision take(std::string_view client, Time now);

    [[nodiscard]] std::size_t clients() const { return by_name_.size(); }

  private:
    struct Bucket {
        std::string client;
        double tokens;
        Time updated;
    };
    using Order = std::list<Bucket>; // front: quiet longest

    void forget_full(Time now);

    double rate_;
    unsigned burst_;
    std::size_t max_clients_;
    Order order_;
    std::unordered_map<std::string_view, Order::iterator> by_name_; // keys point into order_
};

} // namespace gem::http
