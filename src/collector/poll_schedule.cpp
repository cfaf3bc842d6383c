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

PollStep PollSchedule::after(UtcTime now, PollAnswer const& answer, seconds planned, std::int64_t failures,
                             double dice) const {
    auto const told_wait = answer.poll_interval.value_or(seconds(0));
    switch (answer.outcome) {
    case PollOutcome::fresh:
    case PollOutcome::not_modified:
        return {.next_poll = now + std::max({planned, told_wait, seconds(1)}), .not_before = now + told_wait};
    case PollOutcome::gone:
        return {.next_poll = now + limits_.look_at_parked + part(hours(1), dice), .parked = true};
    case PollOutcome::rate_limited: {
        auto const until = std::max(answer.retry_at.value_or(now + minutes(1)), now + seconds(1));
        return {.next_poll = until + part(seconds(10), dice), .not_before = until, .failures = failures};
    }
    case PollOutcome::refused:
        return {.next_poll = now + std::max(limits_.longest_retry, limits_.ceiling) + part(minutes(1), dice),
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
