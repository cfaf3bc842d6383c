// Answers and refusals as the OpenAPI document has them.
#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "api/openapi_examples.hpp"
#include "api/openapi_parts.hpp"
#include "http/server.hpp"

namespace gem::api {

namespace {

namespace bj = boost::json;

struct ProblemRow {
    unsigned status; ///< 0: any other
    std::string_view name;
    std::string_view description;
};

constexpr std::array<ProblemRow, 12> problem_rows{{
    {400, "BadRequest", "What was sent cannot be parsed."},
    {401, "Unauthorized", "A token is needed, or this one is not known."},
    {403, "Forbidden", "The token is of too small a scope, or a page of another site asked."},
    {404, "NotFound", "There is no such thing."},
    {409, "Conflict", "It contradicts what is there."},
    {413, "PayloadTooLarge", "The body is too large."},
    {415, "UnsupportedMediaType", "The body is of a type that is not taken."},
    {422, "UnprocessableContent", "A value is out of range or of the wrong form, or a parameter is not known."},
    {429, "TooManyRequests", "More requests than the rate limit lets through; `Retry-After` tells when to come back."},
    {500, "InternalError", "Something went wrong here; the log of the server tells what."},
    {503, "Unavailable",
     "The database, GitHub or the collector is not reachable; `Retry-After` tells when to ask again."},
    {0, "OtherProblem", "Any other refusal, as 405, 408, 414 or 431."},
}};

struct HeaderRow {
    std::string_view name;
    std::string_view type;
    std::string_view description;
    std::string_view example;
};

constexpr std::array<HeaderRow, 11> header_rows{{
    {"RateLimit", "string", "What is left: `r` requests, until `t` seconds have passed.", R"("default";r=199;t=1)"},
    {"RateLimit-Policy", "string", "The limit: `q` requests in `w` seconds.", R"("default";q=200;w=2)"},
    {"X-RateLimit-Limit", "integer", "Requests that may come at once.", "200"},
    {"X-RateLimit-Remaining", "integer", "Requests that are left.", "199"},
    {"X-RateLimit-Reset", "integer", "When all of them are there again, as seconds of Unix time.", "1772445601"},
    {"Retry-After", "integer", "Seconds until it is worth while to ask again.", "5"},
    {"ETag", "string", "Tag of this representation, for If-None-Match.", R"("0123456789abcdef0123456789abcdef")"},
    {"Cache-Control", "string", "How long the answer may be kept.", "max-age=5"},
    {"Link", "string", "`rel=\"next\"` leads to the next page.", R"(</events?limit=100&cursor=MjAy>; rel="next")"},
    {"WWW-Authenticate", "string", "How to say who one is.", "Bearer"},
    {"Access-Control-Allow-Origin", "string", "The origin of the page that asks, if CORS_ORIGINS names it.",
     "https://dashboard.example.org"},
}};

bj::object headers_named(std::initializer_list<std::string_view> names) {
    bj::object headers;
    for (auto const name : names) headers[name] = reference_to("headers", name);
    return headers;
}

void add_rate_headers(bj::object& headers) {
    for (auto const name :
         {"RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"})
        headers[name] = reference_to("headers", name);
}

bool is_rate_limited(Route const& route) {
    static http::ServerOptions const defaults;
    return std::ranges::find(defaults.rate_limit_exempt, route.path) == defaults.rate_limit_exempt.end();
}

bool takes(Route const& route, std::string_view name) {
    return std::ranges::find(route.parameters, name, &Parameter::name) != route.parameters.end();
}

/// What a choice of `format` sends.
std::string_view media_type_of(std::string_view format) {
    if (format == "json") return "application/json";
    if (format == "csv") return "text/csv";
    if (format == "svg") return "image/svg+xml";
    if (format == "png") return "image/png";
    if (format == "html") return "text/html";
    return "text/plain";
}

bj::object plain_media(std::string_view media_type) {
    if (media_type == "application/json")
        return {{"schema", bj::object{{"type", "object"}, {"additionalProperties", true}}}};
    bj::object schema{{"type", "string"}};
    if (media_type.starts_with("image/") && media_type != "image/svg+xml") schema["format"] = "binary";
    return {{"schema", std::move(schema)}};
}

/// The status of an example by its variant.
unsigned status_of(Route const& route, std::string_view variant) {
    if (variant == ".unhealthy") return 503;
    bool const known = variant == ".duplicate" || variant == ".ignored" || variant == ".ping";
    return known ? 200 : route.answer.status;
}

bj::object json_media(Route const& route, unsigned status, SchemaBook& book) {
    bj::object media{{"schema", reference_to("schemas", route.answer.add_schema(book, route.answer.name))}};
    bj::object examples;
    for (auto& [variant, body] : examples_that_begin(example_stem(route))) {
        if (variant == ".request" || (!variant.empty() && !variant.starts_with('.'))) continue;
        if (status_of(route, variant) != status) continue;
        examples[variant.empty() ? usual_example : std::string_view(variant).substr(1)] =
            bj::object{{"value", std::move(body)}};
    }
    if (!examples.empty()) media["examples"] = std::move(examples);
    return media;
}

bj::object content_of(Route const& route, unsigned status, SchemaBook& book) {
    bj::object content;
    auto const media_type = route.answer.content_type.substr(0, route.answer.content_type.find(';'));
    if (route.answer.add_schema != nullptr)
        content["application/json"] = json_media(route, status, book);
    else if (!media_type.empty())
        content[media_type] = plain_media(media_type);
    auto const format = std::ranges::find(route.parameters, "format", &Parameter::name);
    if (format == route.parameters.end()) return content;
    for (auto const choice : format->choices) {
        auto const other = media_type_of(choice);
        if (!content.contains(other)) content[other] = plain_media(other);
    }
    return content;
}

std::string_view description_of(unsigned status) {
    switch (status) {
    case 200:
        return "The answer.";
    case 201:
        return "It was made.";
    case 202:
        return "It was taken and is stored.";
    case 204:
        return "Done; there is nothing to say.";
    case 503:
        return "Not healthy; the body tells why.";
    default:
        return "An answer.";
    }
}

bj::object answer_of(Route const& route, unsigned status, SchemaBook& book) {
    bj::object response{{"description", description_of(status)}};
    auto headers = headers_named({"Cache-Control", "Access-Control-Allow-Origin"});
    if (is_rate_limited(route)) add_rate_headers(headers);
    if (route.keeping != Keeping::never && status == 200) headers["ETag"] = reference_to("headers", "ETag");
    if (takes(route, "cursor")) headers["Link"] = reference_to("headers", "Link");
    response["headers"] = std::move(headers);
    auto content = content_of(route, status, book);
    if (status == 503) content["application/problem+json"] = bj::object{{"schema", reference_to("schemas", "Problem")}};
    if (!content.empty()) response["content"] = std::move(content);
    return response;
}

/// The refusals that a request to this route may meet.
std::set<unsigned> problems_of(Route const& route) {
    std::set<unsigned> statuses = {400, 422, 500, 503};
    if (is_rate_limited(route)) statuses.insert(429);
    if (route.access != Access::open || route.own_body) statuses.insert(401);
    if (route.access == Access::admin) statuses.insert(403);
    auto const names_a_repo = [](Parameter const& each) {
        return each.type == ParameterType::repo || each.type == ParameterType::repos;
    };
    // A repository that is private is not there for strangers.
    bool const may_be_hidden = route.method == "GET" && std::ranges::any_of(route.parameters, names_a_repo);
    if (may_be_hidden || route.path.find('{') != std::string_view::npos) statuses.insert(404);
    bool const has_body =
        std::ranges::find(route.parameters, ParameterPlace::body, &Parameter::place) != route.parameters.end();
    if (has_body || route.own_body) statuses.insert({413, 415});
    statuses.insert(route.problems.begin(), route.problems.end());
    return statuses;
}

std::string_view problem_name(unsigned status) {
    auto const row = std::ranges::find(problem_rows, status, &ProblemRow::status);
    return row == problem_rows.end() ? problem_rows.back().name : row->name;
}

} // namespace

bj::object reference_to(std::string_view kind, std::string_view name) {
    return {{"$ref", fmt::format("#/components/{}/{}", kind, name)}};
}

bj::object openapi_responses(Route const& route, SchemaBook& book) {
    std::set<unsigned> answers(route.answer.other_statuses.begin(), route.answer.other_statuses.end());
    answers.insert(route.answer.status);
    bj::object responses;
    for (auto const status : answers) responses[std::to_string(status)] = answer_of(route, status, book);
    if (route.keeping != Keeping::never) {
        auto headers = headers_named({"ETag", "Cache-Control", "Access-Control-Allow-Origin"});
        add_rate_headers(headers);
        responses["304"] = bj::object{{"description", "Nothing has changed since the answer with the tag of "
                                                      "If-None-Match."},
                                      {"headers", std::move(headers)}};
    }
    for (auto const status : problems_of(route)) {
        if (!answers.contains(status))
            responses[std::to_string(status)] = reference_to("responses", problem_name(status));
    }
    responses["default"] = reference_to("responses", problem_name(0));
    return responses;
}

bj::object openapi_headers() {
    bj::object headers;
    for (auto const& row : header_rows) {
        bj::object schema{{"type", row.type}};
        bool const number = row.type == "integer";
        if (number) {
            schema["format"] = "int64";
            schema["minimum"] = 0;
            schema["maximum"] = 253402300799; // the end of the year 9999 as Unix time
        } else {
            schema["maxLength"] = 8192;
        }
        headers[row.name] =
            bj::object{{"description", row.description},
                       {"schema", std::move(schema)},
                       {"example", number ? bj::value(std::stoll(std::string(row.example))) : bj::value(row.example)}};
    }
    return headers;
}

bj::object openapi_problem_responses() {
    auto const bodies = examples_that_begin("problem_");
    bj::object responses;
    for (auto const& row : problem_rows) {
        auto headers = headers_named({"Cache-Control", "Access-Control-Allow-Origin"});
        add_rate_headers(headers);
        if (row.status == 429 || row.status == 503) headers["Retry-After"] = reference_to("headers", "Retry-After");
        if (row.status == 401) headers["WWW-Authenticate"] = reference_to("headers", "WWW-Authenticate");
        bj::object media{{"schema", reference_to("schemas", "Problem")}};
        bj::object examples;
        for (auto const& [name, body] : bodies) {
            auto const status = static_cast<unsigned>(body.at("status").as_int64());
            bool const other = problem_name(status) == problem_name(0);
            if (status == row.status || (row.status == 0 && other)) examples[name] = bj::object{{"value", body}};
        }
        if (!examples.empty()) media["examples"] = std::move(examples);
        responses[row.name] = bj::object{{"description", row.description},
                                         {"headers", std::move(headers)},
                                         {"content", bj::object{{"application/problem+json", std::move(media)}}}};
    }
    return responses;
}

bj::object openapi_problem_schema() {
    std::set<std::string> codes;
    for (auto const& [name, body] : examples_that_begin("problem_")) codes.emplace(body.at("error_code").as_string());
    bj::array known;
    for (auto const& code : codes) known.emplace_back(code);
    return {
        {"type", "object"},
        {"description", "Why a request was refused, or failed (RFC 9457)."},
        {"properties", bj::object{{"type", bj::object{{"type", "string"}}},
                                  {"title", bj::object{{"type", "string"}}},
                                  {"status", bj::object{{"type", "integer"}, {"format", "int32"}}},
                                  {"detail", bj::object{{"type", "string"}, {"description", "What to do about it."}}},
                                  {"error_code", bj::object{{"type", "string"}, {"enum", std::move(known)}}},
                                  {"timestamp", bj::object{{"type", "string"}, {"format", "date-time"}}}}},
        {"required", bj::array{"type", "title", "status", "detail", "error_code", "timestamp"}}};
}

} // namespace gem::api
