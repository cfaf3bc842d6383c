// The command line: arguments to a command with its settings, and the command to an exit status.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"

namespace gem::cli {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1; ///< the command could not do what it was asked, or found something wrong
inline constexpr int exit_usage = 2;  ///< the arguments or the settings are not what was expected

/// Where a command writes to and asks at.
struct Console {
    std::function<void(std::string_view)> out;             ///< standard output: answers
    std::function<void(std::string_view)> err;             ///< standard error: everything else
    std::function<std::optional<std::string>()> read_line; ///< nothing at the end of the input
    bool err_is_terminal = false;
    bool in_is_terminal = false;
    std::size_t width = 80;

    /// The process's own.
    static Console standard();
    /// Asks to type `word`; false for anything else. Without a terminal nobody can be asked: false, and says `--yes`.
    bool confirmed(std::string_view what, std::string_view word) const;
};

/// What a command works with.
struct Context {
    Console const& console;
    EffectiveSettings const& settings;
    Clock const& clock;
    Log& log;

    /// Writes the message as an error and gives exit_failed.
    int failed(std::string_view message) const;
    int failed(Error const& error) const { return failed(error.message); }
};

using Action = std::function<int(Context const&)>;

struct Invocation {
    std::string command; ///< `db check`
    SettingSources sources;
    Action run;
};

/// Help that was asked for (status 0), or what is wrong with the arguments (status 2).
struct ParseEnd {
    int status = exit_ok;
    std::string text;
};

/// `arguments` without the program's name. Runs nothing.
std::expected<Invocation, ParseEnd> parse(std::vector<std::string> arguments, Environment environment);

/// The names of all commands: `serve`, `db check` …
std::vector<std::string> command_names();

/// Parses, reads the settings, runs. Returns the exit status.
int run(std::vector<std::string> arguments, Environment environment, Console const& console);

} // namespace gem::cli
