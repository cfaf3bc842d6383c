// `openapi`: the description of the API, for whoever makes clients or tests of it.
#include "cli/command.hpp"

#include "app/openapi.hpp"

namespace gem::cli {

void add_openapi(CommandLine& line) {
    line.add(line.root(), "openapi", "Print the description of the API (OpenAPI 3.1)", {},
             "What GET /openapi.json answers. Example:\n  github-events-monitor openapi > openapi.json",
             [](Context const& context) {
                 context.console.out(openapi_text() + "\n");
                 return exit_ok;
             });
}

} // namespace gem::cli
