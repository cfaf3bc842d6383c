#include "analytics/heatmap.hpp"

namespace gem {

std::vector<std::vector<std::int64_t>> sum_by_hour_of_week(std::span<BucketTally const> hourly) {
    std::vector<std::vector<std::int64_t>> cells(7, std::vector<std::int64_t>(24, 0));
    for (auto const& bucket : hourly) {
        auto const day = std::chrono::floor<days>(bucket.bucket_start);
        auto const weekday = std::chrono::weekday(day).iso_encoding() - 1;
        auto const hour = static_cast<std::size_t>((bucket.bucket_start - day) / hours(1));
        for (auto const& [type, count] : bucket.counts) cells[weekday][hour] += count;
    }
    return cells;
}

Async<Result<Windowed<ActivityHeatmap>>> activity_heatmap(DatabaseService& database, RepoWindowParams params,
                                                          UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(672), now);
    if (!asked) co_return fail(asked.error());
    auto const hourly = co_await database.events().tally_series(asked->window, hours(1), params.repo, std::nullopt);
    if (!hourly) co_return fail(hourly.error());
    ActivityHeatmap figures{
        .repo = asked->repo, .hours = whole_hours(asked->window), .cells = sum_by_hour_of_week(*hourly)};
    for (auto const& day : figures.cells) {
        for (auto const count : day) figures.total_events += count;
    }
    co_return Windowed(std::move(figures), std::move(asked->part));
}

} // namespace gem
