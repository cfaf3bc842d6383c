// The watch list: which repositories are collected, and what is known of each.
#include <fmt/format.h>

#include "analytics/answer.hpp"
#include "api/collect_answer.hpp"
#include "api/csv.hpp"
#include "api/route.hpp"

namespace gem::api {

namespace {

struct WatchEntry {
    std::string repo;
    std::string state;
    std::optional<std::string> reason;
    bool from_configuration = false;
    std::optional<UtcTime> last_poll;
    std::optional<UtcTime> next_poll;
    Coverage coverage; ///< of the time from the first stored event to the last
    std::optional<UtcTime> first_event;
    std::optional<UtcTime> last_event;
    std::int64_t total_events = 0;
};
BOOST_DESCRIBE_STRUCT(WatchEntry, (),
                      (repo, state, reason, from_configuration, last_poll, next_poll, coverage, first_event, last_event,
                       total_events))

struct WatchListAnswer {
    std::int64_t count = 0;
    std::vector<WatchEntry> repositories;
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(WatchListAnswer, (), (count, repositories, timestamp))

struct WatchEntryAnswer : WatchEntry, TimestampPart {};
BOOST_DESCRIBE_STRUCT(WatchEntryAnswer, (WatchEntry, TimestampPart), ())

Problem no_collector() { return collector_unavailable("This process only serves; it keeps no watch list."); }

Problem not_watched(RepoName const& repo) {
    return {.status = 404,
            .error_code = "REPOSITORY_NOT_FOUND",
            .detail = fmt::format("{} is not on the watch list.", repo.text())};
}

/// `owner` and `name` of the path, or `repo` of the body.
std::expected<RepoName, Problem> repo_of(Arguments const& arguments) {
    if (auto repo = arguments.get<RepoName>("repo")) return *repo;
    auto const text =
        arguments.get<std::string>("owner").value_or("") + '/' + arguments.get<std::string>("name").value_or("");
    auto repo = RepoName::parse(text);
    if (!repo)
        return std::unexpected(
            Problem{.status = 422, .error_code = "INVALID_REPO_FORMAT", .detail = repo.error().message});
    return *repo;
}

Async<std::expected<WatchEntry, Problem>> entry_of(Context const& context, CoverageRecords const& records,
                                                   WatchedRepo watched) {
    WatchEntry entry{.repo = watched.repo,
                     .state = watched.state,
                     .reason = {},
                     .from_configuration = watched.from_configuration,
                     .last_poll = watched.last_poll,
                     .next_poll = watched.next_poll,
                     .coverage = {},
                     .first_event = {},
                     .last_event = {},
                     .total_events = 0};
    if (!watched.reason.empty()) entry.reason = watched.reason;
    auto const name = RepoName::parse(watched.repo);
    if (!name) co_return entry; // `org:NAME` and the like
    auto known = co_await context.database.events().find_repository(*name);
    if (!known) co_return std::unexpected(problem_of(known.error()));
    if (!*known) co_return entry;
    entry.repo = (*known)->repo;
    entry.first_event = (*known)->first_event;
    entry.last_event = (*known)->last_event;
    entry.total_events = (*known)->total_events;
    if (entry.first_event && entry.last_event) {
        TimeWindow const window{.from = std::chrono::floor<minutes>(*entry.first_event),
                                .to = std::chrono::floor<minutes>(*entry.last_event) + minutes(1)};
        auto coverage = co_await coverage_of(context.database, records, window, *name);
        if (!coverage) co_return std::unexpected(problem_of(coverage.error()));
        entry.coverage = std::move(*coverage);
    }
    co_return entry;
}

Async<Outcome> reply_with(Context const& context, WatchedRepo watched, unsigned status) {
    auto const name = RepoName::parse(watched.repo);
    auto const records =
        name ? co_await coverage_records(context.database, *name) : Result<CoverageRecords>(CoverageRecords{});
    if (!records) co_return std::unexpected(problem_of(records.error()));
    auto entry = co_await entry_of(context, *records, std::move(watched));
    if (!entry) co_return std::unexpected(std::move(entry.error()));
    WatchEntryAnswer answer;
    static_cast<WatchEntry&>(answer) = std::move(*entry);
    answer.timestamp = context.now;
    co_return Reply::json(answer, status);
}

Async<Outcome> list_watched(Context const& context, Arguments const& arguments) {
    if (context.collector == nullptr) co_return std::unexpected(no_collector());
    auto watched = co_await context.collector->watched();
    if (!watched) co_return std::unexpected(problem_of(watched.error()));
    auto const records = co_await coverage_records(context.database, std::nullopt);
    if (!records) co_return std::unexpected(problem_of(records.error()));
    WatchListAnswer answer;
    std::erase_if(*watched, [&](WatchedRepo const& each) { return is_among(context.hidden, each.repo); });
    for (auto& each : *watched) {
        auto entry = co_await entry_of(context, *records, std::move(each));
        if (!entry) co_return std::unexpected(std::move(entry.error()));
        answer.repositories.push_back(std::move(*entry));
    }
    answer.count = static_cast<std::int64_t>(answer.repositories.size());
    answer.timestamp = context.now;
    if (arguments.get<std::string>("format") == "csv") co_return Reply::csv(csv_of(answer.repositories));
    co_return Reply::json(answer);
}

Async<Outcome> add_watched(Context const& context, Arguments const& arguments) {
    if (context.collector == nullptr) co_return std::unexpected(no_collector());
    auto repo = repo_of(arguments);
    if (!repo) co_return std::unexpected(std::move(repo.error()));
    auto added = co_await context.collector->watch(*repo);
    if (!added) co_return std::unexpected(problem_of(added.error()));
    bool const fresh = added->second;
    auto const location = "/repositories/" + repo->text();
    auto outcome = co_await reply_with(context, std::move(added->first), fresh ? 201 : 200);
    if (outcome && fresh) outcome->headers.emplace_back("Location", location);
    co_return outcome;
}

Async<Outcome> get_watched(Context const& context, Arguments const& arguments) {
    if (context.collector == nullptr) co_return std::unexpected(no_collector());
    auto repo = repo_of(arguments);
    if (!repo) co_return std::unexpected(std::move(repo.error()));
    auto found = co_await context.collector->find_watched(*repo);
    if (!found) co_return std::unexpected(problem_of(found.error()));
    if (!*found) co_return std::unexpected(not_watched(*repo));
    co_return co_await reply_with(context, std::move(**found), 200);
}

Async<Outcome> remove_watched(Context const& context, Arguments const& arguments) {
    if (context.collector == nullptr) co_return std::unexpected(no_collector());
    auto repo = repo_of(arguments);
    if (!repo) co_return std::unexpected(std::move(repo.error()));
    auto removed = co_await context.collector->unwatch(*repo);
    if (!removed && removed.error().code == ErrorCode::not_found) co_return std::unexpected(not_watched(*repo));
    if (!removed) co_return std::unexpected(problem_of(removed.error()));
    co_return Reply{.status = 204, .content_type = {}, .body = {}};
}

std::vector<Parameter> owner_and_name() {
    return {{.name = "owner",
             .type = ParameterType::text,
             .sentence = "Owner of the repository.",
             .required = true,
             .max = 200,
             .place = ParameterPlace::path,
             .example = "octo-org",
             .pattern = "^[A-Za-z0-9_-]{1,39}$"},
            {.name = "name",
             .type = ParameterType::text,
             .sentence = "Name of the repository.",
             .required = true,
             .max = 200,
             .place = ParameterPlace::path,
             .example = "hello-world",
             .pattern = "^[A-Za-z0-9._-]{1,100}$"}};
}

} // namespace

void add_repository_routes(std::vector<Route>& table) {
    table.push_back(
        {.method = "GET",
         .path = "/repositories",
         .summary = "The watch list",
         .description = "Each repository with its state, its next poll, its coverage, its first and last event.",
         .parameters = {format_parameter()},
         .handler = &list_watched,
         .answer = answers<WatchListAnswer>("WatchList"),
         .keeping = Keeping::tagged});
    auto body_repo = repo_parameter(true);
    body_repo.place = ParameterPlace::body;
    table.push_back({.method = "POST",
                     .path = "/repositories",
                     .summary = "Watch a repository",
                     .description = "201 when it is new, 200 when it was watched already. No restart is needed.",
                     .parameters = {std::move(body_repo)},
                     .handler = &add_watched,
                     .answer = answers<WatchEntryAnswer>("WatchedRepository", 201, {200}),
                     .access = Access::admin,
                     .keeping = Keeping::never});
    table.push_back({.method = "GET",
                     .path = "/repositories/{owner}/{name}",
                     .summary = "One repository of the watch list",
                     .description = "404 when it is not watched.",
                     .parameters = owner_and_name(),
                     .handler = &get_watched,
                     .answer = answers<WatchEntryAnswer>("WatchedRepository"),
                     .keeping = Keeping::tagged});
    table.push_back({.method = "DELETE",
                     .path = "/repositories/{owner}/{name}",
                     .summary = "Stop watching a repository",
                     .description = "What is stored stays. 409 when the configuration names it.",
                     .parameters = owner_and_name(),
                     .handler = &remove_watched,
                     .answer = {.name = {}, .content_type = {}, .status = 204},
                     .access = Access::admin,
                     .keeping = Keeping::never,
                     .problems = {409}});
}

} // namespace gem::api
