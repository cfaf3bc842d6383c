#include "alerts/alert_store.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "alerts/ledger.hpp"
#include "storage/stored_json.hpp"

namespace gem::alerts {

namespace {

StateEntry entry_of(AlertRecord const& record, std::string key, std::int64_t version) {
    return {.key = std::move(key), .value = JsonText::already_validated(json::to_string(record)), .version = version};
}

StateEntry entry_of(AlertRule const& rule, std::int64_t version) {
    return {.key = rule_key(rule.id), .value = JsonText::already_validated(json::to_string(rule)), .version = version};
}

} // namespace

Async<Result<std::vector<AlertRule>>> AlertStore::rules() {
    auto const entries = co_await database_.metrics().list_state(std::string(rule_prefix));
    if (!entries) co_return fail(entries.error().within("reading the alert rules"));
    std::vector<AlertRule> rules;
    for (auto const& entry : *entries) {
        auto rule = from_stored<AlertRule>(entry.value, "the alert rule " + entry.key);
        if (!rule) co_return fail(rule.error());
        rules.push_back(std::move(*rule));
    }
    std::ranges::sort(rules, {}, [](AlertRule const& rule) { return std::tie(rule.created_at, rule.id); });
    co_return rules;
}

Async<Result<std::optional<AlertRule>>> AlertStore::rule(std::string id) {
    auto const entry = co_await database_.metrics().get_state(rule_key(id));
    if (!entry) co_return fail(entry.error().within("reading an alert rule"));
    if (!*entry) co_return std::optional<AlertRule>();
    auto rule = from_stored<AlertRule>((*entry)->value, "the alert rule " + id);
    if (!rule) co_return fail(rule.error());
    co_return std::optional(std::move(*rule));
}

Async<Result<AlertRule>> AlertStore::add_rule(AlertRule rule, UtcTime now) {
    auto const known = co_await rules();
    if (!known) co_return fail(known.error());
    if (known->size() >= most_rules)
        co_return fail(ErrorCode::conflict, fmt::format("there are {} alert rules; remove one first", most_rules));
    rule.id = new_id("r");
    rule.created_at = now;
    auto const put = co_await database_.metrics().put_state(entry_of(rule, 0));
    if (!put) co_return fail(put.error().within("adding an alert rule"));
    co_return rule;
}

Async<Result<bool>> AlertStore::remove_rule(std::string id, UtcTime now) {
    auto const known = co_await rule(id);
    if (!known) co_return fail(known.error());
    if (!*known) co_return false;
    auto const removed = co_await database_.metrics().remove_state(rule_key(id));
    if (!removed) co_return fail(removed.error().within("removing an alert rule"));
    auto const closed = co_await close_alerts_of(id, now);
    if (!closed) co_return fail(closed.error());
    co_return true;
}

Async<Result<std::optional<AlertRule>>> AlertStore::enable_rule(std::string id, bool enabled, UtcTime now) {
    auto const entry = co_await database_.metrics().get_state(rule_key(id));
    if (!entry) co_return fail(entry.error().within("reading an alert rule"));
    if (!*entry) co_return std::optional<AlertRule>();
    auto rule = from_stored<AlertRule>((*entry)->value, "the alert rule " + id);
    if (!rule) co_return fail(rule.error());
    if (rule->enabled != enabled) {
        rule->enabled = enabled;
        auto const put = co_await database_.metrics().put_state(entry_of(*rule, (*entry)->version));
        if (!put) co_return fail(put.error().within("changing an alert rule"));
    }
    if (!enabled) {
        auto const closed = co_await close_alerts_of(id, now);
        if (!closed) co_return fail(closed.error());
    }
    co_return std::optional(std::move(*rule));
}

Async<Result<std::optional<AlertRule>>> AlertStore::change_rule(std::string id, RuleChange change,
                                                                bool private_addresses, UtcTime now) {
    auto const entry = co_await database_.metrics().get_state(rule_key(id));
    if (!entry) co_return fail(entry.error().within("reading an alert rule"));
    if (!*entry) co_return std::optional<AlertRule>();
    auto const rule = from_stored<AlertRule>((*entry)->value, "the alert rule " + id);
    if (!rule) co_return fail(rule.error());
    auto changed = changed_rule(*rule, std::move(change), private_addresses);
    if (!changed) co_return fail(changed.error());
    auto const put = co_await database_.metrics().put_state(entry_of(*changed, (*entry)->version));
    if (!put) co_return fail(put.error().within("changing an alert rule"));
    if (!judges_alike(*rule, *changed)) {
        auto const closed = co_await close_alerts_of(id, now);
        if (!closed) co_return fail(closed.error());
    }
    co_return std::optional(std::move(*changed));
}

Async<Result<std::int64_t>> AlertStore::forget_repository(RepoName repo) {
    auto const known = co_await rules();
    if (!known) co_return fail(known.error());
    std::int64_t gone = 0;
    for (auto const& rule : *known) {
        if (ascii_lower(rule.repo.value_or("")) != repo.key()) continue;
        auto const removed = co_await database_.metrics().remove_state(rule_key(rule.id));
        if (!removed) co_return fail(removed.error().within("removing an alert rule"));
        ++gone;
    }
    auto const alerts = co_await standing(std::string(alert_prefix));
    if (!alerts) co_return fail(alerts.error());
    for (auto const& [key, stored] : *alerts) {
        if (ascii_lower(stored.record.repo) != repo.key()) continue;
        auto const removed = co_await database_.metrics().remove_state(key);
        if (!removed) co_return fail(removed.error().within("removing an alert"));
        ++gone;
    }
    co_return gone;
}

Async<Result<bool>> AlertStore::close_alert(std::string key, StoredAlert alert, UtcTime now) {
    if (auto closed = after_closing(alert.record, now)) {
        auto const put = co_await put_standing(*closed, alert.version);
        if (!put && put.error().code == ErrorCode::conflict) co_return false;
        if (!put) co_return fail(put.error());
        alert.record = std::move(*closed);
    }
    // It stands no more: what is still so is a new alert.
    if (auto const kept = co_await put_past(std::move(alert.record)); !kept) co_return fail(kept.error());
    auto const removed = co_await database_.metrics().remove_state(std::move(key));
    if (!removed) co_return fail(removed.error().within("closing an alert"));
    co_return true;
}

Async<Result<void>> AlertStore::close_alerts_of(std::string rule_id, UtcTime now) {
    constexpr int tries = 5; // against a delivery that writes at the same time
    for (int i = 0; i < tries; ++i) {
        auto found = co_await standing(standing_prefix_of(rule_id));
        if (!found) co_return fail(found.error());
        bool again = false;
        for (auto& [key, stored] : *found) {
            auto const closed = co_await close_alert(key, std::move(stored), now);
            if (!closed) co_return fail(closed.error());
            again = again || !*closed;
        }
        if (!again) break;
    }
    co_return Result<void>{};
}

Async<Result<std::map<std::string, StoredAlert>>> AlertStore::standing(std::string prefix) {
    auto const entries = co_await database_.metrics().list_state(std::move(prefix));
    if (!entries) co_return fail(entries.error().within("reading the alerts"));
    std::map<std::string, StoredAlert> found;
    for (auto const& entry : *entries) {
        auto record = from_stored<AlertRecord>(entry.value, "the alert " + entry.key);
        if (!record) co_return fail(record.error());
        found.emplace(entry.key, StoredAlert{.record = std::move(*record), .version = entry.version});
    }
    co_return found;
}

Async<Result<std::optional<StoredAlert>>> AlertStore::find_standing(std::string key) {
    auto const entry = co_await database_.metrics().get_state(key);
    if (!entry) co_return fail(entry.error().within("reading an alert"));
    if (!*entry) co_return std::optional<StoredAlert>();
    auto record = from_stored<AlertRecord>((*entry)->value, "the alert " + key);
    if (!record) co_return fail(record.error());
    co_return std::optional(StoredAlert{.record = std::move(*record), .version = (*entry)->version});
}

Async<Result<std::vector<AlertRecord>>> AlertStore::alerts() {
    auto found = co_await standing(std::string(alert_prefix));
    if (!found) co_return fail(found.error());
    std::vector<AlertRecord> all;
    for (auto& [key, stored] : *found) all.push_back(std::move(stored.record));
    auto const order = [](AlertRecord const& record) { return std::tie(record.fired_at, record.id); };
    std::ranges::sort(all, std::ranges::greater{}, order);
    // A crash between the two writes that put one into the past leaves it at both places.
    auto const twice = std::ranges::unique(all, {}, order);
    all.erase(twice.begin(), twice.end());
    co_return all;
}

Async<Result<std::int64_t>> AlertStore::put_standing(AlertRecord record, std::int64_t version) {
    co_return co_await database_.metrics().put_state(entry_of(record, standing_key(record), version));
}

Async<Result<void>> AlertStore::put_past(AlertRecord record) {
    auto const put = co_await database_.metrics().put_state(entry_of(record, past_key(record), 0));
    if (!put && put.error().code != ErrorCode::conflict) co_return fail(put.error().within("keeping an alert"));
    co_return Result<void>{};
}

Async<Result<std::size_t>> AlertStore::trim(UtcTime now) {
    auto found = co_await standing(std::string(alert_prefix));
    if (!found) co_return fail(found.error());
    std::vector<AlertRecord> records;
    std::vector<std::string> keys;
    for (auto& [key, stored] : *found) {
        keys.push_back(key);
        records.push_back(std::move(stored.record));
    }
    auto const outdated = to_remove(records, now);
    for (auto const place : outdated) {
        auto const removed = co_await database_.metrics().remove_state(keys[place]);
        if (!removed) co_return fail(removed.error().within("removing an old alert"));
    }
    co_return outdated.size();
}

} // namespace gem::alerts
