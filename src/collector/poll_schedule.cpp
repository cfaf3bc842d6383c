#include "collector/poll_schedule.hpp"

#include <algorithm>
#include <cmath>

namespace gem {

namespace {

/// A part of `span`, for jitter.
seconds part(seconds span, double dice) {
    return seconds(static_cast<std::int64_t>(std::floor(static_cast<double>(span.count()) * dice)));
}

} // namespace

PollStep PollSchedule::after(UtcTime now, PollAnswer const& answer, std::int64_t failures, double dice) const {
    auto const floor = std::max(answer.poll_interval.value_or(limits_.floor), seconds(1));
    auto const ceiling = std::max(limits_.ceiling, floor);
    switch (answer.outcome) {
    case PollOutcome::fresh: {
        auto wait = ceiling;
        if (answer.new_events > 0 && answer.since_previous && *answer.since_previous > seconds(0)) {
            auto const rate =
                static_cast<double>(answer.new_events) / static_cast<double>(answer.since_previous->count());
            auto const filled = static_cast<double>(limits_.target_events) / rate;
            if (filled < static_cast<double>(ceiling.count())) wait = seconds(static_cast<std::int64_t>(filled));
        } else if (answer.new_events >= limits_.target_events) {
            wait = floor; // the first poll knows no rate: a full answer may be a busy one
        }
        wait = std::clamp(wait, floor, ceiling);
        return {.next_poll = now + wait, .not_before = now + answer.poll_interval.value_or(seconds(0))};
    }
    case PollOutcome::not_modified:
        return {.next_poll = now + ceiling, .not_before = now + answer.poll_interval.value_or(seconds(0))};
    case PollOutcome::gone:
        return {.next_poll = now + limits_.look_at_parked + part(hours(1), dice), .parked = true};
    case PollOutcome::rate_limited: {
        auto const until = std::max(answer.retry_at.value_or(now + minutes(1)), now + seconds(1));
        return {.next_poll = until + part(seconds(10), dice), .not_before = until, .failures = failures};
    }
    case PollOutcome::refused:
        return {.next_poll = now + std::max(limits_.longest_retry, ceiling) + part(minutes(1), dice),
                .failures = failures + 1};
    case PollOutcome::failed:
        break;
    }
    auto const doublings = std::clamp<std::int64_t>(failures, 0, 20);
    auto const cap = std::max(limits_.longest_retry, limits_.first_retry);
    auto const span = std::min(cap, limits_.first_retry * (std::int64_t{1} << doublings));
    // Between half and all of it: never at once, never all together.
    auto const next = now + std::max(span - part(span / 2, dice), seconds(1));
    auto const told = answer.retry_at.value_or(UtcTime{});
    return {.next_poll = std::max(next, told), .not_before = told, .failures = failures + 1};
}

} // namespace gem
