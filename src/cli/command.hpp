// How a command joins the command line: one `add_…` function a file.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/cli.hpp"

namespace gem::cli {

struct CommandDescription;

/// Collects what parsing finds out.
class CommandLine {
  public:
    CommandLine(CLI::App& root, Invocation& invocation) : root_(root), invocation_(invocation) {}

    /// A name with commands below it, such as `db`.
    CLI::App& group(std::string const& name, std::string const& summary);

    /// A command that takes the settings of `groups` as flags. `teach` stands below its help: examples and statuses.
    /// When it is the one that was asked for, `run` is kept in the invocation; options live in what `run` captures.
    CLI::App& add(CLI::App& parent, std::string const& name, std::string const& summary,
                  std::initializer_list<SettingGroup> groups, std::string const& teach, Action run);

    CLI::App& root() { return root_; }
    [[nodiscard]] std::vector<std::string> const& names() const { return names_; }

  private:
    void add_setting_flags(CLI::App& command, std::initializer_list<SettingGroup> groups);
    CLI::App& root_;
    Invocation& invocation_;
    std::vector<std::string> names_;
};

void add_serve(CommandLine& line);
void add_health(CommandLine& line);
void add_mcp(CommandLine& line);
void add_collect(CommandLine& line);
void add_backfill(CommandLine& line);
void add_setup(CommandLine& line);
void add_db(CommandLine& line);
void add_db_shell(CommandLine& line, CLI::App& db);
void add_forget(CommandLine& line);
void add_transfer(CommandLine& line);
void add_cost(CommandLine& line);
void add_report(CommandLine& line);
void add_config(CommandLine& line);
void add_openapi(CommandLine& line);
void add_completion(CommandLine& line);
void add_manual(CommandLine& line);
void add_version(CommandLine& line);

/// The program and everything below it as plain values (cli/describe.hpp); `runnable` are the names of commands.
std::vector<CommandDescription> describe_commands(CLI::App const& root, std::vector<std::string> const& runnable);

} // namespace gem::cli
