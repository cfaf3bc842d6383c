#include "alerts/figures.hpp"

#include <algorithm>

#include "analytics/health.hpp"

namespace gem::alerts {

namespace {

RepoWindowParams window_of(AlertRule const& rule, AlertScope const& scope) {
    RepoWindowParams params;
    params.hours = rule.hours;
    params.repo = scope.repo;
    return params;
}

Async<Result<void>> read_anomalies(DatabaseService& database, AlertRule const& rule, AlertScope const& scope,
                                   UtcTime now, RepoFigures& figures) {
    auto answer = co_await event_anomalies(database, window_of(rule, scope), now);
    if (!answer) co_return fail(answer.error());
    figures.repo = std::move(answer->repo);
    figures.anomalies = std::move(answer->anomalies);
    figures.coverage = std::move(answer->coverage);
    figures.window.to = judged_end(figures.window, now); // nothing is said of what comes after
    co_return Result<void>{};
}

Async<Result<void>> read_health(DatabaseService& database, AlertRule const& rule, AlertScope const& scope, UtcTime now,
                                RepoFigures& figures) {
    RepoPeopleParams params;
    static_cast<RepoWindowParams&>(params) = window_of(rule, scope);
    auto answer = co_await repository_health(database, params, now);
    if (!answer) co_return fail(answer.error());
    figures.repo = std::move(answer->repo_name);
    if (answer->health_score) figures.health_score = answer->health_score->value;
    figures.coverage = std::move(answer->coverage);
    co_return Result<void>{};
}

Async<Result<void>> read_plain(DatabaseService& database, AlertRule const& rule, AlertScope const& scope,
                               RepoFigures& figures) {
    auto const known = co_await database.events().find_repository(scope.repo);
    if (!known) co_return fail(known.error());
    if (*known) {
        figures.repo = (*known)->repo;
        figures.last_event = (*known)->last_event;
    }
    if (rule.kind == "failed_deployment") {
        auto deployments = co_await deployments_of(database, scope.repo, figures.window, nullptr);
        if (!deployments) co_return fail(deployments.error());
        figures.deployments = std::move(*deployments);
        co_return Result<void>{};
    }
    // Up to this minute: whoever waits for a collector that died is not to wait for the full hour, as windows of a day
    // do.
    auto coverage = co_await coverage_of(database, figures.window, scope.repo);
    if (!coverage) co_return fail(coverage.error());
    figures.coverage = std::move(*coverage);
    co_return Result<void>{};
}

} // namespace

Async<Result<RepoFigures>> figures_for(DatabaseService& database, AlertRule rule, AlertScope scope, UtcTime now) {
    auto const length = hours(rule.kind == "silence" ? 2 * rule.hours : rule.hours);
    RepoFigures figures{.repo = scope.repo.text(),
                        .window = TimeWindow::ending_at(now, now, length),
                        .coverage = {},
                        .anomalies = {},
                        .health_score = {},
                        .last_event = {},
                        .deployments = {},
                        .watched_since = std::max(rule.created_at, scope.watched_since.value_or(UtcTime{}))};
    Result<void> read;
    if (rule.kind == "anomaly")
        read = co_await read_anomalies(database, rule, scope, now, figures);
    else if (rule.kind == "health_below")
        read = co_await read_health(database, rule, scope, now, figures);
    else
        read = co_await read_plain(database, rule, scope, figures);
    if (!read) co_return fail(read.error());
    co_return figures;
}

} // namespace gem::alerts
