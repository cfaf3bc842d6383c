#include "collector/history_plan.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace gem {

namespace {

constexpr std::array<std::string_view, 5> parts = {"repository", "items", "answers", "releases", "deployments"};

/// An answer begins so much before the end of the one before: whatever changed in the same second is in one of them.
constexpr seconds overlap{1};

/// Whether a part is asked for by the time of the last change, and not page by page from the newest on.
bool goes_by_time(std::string_view part) { return part == "items" || part == "answers"; }

} // namespace

HistoryLimits history_limits_within(days retention) {
    HistoryLimits limits;
    if (retention > days(0)) limits.reach = std::min<seconds>(limits.reach, retention);
    return limits;
}

HistoryProgress HistoryPlan::begin(std::string repo, UtcTime now) const {
    return {.repo = std::move(repo),
            .from = now - limits_.reach,
            .until = now,
            .part = std::string(parts.front()),
            .since = now - limits_.reach};
}

std::int64_t HistoryPlan::page_size(HistoryProgress const& progress) const {
    return progress.part == "deployments" ? limits_.deployments_at_once : 100;
}

std::string HistoryPlan::question(HistoryProgress const& progress) const {
    if (progress.part == parts.front()) return "";
    if (goes_by_time(progress.part)) {
        return fmt::format("/issues{}sort=updated&direction=asc&since={}&per_page={}&page={}",
                           progress.part == "items" ? "?state=all&" : "/comments?", format_time(progress.since),
                           page_size(progress), progress.page);
    }
    return fmt::format("/{}?per_page={}&page={}", progress.part, page_size(progress), progress.page);
}

std::string HistoryPlan::place(HistoryProgress const& progress) const {
    // In the order of asking, and so of their keys, the later one tells more.
    return fmt::format("{}#{}#{:04}", progress.part, format_time(progress.since), progress.page);
}

std::int64_t HistoryPlan::cost(HistoryProgress const& progress) const {
    return progress.part == "deployments" ? 1 + limits_.deployments_at_once : 1;
}

void HistoryPlan::next_part(HistoryProgress& progress) const {
    auto const now = std::ranges::find(parts, progress.part);
    progress.part = now == parts.end() || now + 1 == parts.end() ? std::string() : std::string(*(now + 1));
    progress.since = progress.from;
    progress.page = 1;
    progress.failures = 0;
    progress.not_before = {};
}

void HistoryPlan::leave_out(HistoryProgress& progress, std::string const& reason) const {
    bool const all = progress.part == parts.front();
    if (all) next_part(progress);
    do {
        progress.omitted.push_back({.part = progress.part, .reason = reason});
        next_part(progress);
    } while (all && !progress.done());
}

void HistoryPlan::go_on(HistoryProgress& progress, HistoryAnswered const& answered) const {
    progress.failures = 0;
    progress.not_before = {};
    progress.answers += progress.part == parts.front() ? 0 : 1;
    bool const by_time = goes_by_time(progress.part);
    bool const left_the_window = !by_time && answered.earliest && *answered.earliest < progress.from;
    if (!answered.more || left_the_window) {
        next_part(progress);
    } else if (progress.answers >= limits_.most_answers) {
        leave_out(progress, fmt::format("there is more than {} pages tell", limits_.most_answers));
    } else if (by_time && answered.latest && *answered.latest - overlap > progress.since) {
        progress.since = *answered.latest - overlap;
        progress.page = 1;
    } else {
        ++progress.page;
    }
}

void HistoryPlan::fail_for_now(HistoryProgress& progress, HistoryAnswered const& answered, UtcTime now) const {
    ++progress.failures;
    bool const gone = answered.status == github::PageStatus::gone;
    if (progress.failures >= (gone ? limits_.most_gone : limits_.most_failures)) {
        leave_out(progress, answered.message);
        return;
    }
    auto const doublings = std::clamp<std::int64_t>(progress.failures - 1, 0, 12);
    auto const wait = gone ? limits_.look_at_gone
                           : std::min(limits_.longest_retry, limits_.first_retry * (std::int64_t{1} << doublings));
    progress.not_before = std::max(now + wait, answered.retry_at.value_or(now));
}

HistoryProgress HistoryPlan::after(HistoryProgress progress, HistoryAnswered const& answered, UtcTime now) const {
    using enum github::PageStatus;
    // 410: issues are switched off. 403: the token may not see this part. 422: GitHub shows no further pages. But a bad
    // token (401) says nothing about the part.
    bool const never = answered.http_status == 410 || (answered.status == refused && answered.http_status != 401);
    if (answered.status == fresh)
        go_on(progress, answered);
    else if (never)
        leave_out(progress, answered.message);
    else if (answered.status == rate_limited)
        progress.not_before = answered.retry_at.value_or(now + limits_.first_retry);
    else
        fail_for_now(progress, answered, now);
    return progress;
}

} // namespace gem
