#include "api/openapi.hpp"

#include <algorithm>
#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "api/openapi_parts.hpp"
#include "base/text.hpp"

namespace gem::api {

namespace {

namespace bj = boost::json;

constexpr std::string_view introduction =
    "Figures about GitHub repositories, from their events. Every windowed answer tells its `window` and its "
    "`coverage`: "
    "whether every event of it was seen. A window ends, exclusive, at `until` (now when it is left out) and is `hours` "
    "or `offset_minutes` long: one of the two, not both. Times are RFC 3339 in UTC. What is not known is null, what "
    "did "
    "not happen is 0. Parameters that are not known are refused. `HEAD` works wherever `GET` does, `OPTIONS` "
    "everywhere; "
    "GET answers with an entity tag give 304 to `If-None-Match`. Where the server asks for tokens (API_TOKENS), all "
    "but "
    "health and this description need one.";

struct TagRow {
    std::string_view name;
    std::string_view description;
};

constexpr std::array<TagRow, 10> tag_rows{{
    {"system", "Health, the database, the process."},
    {"collecting", "Collecting now, and GitHub's webhooks."},
    {"repositories", "The watch list."},
    {"events", "Stored events."},
    {"metrics", "Figures about repositories."},
    {"commits", "Commits, their files, authors and categories."},
    {"enhanced", "The same figures, with the provider that they come from."},
    {"charts", "Pictures of the figures."},
    {"monitors", "Monitors of single repositories."},
    {"alerts", "Alert rules, and what fired."},
}};

/// The first part of a path, to the tag of what stands below it; itself when it is none of these.
std::string_view tag_of(std::string_view path) {
    static std::map<std::string_view, std::string_view> const tags{{"repositories", "repositories"},
                                                                   {"events", "events"},
                                                                   {"metrics", "metrics"},
                                                                   {"comparison", "metrics"},
                                                                   {"commits", "commits"},
                                                                   {"monitoring", "commits"},
                                                                   {"enhanced", "enhanced"},
                                                                   {"collect", "collecting"},
                                                                   {"webhook", "collecting"},
                                                                   {"visualization", "charts"},
                                                                   {"badge", "charts"},
                                                                   {"monitors", "monitors"},
                                                                   {"alerts", "alerts"}};
    if (path == "/metrics") return "system"; // Prometheus's
    auto const first = path.substr(1, path.find('/', 1) - 1);
    auto const tag = tags.find(first);
    return tag == tags.end() ? "system" : tag->second;
}

/// `getCommitsByShaFiles` of `GET /commits/{sha}/files`.
std::string operation_id(std::string_view method, std::string_view path) {
    auto id = ascii_lower(method);
    bool starts_word = true;
    for (char const c : path) {
        bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (c == '{') id += "By";
        if (plain) id += starts_word && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        starts_word = !plain;
    }
    return path == "/" ? id + "Home" : id;
}

bj::array security_of(Route const& route) {
    if (route.own_body) return {bj::object(), bj::object{{"signature", bj::array()}}};
    if (route.access == Access::open) return {};
    if (route.access == Access::admin) return {bj::object{{"bearer", bj::array()}}};
    return {bj::object(), bj::object{{"bearer", bj::array()}}};
}

std::string sentences(std::string_view summary, std::string_view more) {
    std::string text(summary);
    if (!text.ends_with('.')) text += '.';
    if (!more.empty()) text += fmt::format(" {}", more);
    return text;
}

bj::object operation_of(Route const& route, std::string_view path, SchemaBook& book) {
    bool const alias = path != route.path;
    bj::object operation{{"operationId", operation_id(route.method, path)}, {"summary", route.summary}};
    operation["description"] = alias ? fmt::format("The same as {}. {}", route.path, route.description)
                                     : sentences(route.summary, route.description);
    operation["tags"] = bj::array{tag_of(path)};
    if (auto parameters = openapi_parameters(route); !parameters.empty())
        operation["parameters"] = std::move(parameters);
    if (auto body = openapi_request_body(route)) operation["requestBody"] = std::move(*body);
    operation["responses"] = openapi_responses(route, book);
    operation["security"] = security_of(route);
    return operation;
}

bj::object security_schemes() {
    return {{"bearer",
             bj::object{{"type", "http"},
                        {"scheme", "bearer"},
                        {"description", "One of API_TOKENS. Reading needs one when there are any; changing something "
                                        "needs one of scope admin then, or when the server can be reached from other "
                                        "machines."}}},
            {"signature", bj::object{{"type", "apiKey"},
                                     {"in", "header"},
                                     {"name", "X-Hub-Signature-256"},
                                     {"description", "`sha256=` and the HMAC-SHA-256 of the body with one of "
                                                     "GITHUB_WEBHOOK_SECRET, in hex."}}}};
}

bj::object components_of(SchemaBook const& book) {
    bj::object schemas;
    for (auto const& [name, schema] : book.schemas()) schemas[name] = bj::parse(schema);
    schemas["Problem"] = openapi_problem_schema();
    return {{"schemas", std::move(schemas)},
            {"responses", openapi_problem_responses()},
            {"headers", openapi_headers()},
            {"securitySchemes", security_schemes()}};
}

/// The tags that are used, in the order of the table.
bj::array tags_of(std::vector<Route> const& routes) {
    bj::array tags;
    for (auto const& row : tag_rows) {
        bool const used =
            std::ranges::any_of(routes, [&](Route const& route) { return tag_of(route.path) == row.name; });
        if (used) tags.push_back(bj::object{{"name", row.name}, {"description", row.description}});
    }
    return tags;
}

} // namespace

std::string openapi_document(std::vector<Route> const& routes) {
    SchemaBook book;
    bj::object paths;
    auto const add = [&](Route const& route, std::string_view path) {
        auto& item = paths[path];
        if (item.is_null()) item = bj::object();
        item.as_object()[ascii_lower(route.method)] = operation_of(route, path, book);
    };
    for (auto const& route : routes) {
        add(route, route.path);
        for (auto const alias : route.aliases) add(route, alias);
    }
    bj::object const document{
        {"openapi", "3.1.0"},
        {"info", bj::object{{"title", "GitHub Events Monitor"},
                            {"version", GEM_VERSION},
                            {"description", introduction},
                            {"license", bj::object{{"name", "MIT"}, {"identifier", "MIT"}}}}},
        {"servers", bj::array{bj::object{{"url", "/"}, {"description", "The server that gave this description."}}}},
        {"tags", tags_of(routes)},
        {"paths", std::move(paths)},
        {"components", components_of(book)}};
    return bj::serialize(document);
}

} // namespace gem::api
