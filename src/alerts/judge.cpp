#include "alerts/judge.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "analytics/dora.hpp"

namespace gem::alerts {

namespace {

constexpr double most_uncovered = 0.1; ///< of a health score's window

/// coverage_of()'s word for the time before a repository was collected.
constexpr std::string_view not_yet_watched = "not yet watched";

auto rank(std::string_view severity) { return std::ranges::find(severities, severity) - severities.begin(); }

bool touched(std::vector<CoverageGap> const& gaps, UtcTime from, UtcTime to) {
    return std::ranges::any_of(gaps, [&](CoverageGap const& gap) { return gap.from < to && gap.to > from; });
}

std::optional<UtcTime> end_of_last_covered_hour(RepoFigures const& figures) {
    auto end = std::chrono::floor<hours>(figures.window.to);
    for (; end - hours(1) >= figures.window.from; end -= hours(1)) {
        if (!touched(figures.coverage.gaps, end - hours(1), end)) return end;
    }
    return std::nullopt;
}

/// Where the uncovered stretch at the end of the window begins; the window's end if there is none.
UtcTime covered_until(RepoFigures const& figures) {
    auto end = figures.window.to;
    for (bool moved = true; moved;) {
        moved = false;
        for (auto const& gap : figures.coverage.gaps) {
            if (gap.from < end && gap.to >= end) {
                end = gap.from;
                moved = true;
            }
        }
    }
    return std::max(end, figures.window.from);
}

Judgement judge_anomalies(AlertRule const& rule, RepoFigures const& figures) {
    Judgement judgement{.findings = {}, .well_until = end_of_last_covered_hour(figures), .well = {}};
    for (auto const& each : figures.anomalies) {
        if (rank(each.severity) < rank(rule.severity.value_or("low"))) continue;
        if (rule.event_type && each.event_type != *rule.event_type) continue;
        judgement.findings.push_back(
            {.cause = fmt::format("{} {}", each.type, each.event_type),
             .severity = each.severity,
             .value = static_cast<double>(each.actual_value),
             .threshold = each.threshold.value,
             .message = fmt::format("{}: {} at {}", figures.repo, each.description, format_time(each.bucket_start)),
             .seen_at = each.bucket_start + hours(1),
             .lasting = false});
    }
    std::ranges::sort(judgement.findings, {},
                      [](Finding const& finding) { return std::tie(finding.seen_at, finding.cause); });
    return judgement;
}

Judgement judge_health(AlertRule const& rule, RepoFigures const& figures, UtcTime now) {
    Judgement judgement;
    auto const& window = figures.window;
    auto const missing = uncovered(figures.coverage.gaps, window.from, window.to);
    auto const share = static_cast<double>(missing.count()) / static_cast<double>(window.length().count());
    if (!figures.health_score || share > most_uncovered) return judgement;
    auto const threshold = static_cast<double>(rule.threshold.value_or(0));
    if (*figures.health_score >= threshold) {
        judgement.well_until = now;
        return judgement;
    }
    judgement.findings.push_back({.cause = "health",
                                  .severity = {},
                                  .value = figures.health_score,
                                  .threshold = threshold,
                                  .message = fmt::format("{}: health_score was {:.1f}, below {}", figures.repo,
                                                         *figures.health_score, rule.threshold.value_or(0)),
                                  .seen_at = now,
                                  .lasting = true});
    return judgement;
}

Judgement judge_silence(AlertRule const& rule, RepoFigures const& figures, UtcTime now) {
    Judgement judgement;
    auto const until = covered_until(figures);
    auto const from = until - hours(rule.hours);
    if (figures.last_event && *figures.last_event >= from) {
        judgement.well_until = now;
        return judgement;
    }
    if (now - until > hours(rule.hours) || touched(figures.coverage.gaps, from, until)) return judgement;
    auto const last = figures.last_event ? fmt::format("the last one was at {}", format_time(*figures.last_event))
                                         : std::string("none is known");
    std::optional<double> quiet;
    if (figures.last_event) quiet = static_cast<double>((until - *figures.last_event).count()) / 3600.0;
    judgement.findings.push_back({.cause = "silence",
                                  .severity = {},
                                  .value = quiet,
                                  .threshold = static_cast<double>(rule.hours),
                                  .message = fmt::format("{}: no event in the {} hours before {}; {}", figures.repo,
                                                         rule.hours, format_time(until), last),
                                  .seen_at = now,
                                  .lasting = true});
    return judgement;
}

Judgement judge_deployments(AlertRule const& rule, RepoFigures const& figures) {
    std::map<std::string, Deployment const*> latest;
    for (auto const& each : figures.deployments) { // oldest first
        if (!each.finished_at || (rule.environment && !is_environment(each.environment, *rule.environment))) continue;
        latest[each.environment] = &each;
    }
    Judgement judgement;
    for (auto const& [environment, each] : latest) {
        auto const failed = each->failed_again_at ? each->failed_again_at : each->failed_at;
        if (each->succeeded) {
            auto const succeeded = each->succeeded_at.value_or(*each->finished_at);
            judgement.well[environment] = failed ? std::max(succeeded, *failed + seconds(1)) : succeeded;
            continue;
        }
        judgement.findings.push_back(
            {.cause = environment,
             .severity = {},
             .value = {},
             .threshold = {},
             .message = fmt::format("{}: deployment {} to {} failed{}{}", figures.repo, each->deployment_id,
                                    environment.empty() ? "an environment without a name" : environment,
                                    each->sha.empty() ? "" : " at ", each->sha.substr(0, 12)),
             .seen_at = failed.value_or(*each->finished_at),
             .lasting = false});
    }
    return judgement;
}

Judgement judge_coverage(AlertRule const& rule, RepoFigures const& figures, UtcTime now) {
    Judgement judgement;
    auto const from = std::max(figures.window.from, figures.watched_since);
    auto const missing = uncovered(figures.coverage.gaps, from, figures.window.to);
    auto const threshold = rule.threshold.value_or(0);
    if (missing <= minutes(threshold)) {
        judgement.well_until = now;
        return judgement;
    }
    auto const count = std::chrono::ceil<minutes>(missing).count();
    judgement.findings.push_back({.cause = "coverage",
                                  .severity = {},
                                  .value = static_cast<double>(count),
                                  .threshold = static_cast<double>(threshold),
                                  .message = fmt::format("{}: {} minutes of the last {} hours are not covered, more "
                                                         "than {}",
                                                         figures.repo, count, rule.hours, threshold),
                                  .seen_at = now,
                                  .lasting = true});
    return judgement;
}

} // namespace

seconds uncovered(std::vector<CoverageGap> const& gaps, UtcTime from, UtcTime to) {
    std::vector<TimeWindow> parts;
    for (auto const& gap : gaps) {
        TimeWindow const part{.from = std::max(gap.from, from), .to = std::min(gap.to, to)};
        if (!part.empty() && gap.reason != not_yet_watched) parts.push_back(part);
    }
    std::ranges::sort(parts, {}, &TimeWindow::from);
    seconds sum{0};
    auto counted = from;
    for (auto const& part : parts) {
        if (part.to <= counted) continue;
        sum += part.to - std::max(part.from, counted);
        counted = part.to;
    }
    return sum;
}

Judgement judge(AlertRule const& rule, RepoFigures const& figures, UtcTime now) {
    if (rule.kind == "anomaly") return judge_anomalies(rule, figures);
    if (rule.kind == "health_below") return judge_health(rule, figures, now);
    if (rule.kind == "silence") return judge_silence(rule, figures, now);
    if (rule.kind == "failed_deployment") return judge_deployments(rule, figures);
    if (rule.kind == "coverage_gap") return judge_coverage(rule, figures, now);
    return {};
}

} // namespace gem::alerts
