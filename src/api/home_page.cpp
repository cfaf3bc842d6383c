#include "api/home_page.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace gem::api {

namespace {

constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>GitHub Events Monitor</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8886 }
code { font-size: .95em }
</style>
</head>
<body>
<main>
<h1>GitHub Events Monitor</h1>
<p>Answers are JSON. Windows end at <code>until</code> (by default that of the minute that runs), exclusive.</p>
<table>
<thead><tr><th scope="col">Endpoint</th><th scope="col">Parameters</th><th scope="col">Answers</th></tr></thead>
<tbody>
)";

} // namespace

std::string home_page(std::vector<Route> const& routes) {
    std::string page(head);
    for (auto const& route : routes) {
        auto const path = escape_markup(route.path);
        bool const plain = route.method == "GET" && route.path.find('{') == std::string_view::npos;
        page += fmt::format("<tr><td><code>{} ", route.method);
        page += plain ? fmt::format("<a href=\"{}\">{}</a>", path, path) : path;
        page += "</code></td><td>";
        bool first = true;
        for (auto const& parameter : route.parameters) {
            if (parameter.place == ParameterPlace::path) continue;
            if (!first) page += ", ";
            first = false;
            page += fmt::format("<code title=\"{}\">{}</code>", escape_markup(parameter.sentence),
                                escape_markup(parameter.name));
        }
        page += fmt::format("</td><td>{}</td></tr>\n", escape_markup(route.summary));
    }
    page += "</tbody>\n</table>\n</main>\n</body>\n</html>\n";
    return page;
}

} // namespace gem::api
