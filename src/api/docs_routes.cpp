// GET /openapi.json, and the page that shows it: RapiDoc out of the program itself, nothing from elsewhere.
#include "api/embedded.hpp"
#include "api/home_page.hpp"
#include "api/openapi.hpp"
#include "api/route.hpp"

namespace gem::api {

namespace {

constexpr std::string_view docs_page = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>GitHub Events Monitor: the API</title>
<script type="module" src="/docs/rapidoc.js"></script>
</head>
<body>
<rapi-doc spec-url="/openapi.json" render-style="read" theme="light" load-fonts="false" regular-font="system-ui, sans-serif"
  mono-font="ui-monospace, monospace" show-header="false" allow-spec-file-load="false" allow-spec-url-load="false"
  allow-server-selection="false" allow-authentication="true" schema-style="table" show-method-in-nav-bar="as-colored-text">
<p><a href="/openapi.json">The API's description as OpenAPI 3.1</a>; <a href="/">the dashboard</a>.</p>
</rapi-doc>
</body>
</html>
)";

// RapiDoc lays itself out with style attributes.
constexpr std::string_view docs_policy =
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view docs_file(std::string_view name) {
    for (auto const& file : docs_script_files())
        if (file.name == name) return file.bytes;
    return {};
}

/// Answers with what `make` says, which is asked once.
template <class Make>
Handler constant(std::string_view content_type, Make make) {
    return [content_type, make, kept = std::make_shared<std::shared_ptr<http::Body const>>()](
               Context const& context, Arguments const&) -> Async<Outcome> {
        if (!*kept) *kept = std::make_shared<http::Body const>(make(context));
        co_return Reply{.status = 200, .content_type = std::string(content_type), .body = {}, .same_body = *kept};
    };
}

Async<Outcome> get_docs(Context const& context, Arguments const&) {
    bool const with_script = !docs_file("rapidoc-min.js").empty();
    co_return Reply{.status = 200,
                    .content_type = "text/html; charset=utf-8",
                    .body = with_script ? std::string(docs_page) : home_page(context.routes),
                    .headers = {{"Content-Security-Policy", std::string(docs_policy)}}};
}

std::string docs_script(Context const&) {
    // The licence has to go with it; it is written as comments.
    return std::string(docs_file("rapidoc-min.js.LICENSE.txt")) + std::string(docs_file("rapidoc-min.js"));
}

} // namespace

void add_docs_routes(std::vector<Route>& table) {
    // All three are the same for everybody and hold no data: they are open, so that one can read how to get in.
    table.push_back({.method = "GET",
                     .path = "/openapi.json",
                     .summary = "This API as OpenAPI 3.1",
                     .description = "Made of the table of routes that serves the requests.",
                     .parameters = {},
                     .handler = constant("application/json",
                                         [](Context const& context) { return openapi_document(context.routes); }),
                     .answer = {.name = {}, .content_type = "application/json"},
                     .access = Access::open,
                     .keeping = Keeping::tagged,
                     .names_none = true});
    table.push_back({.method = "GET",
                     .path = "/docs",
                     .summary = "A page that shows this API",
                     .description = "For people; it loads nothing from elsewhere.",
                     .parameters = {},
                     .handler = &get_docs,
                     .answer = {.name = {}, .content_type = "text/html; charset=utf-8"},
                     .access = Access::open,
                     .keeping = Keeping::tagged,
                     .names_none = true});
    table.push_back({.method = "GET",
                     .path = "/docs/rapidoc.js",
                     .summary = "The script of /docs",
                     .description = "RapiDoc.",
                     .parameters = {},
                     .handler = constant("text/javascript; charset=utf-8", &docs_script),
                     .answer = {.name = {}, .content_type = "text/javascript; charset=utf-8"},
                     .access = Access::open,
                     .keeping = Keeping::tagged,
                     .names_none = true});
}

} // namespace gem::api
