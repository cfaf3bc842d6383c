// A stretch of time that starts inclusive and ends exclusive.
#pragma once

#include "base/time.hpp"

#include <boost/describe/class.hpp>

namespace gem {

/// [from, to). Windows of questions lie on whole minutes; windows inside of storage may not.
struct TimeWindow {
    UtcTime from{};
    UtcTime to{};

    [[nodiscard]] bool empty() const { return from >= to; }
    [[nodiscard]] bool contains(UtcTime time) const { return time >= from && time < to; }
    [[nodiscard]] seconds length() const { return to - from; }
    [[nodiscard]] double weeks() const { return static_cast<double>(length().count()) / (7.0 * 24 * 3600); }
    friend bool operator==(TimeWindow const&, TimeWindow const&) = default;

    /// The window of `length` that ends, exclusive, at `until` rounded up to the minute.
    static TimeWindow ending_at(UtcTime until, minutes length) {
        auto const end = std::chrono::ceil<minutes>(until);
        return {.from = end - length, .to = end};
    }
};
BOOST_DESCRIBE_STRUCT(TimeWindow, (), (from, to))

} // namespace gem
