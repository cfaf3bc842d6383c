// `mcp`: the figures for an assistant, over standard input and output.
#include "app/mcp_face.hpp"
#include "cli/command.hpp"

namespace gem::cli {

namespace {

constexpr auto mcp_teach =
    R"(An assistant's program starts this and speaks MCP with it (2025-03-26 to 2025-11-25, and 2026-07-28): a message a
line. Nothing is polled; `serve` or `collect` beside it does that, and `serve` offers the same at /mcp. Examples:
  claude mcp add github-events -- github-events-monitor mcp --db-path /var/lib/github-events/events.db
  github-events-monitor mcp --mcp-allow-writes 1

docs/MCP.md has the configurations of the usual clients.

Exit statuses: 0 the input ended or a signal came; 1 the database cannot be opened; 2 usage.)";

} // namespace

void add_mcp(CommandLine& line) {
    using enum SettingGroup;
    line.add(line.root(), "mcp", "Serve an assistant over standard input and output (MCP)",
             {storage, github, SettingGroup::mcp, SettingGroup::log}, mcp_teach, [](Context const& context) {
                 auto const served = serve_mcp(context.settings, context.clock, context.log);
                 return served ? exit_ok : context.failed(served.error());
             });
}

} // namespace gem::cli
