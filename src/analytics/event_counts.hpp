// Figures that are counts by type: event counts, their time series, stars, releases, pushes, the summary of types.
#pragma once

#include <map>
#include <span>

#include "analytics/answer.hpp"

namespace gem {

// ---------------------------------------------------------------------------------------------------------------------
// event counts

struct EventCountsParams : WindowParams { ///< default: 60 minutes
    std::optional<RepoName> repo;
};
BOOST_DESCRIBE_STRUCT(EventCountsParams, (WindowParams), (repo))

struct CountFigures {
    std::optional<std::string> repo;
    std::int64_t total_events = 0;
    std::map<std::string, std::int64_t> counts; ///< by type, only what is above zero
};
BOOST_DESCRIBE_STRUCT(CountFigures, (), (repo, total_events, counts))

struct OffsetMinutes {
    std::int64_t offset_minutes = 0;
};
BOOST_DESCRIBE_STRUCT(OffsetMinutes, (), (offset_minutes))

struct EventCounts : OffsetMinutes, CountFigures {};
BOOST_DESCRIBE_STRUCT(EventCounts, (OffsetMinutes, CountFigures), ())

/// Adds the tallies of each type.
std::map<std::string, std::int64_t> counts_by_type(std::span<Tally const> tallies);

/// How many events of each type were stored for the window: every stored event counts.
Async<Result<Windowed<EventCounts>>> event_counts(DatabaseService& database, EventCountsParams params, UtcTime now);

// ---------------------------------------------------------------------------------------------------------------------
// time series

struct EventSeriesParams : WindowParams { ///< default: 6 hours
    std::int64_t bucket_minutes = 5;      ///< 1–1440
    std::optional<RepoName> repo;
    std::optional<std::string> type;
};
BOOST_DESCRIBE_STRUCT(EventSeriesParams, (WindowParams), (bucket_minutes, repo, type))

struct SeriesBucket {
    UtcTime bucket_start{};
    std::int64_t total = 0;
    std::map<std::string, std::int64_t> counts;
};
BOOST_DESCRIBE_STRUCT(SeriesBucket, (), (bucket_start, total, counts))

struct EventSeries {
    std::optional<std::int64_t> hours;
    std::int64_t bucket_minutes = 0;
    std::optional<std::string> repo;
    std::optional<std::string> type;
    std::vector<SeriesBucket> series; ///< every bucket that the window touches, oldest first, zeros too
};
BOOST_DESCRIBE_STRUCT(EventSeries, (), (hours, bucket_minutes, repo, type, series))

/// The most buckets that one answer may have: a year at the default of five minutes fits.
inline constexpr std::int64_t max_series_buckets = 110'000;

/// Every bucket that `window` touches, aligned to the epoch, with what `found` says about it and zeros elsewhere.
std::vector<SeriesBucket> fill_buckets(TimeWindow window, minutes bucket, std::vector<BucketTally> found);

/// invalid_argument when the answer would have more than `max_series_buckets`.
Async<Result<Windowed<EventSeries>>> event_series(DatabaseService& database, EventSeriesParams params, UtcTime now);

// ---------------------------------------------------------------------------------------------------------------------
// stars, releases, pushes

struct Stars {
    std::optional<std::int64_t> hours;
    std::optional<std::string> repo;
    std::int64_t stars = 0; ///< WatchEvents
    std::string note;       ///< what the figure cannot know
};
BOOST_DESCRIBE_STRUCT(Stars, (), (hours, repo, stars, note))

/// Default window of stars, releases and push_activity: 24 hours.
Async<Result<Windowed<Stars>>> stars(DatabaseService& database, RepoWindowParams params, UtcTime now);

struct Releases {
    std::optional<std::int64_t> hours;
    std::optional<std::string> repo;
    std::int64_t releases = 0; ///< ReleaseEvents whose action is `published`
};
BOOST_DESCRIBE_STRUCT(Releases, (), (hours, repo, releases))

Async<Result<Windowed<Releases>>> releases(DatabaseService& database, RepoWindowParams params, UtcTime now);

struct PushActivity {
    std::optional<std::int64_t> hours;
    std::optional<std::string> repo;
    std::int64_t push_events = 0;
    std::optional<std::int64_t> total_commits; ///< null when a push of the window does not tell how many it brought
};
BOOST_DESCRIBE_STRUCT(PushActivity, (), (hours, repo, push_events, total_commits))

/// Pushes and the commits that were new with them, out of the tallies of a window.
PushActivity sum_pushes(std::span<Tally const> tallies);

Async<Result<Windowed<PushActivity>>> push_activity(DatabaseService& database, RepoWindowParams params, UtcTime now);

// ---------------------------------------------------------------------------------------------------------------------
// summary of event types

struct EventTypeFigure {
    std::int64_t count = 0;
    std::string description;
    std::string category;
};
BOOST_DESCRIBE_STRUCT(EventTypeFigure, (), (count, description, category))

struct EventCategoryFigure {
    std::int64_t count = 0;
    std::vector<std::string> event_types; ///< of these the ones that occurred, sorted
};
BOOST_DESCRIBE_STRUCT(EventCategoryFigure, (), (count, event_types))

struct EventTypesSummary {
    std::optional<std::string> repo;
    std::optional<std::int64_t> hours;
    std::int64_t total_monitored_events = 0; ///< events of the 23 monitored types
    std::int64_t total_events = 0;
    std::map<std::string, EventTypeFigure> event_types; ///< what occurred
    std::map<std::string, EventCategoryFigure> categories;
};
BOOST_DESCRIBE_STRUCT(EventTypesSummary, (),
                      (repo, hours, total_monitored_events, total_events, event_types, categories))

/// Sorts counts by type into METRICS.md's categories; a type that is not monitored belongs to `other`.
EventTypesSummary summarise_types(std::map<std::string, std::int64_t> const& counts);

/// Default window: 168 hours.
Async<Result<Windowed<EventTypesSummary>>> event_types_summary(DatabaseService& database, RepoWindowParams params,
                                                               UtcTime now);

} // namespace gem
