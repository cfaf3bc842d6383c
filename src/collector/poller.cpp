#include "collector/poller.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>

#include <boost/describe/class.hpp>
#include <fmt/format.h>

#include "base/json.hpp"

namespace gem {

namespace {

/// So many marks are kept, and so many events GitHub shows at most.
constexpr std::size_t events_shown = 300;

/// GitHub shows the events of the last 30 days, and says that they come after up to six hours.
constexpr seconds surely_shown = days(29);
constexpr seconds latest_to_come = hours(6);

struct Gap {
    std::string target;
    UtcTime from{};
    UtcTime to{};
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(Gap, (), (target, from, to, reason))

std::vector<std::string_view> split_marks(std::string_view marks) {
    std::vector<std::string_view> all;
    for (; marks.size() >= event_mark_size; marks.remove_prefix(event_mark_size))
        all.push_back(marks.substr(0, event_mark_size));
    return all;
}

PollOutcome outcome_of(github::PageStatus status) {
    switch (status) {
    case github::PageStatus::fresh:
        return PollOutcome::fresh;
    case github::PageStatus::not_modified:
        return PollOutcome::not_modified;
    case github::PageStatus::gone:
        return PollOutcome::gone;
    case github::PageStatus::rate_limited:
        return PollOutcome::rate_limited;
    case github::PageStatus::refused:
        return PollOutcome::refused;
    case github::PageStatus::moved:
    case github::PageStatus::unavailable:
        break;
    }
    return PollOutcome::failed;
}

std::string_view name_of(PollOutcome outcome) {
    switch (outcome) {
    case PollOutcome::fresh:
        return "fresh";
    case PollOutcome::not_modified:
        return "not_modified";
    case PollOutcome::gone:
        return "parked";
    case PollOutcome::rate_limited:
        return "rate_limited";
    case PollOutcome::refused:
        return "refused";
    case PollOutcome::failed:
        break;
    }
    return "failed";
}

/// `asked`: what the store said to whether we may write.
TargetReport not_ours(TargetReport report, Result<bool> const& asked) {
    report.outcome = asked ? "elsewhere" : "failed";
    report.store_failed = !asked;
    report.message = asked ? report.target + ": another collector has taken it over, or it is no longer watched"
                           : asked.error().message;
    return report;
}

} // namespace

struct Poller::Harvest {
    PollOutcome outcome = PollOutcome::failed; ///< of the page that ended it
    std::string message;
    std::optional<seconds> poll_interval;
    std::optional<UtcTime> retry_at;
    std::string etag; ///< of page 1
    std::string etag_token;
    std::vector<Event> events;
    std::vector<std::string> bad_events;
    std::vector<std::string> marks; ///< of events, in their order
    std::vector<Event> pushes;      ///< of events, those unknown until now
    std::size_t shown = 0;          ///< events that came: before the limit, repeated and unreadable ones too
    std::size_t unknown = 0;        ///< events that the last complete poll had not seen
    std::size_t timed = 0;          ///< as in TargetReport
    seconds latency_sum{0};
    bool cut = false;                        ///< GitHub may have more than it shows
    std::optional<UtcTime> latest_of_page{}; ///< of the last one
    bool limited = false;                    ///< the caller's limit left some over
    bool paged = false;                      ///< page 1 has a successor
    std::size_t asked = 0;                   ///< requests that were answered …
    std::size_t charged = 0;                 ///< … and of these the ones that were no 304

