#include "alerts/ledger.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace gem::alerts {

namespace {

/// The body that is sent.
struct Message {
    std::string delivery;
    std::string event;
    Alert alert;
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(Message, (), (delivery, event, alert, timestamp))

void put_notice(AlertRule const& rule, AlertRecord& record, std::string event, UtcTime now) {
    if (rule.url.empty()) return;
    AlertNotice notice{.id = new_delivery_id(),
                       .event = std::move(event),
                       .body = {},
                       .created_at = now,
                       .attempts = 0,
                       .next_attempt_at = now};
    notice.body =
        json::to_string(Message{.delivery = notice.id, .event = notice.event, .alert = record, .timestamp = now});
    if (record.notices.size() >= most_notices) record.notices.erase(record.notices.begin());
    record.notices.push_back(std::move(notice));
    record.delivery = {.status = "pending", .attempts = 0, .last_attempt_at = {}, .error = {}};
}

bool cooled_down(AlertRule const& rule, AlertRecord const& record, UtcTime now) {
    return record.told.empty() || now >= record.told_at + minutes(rule.cool_down_minutes);
}

/// Puts the messages that are owed now into the record.
Step tell(AlertRule const& rule, AlertRecord record, UtcTime now) {
    Step step;
    if (record.state == "open" && record.told != "fired" && cooled_down(rule, record, now)) {
        record.told = "fired";
        record.told_at = now;
        step.fired = true;
        put_notice(rule, record, "alert.fired", now);
    } else if (record.state == "resolved" && record.told == "fired") {
        record.told = "resolved";
        step.resolved = true;
        put_notice(rule, record, "alert.resolved", now);
    }
    step.record = std::move(record);
    return step;
}

void describe(AlertRecord& record, AlertRule const& rule, Finding const& finding) {
    auto const shown = [](std::optional<double> value) { return value ? std::optional<Score>(*value) : std::nullopt; };
    record.name = rule.name;
    record.severity = finding.severity;
    record.value = shown(finding.value);
    record.threshold = shown(finding.threshold);
    record.message = finding.message;
}

AlertRecord new_alert(AlertRule const& rule, std::string const& repo, Finding const& finding, UtcTime now) {
    AlertRecord record;
    record.id = new_id("a");
    record.rule_id = rule.id;
    record.kind = rule.kind;
    record.repo = repo;
    record.cause = finding.cause;
    record.fired_at = now;
    record.last_seen_at = finding.seen_at;
    describe(record, rule, finding);
    return record;
}

} // namespace

std::optional<Step> after_finding(AlertRule const& rule, std::string const& repo,
                                  std::optional<AlertRecord> const& standing, Finding const& finding, UtcTime now) {
    if (!standing) return tell(rule, new_alert(rule, repo, finding, now), now);
    if (finding.seen_at <= standing->last_seen_at) return std::nullopt;
    auto record = *standing;
    if (record.state == "open") {
        bool const same_hour = std::chrono::floor<hours>(finding.seen_at) <= record.last_seen_at;
        if (finding.lasting && same_hour) return std::nullopt;
    } else if (cooled_down(rule, record, now) && record.notices.empty()) {
        auto step = tell(rule, new_alert(rule, repo, finding, now), now);
        step.former = *standing;
        return step;
    }
    record.state = "open";
    record.resolved_at.reset();
    record.last_seen_at = finding.seen_at;
    ++record.count;
    describe(record, rule, finding);
    return tell(rule, std::move(record), now);
}

std::optional<Step> after_wellness(AlertRule const& rule, AlertRecord const& standing, UtcTime well_until,
                                   UtcTime now) {
    if (standing.state != "open" || well_until <= standing.last_seen_at) return std::nullopt;
    auto record = standing;
    record.state = "resolved";
    record.resolved_at = now;
    return tell(rule, std::move(record), now);
}

std::optional<Step> after_time(AlertRule const& rule, AlertRecord const& standing, UtcTime now) {
    auto step = tell(rule, standing, now);
    if (!step.fired && !step.resolved) return std::nullopt;
    return step;
}

std::optional<AlertRecord> after_closing(AlertRecord const& standing, UtcTime now) {
    if (standing.state != "open" && standing.notices.empty()) return std::nullopt;
    auto record = standing;
    if (record.state == "open") record.resolved_at = now;
    record.state = "resolved";
    record.told = "resolved";
    if (!record.notices.empty()) record.delivery.status = "given_up";
    record.notices.clear();
    return record;
}

seconds pause_after(std::int64_t attempts) {
    auto pause = first_pause;
    for (std::int64_t i = 1; i < attempts && pause < longest_pause; ++i) pause *= 2;
    return std::min(pause, longest_pause);
}

std::optional<AlertNotice> begin_attempt(AlertRecord& record, UtcTime now) {
    if (record.notices.empty() || record.notices.front().next_attempt_at > now) return std::nullopt;
    auto& notice = record.notices.front();
    ++notice.attempts;
    notice.next_attempt_at = now + pause_after(notice.attempts);
    record.delivery.attempts = notice.attempts;
    record.delivery.last_attempt_at = now;
    return notice;
}

Attempt end_attempt(AlertRecord& record, std::string const& notice_id, std::string problem, UtcTime now) {
    auto const notice = std::ranges::find(record.notices, notice_id, &AlertNotice::id);
    bool const is_last =
        notice != record.notices.end() && now + pause_after(notice->attempts) > notice->created_at + gives_up_after;
    auto const came = problem.empty() ? Attempt::delivered : is_last ? Attempt::given_up : Attempt::failed;
    record.delivery.error = std::move(problem);
    if (came == Attempt::failed) return came;
    if (notice != record.notices.end()) record.notices.erase(notice);
    record.delivery.status = !record.notices.empty()      ? "pending"
                             : came == Attempt::delivered ? "delivered"
                                                          : "given_up";
    return came;
}

std::vector<std::size_t> to_remove(std::span<AlertRecord const> alerts, UtcTime now) {
    std::vector<std::size_t> oldest_first;
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        if (alerts[i].state != "open") oldest_first.push_back(i);
    }
    std::ranges::sort(oldest_first, {}, [&](std::size_t i) { return std::tie(alerts[i].last_seen_at, alerts[i].id); });
    auto const too_many = alerts.size() - std::min(alerts.size(), most_alerts);
    auto const old =
        std::ranges::find_if(oldest_first, [&](std::size_t i) { return alerts[i].last_seen_at >= now - alerts_kept; });
    auto const outdated = static_cast<std::size_t>(old - oldest_first.begin());
    oldest_first.resize(std::min(oldest_first.size(), std::max(too_many, outdated)));
    return oldest_first;
}

} // namespace gem::alerts
