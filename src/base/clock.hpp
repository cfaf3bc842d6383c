// Time comes from outside, so that tests run weeks in milliseconds.
#pragma once

#include "base/time.hpp"

namespace gem {

/// Tells the time. Thread-safe.
class Clock {
  public:
    virtual ~Clock() = default;
    /// Now, in UTC, cut to the second.
    [[nodiscard]] virtual UtcTime now() const = 0;
};

/// The machine's clock: what the product uses.
class SystemClock final : public Clock {
  public:
    [[nodiscard]] UtcTime now() const override { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }
};

} // namespace gem
