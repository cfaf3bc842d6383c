// The manual page and the completions: every command and flag is in them.
#include "cli/describe.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "cli/cli.hpp"

namespace gem::cli {
namespace {

CommandDescription described(std::string const& name) {
    auto const commands = describe_commands();
    auto const found = std::ranges::find(commands, name, &CommandDescription::name);
    return found == commands.end() ? CommandDescription{} : *found;
}

TEST(Describe, has_every_command_and_no_other_that_runs) {
    std::vector<std::string> names;
    for (auto const& command : describe_commands()) {
        if (command.runs) names.push_back(command.name);
    }
    auto expected = command_names();
    std::ranges::sort(names);
    std::ranges::sort(expected);
    EXPECT_EQ(names, expected);
}

TEST(Describe, tells_of_an_option_its_letter_value_and_choices) {
    auto const report = described("report");
    auto const format = std::ranges::find(report.options, "--format", &OptionDescription::name);
    ASSERT_NE(format, report.options.end());
    EXPECT_EQ(format->value, "TEXT");
    EXPECT_EQ(format->choices, (std::vector<std::string>{"md", "html", "json"}));
    auto const help = std::ranges::find(report.options, "--help", &OptionDescription::name);
    ASSERT_NE(help, report.options.end());
    EXPECT_EQ(help->letter, "-h");
    EXPECT_EQ(help->value, "");
    auto const level = std::ranges::find(report.options, "--log-level", &OptionDescription::name);
    ASSERT_NE(level, report.options.end());
    EXPECT_EQ(level->choices.front(), "debug");
    EXPECT_EQ(level->group, "Log");
}

TEST(Describe, finds_options_that_stand_in_a_group_and_arguments) {
    auto const forget = described("forget");
    EXPECT_NE(std::ranges::find(forget.options, "--actor", &OptionDescription::name), forget.options.end());
    auto const backup = described("db backup");
    ASSERT_EQ(backup.arguments.size(), 1U);
    EXPECT_EQ(backup.arguments[0].name, "FILE");
}

TEST(Manual, has_a_section_for_every_command_and_every_setting) {
    auto const page = manual_page(describe_commands());
    for (auto name : command_names()) {
        EXPECT_NE(page.find(".SS \\fBgithub\\-events\\-monitor " + name + "\\fR"), std::string::npos) << name;
    }
    for (auto const& row : settings_table()) {
        EXPECT_NE(page.find("\\fB" + row.variable() + "\\fR\n"), std::string::npos) << row.variable();
    }
}

TEST(Completion, knows_every_command_and_flag_in_each_shell) {
    auto const commands = describe_commands();
    for (std::string_view const shell : {"bash", "zsh", "fish"}) {
        auto const script = completion_script(shell, commands);
        for (auto const& command : commands) {
            for (auto const& option : command.options) {
                auto const word = shell == "fish" ? "-l " + option.name.substr(2) : option.name;
                EXPECT_NE(script.find(word), std::string::npos) << shell << " " << command.name << " " << option.name;
            }
            for (auto const& child : command.children)
                EXPECT_NE(script.find(child), std::string::npos) << shell << " " << child;
        }
    }
}

} // namespace
} // namespace gem::cli
