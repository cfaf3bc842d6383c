#include "analytics/event_counts.hpp"

#include <fmt/format.h>

#include "domain/event_type.hpp"

namespace gem {

namespace {

/// What every figure of this file starts from.
struct Asked {
    TimeWindow window;
    std::optional<std::string> repo;
    std::vector<Tally> tallies;
    WindowedPart part;
};

Async<Result<Asked>> ask(DatabaseService& database, WindowParams params, minutes fallback, std::optional<RepoName> repo,
                         UtcTime now) {
    Asked asked;
    asked.window = params.window(now, fallback);
    auto figures = co_await database.events().window_figures(asked.window, repo, true);
    if (!figures) co_return fail(figures.error());
    asked.tallies = std::move(figures->tallies);
    if (repo) asked.repo = figures->repository ? std::move(figures->repository->repo) : repo->text();
    auto part = co_await windowed_part(database, asked.window, repo, now, std::move(figures->sources));
    if (!part) co_return fail(part.error());
    asked.part = std::move(*part);
    co_return asked;
}

std::int64_t total_of(std::map<std::string, std::int64_t> const& counts) {
    std::int64_t total = 0;
    for (auto const& [type, count] : counts) total += count;
    return total;
}

UtcTime bucket_start(UtcTime time, minutes bucket) {
    auto const size = seconds(bucket).count();
    auto const at = to_unix(time);
    auto const rest = at % size;
    return from_unix(at - (rest < 0 ? rest + size : rest));
}

} // namespace

std::map<std::string, std::int64_t> counts_by_type(std::span<Tally const> tallies) {
    std::map<std::string, std::int64_t> counts;
    for (auto const& tally : tallies) {
        if (tally.events != 0) counts[tally.type] += tally.events;
    }
    return counts;
}

Async<Result<Windowed<EventCounts>>> event_counts(DatabaseService& database, EventCountsParams params, UtcTime now) {
    auto asked = co_await ask(database, params, minutes(60), params.repo, now);
    if (!asked) co_return fail(asked.error());
    EventCounts figures;
    figures.offset_minutes = asked->window.length().count() / 60;
    figures.repo = std::move(asked->repo);
    figures.counts = counts_by_type(asked->tallies);
    figures.total_events = total_of(figures.counts);
    co_return Windowed(std::move(figures), std::move(asked->part));
}

std::vector<SeriesBucket> fill_buckets(TimeWindow window, minutes bucket, std::vector<BucketTally> found) {
    std::vector<SeriesBucket> series;
    if (window.empty()) return series;
    auto next = found.begin();
    for (auto start = bucket_start(window.from, bucket); start < window.to; start += bucket) {
        auto& entry = series.emplace_back(SeriesBucket{.bucket_start = start, .total = 0, .counts = {}});
        while (next != found.end() && next->bucket_start < start) ++next;
        if (next == found.end() || next->bucket_start != start) continue;
        entry.counts = std::move(next->counts);
        entry.total = total_of(entry.counts);
    }
    return series;
}

Async<Result<Windowed<EventSeries>>> event_series(DatabaseService& database, EventSeriesParams params, UtcTime now) {
    auto const window = params.window(now, hours(6));
    minutes const bucket(params.bucket_minutes);
    auto const buckets = window.length() / seconds(bucket);
    if (buckets > max_series_buckets) {
        co_return fail(
            ErrorCode::invalid_argument,
            fmt::format("a window of {} minutes in buckets of {} makes {} buckets, at most {} are answered at "
                        "once: take wider buckets or a shorter window",
                        window.length().count() / 60, bucket.count(), buckets, max_series_buckets));
    }
    auto found = co_await database.events().tally_series(window, bucket, params.repo, params.type);
    if (!found) co_return fail(found.error());
    auto spelling = co_await stored_spelling(database, params.repo);
    if (!spelling) co_return fail(spelling.error());
    auto part = co_await windowed_part(database, window, params.repo, now);
    if (!part) co_return fail(part.error());
    EventSeries figures{.hours = whole_hours(window),
                        .bucket_minutes = params.bucket_minutes,
                        .repo = std::move(*spelling),
                        .type = params.type,
                        .series = fill_buckets(window, bucket, std::move(*found))};
    co_return Windowed(std::move(figures), std::move(*part));
}

Async<Result<Windowed<Stars>>> stars(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto asked = co_await ask(database, params, hours(24), params.repo, now);
    if (!asked) co_return fail(asked.error());
    Stars figures{.hours = whole_hours(asked->window),
                  .repo = std::move(asked->repo),
                  .stars = 0,
                  .note = "stars given; GitHub sends no event when a star is taken back"};
    for (auto const& tally : asked->tallies) {
        if (tally.type == "WatchEvent") figures.stars += tally.events;
    }
    co_return Windowed(std::move(figures), std::move(asked->part));
}

Async<Result<Windowed<Releases>>> releases(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto asked = co_await ask(database, params, hours(24), params.repo, now);
    if (!asked) co_return fail(asked.error());
    Releases figures{.hours = whole_hours(asked->window), .repo = std::move(asked->repo), .releases = 0};
    for (auto const& tally : asked->tallies) {
        if (tally.type == "ReleaseEvent" && tally.action == "published") figures.releases += tally.events;
    }
    co_return Windowed(std::move(figures), std::move(asked->part));
}

PushActivity sum_pushes(std::span<Tally const> tallies) {
    PushActivity sum;
    std::int64_t commits = 0;
    std::int64_t unknown = 0;
    for (auto const& tally : tallies) {
        if (tally.type != "PushEvent") continue;
        sum.push_events += tally.events;
        commits += tally.distinct_commits;
        unknown += tally.commits_unknown;
    }
    if (unknown == 0) sum.total_commits = commits;
    return sum;
}

Async<Result<Windowed<PushActivity>>> push_activity(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto asked = co_await ask(database, params, hours(24), params.repo, now);
    if (!asked) co_return fail(asked.error());
    auto figures = sum_pushes(asked->tallies);
    figures.hours = whole_hours(asked->window);
    figures.repo = std::move(asked->repo);
    co_return Windowed(std::move(figures), std::move(asked->part));
}

EventTypesSummary summarise_types(std::map<std::string, std::int64_t> const& counts) {
    EventTypesSummary summary;
    for (auto const& [type, count] : counts) {
        auto const info = describe_event_type(type);
        summary.event_types[type] = {
            .count = count, .description = std::string(info.description), .category = std::string(info.category)};
        auto& category = summary.categories[std::string(info.category)];
        category.count += count;
        category.event_types.push_back(type);
        summary.total_events += count;
        if (info.category != "other") summary.total_monitored_events += count;
    }
    return summary;
}

Async<Result<Windowed<EventTypesSummary>>> event_types_summary(DatabaseService& database, RepoWindowParams params,
                                                               UtcTime now) {
    auto asked = co_await ask(database, params, hours(168), params.repo, now);
    if (!asked) co_return fail(asked.error());
    auto figures = summarise_types(counts_by_type(asked->tallies));
    figures.repo = std::move(asked->repo);
    figures.hours = whole_hours(asked->window);
    co_return Windowed(std::move(figures), std::move(asked->part));
}

} // namespace gem
