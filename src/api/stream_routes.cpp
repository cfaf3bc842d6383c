// GET /events/stream: events as they are stored.
#include <fmt/format.h>

#include "api/event_stream.hpp"
#include "api/route.hpp"

namespace gem::api {

namespace {

constexpr std::size_t longest_position = 64;

Async<Outcome> get_stream(Context const& context, Arguments const& arguments) {
    if (context.streams.full()) {
        co_return std::unexpected(
            Problem{.status = 503,
                    .error_code = "OVERLOADED",
                    .detail = "As many clients follow the events as there may be; try again later.",
                    .headers = {{"Retry-After", "30"}}});
    }
    StreamFilter filter{.repo = arguments.get<RepoName>("repo"),
                        .type = arguments.get<std::string>("type"),
                        .public_only = context.public_only};
    std::string after(context.request.header("last-event-id").value_or("").substr(0, longest_position));
    co_return Reply{.status = 200,
                    .content_type = "text/event-stream; charset=utf-8",
                    .body = {},
                    .headers = {{"X-Accel-Buffering", "no"}},
                    .stream = std::make_shared<EventStream>(context.database, context.clock, std::move(filter),
                                                            std::move(after), context.streams.ticket())};
}

} // namespace

void add_stream_routes(std::vector<Route>& table) {
    table.push_back(
        {.method = "GET",
         .path = "/events/stream",
         .summary = "Events as they are stored",
         .description =
             "Server-sent events: `event` with an event as in /events, `tick` every 15 seconds with the number of "
             "stored events, `reset` when events were missed. The header Last-Event-ID resumes after the event named "
             "there, as long as that is among the last 10,000 stored.",
         .parameters = {repo_parameter(false),
                        {.name = "type", .type = ParameterType::event_type, .sentence = "Events of this type only."}},
         .handler = &get_stream,
         .answer = {.name = {}, .content_type = "text/event-stream; charset=utf-8"},
         .keeping = Keeping::never});
}

} // namespace gem::api
