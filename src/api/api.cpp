#include "api/api.hpp"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gem::api {

namespace {

constexpr std::string_view kept_for = "max-age=5";

std::vector<std::string> labels_of(std::vector<Route> const& routes) {
    std::vector<std::string> labels;
    for (auto const& route : routes) labels.emplace_back(route.path);
    return labels;
}

/// Holds `path` against a pattern with `{placeholders}` (a segment each, or its beginning as in `{metric}.svg`); what
/// they stood for, or nothing if it does not match.
std::optional<std::vector<std::pair<std::string_view, std::string>>> match_path(std::string_view pattern,
                                                                                std::string_view path) {
    std::vector<std::pair<std::string_view, std::string>> values;
    while (true) {
        auto const pattern_end = pattern.find('/');
        auto const path_end = path.find('/');
        auto const expected = pattern.substr(0, pattern_end);
        auto const segment = path.substr(0, path_end);
        if (expected.starts_with('{')) {
            auto const brace = expected.find('}');
            auto const ending = expected.substr(brace + 1);
            if (segment.size() <= ending.size() || !segment.ends_with(ending)) return std::nullopt;
            values.emplace_back(expected.substr(1, brace - 1),
                                std::string(segment.substr(0, segment.size() - ending.size())));
        } else if (expected != segment) {
            return std::nullopt;
        }
        if ((pattern_end == std::string_view::npos) != (path_end == std::string_view::npos)) return std::nullopt;
        if (pattern_end == std::string_view::npos) return values;
        pattern.remove_prefix(pattern_end + 1);
        path.remove_prefix(path_end + 1);
    }
}

/// The repositories that are asked about.
std::vector<std::string> repositories_of(Arguments const& arguments) {
    std::vector<std::string> names;
    if (auto const repo = arguments.get<RepoName>("repo")) names.push_back(repo->text());
    if (auto const repos = arguments.get<std::vector<RepoName>>("repos"))
        for (auto const& repo : *repos) names.push_back(repo.text());
    auto const owner = arguments.get<std::string>("owner");
    auto const name = arguments.get<std::string>("name");
    if (owner && name) names.push_back(*owner + '/' + *name);
    return names;
}

std::string_view as_get(std::string_view method) { return method == "HEAD" ? "GET" : method; }

} // namespace

/// Where a request belongs.
struct Api::Match {
    std::size_t place = ServerMetrics::no_route;
    std::vector<std::string_view> allowed; ///< methods that the path takes; empty: there is no such path
    std::vector<std::pair<std::string_view, std::string>> path_values;
};

/// A computation that others wait for.
struct Api::Flight {
    explicit Flight(asio::any_io_executor const& executor) : landed(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer landed;
    bool done = false;
    std::shared_ptr<KeptAnswer const> answer; ///< null when it was not a 200
};

Api::Api(DatabaseService& database, CollectorControl* collector, Clock const& clock, Log& log, ApiOptions options)
    : database_(database), collector_(collector), clock_(clock), log_(log), options_(std::move(options)),
      routes_(route_table()), started_(clock.now()), metrics_(labels_of(routes_), started_), cache_(options_.cache),
      streams_(options_.max_streams) {}

Api::~Api() = default;

http::Response Api::refusal(Problem const& problem) const { return problem.response(clock_.now()); }

std::optional<http::Response> Api::answer_now(http::Request const& request) {
    if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
    if (!request.body.empty()) return std::nullopt; // to be judged, as where nothing is kept
    auto const start = options_.steady_now();
    if (!generation_.fresh(start)) return std::nullopt;
    auto const kept = cache_.find_target(request.target, generation_.known(), clock_.now());
    if (!kept) return std::nullopt;
    if (refuse(options_.access, routes_[kept->route].access, request)) return std::nullopt;
    metrics_.count_cache_hit();
    metrics_.count(kept->route, request.method, kept->response.status, options_.steady_now() - start);
    return kept->response;
}

Async<http::Response> Api::answer(http::Request const& request) {
    auto const start = options_.steady_now();
    auto const found = match(request);
    auto response = co_await serve(request, found);
    metrics_.set_cache_size(cache_.size(), cache_.bytes());
    metrics_.count(found.place, request.method, response.status, options_.steady_now() - start);
    co_return response;
}

Api::Match Api::match(http::Request const& request) const {
    Match found;
    auto const method = as_get(request.method);
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        auto const& route = routes_[i];
        auto values = match_path(route.path, request.path);
        for (auto const alias : route.aliases) {
            if (!values) values = match_path(alias, request.path);
        }
        if (!values) continue;
        found.allowed.push_back(route.method);
        if (route.method == "GET") found.allowed.emplace_back("HEAD");
        bool const first = found.place == ServerMetrics::no_route;
        // The first row that fits: what is written out stands before what is a placeholder.
        if (first || (routes_[found.place].method != method && route.method == method)) {
            found.place = i;
            found.path_values = std::move(*values);
        }
    }
    if (!found.allowed.empty()) found.allowed.emplace_back("OPTIONS");
    return found;
}

