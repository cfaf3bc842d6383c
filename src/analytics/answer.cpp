#include "analytics/answer.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace gem {

TimeWindow WindowParams::window(UtcTime now, minutes fallback) const {
    minutes length = fallback;
    if (hours) length = gem::hours(*hours);
    if (offset_minutes) length = minutes(*offset_minutes);
    return TimeWindow::ending_at(until, now, length);
}

std::optional<std::int64_t> whole_hours(TimeWindow window) {
    auto const length = window.length().count();
    if (length % 3600 != 0) return std::nullopt;
    return length / 3600;
}

Async<Result<WindowedPart>> windowed_part(DatabaseService& database, TimeWindow window, std::optional<RepoName> repo,
                                          UtcTime now, std::optional<std::vector<std::string>> sources) {
    if (sources) {
        auto const records = co_await coverage_records(database, repo);
        if (!records) co_return fail(records.error());
        co_return WindowedPart{.window = window,
                               .coverage = judge_coverage(*records, window, repo, now, std::move(*sources)),
                               .timestamp = now};
    }
    auto coverage = co_await coverage_of(database, window, std::move(repo), now);
    if (!coverage) co_return fail(coverage.error());
    co_return WindowedPart{.window = window, .coverage = std::move(*coverage), .timestamp = now};
}

Async<Result<RepoAnswer>> begin_answer(DatabaseService& database, RepoWindowParams params, minutes fallback,
                                       UtcTime now, bool with_tallies) {
    if (!params.repo) co_return fail(ErrorCode::invalid_argument, "repo: expected owner/name");
    auto const window = params.window(now, fallback);
    auto figures = co_await database.events().window_figures(window, params.repo, with_tallies);
    if (!figures) co_return fail(figures.error());
    auto part = co_await windowed_part(database, window, params.repo, now, std::move(figures->sources));
    if (!part) co_return fail(part.error());
    co_return RepoAnswer{.window = window,
                         .repo = figures->repository ? std::move(figures->repository->repo) : params.repo->text(),
                         .part = std::move(*part),
                         .tallies = std::move(figures->tallies)};
}

void unite(WindowedPart& all, WindowedPart one, std::string_view repo) {
    for (auto& gap : one.coverage.gaps) gap.reason = fmt::format("{}: {}", repo, gap.reason);
    if (all.window.empty()) {
        all = std::move(one);
        return;
    }
    all.coverage.complete = all.coverage.complete && one.coverage.complete;
    std::ranges::move(one.coverage.gaps, std::back_inserter(all.coverage.gaps));
    std::ranges::move(one.coverage.sources, std::back_inserter(all.coverage.sources));
    std::ranges::sort(all.coverage.sources);
    auto const twice = std::ranges::unique(all.coverage.sources);
    all.coverage.sources.erase(twice.begin(), twice.end());
}

Signal left_out(std::string_view signal, std::string_view why) {
    return {.signal = std::string(signal),
            .value = {},
            .weight = {},
            .points = {},
            .sentence = fmt::format("left out: {}", why)};
}

std::optional<double> weigh(std::span<Signal> signals) {
    double weights = 0;
    double points = 0;
    for (auto const& each : signals) {
        if (!each.points) continue;
        weights += each.weight.value;
        points += each.weight.value * each.points->value;
    }
    if (weights <= 0) return std::nullopt;
    for (auto& each : signals) each.weight = each.points ? each.weight.value / weights : 0.0;
    return points / weights;
}

Bots parse_bots(std::string_view text) {
    if (text == "include") return Bots::include;
    if (text == "only") return Bots::only;
    return Bots::exclude;
}

Async<Result<std::optional<std::string>>> stored_spelling(DatabaseService& database, std::optional<RepoName> repo) {
    if (!repo) co_return std::nullopt;
    auto known = co_await database.events().find_repository(*repo);
    if (!known) co_return fail(known.error());
    if (*known) co_return (*known)->repo;
    co_return repo->text();
}

} // namespace gem
