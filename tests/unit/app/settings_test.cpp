// Settings: precedence, limits, secrets, and that every mistake is told at once.
#include "app/settings.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace gem {
namespace {

/// A file in the tests' temporary directory that goes with the object.
class TemporaryFile {
  public:
    TemporaryFile(std::string const& name, std::string const& content)
        : path_(std::filesystem::path(testing::TempDir()) /
                (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "_" + name)) {
        std::ofstream(path_, std::ios::binary) << content;
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    TemporaryFile(TemporaryFile const&) = delete;
    TemporaryFile& operator=(TemporaryFile const&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

EffectiveSettings good(SettingSources const& sources) {
    auto settings = read_settings(sources);
    if (!settings) throw std::runtime_error(settings.error().front());
    return std::move(*settings);
}

SettingMistakes mistakes(SettingSources const& sources) {
    auto settings = read_settings(sources);
    return settings ? SettingMistakes{} : settings.error();
}

std::string origin(EffectiveSettings const& settings, std::string_view name) {
    for (auto const& setting : settings.origins) {
        if (setting.row->name == name) return setting.origin;
    }
    return "no such setting";
}

TEST(Settings, take_a_secret_from_systemds_credentials_unless_something_else_names_it) {
    TemporaryFile const token("github_token", "from systemd\n");
    auto const directory = std::filesystem::path(token.path()).parent_path() / "credentials_of_systemd";
    std::filesystem::create_directory(directory);
    std::filesystem::copy_file(token.path(), directory / "github_token",
                               std::filesystem::copy_options::overwrite_existing);
    SettingSources sources;
    sources.environment = {{"CREDENTIALS_DIRECTORY", directory.string()}};
    auto const settings = good(sources);
    EXPECT_EQ(settings.values.github_tokens, std::vector<std::string>{"from systemd"});
    EXPECT_EQ(origin(settings, "github_token"), "credential");
    EXPECT_EQ(origin(settings, "api_tokens"), "default");
    sources.environment["GITHUB_TOKEN"] = "from a variable";
    EXPECT_EQ(good(sources).values.github_tokens, std::vector<std::string>{"from a variable"});
    std::filesystem::remove_all(directory);
}

TEST(Settings, written_as_toml_are_read_back_the_same) {
    SettingSources const sources{.flags = {{"api_port", "9000"},
                                           {"database_path", R"(a "quoted" \path.db)"},
                                           {"target_repositories", "octo-org/hello-world, org:octo-org"},
                                           {"rate_limit", "off"}},
                                 .environment = {{"GITHUB_TOKEN", "hush"}},
                                 .config_file = {}};
    auto const given = good(sources);
    auto const text = settings_toml(given);
    EXPECT_EQ(text.find("hush"), std::string::npos);
    for (auto const& row : settings_table()) EXPECT_NE(text.find(std::string(row.name)), std::string::npos) << row.name;
    TemporaryFile const file("config.toml", text);
    auto const read = good({.flags = {}, .environment = {}, .config_file = file.path()});
    for (std::size_t i = 0; i < given.origins.size(); ++i) {
        auto const& row = *given.origins[i].row;
        if (!row.secret && row.kind != SettingKind::list) {
            EXPECT_EQ(read.origins[i].value, given.origins[i].value) << row.name;
        }
    }
    EXPECT_EQ(read.values.target_repositories, given.values.target_repositories);
    EXPECT_EQ(read.values.rate_limit, std::nullopt);
    EXPECT_TRUE(read.is_default("log_level"));
}

TEST(Settings, have_their_documented_defaults) {
    auto const settings = good({});
    EXPECT_EQ(settings.values.database.provider, "sqlite");
    EXPECT_EQ(settings.values.database.db_path, "./github_events.db");
    EXPECT_EQ(settings.values.database.retention, days(0));
    EXPECT_EQ(settings.values.api_host, "127.0.0.1");
    EXPECT_EQ(settings.values.api_port, 8000);
    EXPECT_EQ(settings.values.rate_limit, 100);
    EXPECT_EQ(settings.values.poll_interval, seconds(300));
    EXPECT_EQ(settings.values.github_api_base, "https://api.github.com");
    EXPECT_EQ(settings.values.poll, PollMode::automatic);
    EXPECT_TRUE(settings.is_default("api_port"));
    EXPECT_EQ(origin(settings, "api_port"), "default");
}

TEST(Settings, take_the_flag_before_the_variable_before_the_file_before_the_default) {
    TemporaryFile const file("gem.toml", "api_port = 1001\nlog_level = \"warn\"\ndatabase_path = \"file.db\"\n");
    SettingSources sources{.flags = {{"api_port", "1003"}},
                           .environment = {{"API_PORT", "1002"}, {"LOG_LEVEL", "error"}},
                           .config_file = file.path()};
    auto const settings = good(sources);
    EXPECT_EQ(settings.values.api_port, 1003);
    EXPECT_EQ(settings.values.log_level, LogLevel::error);
    EXPECT_EQ(settings.values.database.db_path, "file.db");
    EXPECT_EQ(origin(settings, "api_port"), "flag --port");
    EXPECT_EQ(origin(settings, "log_level"), "variable LOG_LEVEL");
    EXPECT_EQ(origin(settings, "database_path"), "file " + file.path() + ":3");
    EXPECT_FALSE(settings.is_default("api_port"));
}

TEST(Settings, find_the_file_through_GEM_CONFIG) {
    TemporaryFile const file("gem.toml", "api_port = 1001\n");
    EXPECT_EQ(good({.flags = {}, .environment = {{"GEM_CONFIG", file.path()}}, .config_file = {}}).values.api_port,
              1001);
}

TEST(Settings, count_an_empty_variable_as_not_set) {
    EXPECT_EQ(good({.flags = {}, .environment = {{"API_PORT", ""}}, .config_file = {}}).values.api_port, 8000);
}

TEST(Settings, tell_all_mistakes_at_once_with_what_was_expected_and_given) {
    TemporaryFile const file("gem.toml", "poll_interval = 0\n\napi_prot = 1\nrate_limit = 1.5\n");
    auto const found =
        mistakes({.flags = {{"database_provider", "oracle"}},
                  .environment = {{"API_PORT", "65536"}, {"TARGET_REPOSITORIES", "octo-org/hello, nonsense"}},
                  .config_file = file.path()});
    auto const where = file.path();
    auto const has = [&](std::string const& sentence) {
        for (auto const& mistake : found) {
            if (mistake == sentence) return true;
        }
        return false;
    };
    EXPECT_EQ(found.size(), 6U);
    EXPECT_TRUE(has(where + ":1: poll_interval: expected a whole number from 1 to 86400, got \"0\""));
    EXPECT_TRUE(has(where + ":3: there is no setting \"api_prot\"; did you mean \"api_port\"?"));
    EXPECT_TRUE(has(where + ":4: rate_limit: expected a text, a whole number, true or false, or a list of texts"));
    EXPECT_TRUE(has("API_PORT: expected a whole number from 0 to 65535, got \"65536\""));
    EXPECT_TRUE(has("--provider: expected one of sqlite, dynamodb, got \"oracle\""));
    EXPECT_TRUE(has("TARGET_REPOSITORIES: expected owner/name, org:NAME, user:NAME or public, got \"nonsense\""));
    for (auto const& mistake : found) SCOPED_TRACE(mistake);
}

TEST(Settings, tell_a_mistake_in_a_weaker_source_too) {
    auto const found =
        mistakes({.flags = {{"api_port", "9000"}}, .environment = {{"API_PORT", "x"}}, .config_file = {}});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0], "API_PORT: expected a whole number from 0 to 65535, got \"x\"");
}

TEST(Settings, say_where_a_file_is_not_toml) {
    TemporaryFile const file("gem.toml", "api_port = 1\nlog_level = = 2\n");
    auto const found = mistakes({.flags = {}, .environment = {}, .config_file = file.path()});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found[0].find("--config: " + file.path() + ":2:"), std::string::npos) << found[0];
    EXPECT_NE(found[0].find("not TOML"), std::string::npos) << found[0];
}

TEST(Settings, say_when_the_file_is_not_there) {
    auto const found =
        mistakes({.flags = {}, .environment = {{"GEM_CONFIG", "/no/such/file.toml"}}, .config_file = {}});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0],
              "GEM_CONFIG: cannot read the configuration file \"/no/such/file.toml\": No such file or directory");
}