    void count(github::EventsPage const& page) {
        asked += page.http_status != 0 ? 1 : 0;
        charged += page.http_status != 0 && page.status != github::PageStatus::not_modified ? 1 : 0;
    }
};

Poller::Poller(DatabaseService& database, github::GitHubClient& github, PollPlan& plan, CommitDetails& details,
               Clock const& clock, Log& log, std::function<double()> dice, Options options)
    : database_(database), github_(github), clock_(clock), log_(log), dice_(std::move(dice)), plan_(plan),
      details_(details), private_(database, clock), options_(options), schedule_(options.limits) {}

Async<github::EventsPage> Poller::first_page(github::EventTarget const& target, PollState& state,
                                             github::PageRequest& request, Harvest& harvest) {
    request.path = state.path;
    request.etag = state.etag;
    request.etag_token = state.etag_token;
    auto page = co_await github_.events(request);
    for (int hop = 0; page.status == github::PageStatus::moved && hop < 3; ++hop) {
        harvest.count(page);
        request.path = page.moved_to;
        request.etag.clear();
        request.etag_token.clear();
        if (page.http_status == 301 || page.http_status == 308) {
            state.path = page.moved_to;
            state.etag.clear();
            log_.info("target_moved", {{"target", target.text()}, {"to", page.moved_to}});
        }
        page = co_await github_.events(request);
    }
    if (page.status == github::PageStatus::moved)
        page.message = target.text() + ": GitHub redirects more than three times";
    co_return page;
}

Async<Poller::Harvest> Poller::fetch(github::EventTarget const& target, PollState& state,
                                     std::optional<std::size_t> limit) {
    Harvest harvest;
    auto const marks = split_marks(state.recent);
    std::unordered_set<std::string_view> const known(marks.begin(), marks.end());
    std::unordered_set<std::string> seen; // a page that is asked for later repeats what was pushed down meanwhile
    github::PageRequest request{.target = target};
    for (int number = 1;; ++number) {
        request.page = number;
        github::EventsPage page;
        if (number == 1) {
            page = co_await first_page(target, state, request, harvest);
            harvest.etag = page.etag;
            harvest.etag_token = page.etag_token;
            harvest.paged = page.next_page.has_value();
            request.etag.clear();
            request.etag_token.clear();
        } else {
            page = co_await github_.events(request);
        }
        harvest.count(page);
        harvest.outcome = outcome_of(page.status);
        harvest.message = std::move(page.message);
        if (page.poll_interval) harvest.poll_interval = page.poll_interval;
        harvest.retry_at = page.retry_at;
        if (page.status != github::PageStatus::fresh) {
            // Only a time line itself can be gone or unchanged, not one of its later pages.
            bool const odd = harvest.outcome == PollOutcome::gone || harvest.outcome == PollOutcome::not_modified;
            if (number > 1 && odd) harvest.outcome = PollOutcome::failed;
            co_return harvest;
        }
        harvest.shown += page.events.size() + page.bad_events.size();
        if (!page.events.empty())
            harvest.latest_of_page = std::ranges::max_element(page.events, {}, &Event::created_at)->created_at;
        std::size_t unknown = 0;
        for (auto& event : page.events) {
            auto mark = event_mark(event);
            if (!seen.insert(mark).second) continue;
            if (limit && harvest.events.size() >= *limit) {
                harvest.limited = true;
                continue;
            }
            bool const is_new = !known.contains(mark);
            unknown += is_new ? 1 : 0;
            if (is_new && state.last_complete) {
                ++harvest.timed;
                harvest.latency_sum += std::max(clock_.now() - event.created_at, seconds(0));
            }
            if (is_new && event.type == "PushEvent") harvest.pushes.push_back(event);
            harvest.marks.push_back(std::move(mark));
            harvest.events.push_back(std::move(event));
        }
        std::ranges::move(page.bad_events, std::back_inserter(harvest.bad_events));
        harvest.unknown += unknown;
        bool const nothing_new = unknown == 0;
        if (nothing_new || harvest.limited || !page.next_page || number >= options_.max_pages) {
            bool const more = page.next_page && number >= options_.max_pages;
            harvest.cut = !nothing_new && (more || harvest.shown >= events_shown);
            co_return harvest;
        }
        if (limit && harvest.events.size() >= *limit) {
            harvest.limited = true;
            co_return harvest;
        }
    }
}

Async<Result<void>> Poller::store(Harvest& harvest, TargetReport& report, bool watched) {
    report.events_collected = harvest.events.size();
    report.rejected = harvest.bad_events.size();
    for (auto const& bad : harvest.bad_events)
        log_.warn("event_unreadable", {{"target", report.target}, {"reason", bad}});
    if (harvest.events.empty()) co_return Result<void>{};
    std::ranges::reverse(harvest.events); // oldest first
    std::map<std::string, Event const*> latest;
    for (auto const& event : harvest.events) latest.insert_or_assign(event.repo_name, &event);
    for (auto const& [repo, event] : latest) {
        auto const noted = co_await private_.note(repo, !event->is_public, event->created_at);
        if (!noted) co_return fail(noted.error());
    }
    if (watched) {
        auto const owed = co_await details_.owe(std::move(harvest.pushes));
        if (!owed) co_return fail(owed.error());
    }
    auto stored = co_await database_.events().insert_events(std::move(harvest.events));
    if (!stored) co_return fail(stored.error().within("storing the events of " + report.target));
    report.inserted = stored->inserted;
    report.duplicates = stored->duplicates;
    report.expired = stored->expired;
    report.rejected += stored->rejected.size();
    for (auto const& bad : stored->rejected)
        log_.warn("event_rejected", {{"target", report.target}, {"reason", bad.reason}});
    co_return Result<void>{};
}

Async<Result<void>> Poller::put(std::string key, JsonText value, bool replace) {
    auto const present = co_await database_.metrics().get_state(key);
    if (!present) co_return fail(present.error());
    if (*present && !replace) co_return Result<void>{};
    auto const version = *present ? (*present)->version : 0;
    auto const written =
        co_await database_.metrics().put_state({.key = std::move(key), .value = std::move(value), .version = version});
    if (!written) co_return fail(written.error());
    co_return Result<void>{};
}

/// From when on the first complete poll has brought everything. GitHub's order is that of arrival: whatever it no
/// longer shows had come before its last page, and what happened later than that came later.
UtcTime Poller::covered_since(github::EventTarget const& target, Harvest const& harvest, UtcTime now) {
    if (target.kind() == github::EventTarget::Kind::everybody) return now;
    if (!harvest.cut) return now - surely_shown;
    return std::min(now, harvest.latest_of_page.value_or(now) + latest_to_come);
}

Async<Result<void>> Poller::write_coverage(std::string target_key, PollState const& state, bool gap, UtcTime now,
                                           UtcTime covered_from) {
    if (!state.last_complete) {
        PolledSince const since{.target = state.target, .since = covered_from};
        co_return co_await put(since_key(target_key), JsonText::already_validated(json::to_string(since)), false);
    }
    if (!gap) co_return Result<void>{};
    // A gap that touches the one before is the same gap.
    auto const from = state.gap_from.value_or(*state.last_complete);
    Gap const entry{.target = state.target,
                    .from = from,
                    .to = now,
                    .reason = fmt::format("GitHub shows {} events at most, and none of them was known", events_shown)};
    co_return co_await put(gap_key(target_key, from), JsonText::already_validated(json::to_string(entry)), true);
}

/// What the plan makes of the answer.
PollStep Poller::next_step(std::string const& key, Harvest const& harvest, PollState const& state, UtcTime started,
                           bool gap) {
    bool const answered = harvest.outcome == PollOutcome::fresh || harvest.outcome == PollOutcome::not_modified;
    if (answered && !harvest.limited) {
        PollNews news{.new_events = harvest.unknown,
                      .poll_interval = harvest.poll_interval,
                      .gap = gap,
                      .paged = harvest.paged,
                      .charged = harvest.charged};
        if (state.last_complete) news.since_previous = started - *state.last_complete;
        plan_.note(key, news);
    }
    PollAnswer const answer{
        .outcome = harvest.outcome, .poll_interval = harvest.poll_interval, .retry_at = harvest.retry_at};
    return schedule_.after(clock_.now(), answer, plan_.wait(key), state.failures, dice_());
}

/// After a complete poll: the next one tells what is new by this.
void Poller::settle(Harvest const& harvest, PollState& state, TargetReport const& report, UtcTime started) {
    if (report.gap) {
        state.gap_from = state.gap_from.value_or(*state.last_complete);
        log_.warn("events_may_be_missing", {{"target", report.target}, {"from", format_time(*state.last_complete)}});
    } else {
        state.gap_from.reset();
    }
    state.last_complete = started;
    state.etag = harvest.etag;
    state.etag_token = harvest.etag_token;
    std::string recent;
    std::unordered_set<std::string_view> const current(harvest.marks.begin(), harvest.marks.end());
    for (auto const& mark : harvest.marks) recent += mark;
    for (auto const mark : split_marks(state.recent)) {
        if (!current.contains(mark)) recent += mark;
    }
    recent.resize(std::min(recent.size(), events_shown * event_mark_size));
    state.recent = std::move(recent);
}

Async<TargetReport> Poller::poll(github::EventTarget target, PollState& state, std::optional<std::size_t> limit,
                                 MayWrite may_write) {
    auto const started = clock_.now();
    state.target = target.text();
    TargetReport report;
    report.target = target.text();
    auto harvest = co_await fetch(target, state, limit);
    auto const still_ours = co_await may_write(!harvest.events.empty());
    if (!still_ours || !*still_ours) co_return not_ours(std::move(report), still_ours);
    auto const known_overlap = harvest.unknown < harvest.marks.size();
    bool const watched = target.kind() == github::EventTarget::Kind::repository ||
                         target.kind() == github::EventTarget::Kind::organization;
    if (auto stored = co_await store(harvest, report, watched); !stored) {
        harvest.outcome = PollOutcome::failed;
        harvest.message = stored.error().message;
        report.store_failed = true;
        harvest.retry_at.reset();
    }
    bool const complete = harvest.outcome == PollOutcome::fresh && !harvest.limited;
    // Storing may have taken long, and what follows tells of polls that were ours.
    auto const ours_yet = co_await may_write(complete && !state.last_complete);
    if (!ours_yet || !*ours_yet) co_return not_ours(std::move(report), ours_yet);
    report.gap = complete && state.last_complete && harvest.cut && !known_overlap;
    if (complete) {
        auto const from = report.expired > 0 ? started : covered_since(target, harvest, started);
        auto const noted = co_await write_coverage(target.key(), state, report.gap, started, from);
        if (!noted) {
            harvest.outcome = PollOutcome::failed;
            harvest.message = noted.error().within("writing the coverage of " + report.target).message;
            report.store_failed = true;
        }
    }

    auto const step = next_step(target.key(), harvest, state, started, report.gap);
    auto const now = clock_.now();
    bool const answered = harvest.outcome == PollOutcome::fresh || harvest.outcome == PollOutcome::not_modified;
    if (harvest.outcome == PollOutcome::gone) {
        if (!state.parked) log_.warn("target_parked", {{"target", report.target}, {"reason", harvest.message}});
        state.path.clear(); // the next look goes by name: somebody may have made it anew
        state.etag.clear();
    }
    if (answered || harvest.outcome == PollOutcome::gone) state.last_poll = now;
    if (harvest.outcome == PollOutcome::not_modified) {
        state.last_complete = started;
        state.gap_from.reset();
    }
    if (harvest.outcome == PollOutcome::fresh && complete) settle(harvest, state, report, started);
    state.next_poll = step.next_poll;
    state.not_before = step.not_before;
    state.failures = step.failures;
    state.parked = step.parked || (state.parked && !answered);
    state.reason = answered ? std::string() : harvest.message;
    state.events_per_hour = plan_.events_per_second(target.key()) * 3600;
    report.outcome = name_of(harvest.outcome);
    report.message = harvest.message;
    report.asked = harvest.asked;
    report.timed = harvest.timed;
    report.latency_sum = harvest.latency_sum;
    report.charged = harvest.charged;
    report.next_poll = state.next_poll;
    co_return report;
}

} // namespace gem
