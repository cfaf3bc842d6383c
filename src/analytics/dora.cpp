#include "analytics/dora.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <simdjson.h>

#include "analytics/commits.hpp"

namespace gem {

namespace {

/// A deployment of whatever basis, and how it went.
struct Delivery {
    UtcTime at{};
    bool failed = false;
    std::optional<UtcTime> restored;
};

std::pair<std::optional<std::string>, std::vector<Delivery>> deliveries_of(DoraEvidence const& evidence) {
    std::vector<Delivery> deliveries;
    for (auto const& each : evidence.deployments) {
        if (each.succeeded_at && is_environment(each.environment, evidence.environment))
            deliveries.push_back(
                {.at = *each.succeeded_at, .failed = each.failed_again_at.has_value(), .restored = {}});
    }
    if (!deliveries.empty()) return {"deployments", std::move(deliveries)};
    for (auto const& each : evidence.releases) {
        if (each.type == "release") deliveries.push_back({.at = each.published_at, .failed = false, .restored = {}});
    }
    if (!deliveries.empty()) return {"releases", std::move(deliveries)};
    for (auto const& [number, each] : evidence.pull_requests) {
        if (each.merged && evidence.window.contains(*each.merged))
            deliveries.push_back({.at = *each.merged, .failed = false, .restored = {}});
    }
    if (!deliveries.empty()) return {"merges", std::move(deliveries)};
    return {};
}

/// Finds out which deliveries failed, and when that was over.
void judge(std::vector<Delivery>& deliveries, DoraEvidence const& evidence) {
    std::ranges::sort(deliveries, {}, &Delivery::at);
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
        auto& each = deliveries[i];
        auto const next = i + 1 < deliveries.size() ? std::optional(deliveries[i + 1].at) : std::nullopt;
        auto const until = std::min(next.value_or(UtcTime::max()), each.at + blame);
        auto const blamed = [&](UtcTime time) { return time > each.at && time <= until; };
        auto const incident =
            std::ranges::find_if(evidence.incidents, [&](Incident const& it) { return blamed(it.opened); });
        each.failed =
            each.failed || incident != evidence.incidents.end() || std::ranges::any_of(evidence.reverts, blamed);
        if (!each.failed) continue;
        each.restored = incident != evidence.incidents.end() ? incident->closed : next;
    }
}

std::string band_below(seconds median, std::array<seconds, 3> limits) {
    if (median < limits[0]) return "elite";
    if (median < limits[1]) return "high";
    return median < limits[2] ? "medium" : "low";
}

void measure_frequency(DeploymentFrequency& figures, std::span<Delivery const> deliveries, TimeWindow window) {
    figures.formula = "deployments / weeks; days with a deployment, median over all whole weeks";
    figures.weeks = window.weeks();
    if (deliveries.empty()) return;
    double const per_week = static_cast<double>(deliveries.size()) / window.weeks();
    figures.per_week = per_week;
    auto const whole_weeks = static_cast<std::size_t>(window.length() / days(7));
    std::vector<std::set<days>> days_of_week(whole_weeks);
    for (auto const& each : deliveries) {
        auto const week = static_cast<std::size_t>((window.to - each.at - seconds(1)) / days(7));
        if (week < whole_weeks) days_of_week[week].insert(std::chrono::floor<days>(each.at).time_since_epoch());
    }
    double median = 0;
    if (whole_weeks > 0) {
        std::ranges::sort(days_of_week, {}, [](std::set<days> const& week) { return week.size(); });
        median =
            static_cast<double>(days_of_week[(whole_weeks - 1) / 2].size() + days_of_week[whole_weeks / 2].size()) / 2;
        figures.median_days_per_week = median;
    }
    constexpr double once_in_30_days = 7.0 / 30.0;
    figures.band = median >= 5 ? "elite" : per_week >= 1 ? "high" : per_week >= once_in_30_days ? "medium" : "low";
}

void measure_lead_time(LeadTime& figures, std::span<Delivery const> deliveries, DoraEvidence const& evidence) {
    figures.formula = "merged pull request to the first deployment at or after it, counted from its opening";
    if (deliveries.empty()) return;
    std::vector<Wait> waits;
    for (auto const& [number, each] : evidence.pull_requests) {
        if (!each.merged || !each.opened || !evidence.window.contains(*each.merged) || *each.opened > *each.merged)
            continue;
        auto const next = std::ranges::lower_bound(deliveries, *each.merged, {}, &Delivery::at);
        bool const deployed = next != deliveries.end();
        waits.push_back({.length = (deployed ? next->at : evidence.window.to) - *each.opened, .answered = deployed});
    }
    static_cast<WaitMedian&>(figures) = median_figures(waits);
    if (!waits.empty()) figures.from = "pull_request_opened";
    if (figures.median_seconds)
        figures.band = band_below(seconds(*figures.median_seconds), {days(1), days(7), days(30)});
}

void measure_failures(Dora& dora, std::span<Delivery const> deliveries, TimeWindow window) {
    auto& failures = dora.change_failure_rate;
    failures.formula =
        "deployments with a failure after success, a revert or an incident within min(next deployment, 7 days)";
    dora.time_to_restore.formula = "failed deployment to the end of its incident, else to the next deployment, median";
    dora.rework_rate.formula = "deployments that follow a failed one / deployments";
    if (deliveries.empty()) return;
    std::vector<Wait> waits;
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
        auto const& each = deliveries[i];
        if (i > 0 && deliveries[i - 1].failed) ++dora.rework_rate.rework;
        if (!each.failed) continue;
        ++failures.failed;
        waits.push_back({.length = each.restored.value_or(window.to) - each.at, .answered = each.restored.has_value()});
    }
    auto const n = static_cast<std::int64_t>(deliveries.size());
    failures.n = dora.rework_rate.n = n;
    double const rate = static_cast<double>(failures.failed) / static_cast<double>(n);
    failures.rate = rate;
    auto const [from, to] = wilson_interval(failures.failed, n);
    failures.interval = {from, to};
    failures.band = rate <= 0.05 ? "elite" : rate <= 0.1 ? "high" : rate <= 0.15 ? "medium" : "low";
    dora.rework_rate.rate = static_cast<double>(dora.rework_rate.rework) / static_cast<double>(n);
    static_cast<WaitMedian&>(dora.time_to_restore) = median_figures(waits);
    if (auto const median = dora.time_to_restore.median_seconds)
        dora.time_to_restore.band = band_below(seconds(*median), {hours(1), days(1), days(7)});
}

