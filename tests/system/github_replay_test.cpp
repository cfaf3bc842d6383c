// The collector against a GitHub of our own on a real socket: it replays recorded polls, pages them as GitHub does, and
// has its bad days.
#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "collector/collector.hpp"
#include "support/collecting_store.hpp"
#include "support/manual_clock.hpp"
#include "support/shared_data.hpp"
#include "support/socket_server.hpp"

namespace gem {
namespace {

using test::SocketReply;
using test::SocketRequest;
using test::SocketServer;

std::string event_json(int id) {
    return fmt::format(
        R"({{"id":"{}","type":"WatchEvent","actor":{{"id":1,"login":"octocat"}},"repo":{{"id":7,"name":"o/r"}},)"
        R"("payload":{{"action":"started"}},"public":true,"created_at":"2026-01-15T11:00:00Z"}})",
        id);
}

/// What GitHub shows at a moment: the newest events first, in pages, with ETag, Link and X-Poll-Interval.
class ReplayedGitHub {
  public:
    void show(std::vector<std::string> newest_first) {
        events_ = std::move(newest_first);
        ++version_;
    }
    /// What the next requests get instead, one each.
    std::vector<SocketReply> faults;
    std::vector<std::string> targets; ///< as asked
    std::vector<std::string> authorizations;
    int not_modified = 0;

    SocketReply answer(SocketRequest const& request) {
        targets.push_back(request.target());
        authorizations.push_back(request.header("Authorization"));
        if (!faults.empty()) {
            auto fault = faults.front();
            faults.erase(faults.begin());
            return fault;
        }
        auto const number = [&](std::string_view name) {
            auto const at = request.target().find(name);
            return at == std::string::npos ? std::size_t{1} : std::stoul(request.target().substr(at + name.size()));
        };
        auto const page = number("&page=");
        auto const size = number("per_page=");
        auto const tag = fmt::format("W/\"{}-{}\"", version_, page);
        if (request.header("If-None-Match") == tag) {
            ++not_modified;
            return {.bytes = fmt::format("HTTP/1.1 304 Not Modified\r\nETag: {}\r\nX-Poll-Interval: 60\r\n\r\n", tag)};
        }
        auto const shown = std::min<std::size_t>(events_.size(), 300);
        std::string body = "[";
        for (std::size_t i = (page - 1) * size; i < std::min(page * size, shown); ++i)
            body += (body.size() > 1 ? "," : "") + events_[i];
        auto headers = fmt::format("ETag: {}\r\nX-Poll-Interval: 60\r\nContent-Type: application/json\r\n", tag);
        if (page * size < shown)
            headers += fmt::format("Link: <http://x/repositories/7/events?per_page={}&page={}>; rel=\"next\"\r\n", size,
                                   page + 1);
        return SocketReply::of(200, headers, body + "]");
    }

  private:
    std::vector<std::string> events_;
    int version_ = 0;
};

struct GitHubReplay : testing::Test {
    void start() {
        github = std::make_unique<github::GitHubClient>(
            http, clock,
            github::GitHubOptions{
                .api_base = server.url(), .tokens = {"secret"}, .deadline = std::chrono::milliseconds(300)});
        auto const target = github::EventTarget::parse("o/r").value();
        watch_list = std::make_unique<WatchList>(database, clock, repositories_among({target}));
        collector = std::make_unique<Collector>(
            database, *github, *watch_list, clock, log, [] { return 0.0; }, CollectorOptions{.targets = {target}});
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

    ReplayedGitHub replay;
    SocketServer server{[this](SocketRequest const& request) { return replay.answer(request); }};
    http::CurlClient http{{.use_proxy = false}};
    test::ManualClock clock;
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
        replay.show(std::move(shown));
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
    EXPECT_EQ(replay.not_modified, 62);
    RecordProperty("distinct_events", static_cast<int>(distinct.size()));
}

TEST_F(GitHubReplay, misses_nothing_through_every_kind_of_bad_day) {
    using Then = SocketReply::Then;
    auto const url = [this](std::string_view path) { return fmt::format("Location: {}{}\r\n", server.url(), path); };
    start();
    replay.show(events(0, 40));
    EXPECT_EQ(collect().inserted, 40U);
    struct Day {
        SocketReply fault;
        std::string outcome;
    };
    std::vector<Day> const days = {
        {SocketReply::of(500, "", R"({"error":"Server Error"})"), "failed"},
        {SocketReply::of(503, "Retry-After: 100\r\n", "<html>unicorn</html>"), "failed"},
        {SocketReply::of(403, "Retry-After: 100\r\n", R"({"message":"You have exceeded a secondary rate limit"})"),
         "rate_limited"},
        {SocketReply::of(429, "", R"({"message":"slow down"})"), "rate_limited"},
        {SocketReply::of(403, "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1768479000\r\n",
                         R"({"message":"API rate limit exceeded"})"),
         "rate_limited"},
        {{.bytes = "HTTP/1.1 200 OK\r\n", .then = Then::reset}, "failed"},
        {{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{\"id\":", .then = Then::stall}, "failed"},
        {{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{\"id\":", .then = Then::close}, "failed"},
        {SocketReply::of(200, "ETag: \"broken\"\r\n", "[" + event_json(41) + R"(,{"id":"42","type":"Wat)"), "failed"},
        {SocketReply::of(200, "ETag: \"html\"\r\n", "<html>login, please</html>"), "failed"},
        {SocketReply::of(401, "", R"({"message":"Bad credentials"})"), "refused"},
        {SocketReply::of(301, url("/repositories/7/events?per_page=100&page=1"), ""), "fresh"},
        {SocketReply::of(451, "", R"({"message":"Repository access blocked"})"), "parked"},
    };
    int newest = 40;
    for (auto const& day : days) {
        newest += 30;
        replay.show(events(std::max(0, newest - 320), newest));
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
    replay.show(events(0, 5));
    replay.faults.push_back(
        SocketReply::of(301, fmt::format("Location: {}/repositories/7/events?page=1\r\n", server.url()), ""));
    EXPECT_EQ(collect().inserted, 5U);
    EXPECT_EQ(replay.targets, (std::vector<std::string>{"/repos/o/r/events?per_page=100&page=1",
                                                        "/repositories/7/events?per_page=100&page=1"}));
    EXPECT_EQ(replay.authorizations.at(1), "Bearer secret");
}

TEST_F(GitHubReplay, tells_a_gap_when_more_happened_than_github_shows) {
    start();
    replay.show(events(0, 100));
    EXPECT_EQ(collect().inserted, 100U);
    clock.advance(minutes(5));
    replay.show(events(0, 450));
    auto const report = collect();
    EXPECT_EQ(report.inserted, 300U);
    EXPECT_TRUE(report.gap);
    EXPECT_EQ(data.count("coverage#gap#o/r#"), 1U);
}

} // namespace
} // namespace gem
