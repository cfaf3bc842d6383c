#include "alerts/alert_engine.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gem::alerts {

namespace {

/// Figures that read much and change little are judged each so many turns.
constexpr int turns_of_slow_kinds = 10;
constexpr hours trim_interval{1};

bool is_slow(std::string_view kind) { return kind == "anomaly" || kind == "health_below"; }

} // namespace

AlertEngine::AlertEngine(DatabaseService& database, http::HttpClient& client, Clock const& clock, Log& log,
                         EngineOptions options)
    : database_(database), store_(database), client_(client), clock_(clock), log_(log), options_(std::move(options)) {}

Async<void> AlertEngine::run() {
    while (true) {
        try {
            co_await judge_all();
        } catch (boost::system::system_error const&) {
            throw; // cancelled
        } catch (std::exception const& error) {
            ++counts_.errors;
            log_.error("alerts_failed", {{"reason", error.what()}});
        }
        if (wake_ != nullptr && !due_.empty()) wake_->cancel();
        co_await sleep_for(options_.interval);
    }
}

Async<void> AlertEngine::judge_all() {
    auto const done = co_await turn();
    if (done) co_return;
    ++counts_.errors;
    log_.warn("alerts_not_judged", {{"reason", done.error().message}});
}

bool AlertEngine::is_due(AlertRule const& rule) const {
    auto const last = judged_.find(rule.id);
    if (last == judged_.end()) return true;
    return clock_.now() >= last->second + options_.interval * (is_slow(rule.kind) ? turns_of_slow_kinds : 1);
}

Async<Result<void>> AlertEngine::turn() {
    auto const rules = co_await store_.rules();
    if (!rules) co_return fail(rules.error());
    rules_.clear();
    for (auto const& rule : *rules) {
        if (rule.enabled) rules_.emplace(rule.id, rule);
    }
    std::erase_if(judged_, [&](auto const& entry) { return !rules_.contains(entry.first); });
    counts_.rules = static_cast<std::int64_t>(rules_.size());
    auto standing = co_await store_.standing(std::string(standing_prefix));
    if (!standing) co_return fail(standing.error());
    for (auto const& rule : *rules) {
        if (!rule.enabled || !is_due(rule)) continue;
        auto const scopes = co_await scopes_of(rule);
        if (!scopes) co_return fail(scopes.error());
        bool whole = true;
        for (auto const& scope : *scopes) {
            auto const judged = co_await judge_rule(rule, scope, *standing);
            if (judged) continue;
            ++counts_.errors;
            log_.warn("alert_rule_not_judged",
                      {{"rule", rule.id}, {"repo", scope.repo.text()}, {"reason", judged.error().message}});
            if (!judged.error().retryable) continue; // it is about this repository
            whole = false;                           // the store's failing is about all; the next turn tries again
            break;
        }
        if (whole) judged_[rule.id] = clock_.now();
        if (auto const closed = co_await close_unwatched(rule, *scopes, *standing); !closed) co_return closed;
    }
    if (auto const closed = co_await close_orphans(*standing); !closed) co_return fail(closed.error());
    counts_.open =
        std::ranges::count_if(*standing, [](auto const& each) { return each.second.record.state == "open"; });
    note_due(*standing);
    if (!trimmed_ || clock_.now() >= *trimmed_ + trim_interval) {
        trimmed_ = clock_.now();
        if (auto const trimmed = co_await store_.trim(clock_.now()); !trimmed) co_return fail(trimmed.error());
    }
    co_return Result<void>{};
}

Async<Result<std::vector<AlertScope>>> AlertEngine::scopes_of(AlertRule const& rule) {
    if (!rule.repo) {
        if (!options_.watched) co_return std::vector<AlertScope>{};
        co_return co_await options_.watched();
    }
    auto repo = RepoName::parse(*rule.repo);
    if (!repo) co_return fail(ErrorCode::corrupt, fmt::format("the alert rule {} names no repository", rule.id));
    co_return std::vector{AlertScope{.repo = std::move(*repo), .watched_since = {}}};
}

