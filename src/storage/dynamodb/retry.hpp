// When to try again: full jitter within a growing, capped window, until the attempts or the deadline run out.
#pragma once

#include <chrono>
#include <optional>

namespace gem::dynamodb {

struct RetryOptions {
    int attempts = 12; ///< in all
    std::chrono::milliseconds base{25};
    std::chrono::milliseconds cap{2'000};
};

/// For one call. No I/O: it is told the time and a random number.
class Retry {
  public:
    Retry(RetryOptions options, std::chrono::nanoseconds deadline) : options_(options), deadline_(deadline) {}

    /// After an attempt failed: how long to wait, `random` (0 to 1) of the window; nothing: give up, because the
    /// attempts are used up or the wait would not end before the deadline.
    std::optional<std::chrono::nanoseconds> next(std::chrono::nanoseconds elapsed, double random);

    [[nodiscard]] int attempts() const { return failed_; } ///< that failed so far

  private:
    RetryOptions options_;
    std::chrono::nanoseconds deadline_;
    int failed_ = 0;
};

} // namespace gem::dynamodb