Async<http::Response> Api::serve(http::Request const& request, Match const& found) {
    bool const asks_options = request.method == "OPTIONS";
    auto allow = fmt::format("{}", fmt::join(found.allowed, ", "));
    if (asks_options && request.path == "*") allow = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";
    if (asks_options && !allow.empty()) {
        auto response = http::Response::of(204, {}, {});
        response.headers.emplace_back("Allow", std::move(allow));
        co_return response;
    }
    if (found.allowed.empty()) {
        std::vector<std::string_view> paths;
        for (auto const& route : routes_) paths.push_back(route.path);
        auto const near = nearest(request.path, paths);
        auto detail = fmt::format("There is nothing at {}", request.path.substr(0, 200));
        detail += near.empty() ? "; /docs shows what there is."
                               : fmt::format("; did you mean {}? /docs shows what there is.", near);
        co_return refusal({.status = 404, .error_code = "NOT_FOUND", .detail = std::move(detail)});
    }
    auto const& route = routes_[found.place];
    if (route.method != as_get(request.method)) {
        co_return refusal({.status = 405,
                           .error_code = "METHOD_NOT_ALLOWED",
                           .detail = fmt::format("{} takes {}; this was {}.", route.path, allow, request.method),
                           .headers = {{"Allow", allow}}});
    }
    if (auto const problem = refuse(options_.access, route.access, request)) co_return refusal(*problem);
    auto const arguments = validate(route.parameters, request, found.path_values, route.own_body);
    if (!arguments) co_return refusal(arguments.error());
    if (route.keeping != Keeping::never) co_return co_await serve_kept(request, route, found.place, *arguments);
    auto response = co_await compute(route, request, *arguments, clock_.now(), is_stranger(options_.access, request));
    if (route.method != "GET") generation_.forget();
    co_return response;
}

Async<std::uint64_t> Api::generation() {
    auto const moment = options_.steady_now(); // before it is read: what is written since is news
    if (generation_.fresh(moment)) co_return generation_.known();
    auto const current = co_await database_.connection().write_generation();
    generation_.seen(current, moment);
    co_return generation_.known();
}

Async<http::Response> Api::ask(Route const& route, std::vector<std::pair<std::string, std::string>> given) {
    auto parameters = route.parameters;
    for (auto& parameter : parameters) parameter.place = ParameterPlace::query;
    http::Request request{.method = "GET",
                          .target = {},
                          .path = {},
                          .query = std::move(given),
                          .headers = {},
                          .body = {},
                          .remote_address = {}};
    auto const arguments = validate(parameters, request, {});
    if (!arguments) co_return refusal(arguments.error());
    auto const place = static_cast<std::size_t>(&route - routes_.data());
    if (route.keeping != Keeping::never) co_return co_await serve_kept(request, route, place, *arguments);
    auto response = co_await compute(route, request, *arguments, clock_.now(), public_only());
    if (route.method != "GET") generation_.forget();
    co_return response;
}

