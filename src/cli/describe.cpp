#include "cli/describe.hpp"

#include <algorithm>

#include "cli/command.hpp"

namespace gem::cli {

namespace {

/// What CLI::IsMember wrote behind a type: `TEXT:{md,html}`.
std::vector<std::string> braced_choices(std::string_view type) {
    auto const open = type.find('{');
    auto const close = type.find('}');
    std::vector<std::string> choices;
    if (open == std::string_view::npos || close == std::string_view::npos) return choices;
    auto rest = type.substr(open + 1, close - open - 1);
    while (!rest.empty()) {
        auto const comma = std::min(rest.find(','), rest.size());
        choices.emplace_back(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return choices;
}

OptionDescription describe(CLI::Option const& option) {
    auto const type = option.get_type_name();
    OptionDescription described{.name = option.get_name(true), .sentence = option.get_description()};
    if (auto const& group = option.get_group(); group != "Options") described.group = group;
    if (option.get_positional()) {
        described.choices = braced_choices(type);
        return described;
    }
    if (!option.get_lnames().empty()) described.name = "--" + option.get_lnames().front();
    if (!option.get_snames().empty()) described.letter = "-" + option.get_snames().front();
    auto const table = settings_table();
    auto const row = std::ranges::find(table, described.name, &SettingRow::flag);
    described.setting = row != table.end();
    described.choices =
        described.setting ? std::vector<std::string>(row->choices.begin(), row->choices.end()) : braced_choices(type);
    if (option.get_items_expected_max() > 0)
        described.value = type.empty() ? "TEXT" : type.substr(0, type.find_first_of(":="));
    return described;
}

void describe(CLI::App const& app, std::string const& name, std::vector<CommandDescription>& into) {
    CommandDescription command;
    command.name = name;
    command.summary = app.get_description();
    command.teach = app.get_footer();
    std::vector<CLI::App const*> below;
    auto const take_options = [&command](CLI::App const& from) {
        for (auto const* const option : from.get_options())
            (option->get_positional() ? command.arguments : command.options).push_back(describe(*option));
    };
    take_options(app);
    for (auto const* const child : app.get_subcommands([](CLI::App const*) { return true; })) {
        if (child->get_name().empty()) { // a group of options
            take_options(*child);
            continue;
        }
        below.push_back(child);
        command.children.push_back(child->get_name());
    }
    into.push_back(std::move(command));
    for (auto const* const child : below)
        describe(*child, name.empty() ? child->get_name() : name + " " + child->get_name(), into);
}

} // namespace

std::vector<CommandDescription> describe_commands(CLI::App const& root, std::vector<std::string> const& runnable) {
    std::vector<CommandDescription> commands;
    describe(root, {}, commands);
    for (auto& command : commands) command.runs = std::ranges::count(runnable, command.name) > 0;
    return commands;
}

} // namespace gem::cli
