// `version`: what this program is made of.
#include "cli/command.hpp"

#include "app/version.hpp"
#include "base/json.hpp"

namespace gem::cli {

void add_version(CommandLine& line) {
    auto as_json = std::make_shared<bool>(false);
    auto& command = line.add(line.root(), "version", "Print the version, the compiler and the libraries", {},
                             "Example:\n  github-events-monitor version --json", [as_json](Context const& context) {
                                 auto const parts = version_parts();
                                 if (*as_json) {
                                     context.console.out(json::to_string(parts) + "\n");
                                     return exit_ok;
                                 }
                                 for (auto const& [name, version] : parts) {
                                     context.console.out(fmt::format("{:<22} {}\n", name, version));
                                 }
                                 return exit_ok;
                             });
    command.add_flag("--json", *as_json, "As one JSON object");
}

} // namespace gem::cli