Async<http::Response> Api::serve_kept(http::Request const& request, Route const& route, std::size_t place,
                                      Arguments const& arguments) {
    auto const question = fmt::format("{}{}", route.path, arguments.canonical());
    bool const kept = route.keeping == Keeping::generation;
    while (true) {
        // Read before the answer is computed: what is written meanwhile makes the answer old at once, never wrong.
        auto const current = co_await generation();
        auto const now = clock_.now();
        if (kept) {
            if (auto const known = cache_.find(question, current, now)) {
                metrics_.count_cache_hit();
                if (!request.target.empty()) cache_.remember_target(question, request.target);
                co_return known->response;
            }
        }
        auto const minute_ends = end_of_minute(now);
        auto const flight_key = fmt::format("{} {} {}", question, current, to_unix(minute_ends));
        if (auto const under_way = flights_.find(flight_key); kept && under_way != flights_.end()) {
            auto const flight = under_way->second;
            boost::system::error_code error;
            co_await flight->landed.async_wait(asio::redirect_error(asio::use_awaitable, error));
            if (!flight->done) throw boost::system::system_error(asio::error::operation_aborted);
            if (!flight->answer) continue;
            metrics_.count_shared();
            co_return flight->answer->response;
        }
        auto const flight = std::make_shared<Flight>(co_await asio::this_coro::executor);
        if (kept) flights_.insert_or_assign(flight_key, flight);
        struct Landing { // whatever happens, nobody waits for ever
            Api& api;
            std::string const& key;
            Flight& flight;
            ~Landing() {
                flight.done = true;
                flight.landed.cancel();
                if (auto const own = api.flights_.find(key); own != api.flights_.end() && own->second.get() == &flight)
                    api.flights_.erase(own);
            }
        } const landing{.api = *this, .key = flight_key, .flight = *flight};

        metrics_.count_cache_miss();
        auto response = co_await compute(route, request, arguments, now, public_only());
        if (response.status != 200) co_return response;
        response.etag = entity_tag(response.body->bytes());
        auto const audience = options_.access.tokens.empty() ? "" : "private, ";
        response.cache_control = kept ? fmt::format("{}{}", audience, kept_for) : fmt::format("{}no-cache", audience);
        UtcTime fresh_until = minute_ends;
        if (arguments.has("until")) fresh_until = UtcTime::max();
        if (!kept) fresh_until = UtcTime::min();
        KeptAnswer answer{
            .response = std::move(response), .route = place, .generation = current, .fresh_until = fresh_until};
        flight->answer = cache_.put(question, std::move(answer), now);
        if (kept && !request.target.empty()) cache_.remember_target(question, request.target);
        co_return flight->answer->response;
    }
}

Async<Result<RepositoryNames>> Api::hidden() {
    if (!public_only()) co_return RepositoryNames();
    co_return co_await private_repositories(database_);
}

Async<http::Response> Api::compute(Route const& route, http::Request const& request, Arguments const& arguments,
                                   UtcTime now, bool for_stranger) {
    bool const asks_for_hidden = for_stranger && !route.names_none;
    auto const hidden_now = asks_for_hidden ? co_await private_repositories(database_) : RepositoryNames();
    if (!hidden_now) co_return refusal(problem_of(hidden_now.error()));
    if (route.method == "GET") {
        for (auto const& repo : repositories_of(arguments)) {
            if (is_among(*hidden_now, repo)) co_return refusal(hidden_repository(repo));
        }
    }
    Context const context{.database = database_,
                          .collector = collector_,
                          .metrics = metrics_,
                          .store = store_,
                          .request = request,
                          .webhooks = options_.webhooks,
                          .monitors = options_.monitors,
                          .streams = streams_,
                          .public_only = for_stranger,
                          .hidden = *hidden_now,
                          .supported_providers = options_.supported_providers,
                          .routes = routes_,
                          .started = started_,
                          .now = now,
                          .clock = clock_,
                          .alerts = options_.alerts,
                          .private_receivers = options_.private_receivers,
                          .workers = workers_};
    auto outcome = co_await route.handler(context, arguments);
    if (!outcome) {
        auto const& problem = outcome.error();
        if (!problem.inner.empty()) log_.error("request_failed", {{"route", route.path}, {"error", problem.inner}});
        co_return problem.response(now);
    }
    auto response = http::Response::of(outcome->status, std::move(outcome->content_type), std::move(outcome->body));
    if (outcome->same_body) response.body = std::move(outcome->same_body);
    response.headers = std::move(outcome->headers);
    response.stream = std::move(outcome->stream);
    co_return response;
}

} // namespace gem::api
