// `manual`: the manual page, from the same tables as `--help`.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/version.hpp"
#include "cli/command.hpp"
#include "cli/describe.hpp"

namespace gem::cli {

namespace {

constexpr std::string_view manual_files = R"(.SH FILES
.TP
.I /etc/github\-events\-monitor/config.toml
Settings of the service that a package brings, in TOML; every key with its meaning.
.B cmake \-\-install
puts it below its prefix, as
.IR /usr/local/etc/github\-events\-monitor/config.toml .
.TP
.I /var/lib/github\-events\-monitor/events.db
The service's SQLite file.
)";

/// Text as roff shows it: backslashes, hyphens that can be copied, no line that begins like a request.
std::string roff(std::string_view text) {
    std::string out;
    bool begins = true;
    for (char const letter : text) {
        if (begins && (letter == '.' || letter == '\'')) out += "\\&";
        if (letter == '\\')
            out += "\\e";
        else if (letter == '-')
            out += "\\-";
        else
            out += letter;
        begins = letter == '\n';
    }
    return out;
}

std::string roff_option(OptionDescription const& option) {
    std::string out = ".TP\n\\fB";
    if (!option.letter.empty()) out += roff(option.letter) + "\\fR, \\fB";
    out += roff(option.name) + "\\fR";
    if (!option.choices.empty() && !option.value.empty())
        out += fmt::format(" {}", roff(fmt::format("{}", fmt::join(option.choices, "|"))));
    else if (!option.value.empty())
        out += " \\fI" + roff(option.value) + "\\fR";
    return out + "\n" + roff(option.sentence) + "\n";
}

/// The lines below a command's help: commands (they are indented) as they are, sentences filled.
std::string roff_teach(std::string_view text) {
    std::string out;
    bool example = false;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        auto const line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        bool const indented = line.starts_with("  ");
        if (indented != example) out += indented ? ".PP\n.nf\n.RS\n" : ".RE\n.fi\n";
        example = indented;
        if (line.empty())
            out += ".PP\n";
        else
            out += roff(indented ? line.substr(2) : line) + "\n";
    }
    return example ? out + ".RE\n.fi\n" : out;
}

std::string roff_command(CommandDescription const& command) {
    std::string usage = "\\fBgithub\\-events\\-monitor " + roff(command.name) + "\\fR";
    bool settings = false;
    for (auto const& option : command.options) settings = settings || option.setting;
    usage += " [\\fIOPTIONS\\fR]";
    for (auto const& argument : command.arguments) usage += " \\fI" + roff(argument.name) + "\\fR";
    std::string out = ".SS " + usage + "\n" + roff(command.summary) + ".\n";
    for (auto const& argument : command.arguments)
        out += ".TP\n\\fI" + roff(argument.name) + "\\fR\n" + roff(argument.sentence) + "\n";
    for (auto const& option : command.options) {
        if (!option.setting && option.name != "--help") out += roff_option(option);
    }
    if (settings) {
        std::vector<std::string> groups;
        for (auto const& option : command.options) {
            if (option.setting && std::ranges::count(groups, option.group) == 0) groups.push_back(option.group);
        }
        out += fmt::format(".PP\nTakes the settings of: {}.\n", fmt::join(groups, ", "));
    }
    return out + ".PP\n" + roff_teach(command.teach);
}

/// Every setting once, whichever commands take its flag; secrets have none.
std::string roff_settings() {
    std::string out =
        ".SH SETTINGS\nA flag wins over the variable, that over the key of the TOML file (the variable in "
        "lower case), that over the default. A secret has no flag; a variable with _FILE at its end names "
        "a file that holds it.\n";
    for (auto const& row : settings_table()) {
        out += ".TP\n";
        if (!row.flag.empty()) out += "\\fB" + roff(row.flag) + "\\fR, ";
        out += "\\fB" + row.variable() + "\\fR\n" + roff(row.sentence) + ": " + roff(row.expected());
        if (!row.fallback.empty()) out += "; " + roff(row.fallback) + " by default";
        out += ".\n";
    }
    return out;
}

} // namespace

std::string manual_page(std::vector<CommandDescription> const& commands) {
    auto const& program = commands.front();
    auto out = fmt::format(".TH GITHUB\\-EVENTS\\-MONITOR 1 \"\" \"github\\-events\\-monitor {0}\" \"User Commands\"\n"
                           ".SH NAME\ngithub\\-events\\-monitor \\- collects GitHub events and answers questions about "
                           "repositories\n.SH SYNOPSIS\n.B github\\-events\\-monitor\n.I COMMAND\n[\\fIOPTIONS\\fR]\n"
                           ".SH DESCRIPTION\n",
                           version_parts().front().second);
    out += roff_teach(program.teach);
    out += ".SH OPTIONS\n";
    for (auto const& option : program.options) out += roff_option(option);
    out += ".SH COMMANDS\n";
    for (auto const& command : commands) {
        if (command.runs) out += roff_command(command);
    }
    out += roff_settings();
    out += manual_files;
    return out;
}

void add_manual(CommandLine& line) {
    line.add(line.root(), "manual", "Print the manual page (roff)", {},
             "Packages install it. Example:\n  github-events-monitor manual | man -l -", [](Context const& context) {
                 context.console.out(manual_page(describe_commands()));
                 return exit_ok;
             });
}

} // namespace gem::cli
