// The collector against a GitHub of our own on a real socket: it replays recorded polls, pages them as GitHub does, and
// has its bad days.
#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "collector/collector.hpp"
#include "support/collecting_store.hpp"
#include "support/manual_clock.hpp"
#include "support/replay_github.hpp"
#include "support/shared_data.hpp"
#include "support/socket_server.hpp"

namespace gem {
namespace {

using test::ReplayAnswer;
using test::SocketReply;
using test::SocketRequest;
using test::SocketServer;

std::string event_json(int id) {
    return fmt::format(
        R"({{"id":"{}","type":"WatchEvent","actor":{{"id":1,"login":"octocat"}},"repo":{{"id":7,"name":"o/r"}},)"
        R"("payload":{{"action":"started"}},"public":true,"created_at":"2026-01-15T11:00:00Z"}})",
        id);
}

struct GitHubReplay : testing::Test {
    void start(int max_pages = 3) {
        github = std::make_unique<github::GitHubClient>(
            http, clock,
            github::GitHubOptions{.api_base = server.url(), .tokens = {"secret"}, .deadline = std::chrono::seconds(5)});
        auto const target = github::EventTarget::parse("o/r").value();
        watch_list = std::make_unique<WatchList>(database, clock, repositories_among({target}));
        collector = std::make_unique<Collector>(
            database, *github, *watch_list, clock, log, [] { return 0.0; },
            CollectorOptions{.targets = {target}, .poller = {.max_pages = max_pages}});
    }
    TargetReport collect() {
        auto report = run_to_end(collector->collect_once());
        EXPECT_TRUE(report) << report.error().message;
        return report->targets.at(0);
    }
    std::vector<std::string> events(int from, int to) {
        std::vector<std::string> all;
        for (int id = to - 1; id >= from; --id) all.push_back(event_json(id));
        return all;
    }

