// The part of the collector that shares its targets with others on the same store, and takes what monitors want.
#include <algorithm>

#include "collector/collector.hpp"

namespace gem {

namespace {

/// So often it is looked whether the others have handed over what is ours by now: they do within two renewals.
constexpr int looks_for_shares = 6;

} // namespace

/// Changes when people want other targets than before.
std::uint64_t Collector::wishes() const {
    return watch_list_.generation() + (monitors_ != nullptr ? monitors_->generation() : 0);
}

/// What is also wanted without monitors is not asked less often for them.
Async<Result<void>> Collector::add_monitored(std::map<std::string, Tracked>& targets) {
    if (monitors_ == nullptr) co_return Result<void>{};
    auto const wanted = co_await monitors_->wanted();
    if (!wanted) co_return fail(wanted.error());
    for (auto const& [repo, interval] : *wanted) {
        auto const target = github::EventTarget::parse(repo.text());
        if (!target) continue;
        auto const [place, alone] =
            targets.emplace(target->key(), Tracked{.target = *target, .state = {}, .configured = false});
        place->second.ceiling = alone ? interval : std::min(interval, options_.poller.limits.ceiling);
    }
    co_return Result<void>{};
}

bool Collector::is_elsewhere(Tracked const& tracked) const {
    return membership_.on() && membership_.is_another_at_work(tracked.state.holder);
}

/// Whether it is for us to ask it, in case nobody else does.
bool Collector::is_to_be_ours(Tracked const& tracked) const {
    return !membership_.on() || membership_.favoured(tracked.target.key(), !tracked.configured) == membership_.id();
}

/// Renews the lease in time, and gives away and looks for what has another holder since somebody came or went.
Async<Result<void>> Collector::keep_lease() {
    if (!membership_.on()) co_return Result<void>{};
    auto const before = membership_.next_look();
    if (auto const kept = co_await membership_.keep(); !kept) co_return fail(kept.error());
    if (shared_among_ != membership_.generation()) {
        shared_among_ = membership_.generation();
        looks_for_shares_ = looks_for_shares;
        refreshed_.reset();
    }
    if (before == membership_.next_look()) co_return Result<void>{};
    if (auto const handed = co_await hand_over(); !handed) co_return fail(handed.error());
    if (looks_for_shares_ == 0) co_return Result<void>{};
    --looks_for_shares_;
    bool const waiting = std::ranges::any_of(
        tracked_, [&](auto const& entry) { return is_elsewhere(entry.second) && is_to_be_ours(entry.second); });
    if (waiting) refreshed_.reset();
    co_return Result<void>{};
}

/// What another one is to ask from now on goes to it with all that we know.
Async<Result<void>> Collector::hand_over() {
    for (auto& [key, tracked] : tracked_) {
        if (tracked.state.holder != membership_.id() || is_to_be_ours(tracked)) continue;
        auto state = tracked.state;
        state.holder = membership_.favoured(key, !tracked.configured);
        auto const written = co_await database_.metrics().put_state(
            {.key = poll_key(key), .value = to_json(state), .version = tracked.version});
        if (!written && written.error().code != ErrorCode::conflict) co_return fail(written.error());
        if (written) {
            tracked.state = std::move(state);
            tracked.version = *written;
            log_.debug("handed_over", {{"target", tracked.target.text()}, {"to", tracked.state.holder}});
        }
    }
    co_return Result<void>{};
}

Async<Result<bool>> Collector::reread(Tracked& tracked) {
    auto const present = co_await database_.metrics().get_state(poll_key(tracked.target.key()));
    if (!present) co_return fail(present.error());
    tracked.version = *present ? (*present)->version : 0;
    if (*present) {
        if (auto state = parse_poll_state((*present)->value.text())) tracked.state = std::move(*state);
    }
    co_return present->has_value();
}

/// Makes it ours if nobody at work has it. False: somebody has, or it is no longer watched.
Async<Result<bool>> Collector::hold(Tracked& tracked) {
    auto const& me = membership_.id();
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (!membership_.on() || tracked.state.holder == me) co_return true;
        if (is_elsewhere(tracked)) co_return false;
        auto state = tracked.state;
        state.target = tracked.target.text();
        state.holder = me;
        auto const written = co_await database_.metrics().put_state(
            {.key = poll_key(tracked.target.key()), .value = to_json(state), .version = tracked.version});
        if (written) {
            tracked.state = std::move(state);
            tracked.version = *written;
            tracked.written.reset();
            plan_.recall(tracked.target.key(), tracked.state.events_per_hour.value / 3600);
            co_return true;
        }
        if (written.error().code != ErrorCode::conflict) co_return fail(written.error());
        bool const known = tracked.version != 0;
        auto const there = co_await reread(tracked);
        if (!there) co_return fail(there.error());
        if (!*there && known) { // no longer watched
            refreshed_.reset();
            co_return false;
        }
    }
    co_return false;
}

/// Whether what a poll brought is still ours to write. One that was removed or forgotten since we looked at the watch
/// list must not come back by it: its state went first.
Async<Result<bool>> Collector::may_write(Tracked const& tracked, bool beyond_state) {
    auto ours = co_await membership_.confirm();
    if (!ours || !*ours || !beyond_state || tracked.version == 0) co_return ours;
    auto const present = co_await database_.metrics().get_state(poll_key(tracked.target.key()));
    if (!present) co_return fail(present.error().within("reading the state of polling"));
    co_return present->has_value();
}

/// Whoever asks for a repository's events may see it, and so pays what its pushes owe: to a token that may not see it
/// GitHub says that there is no such commit. What nobody holds that pays is shared among all that do.
bool Collector::is_ours_to_pay(std::string_view repo) const {
    if (!membership_.on() || !options_.details.on) return options_.details.on;
    auto const org = "org:" + std::string(repo.substr(0, repo.find('/')));
    for (auto const& target : {std::string(repo), org}) {
        auto const tracked = tracked_.find(target);
        auto const elsewhere = held_elsewhere_.find(target);
        std::string_view holder;
        if (tracked != tracked_.end())
            holder = tracked->second.state.holder;
        else if (elsewhere != held_elsewhere_.end())
            holder = elsewhere->second;
        if (holder == membership_.id()) return true;
        if (membership_.pays(holder)) return false;
    }
    return membership_.is_ours_to_pay(repo);
}

/// Whoever notes a debt need not be who pays it.
CommitDetails::Options Collector::details_options() {
    auto options = options_.details;
    options.is_ours = [this](std::string_view repo) { return is_ours_to_pay(repo); };
    return options;
}

LeaseOptions Collector::lease_options() const {
    auto options = options_.lease;
    options.pays = options_.details.on;
    for (auto const& repo : repositories_among(options_.targets)) options.configured.push_back(repo.key());
    return options;
}

Async<Result<void>> Collector::note_pushes(std::vector<Event> events) {
    // While run() polls it looks at the watch list by itself, and a cycle of it may take longer than a delivery can.
    if (tracked_.empty() || (!running_ && wishes() != refreshed_generation_)) {
        auto const turn = co_await one_cycle_.take();
        if (auto const read = co_await refresh(); !read) co_return fail(read.error());
    }
    std::erase_if(events, [this](Event const& event) {
        auto const name = ascii_lower(event.repo_name);
        return !tracked_.contains(name) && !tracked_.contains("org:" + name.substr(0, name.find('/')));
    });
    if (events.empty()) co_return Result<void>{};
    co_return co_await details_.owe(std::move(events));
}

} // namespace gem
