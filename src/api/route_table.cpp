// The order of the route table, and the parameters that many of its rows share.
#include "api/route.hpp"

namespace gem::api {

std::vector<Route> route_table() {
    std::vector<Route> table;
    add_system_routes(table);
    add_docs_routes(table);
    add_repository_routes(table);
    add_webhook_routes(table);
    add_monitor_routes(table);
    add_event_routes(table);
    add_stream_routes(table);
    add_metric_routes(table);
    add_health_routes(table);
    add_people_routes(table);
    add_commit_routes(table);
    add_enhanced_routes(table);
    add_alert_routes(table);
    add_chart_routes(table);
    return table;
}

Parameter hours_parameter(std::optional<std::int64_t> fallback) {
    return {.name = "hours",
            .type = ParameterType::integer,
            .sentence = "Length of the window in hours, back from `until`.",
            .default_number = fallback,
            .min = 1,
            .max = 8760};
}

Parameter offset_minutes_parameter(std::optional<std::int64_t> fallback) {
    return {.name = "offset_minutes",
            .type = ParameterType::integer,
            .sentence = "Length of the window in minutes, back from `until`; in place of `hours`.",
            .aliases = {"offsetMinutes"},
            .default_number = fallback,
            .min = 1,
            .max = 525600};
}

Parameter until_parameter() {
    return {.name = "until",
            .type = ParameterType::time,
            .sentence =
                "End of the window, exclusive, rounded up to the minute; by default that of the minute that runs."};
}

Parameter repo_parameter(bool required) {
    return {.name = "repo",
            .type = ParameterType::repo,
            .sentence =
                required ? "The repository, as owner/name." : "One repository, as owner/name; all when left out.",
            .required = required};
}

Parameter bots_parameter() {
    return {.name = "bots",
            .type = ParameterType::choice,
            .sentence = "Whether scores leave bots out, count them too, or count nobody else.",
            .default_text = "exclude",
            .choices = {"exclude", "include", "only"}};
}

Parameter format_parameter() {
    return {.name = "format",
            .type = ParameterType::choice,
            .sentence = "The list as JSON or as CSV.",
            .default_text = "json",
            .choices = {"json", "csv"}};
}

Parameter limit_parameter(std::string_view sentence, std::int64_t fallback, std::int64_t most) {
    return {.name = "limit",
            .type = ParameterType::integer,
            .sentence = sentence,
            .default_number = fallback,
            .min = 1,
            .max = most};
}

Parameter cursor_parameter() {
    return {
        .name = "cursor", .type = ParameterType::cursor, .sentence = "`next_cursor` of the page before.", .max = 2048};
}

std::vector<Parameter> windowed(std::int64_t fallback_hours, std::vector<Parameter> more) {
    std::vector<Parameter> parameters = {hours_parameter(fallback_hours), offset_minutes_parameter(),
                                         until_parameter()};
    for (auto& each : more) parameters.push_back(std::move(each));
    return parameters;
}

std::vector<Parameter> trending_parameters(std::vector<Parameter> more) {
    std::vector<Parameter> parameters = {limit_parameter("How many repositories.", 10, 100),
                                         {.name = "order",
                                          .type = ParameterType::choice,
                                          .sentence = "By number of events, or by score.",
                                          .default_text = "events",
                                          .choices = {"events", "score"}},
                                         bots_parameter()};
    for (auto& each : more) parameters.push_back(std::move(each));
    return parameters;
}

} // namespace gem::api
