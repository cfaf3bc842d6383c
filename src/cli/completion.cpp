// `completion bash|zsh|fish`: scripts that complete commands, flags and their values, from the same tables as `--help`.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.hpp"
#include "cli/describe.hpp"

namespace gem::cli {

namespace {

constexpr std::string_view program_name = "github-events-monitor";

/// A text between apostrophes, as all three shells read it (fish also reads backslashes there; none of ours has any).
std::string in_apostrophes(std::string_view text) {
    std::string out = "'";
    for (char const letter : text) {
        if (letter == '\'')
            out += "'\\''";
        else
            out += letter;
    }
    return out + "'";
}

/// Up to the first `[`, where variable and default begin.
std::string_view short_sentence(std::string_view sentence) {
    sentence = sentence.substr(0, sentence.find(" ["));
    return sentence;
}

bool is_file(OptionDescription const& option) {
    return option.value == "FILE" || option.value == "DIR" || option.name == "--db-path";
}

bool takes_files(CommandDescription const& command) {
    return std::ranges::any_of(command.arguments,
                               [](auto const& argument) { return argument.name.starts_with("FILE"); });
}

std::vector<std::string> option_names(CommandDescription const& command) {
    std::vector<std::string> names;
    for (auto const& option : command.options) names.push_back(option.name);
    return names;
}

/// Words of an argument with a closed list; only `completion` has one.
std::vector<std::string> argument_words(CommandDescription const& command) {
    std::vector<std::string> words = command.children;
    for (auto const& argument : command.arguments)
        words.insert(words.end(), argument.choices.begin(), argument.choices.end());
    return words;
}

std::string bash_values(std::vector<CommandDescription> const& commands) {
    std::string out;
    std::vector<std::string> done;
    for (auto const& command : commands) {
        for (auto const& option : command.options) {
            if (option.value.empty() || std::ranges::count(done, option.name) > 0) continue;
            done.push_back(option.name);
            out += fmt::format("        {}) ", option.name);
            if (!option.choices.empty())
                out += fmt::format("mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$word\") ;;\n",
                                   fmt::join(option.choices, " "));
            else if (is_file(option))
                out += "mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n";
            else
                out += ";;\n";
        }
    }
    return out;
}

std::string bash_script(std::vector<CommandDescription> const& commands) {
    std::string words;
    for (auto const& command : commands) {
        words += fmt::format("        '{}') words='{} {}'; files={} ;;\n", command.name,
                             fmt::join(argument_words(command), " "), fmt::join(option_names(command), " "),
                             takes_files(command) ? 1 : 0);
    }
    std::string groups;
    for (auto const& command : commands) {
        if (!command.name.empty() && !command.children.empty()) groups += (groups.empty() ? "" : "|") + command.name;
    }
    return fmt::format(R"(# Completions of {0} for bash, made by `{0} completion bash`.
_github_events_monitor() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command='' words='' files=0 i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${{COMP_WORDS[i]}} != -* ]] || break
        command+=${{command:+ }}${{COMP_WORDS[i]}}
        case $command in {1}) ;; *) break ;; esac
    done
    case $before in
{2}        *) before='' ;;
    esac
    [[ -z $before ]] || return 0
    case $command in
{3}    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    if ((files)) && [[ $word != -* ]]; then
        mapfile -t -O "${{#COMPREPLY[@]}}" COMPREPLY < <(compgen -f -- "$word")
    fi
}}
complete -o filenames -F _github_events_monitor {0}
)",
                       program_name, groups, bash_values(commands), words);
}

/// `_arguments` reads `:`, `[` and `]` of a sentence as its own.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (char const letter : text) {
        if (letter == ':' || letter == '[' || letter == ']') out += '\\';
        out += letter;
    }
    return out;
}

std::string zsh_option(OptionDescription const& option) {
    auto spec = fmt::format("{}[{}]", option.name, zsh_text(short_sentence(option.sentence)));
    if (!option.choices.empty() && !option.value.empty())
        spec += fmt::format(":{}:({})", zsh_text(option.value), fmt::join(option.choices, " "));
    else if (is_file(option))
        spec += ":file:_files";
    else if (!option.value.empty())
        spec += fmt::format(":{}:", zsh_text(option.value));
    return in_apostrophes("*" + spec);
}

