// GET /events: stored events, newest first, page by page.
#include <fmt/format.h>

#include "analytics/answer.hpp"
#include "api/csv.hpp"
#include "api/event_item.hpp"
#include "api/route.hpp"
#include "api/window_cursor.hpp"

namespace gem::api {

namespace {

struct EventList {
    std::optional<std::string> repo;
    std::optional<std::string> type;
    std::optional<std::string> actor;
    std::int64_t limit = 0;
    std::int64_t count = 0;
    std::vector<EventItem> events;
    std::optional<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(EventList, (), (repo, type, actor, limit, count, events, next_cursor))

struct EventsParams {
    std::optional<RepoName> repo;
    std::optional<std::string> type;
    std::optional<std::string> actor;
    std::optional<UtcTime> since;
    std::optional<UtcTime> until;
    std::int64_t limit = 100;
    std::optional<std::string> cursor;
    std::string format = "json";
};
BOOST_DESCRIBE_STRUCT(EventsParams, (), (repo, type, actor, since, until, limit, cursor, format))

Problem invalid(std::string detail) {
    return {.status = 422, .error_code = "INVALID_PARAMETER", .detail = std::move(detail)};
}

std::expected<TimeWindow, Problem> choose_window(EventsParams const& params, UtcTime now) {
    auto const until = params.until.value_or(now);
    TimeWindow window{.from = {}, .to = window_end(params.until, now)};
    window.from = params.since.value_or(params.repo ? UtcTime{} : window.to - hours(24));
    if (window.from > window.to) {
        return std::unexpected(invalid(fmt::format("`since` ({}) must not be after `until` ({})",
                                                   format_time(window.from), format_time(window.to))));
    }
    if (!params.repo && window.length() > hours(24)) {
        // The rounding of the end alone must not make a day too long.
        if (until - window.from > hours(24)) {
            return std::unexpected(
                invalid("without `repo` the window from `since` to `until` must not be longer than 24 hours"));
        }
        window.to = window.from + hours(24);
    }
    return window;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (char const c : text) {
        bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("-._~/").find(c) != std::string_view::npos;
        if (plain)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string next_link(EventsParams const& params, std::string_view cursor) {
    std::string target = fmt::format("/events?limit={}", params.limit);
    auto const put = [&](std::string_view name, std::optional<std::string> const& value) {
        if (value) target += fmt::format("&{}={}", name, percent_encode(*value));
    };
    if (params.repo) put("repo", params.repo->text());
    put("type", params.type);
    put("actor", params.actor);
    if (params.since) put("since", format_time(*params.since));
    if (params.until) put("until", format_time(*params.until));
    if (params.format != "json") put("format", params.format);
    target += "&cursor=" + percent_encode(cursor);
    return fmt::format("<{}>; rel=\"next\"", target);
}

Async<Outcome> get_events(Context const& context, Arguments const& arguments) {
    auto const params = arguments.read<EventsParams>();
    if (params.actor && !params.repo) co_return std::unexpected(invalid("`actor` asks for `repo` too"));
    auto window = choose_window(params, context.now);
    if (!window) co_return std::unexpected(std::move(window.error()));
    std::optional<std::string> store_cursor;
    if (params.cursor) {
        auto cursor = read_cursor(*params.cursor);
        if (!cursor) co_return std::unexpected(invalid("`cursor` is not one that an earlier answer gave"));
        bool const same_start = !params.since || cursor->window.from == window->from;
        bool const same_end = !params.until || cursor->window.to == window->to;
        if (!same_start || !same_end)
            co_return std::unexpected(invalid("`cursor` belongs to another `since` or `until`"));
        window = cursor->window;
        store_cursor = std::move(cursor->rest);
    }
    auto page = co_await context.database.events().find_events({.repo = params.repo,
                                                                .type = params.type,
                                                                .actor = params.actor,
                                                                .window = *window,
                                                                .limit = static_cast<std::size_t>(params.limit),
                                                                .cursor = std::move(store_cursor),
                                                                .public_only = context.public_only});
    if (!page) co_return std::unexpected(problem_of(page.error()));
    auto part = co_await windowed_part(context.database, *window, params.repo, context.now);
    if (!part) co_return std::unexpected(problem_of(part.error()));
    auto spelling = co_await stored_spelling(context.database, params.repo);
    if (!spelling) co_return std::unexpected(problem_of(spelling.error()));

    EventList list;
    list.repo = std::move(*spelling);
    list.type = params.type;
    list.actor = params.actor;
    list.limit = params.limit;
    list.count = static_cast<std::int64_t>(page->events.size());
    for (auto& event : page->events) list.events.push_back(item_of(event));
    if (page->next_cursor) {
        list.next_cursor = write_cursor(*window, *page->next_cursor);
    }
    auto const next = list.next_cursor;
    auto reply = params.format == "csv" ? Reply::csv(csv_of(list.events))
                                        : Reply::json(Windowed(std::move(list), std::move(*part)));
    if (next) reply.headers.emplace_back("Link", next_link(params, *next));
    co_return reply;
}

} // namespace

void add_event_routes(std::vector<Route>& table) {
    table.push_back(
        {.method = "GET",
         .path = "/events",
         .summary = "Stored events, newest first",
         .description =
             "Without `repo` the window is at most 24 hours. `Link: rel=\"next\"` leads to older ones; a cursor "
             "keeps to the window of the first page.",
         .parameters =
             {repo_parameter(false),
              {.name = "type", .type = ParameterType::event_type, .sentence = "Events of this type only."},
              {.name = "actor",
               .type = ParameterType::text,
               .sentence = "Events by this login, any case; asks for `repo`.",
               .max = 100,
               .example = "octo-ana"},
              {.name = "since",
               .type = ParameterType::time,
               .sentence = "Start of the window, inclusive; with `repo` the beginning, else 24 hours before its end."},
              until_parameter(),
              limit_parameter("How many events a page has at most.", 100, 1000),
              cursor_parameter(),
              format_parameter()},
         .handler = &get_events,
         .answer = answers<Windowed<EventList>>("EventList")});
}

} // namespace gem::api
