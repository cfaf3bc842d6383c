// The metrics as rows of the route table.
#include "analytics/activity.hpp"
#include "analytics/event_counts.hpp"
#include "analytics/trending.hpp"
#include "api/csv.hpp"
#include "api/route.hpp"

namespace gem::api {

namespace {

std::vector<SeriesBucket> const& series_of(Windowed<EventSeries> const& answer) { return answer.series; }
std::vector<TrendingRepository> const& list_of(Windowed<Trending> const& answer) { return answer.repositories; }

} // namespace

void add_metric_routes(std::vector<Route>& table) {
    table.push_back({.method = "GET",
                     .path = "/metrics/event-counts",
                     .summary = "Events by type",
                     .description = "How many events of each type happened in the window; every stored event counts.",
                     .parameters = {offset_minutes_parameter(60), hours_parameter(std::nullopt), until_parameter(),
                                    repo_parameter(false)},
                     .handler = ask(&event_counts),
                     .answer = answers<Windowed<EventCounts>>("EventCounts")});
    table.push_back(
        {.method = "GET",
         .path = "/metrics/event-counts-timeseries",
         .summary = "Events by type over time",
         .description = "Counts in buckets aligned to the epoch, every bucket of the window, zeros too. At most "
                        "110,000 buckets at once.",
         .parameters =
             windowed(6, {{.name = "bucket_minutes",
                           .type = ParameterType::integer,
                           .sentence = "Width of a bucket in minutes.",
                           .default_number = 5,
                           .min = 1,
                           .max = 1440},
                          repo_parameter(false),
                          {.name = "type", .type = ParameterType::event_type, .sentence = "Events of this type only."},
                          format_parameter()}),
         .handler =
             ask_list<EventSeriesParams, Windowed<EventSeries>, SeriesBucket>(&event_series, &csv_of, &series_of),
         .answer = answers<Windowed<EventSeries>>("EventSeries"),
         .aliases = {"/metrics/events-timeseries"}});
    table.push_back({.method = "GET",
                     .path = "/metrics/repository-activity",
                     .summary = "How active a repository is",
                     .description =
                         "Events by type, different actors, and a score of 0 to 100 from distinct (person, type, "
                         "day).",
                     .parameters = windowed(24, {repo_parameter(true), bots_parameter()}),
                     .handler = ask(&repository_activity),
                     .answer = answers<Windowed<RepositoryActivity>>("RepositoryActivity")});
    table.push_back(
        {.method = "GET",
         .path = "/metrics/trending",
         .summary = "Where something is happening",
         .description = "The repositories with the most events, or (order=score) those that are furthest above "
                        "their own habit.",
         .parameters = windowed(24, trending_parameters({format_parameter()})),
         .handler = ask_list<TrendingParams, Windowed<Trending>, TrendingRepository>(&trending, &csv_of, &list_of),
         .answer = answers<Windowed<Trending>>("Trending")});
    table.push_back({.method = "GET",
                     .path = "/metrics/stars",
                     .summary = "Stars given",
                     .description = "WatchEvents of the window. GitHub sends no event when a star is taken back.",
                     .parameters = windowed(24, {repo_parameter(false)}),
                     .handler = ask(&stars),
                     .answer = answers<Windowed<Stars>>("Stars")});
    table.push_back({.method = "GET",
                     .path = "/metrics/releases",
                     .summary = "Releases published",
                     .description = "ReleaseEvents of the window whose action is `published`.",
                     .parameters = windowed(24, {repo_parameter(false)}),
                     .handler = ask(&releases),
                     .answer = answers<Windowed<Releases>>("Releases")});
    table.push_back(
        {.method = "GET",
         .path = "/metrics/push-activity",
         .summary = "Pushes and their commits",
         .description = "`total_commits` is null when a push of the window does not tell how many it brought.",
         .parameters = windowed(24, {repo_parameter(false)}),
         .handler = ask(&push_activity),
         .answer = answers<Windowed<PushActivity>>("PushActivity")});
    table.push_back({.method = "GET",
                     .path = "/metrics/event-types-summary",
                     .summary = "Event types and their categories",
                     .description =
                         "What occurred in the window, each type with its meaning and its category; types beyond "
                         "the 23 monitored ones are in `other`.",
                     .parameters = windowed(168, {repo_parameter(false)}),
                     .handler = ask(&event_types_summary),
                     .answer = answers<Windowed<EventTypesSummary>>("EventTypesSummary")});
}

} // namespace gem::api
