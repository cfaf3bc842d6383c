// A row of the route table: everything that is known about an endpoint, for those who serve it and those who describe
// it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "api/auth.hpp"
#include "api/collector_control.hpp"
#include "api/event_stream.hpp"
#include "api/json_schema.hpp"
#include "api/parameter.hpp"
#include "api/problems.hpp"
#include "api/server_metrics.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "collector/monitors.hpp"
#include "collector/webhook_intake.hpp"
#include "storage/database_service.hpp"
#include "storage/private_repositories.hpp"
#include "storage/usage.hpp"

namespace gem::alerts {
class AlertEngine;
}

namespace gem::api {

struct Route;

struct Reply {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers{};
    std::shared_ptr<http::BodyStream> stream{};    ///< in place of body, for an answer that goes on
    std::shared_ptr<http::Body const> same_body{}; ///< in place of body, for one that many answers share

    template <class Answer>
    static Reply json(Answer const& answer, unsigned status = 200) {
        return {.status = status, .content_type = "application/json", .body = gem::json::to_string(answer)};
    }
    static Reply csv(std::string body) {
        return {.status = 200, .content_type = "text/csv; charset=utf-8", .body = std::move(body)};
    }
};

/// Expensive figures about the store that are asked for at most every so often.
struct StoreWatch {
    std::optional<UtcTime> health_at; ///< the second in which the store was asked
    DatabaseHealth health;
    std::optional<std::int64_t> events;
    std::optional<UtcTime> tables_at;
    std::vector<TableInfo> tables;
    Usage usage; ///< as of `tables_at`
};

/// What a handler may use besides its arguments. Lives until the handler's coroutine ends.
struct Context {
    DatabaseService& database;
    CollectorControl* collector; ///< null when this process does not collect
    ServerMetrics& metrics;
    StoreWatch& store;
    http::Request const& request;
    WebhookIntake* webhooks; ///< null when this process takes none
    Monitors* monitors;      ///< null when this process does not collect
    EventStreams& streams;
    bool public_only;              ///< a stranger may ask: what is private is not for him
    RepositoryNames const& hidden; ///< with public_only: the private repositories; empty for names_none routes
    std::vector<std::string> const& supported_providers;
    std::vector<Route> const& routes;
    UtcTime started;
    UtcTime now;
    Clock const& clock;                     ///< for what goes on after the answer
    gem::alerts::AlertEngine const* alerts; ///< null when this process judges no alert rules
    bool private_receivers;                 ///< alert rules may name receivers in private networks
    asio::thread_pool& workers;             ///< for work that would keep other requests waiting; see run_on()
};

using Outcome = std::expected<Reply, Problem>;
using Handler = std::function<Async<Outcome>(Context const&, Arguments const&)>;

/// How answers of a route are kept.
enum class Keeping {
    never,     ///< no-store: the answer is about this moment
    tagged,    ///< computed each time, but the same answer keeps its entity tag
    generation ///< kept until something is written, or its window moves on
};

/// What an answer looks like.
struct AnswerType {
    std::string_view name;             ///< of the schema; empty for what is not JSON
    std::string (*schema)() = nullptr; ///< JSON Schema
    std::string_view content_type = "application/json";
    unsigned status = 200;
    /// Puts the schema into a book, and says under which name.
    std::string (*add_schema)(SchemaBook&, std::string_view) = nullptr;
    std::vector<unsigned> other_statuses{}; ///< that have the same kind of body
};

struct Route {
    std::string_view method;
    std::string_view path; ///< with `{owner}/{name}`
    std::string_view summary;
    std::string_view description;
    std::vector<Parameter> parameters;
    Handler handler;
    AnswerType answer;
    std::vector<std::string_view> aliases{}; ///< other paths of the same
    Access access = Access::read;
    Keeping keeping = Keeping::generation;
    bool own_body = false;            ///< the handler reads the body itself
    bool names_none = false;          ///< names no repository that is private, and answers without the database
    std::vector<unsigned> problems{}; ///< refusals that only such routes know, as 409
};

/// A question's parameters, with what this asker may not be told of.
template <class Params>
Params parameters_of(Context const& context, Arguments const& arguments) {
    auto params = arguments.read<Params>();
    if constexpr (requires { params.hidden; }) params.hidden = context.hidden;
    return params;
}

/// Calls a question of analytics: arguments into its parameters, its answer into JSON.
template <class Params, class Answer>
Handler ask(Async<Result<Answer>> (*question)(DatabaseService&, Params, UtcTime)) {
    return [question](Context const& context, Arguments const& arguments) -> Async<Outcome> {
        auto answer = co_await question(context.database, parameters_of<Params>(context, arguments), context.now);
        if (!answer) co_return std::unexpected(problem_of(answer.error()));
        co_return Reply::json(*answer);
    };
}

/// The same for lists, that can be had as CSV: `rows` picks the list out of the answer.
template <class Params, class Answer, class Row>
Handler ask_list(Async<Result<Answer>> (*question)(DatabaseService&, Params, UtcTime),
                 std::string (*to_csv)(std::vector<Row> const&), std::vector<Row> const& (*rows)(Answer const&)) {
    return [question, to_csv, rows](Context const& context, Arguments const& arguments) -> Async<Outcome> {
        auto answer = co_await question(context.database, parameters_of<Params>(context, arguments), context.now);
        if (!answer) co_return std::unexpected(problem_of(answer.error()));
        if (arguments.get<std::string>("format") == "csv") co_return Reply::csv(to_csv(rows(*answer)));
        co_return Reply::json(*answer);
    };
}

template <class Answer>
AnswerType answers(std::string_view name, unsigned status = 200, std::vector<unsigned> other_statuses = {}) {
    return {.name = name,
            .schema = &schema_of<Answer>,
            .content_type = "application/json",
            .status = status,
            .add_schema = [](SchemaBook& book, std::string_view wished) { return book.add<Answer>(wished); },
            .other_statuses = std::move(other_statuses)};
}

/// The one table. The order is that of the documentation.
std::vector<Route> route_table();

// One function a family of endpoints; each adds its rows.
void add_system_routes(std::vector<Route>& table);
void add_docs_routes(std::vector<Route>& table);
void add_repository_routes(std::vector<Route>& table);
void add_webhook_routes(std::vector<Route>& table);
void add_monitor_routes(std::vector<Route>& table);
void add_event_routes(std::vector<Route>& table);
void add_stream_routes(std::vector<Route>& table);
void add_metric_routes(std::vector<Route>& table);
void add_health_routes(std::vector<Route>& table);
void add_people_routes(std::vector<Route>& table);
void add_commit_routes(std::vector<Route>& table);
void add_chart_routes(std::vector<Route>& table);
void add_badge_routes(std::vector<Route>& table);
void add_enhanced_routes(std::vector<Route>& table);
void add_alert_routes(std::vector<Route>& table);

/// What the job that judges alert rules counts, for `/metrics`.
std::vector<CollectorFigure> alert_figures(gem::alerts::AlertEngine const& engine);

// Parameters that many rows share.
Parameter hours_parameter(std::optional<std::int64_t> fallback);
Parameter offset_minutes_parameter(std::optional<std::int64_t> fallback = std::nullopt);
Parameter until_parameter();
Parameter repo_parameter(bool required);
Parameter bots_parameter();
Parameter format_parameter();
Parameter limit_parameter(std::string_view sentence, std::int64_t fallback, std::int64_t most);
Parameter cursor_parameter();
Parameter commits_limit_parameter();
/// hours (with its default), offset_minutes and until, then `more`.
std::vector<Parameter> windowed(std::int64_t fallback_hours, std::vector<Parameter> more);
/// limit, order and bots, then `more`: what the two trending lists take besides their window.
std::vector<Parameter> trending_parameters(std::vector<Parameter> more);

} // namespace gem::api
