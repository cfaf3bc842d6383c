// A clock that stands still until a test moves it.
#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace gem::test {

/// Thread-safe. Starts at 2026-01-15T12:00:00Z unless told otherwise.
class ManualClock final : public Clock {
  public:
    explicit ManualClock(UtcTime start = from_unix(1'768'478'400)) : now_(to_unix(start)) {}
    [[nodiscard]] UtcTime now() const override { return from_unix(now_.load()); }
    void set(UtcTime time) { now_ = to_unix(time); }
    void advance(seconds by) { now_ += by.count(); }

  private:
    std::atomic<std::int64_t> now_;
};

} // namespace gem::test
