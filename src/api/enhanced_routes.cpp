// The twins that tell the provider, and how to switch it.
#include "analytics/commits.hpp"
#include "analytics/event_counts.hpp"
#include "analytics/trending.hpp"
#include "api/collect_answer.hpp"
#include "api/route.hpp"

namespace gem::api {

namespace {

struct ProviderPart {
    std::string database_provider;
};
BOOST_DESCRIBE_STRUCT(ProviderPart, (), (database_provider))

struct HoursPart {
    std::optional<std::int64_t> hours;
};
BOOST_DESCRIBE_STRUCT(HoursPart, (), (hours))

struct EnhancedEventCounts : HoursPart, CountFigures, ProviderPart, WindowedPart {};
BOOST_DESCRIBE_STRUCT(EnhancedEventCounts, (HoursPart, CountFigures, ProviderPart, WindowedPart), ())

struct EnhancedTrending : TrendingList, ProviderPart, TrendingBasis, WindowedPart {};
BOOST_DESCRIBE_STRUCT(EnhancedTrending, (TrendingList, ProviderPart, TrendingBasis, WindowedPart), ())

struct EnhancedCommits : RecentCommitsList, ProviderPart, CommitsBasis, WindowedPart {};
BOOST_DESCRIBE_STRUCT(EnhancedCommits, (RecentCommitsList, ProviderPart, CommitsBasis, WindowedPart), ())

struct EnhancedChanges : ChangeFigures, ProviderPart, CommitsBasis, WindowedPart {};
BOOST_DESCRIBE_STRUCT(EnhancedChanges, (ChangeFigures, ProviderPart, CommitsBasis, WindowedPart), ())

struct EnhancedCollect : CollectFigures, ProviderPart, TimestampPart {};
BOOST_DESCRIBE_STRUCT(EnhancedCollect, (CollectFigures, ProviderPart, TimestampPart), ())

struct ProviderSwitch {
    std::string current_provider;
    std::vector<std::string> supported_providers;
    std::string how_to_switch;
    std::string database_provider;
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(ProviderSwitch, (),
                      (current_provider, supported_providers, how_to_switch, database_provider, timestamp))

std::string provider_of(Context const& context) { return context.database.connection().describe().provider; }

Async<Outcome> get_counts(Context const& context, Arguments const& arguments) {
    auto answer = co_await event_counts(context.database, arguments.read<EventCountsParams>(), context.now);
    if (!answer) co_return std::unexpected(problem_of(answer.error()));
    EnhancedEventCounts twin;
    twin.hours = whole_hours(answer->window);
    static_cast<CountFigures&>(twin) = std::move(*answer);
    twin.database_provider = provider_of(context);
    static_cast<WindowedPart&>(twin) = std::move(*answer);
    co_return Reply::json(twin);
}

/// Answers a question whose body is `Twin`: its bases `Figures`, the provider, `Basis` and the window.
template <class Twin, class Figures, class Basis, class Params, class Answer>
Handler ask_twin(Async<Result<Answer>> (*question)(DatabaseService&, Params, UtcTime)) {
    return [question](Context const& context, Arguments const& arguments) -> Async<Outcome> {
        auto answer = co_await question(context.database, parameters_of<Params>(context, arguments), context.now);
        if (!answer) co_return std::unexpected(problem_of(answer.error()));
        Twin twin;
        static_cast<Figures&>(twin) = std::move(*answer);
        twin.database_provider = provider_of(context);
        static_cast<Basis&>(twin) = std::move(*answer);
        static_cast<WindowedPart&>(twin) = std::move(*answer);
        co_return Reply::json(twin);
    };
}

Async<Outcome> post_collect(Context const& context, Arguments const& arguments) {
    auto figures = co_await collect_figures(context, arguments);
    if (!figures) co_return std::unexpected(std::move(figures.error()));
    EnhancedCollect twin;
    static_cast<CollectFigures&>(twin) = std::move(*figures);
    twin.database_provider = provider_of(context);
    twin.timestamp = context.now;
    co_return Reply::json(twin);
}

Async<Outcome> get_switch(Context const& context, Arguments const&) {
    ProviderSwitch answer{.current_provider = provider_of(context),
                          .supported_providers = context.supported_providers,
                          .how_to_switch =
                              "Set DATABASE_PROVIDER to one of supported_providers and start again. The data stays "
                              "where it is.",
                          .database_provider = provider_of(context),
                          .timestamp = context.now};
    co_return Reply::json(answer);
}

} // namespace

void add_enhanced_routes(std::vector<Route>& table) {
    table.push_back({.method = "GET",
                     .path = "/enhanced/commits/recent",
                     .summary = "Commits, newest first, with the provider",
                     .description = "The figures of /commits/recent.",
                     .parameters = windowed(24, {repo_parameter(true), commits_limit_parameter()}),
                     .handler = ask_twin<EnhancedCommits, RecentCommitsList, CommitsBasis>(&recent_commits),
                     .answer = answers<EnhancedCommits>("EnhancedCommits")});
    table.push_back({.method = "GET",
                     .path = "/enhanced/repository/change-summary",
                     .summary = "What the commits of a window amount to, with the provider",
                     .description = "The figures of /commits/summary.",
                     .parameters = windowed(24, {repo_parameter(true)}),
                     .handler = ask_twin<EnhancedChanges, ChangeFigures, CommitsBasis>(&change_summary),
                     .answer = answers<EnhancedChanges>("EnhancedChanges")});
    table.push_back({.method = "GET",
                     .path = "/enhanced/events/counts",
                     .summary = "Events by type, with the provider",
                     .description = "The figures of /metrics/event-counts.",
                     .parameters = windowed(1, {repo_parameter(false)}),
                     .handler = &get_counts,
                     .answer = answers<EnhancedEventCounts>("EnhancedEventCounts")});
    table.push_back({.method = "GET",
                     .path = "/enhanced/trending",
                     .summary = "Where something is happening, with the provider",
                     .description = "The figures of /metrics/trending.",
                     .parameters = windowed(24, trending_parameters({})),
                     .handler = ask_twin<EnhancedTrending, TrendingList, TrendingBasis>(&trending),
                     .answer = answers<EnhancedTrending>("EnhancedTrending")});
    table.push_back({.method = "POST",
                     .path = "/enhanced/collect",
                     .summary = "Collect now, with the provider",
                     .description = "The same as POST /collect.",
                     .parameters = {collect_limit_parameter()},
                     .handler = &post_collect,
                     .answer = answers<EnhancedCollect>("EnhancedCollect"),
                     .access = Access::admin,
                     .keeping = Keeping::never});
    table.push_back({.method = "GET",
                     .path = "/enhanced/database/switch",
                     .summary = "The provider, and how to switch it",
                     .description = "The provider that serves, those that there are, and how to move to another.",
                     .parameters = {},
                     .handler = &get_switch,
                     .answer = answers<ProviderSwitch>("ProviderSwitch"),
                     .keeping = Keeping::tagged});
}

} // namespace gem::api