Async<Result<void>> AlertEngine::judge_rule(AlertRule const& rule, AlertScope scope, Standing& standing) {
    auto const now = clock_.now();
    auto const name = scope.repo.text();
    auto const figures = co_await figures_for(database_, rule, std::move(scope), now);
    if (!figures) co_return fail(figures.error());
    auto const judgement = judge(rule, *figures, now);
    std::set<std::string> taken;
    for (auto const& finding : judgement.findings) {
        auto const key = standing_key(rule.id, name, finding.cause);
        auto const found = standing.find(key);
        std::optional<AlertRecord> before;
        if (found != standing.end()) before = found->second.record;
        auto step = after_finding(rule, name, before, finding, now);
        if (!step) continue;
        taken.insert(key);
        if (auto const written = co_await take(rule, std::move(*step), standing); !written)
            co_return fail(written.error());
    }
    auto const own = standing_prefix_of(rule.id) + ascii_lower(name) + "#";
    for (auto entry = standing.lower_bound(own); entry != standing.end() && entry->first.starts_with(own); ++entry) {
        if (taken.contains(entry->first)) continue;
        auto const& record = entry->second.record;
        auto const known = judgement.well.find(record.cause);
        auto const well = known != judgement.well.end() ? std::optional(known->second) : judgement.well_until;
        auto step = well ? after_wellness(rule, record, *well, now) : std::nullopt;
        if (!step) step = after_time(rule, record, now);
        if (!step) continue;
        if (auto const written = co_await take(rule, std::move(*step), standing); !written)
            co_return fail(written.error());
    }
    co_return Result<void>{};
}

Async<Result<bool>> AlertEngine::take(AlertRule const& rule, Step step, Standing& standing) {
    auto const key = standing_key(step.record);
    auto const found = standing.find(key);
    if (found == standing.end() && standing.size() >= most_alerts) {
        log_.warn("alerts_full", {{"rule", rule.id}, {"repo", step.record.repo}, {"most", most_alerts}});
        co_return false;
    }
    if (step.former) {
        if (auto const kept = co_await store_.put_past(std::move(*step.former)); !kept) co_return fail(kept.error());
    }
    auto const version = found == standing.end() ? 0 : found->second.version;
    auto const put = co_await store_.put_standing(step.record, version);
    if (!put && put.error().code == ErrorCode::conflict) co_return false; // the one who was quicker tells of it
    if (!put) co_return fail(put.error());
    if (step.fired) ++counts_.fired[rule.kind];
    if (step.resolved) ++counts_.resolved[rule.kind];
    if (step.fired || step.resolved) tell_log(step.record, step.fired);
    standing.insert_or_assign(key, StoredAlert{.record = std::move(step.record), .version = *put});
    co_return true;
}

Async<Result<void>> AlertEngine::close_orphans(Standing& standing) {
    std::set<std::string> gone;
    for (auto const& [key, stored] : standing) {
        auto const& record = stored.record;
        bool const busy = record.state == "open" || !record.notices.empty();
        // What another process has just begun may belong to a rule that is younger than this turn.
        bool const fresh = record.fired_at + 2 * options_.interval > clock_.now();
        if (busy && !fresh && !rules_.contains(record.rule_id)) gone.insert(record.rule_id);
    }
    for (auto const& rule : gone) {
        if (auto const closed = co_await store_.close_alerts_of(rule, clock_.now()); !closed) co_return closed;
        std::erase_if(standing, [&](auto const& each) { return each.second.record.rule_id == rule; });
    }
    co_return Result<void>{};
}

Async<Result<void>> AlertEngine::close_unwatched(AlertRule const& rule, std::vector<AlertScope> const& scopes,
                                                 Standing& standing) {
    std::set<std::string> watched;
    for (auto const& scope : scopes) watched.insert(scope.repo.key());
    auto const own = standing_prefix_of(rule.id);
    for (auto entry = standing.lower_bound(own); entry != standing.end() && entry->first.starts_with(own);) {
        if (watched.contains(ascii_lower(entry->second.record.repo))) {
            ++entry;
            continue;
        }
        auto const closed = co_await store_.close_alert(entry->first, entry->second, clock_.now());
        if (!closed) co_return fail(closed.error());
        entry = *closed ? standing.erase(entry) : std::next(entry);
    }
    co_return Result<void>{};
}

void AlertEngine::tell_log(AlertRecord const& record, bool fired) {
    std::initializer_list<LogField> const fields = {{"alert", record.id},
                                                    {"rule", record.rule_id},
                                                    {"kind", record.kind},
                                                    {"repo", record.repo},
                                                    {"message", record.message}};
    if (fired)
        log_.warn("alert_fired", fields);
    else
        log_.info("alert_resolved", fields);
}

void AlertEngine::note_due(Standing const& standing) {
    for (auto const& [key, stored] : standing) {
        auto const& notices = stored.record.notices;
        if (!notices.empty() && notices.front().next_attempt_at <= clock_.now()) due_.insert(key);
    }
}

} // namespace gem::alerts
