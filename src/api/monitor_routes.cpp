// Monitors: made, looked at and stopped while the process runs; the events of one, as a list or by type.
#include <fmt/format.h>

#include "analytics/answer.hpp"
#include "api/collect_answer.hpp"
#include "api/event_item.hpp"
#include "api/route.hpp"
#include "api/window_cursor.hpp"

namespace gem::api {

namespace {

struct MonitorEntry {
    std::string id;
    std::string repo;
    std::int64_t interval_seconds = 0;
    std::vector<std::string> types;
    std::string state;
    UtcTime created_at{};
    std::optional<UtcTime> stopped_at;
    std::optional<UtcTime> last_poll;
    std::int64_t events_seen = 0; ///< of its types, from the minute in which it was made to that of its stop
};
BOOST_DESCRIBE_STRUCT(MonitorEntry, (),
                      (id, repo, interval_seconds, types, state, created_at, stopped_at, last_poll, events_seen))

struct MonitorAnswer : MonitorEntry, TimestampPart {};
BOOST_DESCRIBE_STRUCT(MonitorAnswer, (MonitorEntry, TimestampPart), ())

struct MonitorListAnswer {
    std::int64_t count = 0;
    std::vector<MonitorEntry> monitors;
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(MonitorListAnswer, (), (count, monitors, timestamp))

struct MonitorEvents {
    std::string id;
    std::string repo;
    std::int64_t limit = 0;
    std::int64_t count = 0;
    std::vector<EventItem> events{};
    std::optional<std::string> next_cursor{};
};
BOOST_DESCRIBE_STRUCT(MonitorEvents, (), (id, repo, limit, count, events, next_cursor))

struct MonitorGroup {
    std::int64_t count = 0;        ///< all of the window
    std::vector<EventItem> events; ///< the newest of them
};
BOOST_DESCRIBE_STRUCT(MonitorGroup, (), (count, events))

struct MonitorGroups {
    std::string id;
    std::string repo;
    std::int64_t total_events = 0;
    std::map<std::string, MonitorGroup> groups; ///< by type
};
BOOST_DESCRIBE_STRUCT(MonitorGroups, (), (id, repo, total_events, groups))

struct MonitorEventsParams : WindowParams {
    std::string id;
    std::int64_t limit = 100;
    std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(MonitorEventsParams, (WindowParams), (id, limit, cursor))

/// Of a list with a choice of types so many pages of the store are looked through for one of ours.
constexpr int most_pages = 20;
constexpr minutes usual_window = hours(24);

Problem keeps_no_monitors() { return collector_unavailable("This process only serves; it keeps no monitors."); }

Problem monitor_problem(Error const& error) {
    auto problem = problem_of(error);
    if (error.code == ErrorCode::not_found) problem.error_code = "MONITOR_NOT_FOUND";
    return problem;
}

bool is_hidden(Context const& context, Monitor const& monitor) { return is_among(context.hidden, monitor.repo); }

/// As if there was none where its repository is private and strangers may ask.
Async<std::expected<Monitor, Problem>> find_monitor(Context const& context, std::string id) {
    if (context.monitors == nullptr) co_return std::unexpected(keeps_no_monitors());
    auto monitor = co_await context.monitors->find(id);
    if (monitor && is_hidden(context, *monitor)) monitor = no_such_monitor(id);
    if (!monitor) co_return std::unexpected(monitor_problem(monitor.error()));
    co_return std::move(*monitor);
}

/// The figures of a monitor's repository, by type, of the types that it is about.
Async<Result<std::map<std::string, std::int64_t>>> counts_of(DatabaseService& database, Monitor const& monitor,
                                                             TimeWindow window) {
    auto repo = RepoName::parse(monitor.repo);
    if (!repo) co_return fail(repo.error());
    auto const tallies = co_await database.events().tally(window, std::move(*repo));
    if (!tallies) co_return fail(tallies.error());
    std::map<std::string, std::int64_t> counts;
    for (auto const& row : *tallies) {
        if (monitor.is_about(row.type)) counts[row.type] += row.events;
    }
    co_return counts;
}

Async<Result<MonitorEntry>> monitor_entry(Context const& context, Monitor monitor) {
    auto const last_poll = co_await context.monitors->last_poll(monitor);
    if (!last_poll) co_return fail(last_poll.error());
    TimeWindow const window{.from = std::chrono::floor<minutes>(monitor.created_at),
                            .to = end_of_minute(monitor.stopped_at.value_or(context.now))};
    auto const counts = co_await counts_of(context.database, monitor, window);
    if (!counts) co_return fail(counts.error());
    MonitorEntry entry{.id = std::move(monitor.id),
                       .repo = std::move(monitor.repo),
                       .interval_seconds = monitor.interval_seconds,
                       .types = std::move(monitor.types),
                       .state = std::move(monitor.state),
                       .created_at = monitor.created_at,
                       .stopped_at = monitor.stopped_at,
                       .last_poll = *last_poll,
                       .events_seen = 0};
    for (auto const& [type, count] : *counts) entry.events_seen += count;
    co_return entry;
}

Async<Outcome> monitor_reply(Context const& context, Result<Monitor> monitor, unsigned status) {
    if (!monitor) co_return std::unexpected(monitor_problem(monitor.error()));
    auto entry = co_await monitor_entry(context, std::move(*monitor));
    if (!entry) co_return std::unexpected(problem_of(entry.error()));
    MonitorAnswer answer;
    static_cast<MonitorEntry&>(answer) = std::move(*entry);
    answer.timestamp = context.now;
    co_return Reply::json(answer, status);
}

Async<Outcome> list_monitors(Context const& context, Arguments const&) {
    if (context.monitors == nullptr) co_return std::unexpected(keeps_no_monitors());
    auto monitors = co_await context.monitors->list();
    if (!monitors) co_return std::unexpected(problem_of(monitors.error()));
    std::erase_if(*monitors, [&](Monitor const& each) { return is_hidden(context, each); });
    MonitorListAnswer answer;
    for (auto& monitor : *monitors) {
        auto entry = co_await monitor_entry(context, std::move(monitor));
        if (!entry) co_return std::unexpected(problem_of(entry.error()));
        answer.monitors.push_back(std::move(*entry));
    }
    answer.count = static_cast<std::int64_t>(answer.monitors.size());
    answer.timestamp = context.now;
    co_return Reply::json(answer);
}

Async<Outcome> add_monitor(Context const& context, Arguments const& arguments) {
    if (context.monitors == nullptr) co_return std::unexpected(keeps_no_monitors());
    auto monitor = co_await context.monitors->add(
        arguments.get<RepoName>("repo").value(), seconds(arguments.get<std::int64_t>("interval_seconds").value()),
        arguments.get<std::vector<std::string>>("types").value_or(std::vector<std::string>()));
    auto const location = monitor ? "/monitors/" + monitor->id : std::string();
    auto outcome = co_await monitor_reply(context, std::move(monitor), 201);
    if (outcome) outcome->headers.emplace_back("Location", location);
    co_return outcome;
}

Async<Outcome> get_monitor(Context const& context, Arguments const& arguments) {
    auto monitor = co_await find_monitor(context, arguments.get<std::string>("id").value());
    if (!monitor) co_return std::unexpected(std::move(monitor.error()));
    co_return co_await monitor_reply(context, std::move(*monitor), 200);
}

Async<Outcome> stop_monitor(Context const& context, Arguments const& arguments) {
    if (context.monitors == nullptr) co_return std::unexpected(keeps_no_monitors());
    auto monitor = co_await context.monitors->stop(arguments.get<std::string>("id").value());
    co_return co_await monitor_reply(context, std::move(monitor), 200);
}

Async<Outcome> remove_monitor(Context const& context, Arguments const& arguments) {
    if (context.monitors == nullptr) co_return std::unexpected(keeps_no_monitors());
    auto const removed = co_await context.monitors->remove(arguments.get<std::string>("id").value());
    if (!removed) co_return std::unexpected(monitor_problem(removed.error()));
    co_return Reply{.status = 204, .content_type = {}, .body = {}};
}

/// Events of a monitor from where `list.next_cursor` (the store's) points, until there are `list.limit` of them. The
/// store chooses by one type at most: of several, its pages are looked through.
Async<Result<void>> find_into(Context const& context, Monitor const& monitor, TimeWindow window, MonitorEvents& list) {
    auto const repo = RepoName::parse(monitor.repo);
    if (!repo) co_return fail(repo.error());
    auto cursor = std::move(list.next_cursor);
    for (int pages = 0; pages < most_pages; ++pages) {
        auto page = co_await context.database.events().find_events(
            {.repo = *repo,
             .type = monitor.types.size() == 1 ? std::optional(monitor.types.front()) : std::nullopt,
             .actor = {},
             .window = window,
             .limit = static_cast<std::size_t>(list.limit - list.count),
             .cursor = std::move(cursor),
             .public_only = context.public_only});
        if (!page) co_return fail(page.error());
        for (auto& event : page->events) {
            if (!monitor.is_about(event.type)) continue;
            list.events.push_back(item_of(event));
            ++list.count;
        }
        cursor = std::move(page->next_cursor);
        if (!cursor || list.count >= list.limit) break;
    }
    list.next_cursor = std::move(cursor);
    co_return Result<void>{};
}

Async<Outcome> get_monitor_events(Context const& context, Arguments const& arguments) {
    auto const params = arguments.read<MonitorEventsParams>();
    auto const monitor = co_await find_monitor(context, params.id);
    if (!monitor) co_return std::unexpected(monitor.error());
    auto window = params.window(context.now, usual_window);
    MonitorEvents list{.id = monitor->id, .repo = monitor->repo, .limit = params.limit};
    if (params.cursor) {
        auto cursor = read_cursor(*params.cursor);
        if (!cursor) {
            co_return std::unexpected(Problem{.status = 422,
                                              .error_code = "INVALID_PARAMETER",
                                              .detail = "`cursor` is not one that an earlier answer gave"});
        }
        window = cursor->window;
        list.next_cursor = std::move(cursor->rest);
    }
    if (auto const found = co_await find_into(context, *monitor, window, list); !found)
        co_return std::unexpected(problem_of(found.error()));
    if (list.next_cursor) list.next_cursor = write_cursor(window, *list.next_cursor);
    auto part = co_await windowed_part(context.database, window, RepoName::parse(monitor->repo).value(), context.now);
    if (!part) co_return std::unexpected(problem_of(part.error()));
    co_return Reply::json(Windowed(std::move(list), std::move(*part)));
}

Async<Outcome> get_monitor_groups(Context const& context, Arguments const& arguments) {
    auto const params = arguments.read<MonitorEventsParams>();
    auto const monitor = co_await find_monitor(context, params.id);
    if (!monitor) co_return std::unexpected(monitor.error());
    auto const window = params.window(context.now, usual_window);
    auto const counts = co_await counts_of(context.database, *monitor, window);
    if (!counts) co_return std::unexpected(problem_of(counts.error()));
    MonitorGroups groups{.id = monitor->id, .repo = monitor->repo, .total_events = 0, .groups = {}};
    for (auto const& [type, count] : *counts) {
        auto of_type = *monitor;
        of_type.types = {type};
        MonitorEvents newest{.id = {}, .repo = {}, .limit = params.limit};
        if (auto const found = co_await find_into(context, of_type, window, newest); !found)
            co_return std::unexpected(problem_of(found.error()));
        groups.total_events += count;
        groups.groups.emplace(type, MonitorGroup{.count = count, .events = std::move(newest.events)});
    }
    auto part = co_await windowed_part(context.database, window, RepoName::parse(monitor->repo).value(), context.now);
    if (!part) co_return std::unexpected(problem_of(part.error()));
    co_return Reply::json(Windowed(std::move(groups), std::move(*part)));
}

Parameter id_parameter() {
    return {.name = "id",
            .type = ParameterType::text,
            .sentence = "The monitor, for example m-0001.",
            .required = true,
            .max = 40,
            .place = ParameterPlace::path,
            .example = "m-0001"};
}

std::vector<Parameter> body_of_a_monitor() {
    auto repo = repo_parameter(true);
    repo.place = ParameterPlace::body;
    return {std::move(repo),
            {.name = "interval_seconds",
             .type = ParameterType::integer,
             .sentence = "The longest wait between two polls, as long as the rate limit suffices; GitHub's "
                         "X-Poll-Interval is the floor.",
             .default_number = 300,
             .min = 10,
             .max = 86400,
             .place = ParameterPlace::body},
            {.name = "types",
             .type = ParameterType::event_types,
             .sentence = "Types of events that it is about; all when left out.",
             .max = 50,
             .place = ParameterPlace::body}};
}

void add_changing_rows(std::vector<Route>& table) {
    table.push_back({.method = "POST",
                     .path = "/monitors",
                     .summary = "Monitor a repository",
                     .description = "Polls it from now on, at a pace of its own; also after a restart.",
                     .parameters = body_of_a_monitor(),
                     .handler = &add_monitor,
                     .answer = answers<MonitorAnswer>("Monitor", 201),
                     .access = Access::admin,
                     .keeping = Keeping::never});
    table.push_back({.method = "POST",
                     .path = "/monitors/{id}/stop",
                     .summary = "Stop a monitor",
                     .description = "It stays with its events, but the repository is no longer polled for it.",
                     .parameters = {id_parameter()},
                     .handler = &stop_monitor,
                     .answer = answers<MonitorAnswer>("Monitor"),
                     .access = Access::admin,
                     .keeping = Keeping::never});
    table.push_back({.method = "DELETE",
                     .path = "/monitors/{id}",
                     .summary = "Remove a monitor",
                     .description = "Stored events stay.",
                     .parameters = {id_parameter()},
                     .handler = &remove_monitor,
                     .answer = {.name = {}, .content_type = {}, .status = 204},
                     .access = Access::admin,
                     .keeping = Keeping::never});
}

} // namespace

void add_monitor_routes(std::vector<Route>& table) {
    table.push_back({.method = "GET",
                     .path = "/monitors",
                     .summary = "The monitors",
                     .description = "Those that are stopped, too, until they are removed.",
                     .parameters = {},
                     .handler = &list_monitors,
                     .answer = answers<MonitorListAnswer>("MonitorList"),
                     .keeping = Keeping::tagged});
    table.push_back({.method = "GET",
                     .path = "/monitors/{id}",
                     .summary = "One monitor",
                     .description = "404 when there is none of that id.",
                     .parameters = {id_parameter()},
                     .handler = &get_monitor,
                     .answer = answers<MonitorAnswer>("Monitor"),
                     .keeping = Keeping::tagged});
    add_changing_rows(table);
    table.push_back(
        {.method = "GET",
         .path = "/monitors/{id}/events",
         .summary = "Events of a monitor, newest first",
         .description = "Stored events of its repository and types, whoever brought them. A page may hold "
                        "fewer than `limit`; `next_cursor` tells whether there are more.",
         .parameters = windowed(24, {id_parameter(), limit_parameter("How many events a page has at most.", 100, 1000),
                                     cursor_parameter()}),
         .handler = &get_monitor_events,
         .answer = answers<Windowed<MonitorEvents>>("MonitorEvents")});
    table.push_back(
        {.method = "GET",
         .path = "/monitors/{id}/events/grouped",
         .summary = "Events of a monitor by type",
         .description = "How many there are of each type, and the newest of them.",
         .parameters = windowed(24, {id_parameter(), limit_parameter("How many events of each type.", 20, 100)}),
         .handler = &get_monitor_groups,
         .answer = answers<Windowed<MonitorGroups>>("MonitorGroups")});
}

} // namespace gem::api