std::string zsh_script(std::vector<CommandDescription> const& commands) {
    std::string cases;
    std::string groups;
    for (auto const& command : commands) {
        cases += fmt::format("        {})\n", in_apostrophes(command.name));
        if (!command.name.empty() && !command.children.empty()) groups += (groups.empty() ? "" : "|") + command.name;
        if (!command.children.empty()) {
            cases += "            local -a children=(";
            for (auto const& child : commands) {
                auto const full = command.name.empty()
                                      ? child.name
                                      : child.name.substr(std::min(child.name.size(), command.name.size() + 1));
                auto const parent = child.name.substr(0, child.name.size() - std::min(child.name.size(), full.size()));
                bool const below = !full.empty() && full.find(' ') == std::string::npos &&
                                   parent == (command.name.empty() ? "" : command.name + " ");
                if (below) cases += in_apostrophes(fmt::format("{}:{}", full, zsh_text(child.summary))) + " ";
            }
            cases += ")\n            _describe command children\n";
        }
        cases += "            _arguments";
        for (auto const& option : command.options) cases += " \\\n                " + zsh_option(option);
        if (takes_files(command)) cases += " \\\n                '*:file:_files'";
        for (auto const& argument : command.arguments) {
            if (!argument.choices.empty())
                cases += " \\\n                " +
                         in_apostrophes(fmt::format("1:{}:({})", argument.name, fmt::join(argument.choices, " ")));
        }
        cases += "\n            ;;\n";
    }
    return fmt::format(R"(#compdef {0}
# Completions of {0} for zsh, made by `{0} completion zsh`.
_github_events_monitor() {{
    local command='' i
    for ((i = 2; i < CURRENT; i++)); do
        [[ $words[i] != -* ]] || break
        command+=${{command:+ }}$words[i]
        case $command in ({1}) ;; (*) break ;; esac
    done
    local count=${{#${{(z)command}}}}
    if ((count)); then
        words=($words[1] $words[count+2,-1])
        ((CURRENT -= count))
    fi
    case $command in
{2}    esac
}}
if [[ $funcstack[1] = _github_events_monitor ]]; then
    _github_events_monitor "$@"
else
    compdef _github_events_monitor {0}
fi
)",
                       program_name, groups, cases);
}

/// The condition under which fish offers what belongs to a command.
std::string fish_condition(CommandDescription const& command) {
    if (command.name.empty()) return "__fish_use_subcommand";
    std::string condition;
    std::string_view rest = command.name;
    while (!rest.empty()) {
        auto const space = std::min(rest.find(' '), rest.size());
        condition +=
            fmt::format("{}__fish_seen_subcommand_from {}", condition.empty() ? "" : "; and ", rest.substr(0, space));
        rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    if (!command.children.empty())
        condition += fmt::format("; and not __fish_seen_subcommand_from {}", fmt::join(command.children, " "));
    return condition;
}

std::string fish_script(std::vector<CommandDescription> const& commands) {
    std::string out = fmt::format("# Completions of {0} for fish, made by `{0} completion fish`.\ncomplete -c {0} -f\n",
                                  program_name);
    for (auto const& command : commands) {
        auto const start = fmt::format("complete -c {} -n {}", program_name, in_apostrophes(fish_condition(command)));
        for (auto const& child : commands) {
            auto const prefix = command.name.empty() ? std::string() : command.name + " ";
            if (child.name.size() <= prefix.size() || !child.name.starts_with(prefix)) continue;
            auto const word = child.name.substr(prefix.size());
            if (word.find(' ') == std::string::npos)
                out += fmt::format("{} -a {} -d {}\n", start, word, in_apostrophes(child.summary));
        }
        for (auto const& option : command.options) {
            out += fmt::format("{} -l {} -d {}", start, option.name.substr(2),
                               in_apostrophes(short_sentence(option.sentence)));
            if (!option.letter.empty()) out += " -s " + option.letter.substr(1);
            if (!option.choices.empty() && !option.value.empty())
                out += fmt::format(" -x -a {}", in_apostrophes(fmt::format("{}", fmt::join(option.choices, " "))));
            else if (is_file(option))
                out += " -r -F";
            else if (!option.value.empty())
                out += " -x";
            out += "\n";
        }
        for (auto const& argument : command.arguments) {
            if (!argument.choices.empty())
                out += fmt::format("{} -a {}\n", start,
                                   in_apostrophes(fmt::format("{}", fmt::join(argument.choices, " "))));
        }
        if (takes_files(command)) out += start + " -F\n";
    }
    return out;
}

} // namespace

std::string completion_script(std::string_view shell, std::vector<CommandDescription> const& commands) {
    if (shell == "bash") return bash_script(commands);
    if (shell == "zsh") return zsh_script(commands);
    return fish_script(commands);
}

void add_completion(CommandLine& line) {
    auto shell = std::make_shared<std::string>();
    auto& command = line.add(line.root(), "completion", "Print a completion script for a shell", {},
                             "Packages install them. Examples:\n"
                             "  source <(github-events-monitor completion bash)\n"
                             "  github-events-monitor completion fish > ~/.config/fish/completions/"
                             "github-events-monitor.fish",
                             [shell](Context const& context) {
                                 context.console.out(completion_script(*shell, describe_commands()));
                                 return exit_ok;
                             });
    command.add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

} // namespace gem::cli
