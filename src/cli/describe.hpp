// The command line as plain values, read off CLI11's tables: the manual page and the completions are made of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gem::cli {

struct OptionDescription {
    std::string name;     ///< `--limit`; of an argument `FILE`
    std::string letter{}; ///< `-h`; empty where there is none
    std::string value{};  ///< what stands behind it: `N`, `FILE`; empty for a switch
    std::vector<std::string> choices{};
    std::string sentence{};
    std::string group{};  ///< the heading in `--help`; empty for the usual one
    bool setting = false; ///< of the table of settings, not the command's own
};

struct CommandDescription {
    std::string name; ///< `db check`; empty for the program itself
    std::string summary;
    std::string teach; ///< what stands below its help
    std::vector<OptionDescription> options;
    std::vector<OptionDescription> arguments;
    std::vector<std::string> children; ///< of the program or a group: the next word
    bool runs = false;                 ///< false for the program itself and a group that only has commands
};

/// The program first, then everything below it, a group before its commands.
std::vector<CommandDescription> describe_commands();

/// A completion script for `bash`, `zsh` or `fish`.
std::string completion_script(std::string_view shell, std::vector<CommandDescription> const& commands);

/// The manual page, section 1, as roff.
std::string manual_page(std::vector<CommandDescription> const& commands);

} // namespace gem::cli
