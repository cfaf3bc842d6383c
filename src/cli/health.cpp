// `health`: asks a running server how it is, for checks of containers and of people.
#include "app/ask_health.hpp"
#include "cli/command.hpp"

namespace gem::cli {

namespace {

struct HealthOptions {
    std::string url;
    std::int64_t timeout = 5;
};

constexpr auto health_teach =
    R"(Asks GET /health where a server with the same settings listens, or at --url, and prints the answer.
A server that moved to 8080, because 8000 was taken, is named by --port. Examples:
  github-events-monitor health --port 8000
  github-events-monitor health --url https://events.example.com

Exit statuses: 0 healthy; 1 not, or nobody answers; 2 usage.)";

int health(Context const& context, HealthOptions const& options) {
    if (options.url.empty() && context.settings.values.api_port == 0) {
        context.console.err("github-events-monitor: with port 0 the server chose one: name it by --port or --url\n");
        return exit_usage;
    }
    auto url = options.url.empty() ? server_url(context.settings.values) : options.url;
    auto const answer = run_to_end(ask_health(std::move(url), seconds(options.timeout)));
    if (!answer) return context.failed(answer.error());
    context.console.out(answer->body + (answer->body.ends_with('\n') ? "" : "\n"));
    return answer->healthy ? exit_ok : exit_failed;
}

} // namespace

void add_health(CommandLine& line) {
    auto const options = std::make_shared<HealthOptions>();
    auto& command = line.add(line.root(), "health", "Ask a running server how it is", {SettingGroup::server},
                             health_teach, [options](Context const& context) { return health(context, *options); });
    command.add_option("--url", options->url, "Where the server is, in place of --host and --port")->type_name("URL");
    command.add_option("--timeout", options->timeout, "Seconds to wait for the answer [default 5]")
        ->type_name("N")
        ->check(CLI::Range(1, 300));
}

} // namespace gem::cli
