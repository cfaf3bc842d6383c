#include "collector/poll_plan.hpp"

#include <algorithm>
#include <cmath>

namespace gem {

namespace {

constexpr double most_shown = 300;
constexpr double stretched = 30.0 * 60;      ///< the longest wait of tightness 1, in seconds …
constexpr double stretched_far = 6.0 * 3600; ///< … and of tightness 2
constexpr double most_tightness = 6;
constexpr double rate_memory = 3600; ///< seconds in which an old rate fades to a third
constexpr std::int64_t usual_limit = 5000;
constexpr std::int64_t anonymous_limit = 60;

double count(seconds span) { return static_cast<double>(span.count()); }

} // namespace

PollBudget budget_of(std::span<github::TokenPool::Entry const> tokens, UtcTime now, BudgetLimits const& limits) {
    PollBudget budget;
    for (auto const& token : tokens) {
        if (token.paused_until && *token.paused_until > now) {
            budget.renewed = std::min(budget.renewed.value_or(*token.paused_until), *token.paused_until);
            continue;
        }
        budget.asked_per_second += limits.asked_per_minute / 60;
        auto const limit =
            static_cast<double>(token.rate.limit.value_or(token.token.empty() ? anonymous_limit : usual_limit));
        bool const current = token.rate.remaining && token.rate.reset && *token.rate.reset > now;
        auto const left = current ? count(*token.rate.reset - now) : 3600.0;
        auto const untouched = limit * limits.untouched_share;
        auto const usable = (current ? static_cast<double>(*token.rate.remaining) : limit) - untouched;
        // Details are paid for evenly: what is left of the window is left of their share.
        auto const reserve = limit * limits.reserve_share * std::min(left / 3600, 1.0);
        budget.spare += std::max<std::int64_t>(0, static_cast<std::int64_t>(usable - reserve));
        budget.urgent += std::max<std::int64_t>(0, static_cast<std::int64_t>(usable));
        // Not more than lasts until the reset; nor than an hour from now gets, so that the last minutes of a window are
        // no rush; and never nothing, since a wait may reach into the next window.
        auto const hourly = limit * (1 - limits.reserve_share - limits.untouched_share);
        auto const until_reset = std::max(0.0, usable - reserve) / std::max(left, 1.0);
        auto const within_an_hour =
            (std::max(0.0, usable - reserve) + hourly * std::max(0.0, 3600 - left) / 3600) / 3600;
        budget.charged_per_second += std::max(std::min(until_reset, within_an_hour), hourly / 3600 / 10);
        if (current) budget.renewed = std::min(budget.renewed.value_or(*token.rate.reset), *token.rate.reset);
    }
    return budget;
}

void PollPlan::note(std::string const& key, PollNews const& news) {
    auto& pace = paces_[key];
    if (news.poll_interval) pace.floor = *news.poll_interval;
    if (news.charged > 0) pace.paged = news.paged;
    auto const fresh = static_cast<double>(news.new_events);
    if (news.new_events == 0) pace.idle_charge += 0.2 * ((news.charged > 0 ? 1.0 : 0.0) - pace.idle_charge);
    if (news.since_previous && *news.since_previous > seconds(0)) {
        auto const since = count(*news.since_previous);
        auto const seen = fresh * (news.gap ? 2 : 1) / since;
        auto& rate = pace.events_per_second;
        rate = seen >= rate ? seen : seen + (rate - seen) * std::exp(-since / rate_memory);
    } else if (!news.since_previous && news.new_events >= limits_.target_events) {
        // The first poll knows no rate: a full answer may be a busy one.
        pace.events_per_second = static_cast<double>(limits_.target_events) / count(limits_.floor);
    }
}

void PollPlan::recall(std::string const& key, double events_per_second) {
    paces_.try_emplace(key, PollPace{.events_per_second = events_per_second});
}

PollPlan::Stretch PollPlan::stretch_at(double tightness) const {
    auto const ceiling = std::max(count(limits_.ceiling), 1.0);
    auto const half_hour = std::max(stretched, ceiling);
    auto const hours = std::max(stretched_far, half_hour);
    auto const first = std::clamp(tightness, 0.0, 1.0);
    auto const second = std::clamp(tightness - 1, 0.0, 1.0);
    auto const events = static_cast<double>(limits_.target_events);
    auto const most = static_cast<double>(limits_.most_events);
    return {.longest = ceiling * std::pow(half_hour / ceiling, first) * std::pow(hours / half_hour, second),
            .events = events + (most - events) * (first + second) / 2,
            .factor = std::exp2(std::max(0.0, tightness - 2))};
}

void PollPlan::want(std::string const& key, std::optional<seconds> ceiling) {
    if (auto const found = paces_.find(key); found != paces_.end() || ceiling) paces_[key].ceiling = ceiling;
}

double PollPlan::wait_of(PollPace const& pace, Stretch const& stretch) const {
    auto const floor = std::max(count(pace.floor.value_or(limits_.floor)), 1.0);
    auto const share = pace.ceiling ? count(*pace.ceiling) / std::max(count(limits_.ceiling), 1.0) : 1.0;
    auto const longest = std::max(stretch.longest * share, floor);
    auto const rate = std::max(pace.events_per_second, 1e-9);
    return std::clamp(stretch.events / rate, floor, longest) * stretch.factor;
}

PollPlan::Cost PollPlan::cost_at(Stretch const& stretch) const {
    Cost cost;
    for (auto const& [key, pace] : paces_) {
        auto const wait = wait_of(pace, stretch);
        auto const events = pace.events_per_second * wait;
        auto const nothing_new = std::exp(-events);
        auto const pages = pace.paged ? std::min(3.0, 1 + std::max(1.0, std::ceil(events / 100))) : 1.0;
        auto const charged = (1 - nothing_new) * pages + nothing_new * pace.idle_charge;
        cost.charged += charged / wait;
        cost.asked += (charged + nothing_new * (1 - pace.idle_charge)) / wait;
    }
    return cost;
}

void PollPlan::fit(PollBudget const& budget) {
    auto const fits = [&](double tightness) {
        auto const cost = cost_at(stretch_at(tightness));
        return cost.charged <= budget.charged_per_second && cost.asked <= budget.asked_per_second;
    };
    if (budget.asked_per_second <= 0) return; // all tokens pause: nothing can be learned from that
    tightness_ = 0;
    if (!fits(0)) {
        double loose = 0;
        double tight = most_tightness;
        for (int step = 0; step < 20; ++step) {
            auto const middle = (loose + tight) / 2;
            (fits(middle) ? tight : loose) = middle;
        }
        tightness_ = tight;
    }
    stretch_ = stretch_at(tightness_);
    charged_per_second_ = cost_at(stretch_).charged;
}

seconds PollPlan::wait(std::string const& key) const {
    auto const found = paces_.find(key);
    auto const wait = wait_of(found == paces_.end() ? PollPace{} : found->second, stretch_);
    return seconds(static_cast<std::int64_t>(std::min(wait, count(days(1)))));
}

double PollPlan::urgency(std::string const& key, std::optional<UtcTime> last_complete, UtcTime now) const {
    auto const found = paces_.find(key);
    if (found == paces_.end() || !last_complete) return 0.5;
    return found->second.events_per_second * count(std::max(now - *last_complete, seconds(0))) / most_shown;
}

double PollPlan::events_per_second(std::string const& key) const {
    auto const found = paces_.find(key);
    return found == paces_.end() ? 0 : found->second.events_per_second;
}

} // namespace gem