bool tells_of_incident(simdjson::simdjson_result<simdjson::dom::element> issue) {
    simdjson::dom::array labels;
    if (issue["labels"].get_array().get(labels) != simdjson::SUCCESS) return false;
    return std::ranges::any_of(labels, [](simdjson::dom::element label) {
        std::string_view name;
        return label["name"].get_string().get(name) == simdjson::SUCCESS &&
               ascii_lower(name).find("incident") != std::string::npos;
    });
}

} // namespace

bool is_environment(std::string_view name, std::string_view asked) {
    auto const lower = ascii_lower(name);
    if (ascii_lower(asked) == "production") return lower.starts_with("prod") || lower.starts_with("live");
    return lower == ascii_lower(asked);
}

std::vector<Incident> incidents_from(std::span<Event const> events) {
    struct Known {
        std::optional<Incident> issue;
        bool incident = false;
    };
    simdjson::dom::parser parser;
    std::map<std::int64_t, Known> issues;
    for (auto const& event : events) {
        if (event.type != "IssuesEvent" || !event.facts.number) continue;
        auto& known = issues[*event.facts.number];
        known.incident = known.incident || tells_of_incident(parser.parse(event.payload.text())["issue"]);
        if (event.facts.action == "opened" && !known.issue)
            known.issue = Incident{.opened = event.created_at, .closed = {}};
        if (!known.issue) continue;
        if (event.facts.action == "closed") known.issue->closed = event.created_at;
        if (event.facts.action == "reopened") known.issue->closed.reset();
    }
    std::vector<Incident> incidents;
    for (auto const& [number, known] : issues) {
        if (known.incident && known.issue) incidents.push_back(*known.issue);
    }
    std::ranges::sort(incidents, {}, &Incident::opened);
    return incidents;
}

std::pair<double, double> wilson_interval(std::int64_t part, std::int64_t n) {
    constexpr double z = 1.959964; // of 95%
    auto const all = static_cast<double>(n);
    double const share = static_cast<double>(part) / all;
    double const scale = 1 + z * z / all;
    double const middle = (share + z * z / (2 * all)) / scale;
    double const reach = z * std::sqrt(share * (1 - share) / all + z * z / (4 * all * all)) / scale;
    return {std::max(0.0, middle - reach), std::min(1.0, middle + reach)};
}

Dora measure_dora(DoraEvidence const& evidence) {
    auto [basis, deliveries] = deliveries_of(evidence);
    judge(deliveries, evidence);
    Dora figures;
    figures.environment = evidence.environment;
    figures.basis = std::move(basis);
    figures.deployments = static_cast<std::int64_t>(deliveries.size());
    measure_frequency(figures.deployment_frequency, deliveries, evidence.window);
    measure_lead_time(figures.lead_time_for_changes, deliveries, evidence);
    measure_failures(figures, deliveries, evidence.window);
    return figures;
}

Async<Result<Windowed<Dora>>> dora(DatabaseService& database, DoraParams params, UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(720), now);
    if (!asked) co_return fail(asked.error());
    auto const window = asked->window;
    auto const deployments = co_await deployments_of(database, *params.repo, window, &asked->part.coverage.sources);
    if (!deployments) co_return fail(deployments.error());
    auto const releases = co_await releases_of(database, *params.repo, window, &asked->part.coverage.sources);
    if (!releases) co_return fail(releases.error());
    TimeWindow const with_history{.from = window.from - opening_history, .to = window.to};
    auto const rows = co_await database.events().event_facts(*params.repo, with_history, {"PullRequestEvent"});
    if (!rows) co_return fail(rows.error());
    auto const issues = co_await events_of(database, *params.repo, window, "IssuesEvent");
    if (!issues) co_return fail(issues.error());
    auto const commits = co_await database.commits().commits_in(*params.repo, window);
    if (!commits) co_return fail(commits.error());
    std::vector<UtcTime> reverts;
    for (auto const& record : *commits) {
        if (record.commit.message.starts_with("Revert \"")) reverts.push_back(record.commit.commit_date);
    }
    std::ranges::sort(reverts);
    auto const incidents = incidents_from(*issues);
    auto const pull_requests = pull_requests_of(*rows);
    auto figures = measure_dora({.window = window,
                                 .environment = params.environment,
                                 .deployments = *deployments,
                                 .releases = *releases,
                                 .pull_requests = pull_requests,
                                 .incidents = incidents,
                                 .reverts = reverts});
    figures.repo = asked->repo;
    figures.hours = whole_hours(window);
    co_return Windowed(std::move(figures), std::move(asked->part));
}

} // namespace gem