TEST(Settings, read_lists_from_toml_arrays_and_from_text_with_commas) {
    TemporaryFile const file("gem.toml", "target_repositories = [\"octo-org/hello\", \"org:kubernetes\"]\n");
    auto const settings = good({.flags = {},
                                .environment = {{"CORS_ORIGINS", " https://a.example , ,https://b.example"}},
                                .config_file = file.path()});
    EXPECT_EQ(settings.values.target_repositories, (std::vector<std::string>{"octo-org/hello", "org:kubernetes"}));
    EXPECT_EQ(settings.values.cors_origins, (std::vector<std::string>{"https://a.example", "https://b.example"}));
}

TEST(Settings, read_words_in_any_case) {
    auto const settings = good({.flags = {},
                                .environment = {{"POLL", "OFF"}, {"RATE_LIMIT", "off"}, {"LOG_FORMAT", "JSON"}},
                                .config_file = {}});
    EXPECT_EQ(settings.values.poll, PollMode::off);
    EXPECT_EQ(settings.values.rate_limit, std::nullopt);
    EXPECT_EQ(settings.values.log_format, LogFormat::json);
}

TEST(Settings, drop_the_slash_at_the_end_of_a_base_url_and_refuse_what_is_no_url) {
    EXPECT_EQ(good({.flags = {{"github_api_base", "http://127.0.0.1:9/api/v3/"}}, .environment = {}, .config_file = {}})
                  .values.github_api_base,
              "http://127.0.0.1:9/api/v3");
    for (std::string const bad : {"api.github.com", "ftp://x", "http://", "http:///x", "https://user:secret@host"}) {
        EXPECT_EQ(mistakes({.flags = {{"github_api_base", bad}}, .environment = {}, .config_file = {}}).size(), 1U)
            << bad;
    }
}

