// A stretch of time that starts inclusive and ends exclusive.
#pragma once

#include <optional>

#include <boost/describe/class.hpp>

#include "base/time.hpp"

namespace gem {

/// The end, exclusive, of a window that reaches up to now: that of the minute that now lies in. A minute's first second
/// is in it as well, which rounding up would leave out.
constexpr UtcTime end_of_minute(UtcTime now) { return std::chrono::floor<minutes>(now) + minutes(1); }

/// The end, exclusive, of a window up to `until`, rounded up to the minute, or up to now.
constexpr UtcTime window_end(std::optional<UtcTime> until, UtcTime now) {
    return until ? std::chrono::ceil<minutes>(*until) : end_of_minute(now);
}

/// [from, to). Windows of questions lie on whole minutes; windows inside of storage may not.
struct TimeWindow {
    UtcTime from{};
    UtcTime to{};

    [[nodiscard]] bool empty() const { return from >= to; }
    [[nodiscard]] bool contains(UtcTime time) const { return time >= from && time < to; }
    [[nodiscard]] seconds length() const { return to - from; }
    [[nodiscard]] double weeks() const { return static_cast<double>(length().count()) / (7.0 * 24 * 3600); }
    friend bool operator==(TimeWindow const&, TimeWindow const&) = default;

    /// The window of `length` that ends, exclusive, at window_end().
    static TimeWindow ending_at(std::optional<UtcTime> until, UtcTime now, minutes length) {
        auto const end = window_end(until, now);
        return {.from = end - length, .to = end};
    }

    /// The window of `length` up to now, this second included.
    static TimeWindow up_to_now(UtcTime now, minutes length) { return ending_at({}, now, length); }
};
BOOST_DESCRIBE_STRUCT(TimeWindow, (), (from, to))

} // namespace gem
