#include "http/rate_limiter.hpp"

#include <algorithm>
#include <cmath>

namespace gem::http {

namespace {

std::chrono::seconds round_up(double seconds) {
    // A hair above a whole second is an error of the sum, not another second to wait.
    return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(std::max(seconds, 0.0) - 1e-9)));
}

} // namespace

RateLimiter::RateLimiter(double rate, unsigned burst, std::size_t max_clients)
    : rate_(rate), burst_(burst), max_clients_(std::max<std::size_t>(max_clients, 1)) {}

void RateLimiter::forget_full(Time now) {
    // Two for every one that comes: what has become full goes faster than new ones arrive.
    for (int i = 0; i < 2 && !order_.empty(); ++i) {
        auto const& oldest = order_.front();
        auto const quiet = std::chrono::duration<double>(now - oldest.updated).count();
        if (oldest.tokens + quiet * rate_ < burst_) return;
        by_name_.erase(oldest.client);
        order_.pop_front();
    }
}

RateLimiter::Decision RateLimiter::take(std::string_view client, Time now) {
    auto found = by_name_.find(client);
    if (found == by_name_.end()) {
        forget_full(now);
        if (by_name_.size() >= max_clients_) {
            by_name_.erase(order_.front().client);
            order_.pop_front();
        }
        order_.push_back({.client = std::string(client), .tokens = static_cast<double>(burst_), .updated = now});
        auto const last = std::prev(order_.end());
        found = by_name_.emplace(last->client, last).first;
    } else {
        order_.splice(order_.end(), order_, found->second);
    }
    Bucket& bucket = *found->second;
    double const passed = std::max(std::chrono::duration<double>(now - bucket.updated).count(), 0.0);
    bucket.tokens = std::min(bucket.tokens + passed * rate_, static_cast<double>(burst_));
    bucket.updated = now;

    Decision decision;
    decision.allowed = bucket.tokens >= 1.0 - 1e-9;
    if (decision.allowed) bucket.tokens = std::max(bucket.tokens - 1.0, 0.0);
    decision.limit = burst_;
    decision.remaining = static_cast<unsigned>(bucket.tokens + 1e-9);
    decision.window = std::max(round_up(burst_ / rate_), std::chrono::seconds(1));
    decision.reset = round_up((burst_ - bucket.tokens) / rate_);
    if (!decision.allowed)
        decision.retry_in = std::max(round_up((1.0 - bucket.tokens) / rate_), std::chrono::seconds(1));
    return decision;
}

} // namespace gem::http