    test::ManualClock clock;
    test::ReplayGitHub replay{clock};
    SocketServer server{[this](SocketRequest const& request) { return replay.answer(request); }};
    http::CurlClient http{{.use_proxy = false}};
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    test::CollectedData data;
    DatabaseService database{std::make_unique<test::CollectingManager>(data)};
    std::unique_ptr<github::GitHubClient> github;
    std::unique_ptr<WatchList> watch_list;
    std::unique_ptr<Collector> collector;
};

TEST_F(GitHubReplay, of_recorded_polls_stores_exactly_the_distinct_events) {
    auto const shared = test::shared_data();
    if (!shared) GTEST_SKIP() << "the recorded data is not there (GEM_SHARED_DATA)";
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(*shared / "events_api/polls/loopinlogsbro"))
        files.push_back(entry.path());
    std::ranges::sort(files);
    ASSERT_EQ(files.size(), 62U);
    std::set<std::string> distinct; // (id, type, repository): INVENTORY.md's identity, taken from the files themselves
    std::size_t inserted = 0;
    start();
    for (auto const& file : files) {
        simdjson::dom::parser parser;
        simdjson::dom::array array;
        ASSERT_EQ(parser.load(file.string()).get_array().get(array), simdjson::SUCCESS) << file;
        std::vector<std::string> shown;
        for (auto const event : array) {
            if (shown.size() < 300) {
                distinct.insert(fmt::format("{} {} {}", std::string_view(event["id"]), std::string_view(event["type"]),
                                            std::int64_t(event["repo"]["id"])));
            }
            shown.push_back(simdjson::minify(event));
        }
        replay.show("/repos/o/r/events", std::move(shown));
        if (file == files[30]) start(); // a restart in between changes nothing
        auto const report = collect();
        EXPECT_EQ(report.outcome, "fresh") << report.message;
        EXPECT_EQ(report.rejected, 0U);
        inserted += report.inserted;
        clock.advance(minutes(5));
        EXPECT_EQ(collect().outcome, "not_modified");
        clock.advance(minutes(5));
    }
    EXPECT_EQ(inserted, distinct.size());
    EXPECT_EQ(data.events.size(), distinct.size());
    EXPECT_EQ(replay.not_modified, 62U);
    RecordProperty("distinct_events", static_cast<int>(distinct.size()));
}

TEST_F(GitHubReplay, misses_nothing_through_every_kind_of_bad_day) {
    using Then = SocketReply::Then;
    start();
    replay.show("/repos/o/r/events", events(0, 40));
    EXPECT_EQ(collect().inserted, 40U);
    struct Day {
        ReplayAnswer fault;
        std::string outcome;
    };
    std::vector<Day> const days = {
        {ReplayAnswer::of(500, {}, R"({"error":"Server Error"})"), "failed"},
        {ReplayAnswer::of(503, {{"Retry-After", "100"}}, "<html>unicorn</html>"), "failed"},
        {ReplayAnswer::of(403, {{"Retry-After", "100"}}, R"({"message":"You have exceeded a secondary rate limit"})"),
         "rate_limited"},
        {ReplayAnswer::of(429, {}, R"({"message":"slow down"})"), "rate_limited"},
        {ReplayAnswer::of(403, {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1768479000"}},
                          R"({"message":"API rate limit exceeded"})"),
         "rate_limited"},
        {ReplayAnswer::reset(), "failed"},
        {ReplayAnswer::cut("[{\"id\":", Then::stall), "failed"},
        {ReplayAnswer::cut("[{\"id\":", Then::close), "failed"},
        {ReplayAnswer::of(200, {{"ETag", "\"broken\""}}, "[" + event_json(41) + R"(,{"id":"42","type":"Wat)"),
         "failed"},
        {ReplayAnswer::of(200, {{"ETag", "\"html\""}}, "<html>login, please</html>"), "failed"},
        {ReplayAnswer::of(401, {}, R"({"message":"Bad credentials"})"), "refused"},
        {ReplayAnswer::of(301, {{"Location", server.url() + "/repositories/7/events?per_page=100&page=1"}}, ""),
         "fresh"},
        {ReplayAnswer::of(451, {}, R"({"message":"Repository access blocked"})"), "parked"},
    };
    int newest = 40;
    for (auto const& day : days) {
        newest += 30;
        for (auto const* const path : {"/repos/o/r/events", "/repositories/7/events"})
            replay.show(path, events(std::max(0, newest - 320), newest));
        replay.faults.push_back(day.fault);
        clock.advance(hours(25));
        auto const report = collect();
        EXPECT_EQ(report.outcome, day.outcome) << report.message;
        if (day.outcome == "fresh") continue;
        EXPECT_FALSE(report.message.empty());
        EXPECT_EQ(report.message.find("secret"), std::string::npos);
        clock.advance(hours(25));
        auto const after = collect();
        EXPECT_EQ(after.outcome, "fresh") << after.message;
        EXPECT_EQ(after.inserted, 30U);
        EXPECT_FALSE(after.gap);
    }
    EXPECT_EQ(data.events.size(), static_cast<std::size_t>(newest));
    EXPECT_EQ(data.count("coverage#gap#"), 0U);
}

TEST_F(GitHubReplay, follows_a_rename_by_number_with_the_token) {
    start();
    replay.line("/repos/o/r/events").moved_to = server.url() + "/repositories/7/events?page=1";
    replay.show("/repositories/7/events", events(0, 5));
    EXPECT_EQ(collect().inserted, 5U);
    EXPECT_EQ(replay.targets, (std::vector<std::string>{"/repos/o/r/events?per_page=100&page=1",
                                                        "/repositories/7/events?per_page=100&page=1"}));
    EXPECT_EQ(replay.authorizations.at(1), "Bearer secret");
}

TEST_F(GitHubReplay, sees_no_gap_in_pages_whose_order_changes) {
    start();
    std::mt19937 random(3);
    for (int newest = 200; newest < 2000; newest += 180) {
        auto shown = events(std::max(0, newest - 300), newest);
        std::ranges::shuffle(shown, random);
        replay.show("/repos/o/r/events", shown);
        auto const report = collect();
        EXPECT_EQ(report.outcome, "fresh");
        EXPECT_FALSE(report.gap);
        clock.advance(minutes(5));
    }
    EXPECT_EQ(data.count("coverage#gap#"), 0U);
}

/// Which gaps there are is told by the files alone: a poll that shares no event with those before it. (They hold the
/// first 30 events of a longer time line.)
TEST_F(GitHubReplay, of_recorded_polls_tells_the_real_gap_and_no_false_one) {
    auto const shared = test::shared_data();
    if (!shared) GTEST_SKIP() << "the recorded data is not there (GEM_SHARED_DATA)";
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(*shared / "events_api/polls/loopinlogsbro"))
        files.push_back(entry.path());
    std::ranges::sort(files);
    start(1);
    replay.line("/repos/o/r/events").endless = true;
    std::vector<std::string> expected;
    std::vector<std::string> told;
    std::set<std::string> before;
    for (auto const& file : files) {
        simdjson::dom::parser parser;
        simdjson::dom::array array;
        ASSERT_EQ(parser.load(file.string()).get_array().get(array), simdjson::SUCCESS) << file;
        std::vector<std::string> shown;
        std::set<std::string> identities;
        for (auto const event : array) {
            identities.insert(fmt::format("{} {} {}", std::string_view(event["id"]), std::string_view(event["type"]),
                                          std::int64_t(event["repo"]["id"])));
            shown.push_back(simdjson::minify(event));
        }
        bool const known = std::ranges::any_of(identities, [&](auto const& one) { return before.contains(one); });
        if (!before.empty() && !known) expected.push_back(file.filename());
        before.merge(identities);
        replay.show("/repos/o/r/events", std::move(shown));
        if (collect().gap) told.push_back(file.filename());
        clock.advance(minutes(5));
    }
    EXPECT_EQ(told, expected);
    EXPECT_EQ(expected.size(), 1U);
    EXPECT_EQ(data.count("coverage#gap#o/r#"), 1U);
}

TEST_F(GitHubReplay, tells_a_gap_when_more_happened_than_github_shows) {
    start();
    replay.show("/repos/o/r/events", events(0, 100));
    EXPECT_EQ(collect().inserted, 100U);
    clock.advance(minutes(5));
    replay.show("/repos/o/r/events", events(0, 450));
    auto const report = collect();
    EXPECT_EQ(report.inserted, 300U);
    EXPECT_TRUE(report.gap);
    EXPECT_EQ(data.count("coverage#gap#o/r#"), 1U);
}

} // namespace
} // namespace gem
