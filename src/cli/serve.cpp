// `serve`: the API and the poller, until a signal.
#include "app/application.hpp"
#include "cli/command.hpp"

namespace gem::cli {

namespace {

constexpr auto serve_teach =
    R"(Listens first and polls then. SIGINT or SIGTERM ends it when what is in flight is answered; a second one ends it at
once. Examples:
  github-events-monitor serve --target-repositories microsoft/vscode,org:kubernetes
  GITHUB_TOKEN_FILE=/run/secrets/token github-events-monitor serve --host 0.0.0.0 --port 80
  curl http://127.0.0.1:8000/health

Secrets have no flag: GITHUB_TOKEN and API_TOKENS, or GITHUB_TOKEN_FILE and API_TOKENS_FILE, or keys of the TOML file.

Exit statuses: 0 ended by a signal; 1 the database cannot be opened or the port is taken; 2 usage.)";

} // namespace

void add_serve(CommandLine& line) {
    using enum SettingGroup;
    line.add(line.root(), "serve", "Serve the API, and poll GitHub beside it",
             {server, github, storage, SettingGroup::mcp, SettingGroup::log}, serve_teach, [](Context const& context) {
                 auto const served = serve(context.settings, context.clock, context.log);
                 return served ? exit_ok : context.failed(served.error());
             });
}

} // namespace gem::cli
