#include "collector/collector.hpp"

#include <algorithm>

#include <boost/asio/cancellation_state.hpp>
#include <fmt/format.h>

#include "storage/cursor.hpp"

namespace gem {

namespace {

/// The store is looked at anew this often: another process may have changed the watch list.
constexpr seconds refresh_interval = minutes(5);
/// No wait is longer, so that a clock that was set is noticed.
constexpr seconds longest_pause = minutes(1);
/// Between two turns while commits are owed.
constexpr seconds details_pause{5};

/// Charged requests that a poll may need: three pages.
constexpr std::int64_t dearest_poll = 3;
/// Such a share of what GitHub shows may have passed: the reserve is there for this.
constexpr double urgent = 0.5;

/// Equal for collectors with the same configured targets.
std::string kin_of(std::vector<github::EventTarget> const& targets) {
    std::vector<std::string> keys;
    keys.reserve(targets.size());
    for (auto const& target : targets) keys.push_back(target.key());
    std::ranges::sort(keys);
    return fmt::format("{:016x}", hash_question({keys.begin(), keys.end()}));
}

/// Whether the two differ in more than what each poll moves.
bool differs_materially(PollState a, PollState const& b) {
    if (a.last_complete.has_value() != b.last_complete.has_value()) return true;
    a.last_poll = b.last_poll;
    a.last_complete = b.last_complete;
    a.next_poll = b.next_poll;
    a.not_before = b.not_before;
    a.etag = b.etag;
    a.etag_token = b.etag_token;
    a.events_per_hour = b.events_per_hour;
    a.recent = b.recent;
    return a != b;
}

} // namespace

std::vector<RepoName> repositories_among(std::vector<github::EventTarget> const& targets) {
    std::vector<RepoName> repositories;
    for (auto const& target : targets) {
        if (target.kind() != github::EventTarget::Kind::repository) continue;
        if (auto repo = RepoName::parse(target.text())) repositories.push_back(std::move(*repo));
    }
    return repositories;
}

bool CollectReport::all_failed() const {
    auto const asked = [](TargetReport const& one) {
        return one.outcome != "waiting" && one.outcome != "postponed" && one.outcome != "elsewhere";
    };
    auto const in_vain = [&](TargetReport const& one) { return !asked(one) || one.failed(); };
    return std::ranges::any_of(targets, asked) && std::ranges::all_of(targets, in_vain);
}

Collector::Collector(DatabaseService& database, github::GitHubClient& github, WatchList& watch_list, Clock const& clock,
                     Log& log, std::function<double()> dice, CollectorOptions options)
    : database_(database), github_(github), watch_list_(watch_list), clock_(clock), log_(log),
      options_(std::move(options)), plan_(options_.poller.limits),
      membership_(database, clock, log, lease_options(), kin_of(options_.targets)),
      details_(database, github, clock, log, details_options()),
      history_(database, github, clock, log, options_.history),
      poller_(database, github, plan_, details_, clock, log, std::move(dice), options_.poller) {}

Async<Result<void>> Collector::refresh() {
    auto const generation = wishes();
    auto const added = co_await watch_list_.added();
    if (!added) co_return fail(added.error());
    bool const others = membership_.at_work() > 1;
    if (auto const loaded = co_await details_.load(others); !loaded) co_return fail(loaded.error());
    auto const states = co_await database_.metrics().list_state("poll#");
    if (!states) co_return fail(states.error().within("reading the state of polling"));

    std::map<std::string, Tracked> fresh;
    for (auto const& target : options_.targets) fresh.emplace(target.key(), Tracked{.target = target, .state = {}});
    for (auto const& repo : *added) {
        auto const target = github::EventTarget::parse(repo.text());
        if (target) fresh.emplace(target->key(), Tracked{.target = *target, .state = {}, .configured = false});
    }
    if (auto const monitored = co_await add_monitored(fresh); !monitored) co_return fail(monitored.error());
    if (fresh.empty()) {
        auto const all = github::EventTarget::everybody();
        fresh.emplace(all.key(), Tracked{.target = all, .state = {}});
    }
    held_elsewhere_.clear();
    for (auto const& entry : *states) {
        auto const key = entry.key.substr(poll_key("").size());
        auto const found = fresh.find(key);
        if (found == fresh.end()) {
            auto const theirs = others ? parse_poll_state(entry.value.text()) : Result<PollState>();
            if (theirs && !theirs->holder.empty()) held_elsewhere_[key] = theirs->holder;
            continue;
        }
        auto& tracked = found->second;
        tracked.version = entry.version;
        auto const known = tracked_.find(found->first);
        if (known != tracked_.end() && known->second.version == entry.version) {
            auto const wanted = tracked;
            tracked = known->second; // ours is newer: not every poll is written
            tracked.configured = wanted.configured;
            tracked.ceiling = wanted.ceiling;
            continue;
        }
        if (auto state = parse_poll_state(entry.value.text()))
            tracked.state = std::move(*state);
        else
            log_.warn("poll_state_unreadable", {{"key", entry.key}, {"reason", state.error().message}});
        if (tracked.state.last_poll > last_poll_) last_poll_ = tracked.state.last_poll;
        plan_.recall(found->first, tracked.state.events_per_hour.value / 3600);
    }
    for (auto const& [key, tracked] : tracked_) {
        auto const found = fresh.find(key);
        if (found == fresh.end())
            plan_.forget(key);
        else if (tracked.version > 0 && found->second.version == 0) // forgotten by another process, and wanted again
            history_.forget(key);
    }
    for (auto const& [key, tracked] : fresh) {
        if (is_elsewhere(tracked))
            plan_.forget(key); // what it costs is not for us to spend
        else
            plan_.want(key, tracked.ceiling);
    }
    tracked_ = std::move(fresh);
    refreshed_ = clock_.now();
    refreshed_generation_ = generation;
    co_return Result<void>{};
}

bool Collector::is_to_be_written(Tracked const& tracked, UtcTime now) const {
    if (!tracked.written || now - *tracked.written >= options_.state_flush) return true;
    if (tracked.unwritten_events >= options_.state_flush_events) return true;
    auto const& known = tracked.complete_in_store;
    auto const& complete = tracked.state.last_complete;
    return complete && (!known || std::chrono::floor<hours>(*known) != std::chrono::floor<hours>(*complete));
}

Async<Result<void>> Collector::persist(Tracked& tracked, PollState const& before, bool ending) {
    auto const now = clock_.now();
    bool const whole = ending || options_.state_flush == seconds(0);
    if (!is_to_be_written(tracked, now) && tracked.version != 0 && !differs_materially(before, tracked.state))
        co_return Result<void>{};
    auto const key = poll_key(tracked.target.key());
    for (int attempt = 0; attempt < 3; ++attempt) {
        auto const written = co_await database_.metrics().put_state(
            {.key = key,
             .value = whole ? to_json(tracked.state) : to_short_json(tracked.state),
             .version = tracked.version});
        if (written) {
            tracked.version = *written;
            tracked.complete_in_store = tracked.state.last_complete;
            tracked.written = now;
            tracked.unwritten_events = 0;
            co_return Result<void>{};
        }
        if (written.error().code != ErrorCode::conflict) co_return fail(written.error());
        // Somebody else wrote it: the watch list, or a second collector. What GitHub said last is what counts.
        auto const present = co_await database_.metrics().get_state(key);
        if (!present) co_return fail(present.error());
        if (!*present && tracked.version != 0) { // no longer watched: it must not come back by this
            refreshed_.reset();
            co_return co_await database_.metrics().remove_state(since_key(tracked.target.key()));
        }
        if (membership_.on() && *present) {
            auto const theirs = parse_poll_state((*present)->value.text());
            if (theirs && theirs->holder != membership_.id()) { // another one has it by now: its word counts
                refreshed_.reset();
                co_return Result<void>{};
            }
        }
        tracked.version = *present ? (*present)->version : 0;
    }
    co_return fail(ErrorCode::conflict, "another process writes the same state all the time");
}

Async<TargetReport> Collector::poll(Tracked& tracked, std::optional<std::size_t> limit) {
    auto const before = tracked.state;
    auto report = co_await poller_.poll(tracked.target, tracked.state, limit, [this, &tracked](bool beyond_state) {
        return may_write(tracked, beyond_state);
    });
    if (report.outcome == "elsewhere") {
        tracked.state = before;
        refreshed_.reset();
        co_return report;
    }
    tracked.unwritten_events += report.inserted;
    if (tracked.state.last_poll > last_poll_) last_poll_ = tracked.state.last_poll;
    watch_list_.note(tracked.target.key(), {.next_poll = tracked.state.next_poll,
                                            .last_poll = tracked.state.last_poll,
                                            .parked = tracked.state.parked,
                                            .reason = tracked.state.reason});
    if (auto const kept = co_await persist(tracked, before); !kept) {
        // The events are stored; the next poll only repeats some of them.
        report.outcome = "failed";
        report.message = kept.error().within("writing the state of polling " + report.target).message;
        report.store_failed = true;
        refreshed_.reset();
    }
    co_return report;
}

void Collector::add_up(CollectReport& report, TargetReport one) const {
    report.events_collected += one.events_collected;
    report.new_events += one.inserted;
    report.inserted += one.inserted;
    report.duplicate_events += one.duplicates;
    report.expired += one.expired;
    report.rejected += one.rejected;
    if (one.failed() || one.outcome == "rate_limited") report.errors.push_back(one.message);
    report.targets.push_back(std::move(one));
}

/// When it is polled without anybody asking; never, if that is for another collector.
UtcTime Collector::due_at(Tracked const& tracked) const {
    bool const held = !membership_.on() || tracked.state.holder == membership_.id();
    if (!held && (is_elsewhere(tracked) || !is_to_be_ours(tracked))) return UtcTime::max();
    auto const& state = tracked.state;
    bool const well = state.last_poll && !state.parked && state.failures == 0 && state.reason.empty();
    auto const planned = well ? *state.last_poll + plan_.wait(tracked.target.key()) : state.next_poll;
    return std::max({planned, state.not_before, tracked.held_until});
}

/// Those to look at: all of them by name, or the ones that are due, the fullest first.
std::vector<Collector::Tracked*> Collector::in_order(Which which) {
    auto const now = clock_.now();
    std::vector<std::tuple<double, std::string_view, Tracked*>> chosen;
    for (auto& [key, tracked] : tracked_) {
        if (which == Which::due && (due_at(tracked) > now || only_when_asked(tracked))) continue;
        auto const urgency = which == Which::due ? plan_.urgency(key, tracked.state.last_complete, now) : 0.0;
        chosen.emplace_back(-urgency, key, &tracked);
    }
    std::ranges::sort(chosen);
    std::vector<Tracked*> order;
    order.reserve(chosen.size());
    for (auto const& [urgency, key, tracked] : chosen) order.push_back(tracked);
    return order;
}

std::optional<TargetReport> Collector::skip(Which which, Tracked& tracked, std::size_t unanswered) {
    auto const now = clock_.now();
    auto const& state = tracked.state;
    TargetReport skipped;
    skipped.target = tracked.target.text();
    skipped.next_poll = state.next_poll;
    if (is_elsewhere(tracked)) {
        skipped.outcome = "elsewhere";
        skipped.message = fmt::format("{}: asked by the collector {}", skipped.target, state.holder);
        return skipped;
    }
    if (state.parked && state.next_poll > now) {
        skipped.outcome = "parked";
        skipped.message = state.reason;
        return skipped;
    }
    if (state.not_before > now) {
        skipped.outcome = "waiting";
        skipped.message =
            fmt::format("{}: GitHub asks not to poll before {}", skipped.target, format_time(state.not_before));
        return skipped;
    }
    if (unanswered >= options_.give_up_after) {
        tracked.held_until = now + options_.poller.limits.first_retry;
        tracked.state.next_poll = std::max(tracked.state.next_poll, tracked.held_until);
        skipped.outcome = "postponed";
        skipped.next_poll = tracked.state.next_poll;
        return skipped;
    }
    if (which == Which::all) return std::nullopt; // a person asks: until GitHub itself refuses
    auto const budget = budget_of(github_.tokens().entries(), now, options_.budget);
    if (budget.asked_per_second <= 0) return std::nullopt; // all tokens pause; the client says until when
    bool const full = plan_.urgency(tracked.target.key(), state.last_complete, now) > urgent;
    if ((full ? budget.urgent : budget.spare) >= dearest_poll) return std::nullopt;
    tracked.held_until = std::min(budget.renewed.value_or(now) + seconds(1), now + minutes(1));
    skipped.outcome = "postponed";
    return skipped;
}

/// Fits the waits into what GitHub allows, at most once a minute.
void Collector::fit_plan() {
    auto const now = clock_.now();
    if (fitted_ && now >= *fitted_ && now - *fitted_ < minutes(1)) return;
    fitted_ = now;
    plan_.fit(budget_of(github_.tokens().entries(), now, options_.budget));
    bool const short_now = plan_.tightness() > 2;
    if (short_now && !short_of_budget_)
        log_.warn("rate_limit_too_small",
                  {{"targets", tracked_.size()}, {"hint", "events will be missed; add a GITHUB_TOKEN or watch less"}});
    short_of_budget_ = short_now;
}

void Collector::tell(TargetReport const& one) {
    if (one.failed()) {
        log_.warn("poll_failed", {{"target", one.target}, {"reason", one.message}});
    } else if (one.inserted > 0) {
        log_.info("polled", {{"target", one.target},
                             {"outcome", one.outcome},
                             {"events", one.events_collected},
                             {"inserted", one.inserted},
                             {"duplicates", one.duplicates}});
    } else {
        log_.debug("polled", {{"target", one.target}, {"outcome", one.outcome}, {"events", one.events_collected}});
    }
}

void Collector::count(TargetReport const& one) {
    ++figures_.polls[one.outcome];
    figures_.requests += one.asked;
    figures_.charged += one.charged;
    figures_.inserted += one.inserted;
    figures_.duplicates += one.duplicates;
    figures_.gaps += one.gap ? 1 : 0;
    figures_.timed_events += one.timed;
    figures_.latency_sum += static_cast<std::uint64_t>(one.latency_sum.count());
}

CollectorFigures Collector::figures() const {
    auto figures = figures_;
    figures.details = details_.figures();
    figures.history = history_.figures();
    figures.collectors = membership_.at_work();
    auto const now = clock_.now();
    for (auto const& [key, tracked] : tracked_) {
        if (is_elsewhere(tracked)) ++figures.asked_elsewhere;
        if (tracked.state.parked || !tracked.state.last_complete || is_elsewhere(tracked)) continue;
        auto const since = std::max(now - *tracked.state.last_complete, seconds(0));
        figures.lag = std::max(figures.lag.value_or(since), since);
    }
    return figures;
}

Async<Result<CollectReport>> Collector::cycle(Which which, std::optional<std::size_t> limit) {
    return in_turn(one_cycle(which, limit));
}

Async<Result<CollectReport>> Collector::one_cycle(Which which, std::optional<std::size_t> limit) {
    CollectReport report;
    report.started = clock_.now();
    if (auto const kept = co_await keep_lease(); !kept) {
        store_problem_ = kept.error().message;
        co_return fail(kept.error());
    }
    bool const stale = !refreshed_ || clock_.now() - *refreshed_ >= refresh_interval || clock_.now() < *refreshed_ ||
                       refreshed_generation_ != wishes();
    if (stale) {
        auto const refreshed = co_await refresh();
        store_problem_ = refreshed ? std::string() : refreshed.error().message;
        if (!refreshed) co_return fail(refreshed.error());
    }
    fit_plan();
    std::size_t unanswered = 0;
    for (auto* const tracked : in_order(which)) {
        if (auto skipped = skip(which, *tracked, unanswered)) {
            if (which == Which::all) add_up(report, std::move(*skipped));
            continue;
        }
        if (auto const kept = co_await keep_lease(); !kept) co_return fail(kept.error());
        auto const ours = co_await hold(*tracked);
        if (!ours) co_return fail(ours.error().within("taking over the state of polling " + tracked->target.text()));
        if (!*ours) continue;
        auto one = co_await poll(*tracked, limit);
        unanswered = one.outcome == "failed" ? unanswered + 1 : 0;
        tell(one);
        count(one);
        add_up(report, std::move(one));
    }
    report.finished = clock_.now();
    co_return report;
}

Async<Result<CollectReport>> Collector::collect_once(std::optional<std::size_t> limit) {
    auto report = co_await cycle(Which::all, limit);
    wake(); // run() reckons with what was just asked
    co_return report;
}

void Collector::wake() {
    woken_ = true;
    if (pause_ != nullptr) pause_->cancel();
}

/// Whether it is there only because nobody is named, and run() is to leave it alone.
bool Collector::only_when_asked(Tracked const& tracked) const {
    return !options_.run_for_everybody && tracked.target.kind() == github::EventTarget::Kind::everybody &&
           std::ranges::find(options_.targets, tracked.target) == options_.targets.end();
}

seconds Collector::until_next() const {
    auto const now = clock_.now();
    auto next = now + longest_pause;
    for (auto const& [key, tracked] : tracked_) {
        if (only_when_asked(tracked)) continue;
        next = std::min(next, due_at(tracked));
    }
    if (membership_.on()) next = std::min(next, membership_.next_look());
    if (details_.due()) next = std::min(next, now + details_pause);
    if (history_.due()) next = now;
    return std::max(next - now, seconds(1));
}

/// One turn of run(); answers with what went wrong. Lets cancellation through.
Async<std::optional<std::string>> Collector::turn() {
    try {
        auto const report = co_await cycle(Which::due, std::nullopt);
        if (!report) co_return report.error().message;
        if (auto const paid = co_await pay_debts(); !paid) co_return paid.error().message;
        if (auto const filled = co_await fill_history(); !filled) co_return filled.error().message;
        co_return std::nullopt;
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        co_return error.what();
    } catch (std::exception const& error) {
        co_return error.what();
    }
}

Async<void> Collector::run() {
    struct Running {
        Collector& self;
        ~Running() {
            self.running_ = false;
            self.pause_ = nullptr;
        }
    };
    running_ = true;
    Running const running{*this};
    asio::steady_timer pause(co_await asio::this_coro::executor);
    auto const cancelled = [](asio::cancellation_state const& state) {
        return state.cancelled() != asio::cancellation_type::none;
    };
    try {
        while (true) {
            woken_ = false;
            auto wait = seconds(30);
            if (auto const problem = co_await turn())
                log_.error("collector_turn_failed", {{"reason", *problem}});
            else
                wait = until_next();
            if (woken_) continue;
            pause.expires_after(wait);
            pause_ = &pause;
            boost::system::error_code ignored;
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            pause_ = nullptr;
            if (cancelled(co_await asio::this_coro::cancellation_state)) co_return;
        }
    } catch (boost::system::system_error const& error) {
        if (error.code() != asio::error::operation_aborted) throw;
    }
}

Async<Result<void>> Collector::flush() {
    auto const turn = co_await one_cycle_.take();
    for (auto& [key, tracked] : tracked_) {
        if (membership_.on() && tracked.state.holder != membership_.id()) continue;
        if (!tracked.state.last_poll || (tracked.written && *tracked.written >= *tracked.state.last_poll)) continue;
        tracked.written.reset();
        if (auto const kept = co_await persist(tracked, tracked.state, true); !kept) co_return fail(kept.error());
    }
    co_return co_await membership_.leave();
}

CollectorStatus Collector::status() const {
    CollectorStatus status;
    status.last_poll = last_poll_;
    status.running = running_;
    status.api_base = github_.api_base();
    status.tightness = plan_.tightness();
    for (auto const& entry : github_.tokens().entries()) status.tokens += entry.token.empty() ? 0 : 1;
    for (auto const& [key, tracked] : tracked_) {
        status.targets.push_back(tracked.target.text());
        status.parked += tracked.state.parked ? 1 : 0;
        if (tracked.state.parked || tracked.state.reason.empty()) continue;
        ++status.failing;
        if (status.reason.empty()) status.reason = tracked.state.reason;
    }
    if (tracked_.empty()) {
        for (auto const& target : options_.targets) status.targets.push_back(target.text());
    }
    if (!store_problem_.empty()) status.reason = store_problem_;
    if (!status.reason.empty())
        status.status = "degraded";
    else
        status.status = running_ || last_poll_ ? "healthy" : "idle";
    return status;
}

} // namespace gem
