// What the collector does beside polls: commits that pushes owe, and the past of what is newly watched.
#include "collector/collector.hpp"

namespace gem {

namespace {

/// The most requests for commits in one turn: polls come first.
constexpr std::int64_t details_at_once = 30;
/// The same for the past: a turn comes each second while there is something to ask, and GitHub wants no more than 900
/// requests a minute.
constexpr std::int64_t history_at_once = 10;

} // namespace

Async<Result<void>> Collector::pay_debts() { return in_turn(pay_some_debts()); }

Async<Result<void>> Collector::pay_some_debts() {
    if (auto const kept = co_await keep_lease(); !kept) co_return fail(kept.error());
    if (!details_.due()) co_return Result<void>{};
    auto const left = left_over_by_polls();
    co_return co_await details_.work(std::min(details_.allowance(left.urgent, left.for_polls), details_at_once));
}

Async<Result<void>> Collector::fill_history() { return in_turn(fill_some_history()); }

Async<Result<void>> Collector::fill_some_history() {
    if (auto const kept = co_await keep_lease(); !kept) co_return fail(kept.error());
    std::vector<RepoName> polled;
    for (auto const& [key, tracked] : tracked_) {
        bool const answered = tracked.state.last_complete && !tracked.state.parked; // its events come first
        if (!answered || tracked.target.kind() != github::EventTarget::Kind::repository) continue;
        if (is_elsewhere(tracked) || !is_to_be_ours(tracked)) continue;
        if (auto repo = RepoName::parse(tracked.target.text())) polled.push_back(std::move(*repo));
    }
    auto const followed = co_await history_.follow(std::move(polled));
    if (!followed || !history_.due()) co_return followed;
    co_return co_await history_.work(std::min(left_over_by_polls().spare, history_at_once));
}

/// What the polls until the rate limit is renewed leave of it.
Collector::LeftOver Collector::left_over_by_polls() const {
    auto const now = clock_.now();
    auto const budget = budget_of(github_.tokens().entries(), now, options_.budget);
    auto const left = budget.renewed && *budget.renewed > now ? *budget.renewed - now : seconds(hours(1));
    auto const for_polls = static_cast<std::int64_t>(plan_.charged_per_second() * static_cast<double>(left.count()));
    return {.urgent = budget.urgent, .spare = budget.spare - for_polls, .for_polls = for_polls};
}

} // namespace gem
