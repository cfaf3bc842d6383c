// Every GET route over HTTP on SQLite and on DynamoDB with the same events: the bodies are the same to the byte.
#include <fstream>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "api/route.hpp"
#include "support/dynamodb_local.hpp"
#include "support/shared_data.hpp"
#include "system/program_fixture.hpp"

namespace gem::tests {
namespace {

/// Both providers behind servers of the built program, filled with the first events of a real hour.
class BothProviders : public Program {
  protected:
    static constexpr std::size_t events = 2'000;
    using Variables = std::map<std::string, std::string>;

    void SetUp() override {
        Program::SetUp();
        auto const data = test::shared_data();
        if (!data) GTEST_SKIP() << "the recorded data is not there: set GEM_SHARED_DATA";
        std::string lines;
        for (auto const& line : test::read_gzip_lines(*data / "gharchive/2015-01-01-15.json.gz")) {
            if (++taken_ > events) break;
            lines += line + '\n';
        }
        auto const file = write("some.json", lines);
        Variables const sqlite = {{"DATABASE_PATH", database()}};
        Variables const dynamodb = {{"DATABASE_PROVIDER", "dynamodb"},
                                    {"DYNAMODB_ENDPOINT_URL", test::DynamoDbLocal::instance().url()},
                                    {"DYNAMODB_TABLE_PREFIX", test::DynamoDbLocal::unique_prefix()},
                                    {"AWS_ACCESS_KEY_ID", "dummy"},
                                    {"AWS_SECRET_ACCESS_KEY", "dummy"}};
        for (auto const& variables : {sqlite, dynamodb}) {
            auto const loaded = ChildProcess(GEM_PROGRAM, {"backfill", "--quiet", file}, variables).wait();
            ASSERT_EQ(loaded.status, 0) << loaded.err;
            servers_.push_back(serve_with(variables));
        }
    }

    static Served serve_with(Variables const& variables) {
        Served served{.process = std::make_unique<ChildProcess>(
                          GEM_PROGRAM, std::vector<std::string>{"serve", "--port", "0", "--poll", "off"}, variables)};
        if (!served.process->wait_for_err("listening url=") || !served.process->wait_for_err("\n"))
            throw std::runtime_error("serve did not listen: " + served.process->err());
        auto const& err = served.process->err();
        auto const at = err.find("127.0.0.1:", err.find("listening url="));
        served.port = static_cast<std::uint16_t>(std::stoi(err.substr(at + 10)));
        return served;
    }

    /// The status and the body, without what must differ: which provider it is, and when it answered.
    std::string ask(std::size_t server, std::string const& target) const {
        static std::regex const provider(R"("database_provider":"[a-z]+")");
        static std::regex const timestamp(R"("timestamp":"[^"]+")");
        auto const answer = get(servers_[server].port, target);
        return std::regex_replace(std::regex_replace(answer, provider, R"("database_provider":"…")"), timestamp,
                                  R"("timestamp":"…")");
    }

    /// The repositories that had the most events, by the first server's word.
    std::vector<std::string> busiest() const {
        auto const answer = ask(0, "/metrics/trending?hours=24&limit=12&until=2015-01-01T16:00:00Z");
        static std::regex const name(R"re("repo":"([^"]+)")re");
        std::vector<std::string> names;
        for (std::sregex_iterator found(answer.begin(), answer.end(), name), end; found != end; ++found)
            names.push_back((*found)[1]);
        return names;
    }

    std::size_t taken_ = 0;
    std::vector<Served> servers_;
};

/// About the process and its store, not about events: they tell which provider it is, its times and its sizes.
std::set<std::string_view> const about_the_process = {"/",
                                                      "/health",
                                                      "/health/live",
                                                      "/health/ready",
                                                      "/database/info",
                                                      "/metrics",
                                                      "/events/stream",
                                                      "/openapi.json",
                                                      "/enhanced/database/switch"};

std::string value_of(std::string_view parameter, std::vector<std::string> const& repos, std::size_t which) {
    if (parameter == "repo") return repos[which];
    if (parameter == "repos") return repos[which] + "," + repos[(which + 1) % repos.size()];
    if (parameter == "until") return "2015-01-01T16:00:00Z";
    if (parameter == "since") return "2015-01-01T15:00:00Z";
    if (parameter == "hours") return std::to_string(which % 2 == 0 ? 24 : 3);
    if (parameter == "limit") return std::to_string(7 + which);
    if (parameter == "bots") return which % 2 == 0 ? "include" : "exclude";
    if (parameter == "order") return which % 2 == 0 ? "score" : "events";
    return {};
}

std::string target_of(api::Route const& route, std::string_view path, std::vector<std::string> const& repos,
                      std::size_t which) {
    std::string target(path);
    for (auto const& [placeholder, value] :
         {std::pair<std::string, std::string>{"{owner}/{name}", repos[which]}, {"{sha}", "0123456789abcdef"}}) {
        if (auto const at = target.find(placeholder); at != std::string::npos)
            target.replace(at, placeholder.size(), value);
    }
    char separator = '?';
    for (auto const& parameter : route.parameters) {
        auto const value = value_of(parameter.name, repos, which);
        if (value.empty() || path.find("{" + std::string(parameter.name) + "}") != std::string_view::npos) continue;
        target += fmt::format("{}{}={}", separator, parameter.name, value);
        separator = '&';
    }
    return target;
}

TEST_F(BothProviders, answer_every_question_over_http_with_the_same_bytes) {
    auto const repos = busiest();
    ASSERT_GE(repos.size(), 8U);
    std::size_t asked = 0;
    std::size_t answered = 0;
    for (auto const& route : api::route_table()) {
        if (route.method != "GET" || about_the_process.contains(route.path)) continue;
        std::vector<std::string_view> paths = {route.path};
        paths.insert(paths.end(), route.aliases.begin(), route.aliases.end());
        for (auto const path : paths) {
            for (std::size_t which = 0; which < 4; ++which) {
                auto const target = target_of(route, path, repos, which);
                auto const expected = ask(0, target);
                EXPECT_EQ(ask(1, target), expected) << target;
                ++asked;
                if (expected.starts_with("200 ")) ++answered;
            }
        }
    }
    EXPECT_GE(asked, 100U);
    EXPECT_GE(answered, asked * 3 / 4) << "the questions mean something";
    std::printf("%zu questions, %zu answered with 200\n", asked, answered);
}

TEST_F(BothProviders, page_through_events_alike_and_take_each_others_cursors) {
    auto const first = std::string("/events?until=2015-01-01T16:00:00Z&since=2015-01-01T15:00:00Z&limit=300");
    static std::regex const cursor(R"re("next_cursor":"([^"]+)")re");
    std::string target = first;
    int pages = 0;
    for (; pages < 20; ++pages) {
        auto const expected = ask(0, target);
        ASSERT_EQ(ask(1, target), expected) << target;
        std::smatch found;
        if (!std::regex_search(expected, found, cursor)) break;
        target = first + "&cursor=" + found[1].str();
    }
    EXPECT_GE(pages, 5);
}

} // namespace
} // namespace gem::tests
