// The command line: which command runs with which settings, and what is refused.
#include "cli/cli.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace gem::cli {
namespace {

/// Runs with a console that keeps what is written.
struct Recorded {
    int status = 0;
    std::string out;
    std::string err;
};

Recorded run_recorded(std::vector<std::string> arguments, Environment environment = {}) {
    Recorded recorded;
    Console console{.out = [&](std::string_view text) { recorded.out += text; },
                    .err = [&](std::string_view text) { recorded.err += text; },
                    .read_line = [] { return std::nullopt; }};
    recorded.status = run(std::move(arguments), std::move(environment), console);
    return recorded;
}

std::vector<std::string> split(std::string const& name) {
    auto const space = name.find(' ');
    if (space == std::string::npos) return {name};
    return {name.substr(0, space), name.substr(space + 1)};
}

TEST(CommandLine, knows_the_command_and_puts_flags_into_settings) {
    auto const invocation = parse({"serve", "--port", "9000", "--db-path", "x.db", "--poll", "off"}, {});
    ASSERT_TRUE(invocation.has_value());
    EXPECT_EQ(invocation->command, "serve");
    EXPECT_EQ(invocation->sources.flags,
              (std::map<std::string, std::string>{{"api_port", "9000"}, {"database_path", "x.db"}, {"poll", "off"}}));
    EXPECT_TRUE(invocation->run);
}

TEST(CommandLine, takes_the_file_and_keeps_the_environment) {
    auto const invocation = parse({"config", "show", "--config", "gem.toml"}, {{"API_PORT", "1"}});
    ASSERT_TRUE(invocation.has_value());
    EXPECT_EQ(invocation->command, "config show");
    EXPECT_EQ(invocation->sources.config_file, "gem.toml");
    EXPECT_EQ(invocation->sources.environment.at("API_PORT"), "1");
}

TEST(CommandLine, refuses_with_status_2_what_it_does_not_know) {
    std::vector<std::vector<std::string>> const wrong = {
        {},
        {"sevre"},
        {"serve", "--prot", "1"},
        {"serve", "extra"},
        {"db"},
        {"db", "mend"},
        {"db", "backup"},
        {"setup", "info", "--port", "1"},
        {"forget"},
        {"forget", "--repo", "a/b", "--actor", "c"},
        {"collect", "--limit", "many"},
        {"collect", "--limit", "5"},
        {"backfill"},
        {"backfill", "--from", "2015-01-01T00"},
        {"config", "show", "--json", "--markdown"},
        {"version", "--db-path", "x"},
    };
    for (auto const& arguments : wrong) {
        auto const recorded = run_recorded(arguments);
        std::string joined;
        for (auto const& argument : arguments) joined += argument + " ";
        EXPECT_EQ(recorded.status, exit_usage) << joined;
        EXPECT_EQ(recorded.out, "") << joined;
        EXPECT_NE(recorded.err, "") << joined;
    }
}

TEST(CommandLine, tells_mistakes_in_the_settings_before_anything_runs) {
    auto const recorded = run_recorded({"config", "show", "--port", "x"}, {{"LOG_LEVEL", "loud"}});
    EXPECT_EQ(recorded.status, exit_usage);
    EXPECT_EQ(recorded.err, "github-events-monitor: 2 mistakes in the settings:\n"
                            "  --port: expected a whole number from 0 to 65535, got \"x\"\n"
                            "  LOG_LEVEL: expected one of debug, info, warn, error, off, got \"loud\"\n");
}

TEST(CommandLine, has_help_with_an_example_for_every_command) {
    EXPECT_EQ(command_names().size(), 25U);
    for (auto const& name : command_names()) {
        auto arguments = split(name);
        arguments.emplace_back("--help");
        auto const recorded = run_recorded(arguments);
        EXPECT_EQ(recorded.status, exit_ok) << name;
        EXPECT_EQ(recorded.err, "") << name;
        EXPECT_NE(recorded.out.find("github-events-monitor " + name), std::string::npos) << name << "\n"
                                                                                         << recorded.out;
    }
}

TEST(CommandLine, names_in_its_help_the_variable_and_default_of_each_flag) {
    auto const recorded = run_recorded({"serve", "--help"});
    for (auto const& row : settings_table()) {
        if (row.flag.empty()) continue;
        EXPECT_NE(recorded.out.find(std::string(row.flag)), std::string::npos) << row.flag;
        EXPECT_NE(recorded.out.find("[" + row.variable()), std::string::npos) << row.flag;
    }
}

TEST(CommandLine, is_documented_whole) {
    std::ifstream file(std::filesystem::path(GEM_SOURCE_DIR) / "docs" / "CLI.md", std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    for (auto const& name : command_names()) {
        EXPECT_NE(text.find("## " + name + "\n"), std::string::npos)
            << "docs/CLI.md has no section \"## " << name << "\"";
    }
}

TEST(Version, names_the_program_the_compiler_and_the_libraries) {
    auto const recorded = run_recorded({"version", "--json"});
    EXPECT_EQ(recorded.status, exit_ok);
    for (std::string const part :
         {"\"github-events-monitor\":\"" GEM_VERSION "\"", "\"compiler\"", "\"boost\"", "\"sqlite\"", "\"curl\""}) {
        EXPECT_NE(recorded.out.find(part), std::string::npos) << part;
    }
}

TEST(ConfigShow, tells_value_and_origin) {
    auto const recorded = run_recorded({"config", "show", "--json", "--port", "9000"}, {{"GITHUB_TOKEN", "hush"}});
    EXPECT_EQ(recorded.status, exit_ok);
    EXPECT_NE(recorded.out.find(R"("api_port":{"value":"9000","origin":"flag --port"})"), std::string::npos)
        << recorded.out;
    EXPECT_NE(recorded.out.find(R"x("github_token":{"value":"(set)","origin":"variable GITHUB_TOKEN"})x"),
              std::string::npos);
    EXPECT_EQ(recorded.out.find("hush"), std::string::npos);
}

TEST(Database, commands_do_not_make_a_database_by_a_slip_of_the_pen) {
    for (std::string const command : {"setup info", "setup delete", "db check", "db verify", "db rebuild"}) {
        auto arguments = split(command);
        arguments.insert(arguments.end(), {"--db-path", "/no/such/place/events.db"});
        auto const recorded = run_recorded(arguments);
        EXPECT_EQ(recorded.status, exit_failed) << command;
        EXPECT_NE(recorded.err.find("there is no database at \"/no/such/place/events.db\""), std::string::npos)
            << recorded.err;
        EXPECT_NE(recorded.err.find("setup create"), std::string::npos) << command;
    }
}

TEST(Database, refuses_plain_http_to_another_machine) {
    auto const recorded = run_recorded({"setup", "create"}, {{"DATABASE_PROVIDER", "dynamodb"},
                                                             {"DYNAMODB_ENDPOINT_URL", "http://dynamodb.example.com"}});
    EXPECT_EQ(recorded.status, exit_failed);
    EXPECT_NE(recorded.err.find("DYNAMODB_ALLOW_HTTP"), std::string::npos) << recorded.err;
}

TEST(Forget, refuses_a_name_that_is_none) {
    auto const recorded = run_recorded({"forget", "--repo", "nonsense", "--yes"});
    EXPECT_EQ(recorded.status, exit_usage);
    EXPECT_NE(recorded.err.find("--repo"), std::string::npos) << recorded.err;
}

} // namespace
} // namespace gem::cli