TEST(Secrets, come_from_files_too_and_are_never_shown) {
    TemporaryFile const secret("token", "ghp_s3cret\n");
    auto const settings = good({.flags = {},
                                .environment = {{"GITHUB_TOKEN_FILE", secret.path()}, {"API_TOKENS", "admin:hush"}},
                                .config_file = {}});
    EXPECT_EQ(settings.values.github_tokens, std::vector<std::string>{"ghp_s3cret"});
    EXPECT_EQ(origin(settings, "github_token"), "variable GITHUB_TOKEN_FILE");
    for (auto const& shown : {show_settings(settings), show_settings_json(settings)}) {
        EXPECT_EQ(shown.find("s3cret"), std::string::npos);
        EXPECT_EQ(shown.find("hush"), std::string::npos);
        EXPECT_NE(shown.find("(set)"), std::string::npos);
    }
}

TEST(Secrets, are_refused_when_given_twice) {
    auto const found =
        mistakes({.flags = {}, .environment = {{"GITHUB_TOKEN", "a"}, {"GITHUB_TOKEN_FILE", "b"}}, .config_file = {}});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0], "GITHUB_TOKEN and GITHUB_TOKEN_FILE are both set; expected one of them");
}

TEST(Secrets, are_refused_when_their_file_is_missing) {
    auto const found =
        mistakes({.flags = {}, .environment = {{"API_TOKENS_FILE", "/no/such/secret"}}, .config_file = {}});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0], "API_TOKENS_FILE: cannot read the file \"/no/such/secret\": No such file or directory");
}

TEST(Secrets, do_not_appear_in_the_mistake_about_them) {
    auto const found = mistakes({.flags = {}, .environment = {{"API_TOKENS", "admin:, hush"}}, .config_file = {}});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].find("hush"), std::string::npos) << found[0];
    EXPECT_NE(found[0].find("read:TOKEN"), std::string::npos) << found[0];
}

TEST(Secrets, have_no_flag) {
    for (auto const& row : settings_table()) EXPECT_EQ(row.secret, row.flag.empty()) << row.name;
}

TEST(SettingsTable, has_one_row_a_name_and_flag_and_a_default_that_is_valid) {
    std::set<std::string_view> names;
    std::set<std::string_view> flags;
    for (auto const& row : settings_table()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        if (!row.flag.empty()) {
            EXPECT_TRUE(flags.insert(row.flag).second) << row.flag;
        }
        EXPECT_FALSE(row.sentence.empty()) << row.name;
    }
    EXPECT_TRUE(read_settings({}).has_value());
}

TEST(SettingsTable, is_what_the_document_says) {
    auto const path = std::filesystem::path(GEM_SOURCE_DIR) / "docs" / "CONFIGURATION.md";
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << settings_markdown();
    std::ifstream file(path, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(text, settings_markdown())
        << "run `github-events-monitor config show --markdown > docs/CONFIGURATION.md`";
}

} // namespace
} // namespace gem
