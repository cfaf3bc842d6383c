// The collector as a whole over 500 repositories, on simulated time: a real socket would take the day itself.
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "collector/collector.hpp"
#include "support/await.hpp"
#include "support/collecting_store.hpp"
#include "support/manual_clock.hpp"
#include "support/replay_github.hpp"
#include "support/scripted_http_client.hpp"

namespace gem {
namespace {

struct SimulatedDay : testing::Test {
    static constexpr int repositories = 500;

    void SetUp() override {
        std::vector<github::EventTarget> targets;
        for (int i = 0; i < repositories; ++i) {
            targets.push_back(github::EventTarget::parse(fmt::format("o/r{}", i)).value());
            // Most are quiet: the busiest has 400 events an hour, the hundredth 6, the last one 1.5.
            per_hour.push_back(400 / std::pow(i + 1, 0.9));
            lines.push_back(&replay.line(fmt::format("/repos/o/r{}/events", i)));
        }
        replay.remember = false;
        http.by_function = [this](http::ClientRequest const& request) {
            http.asked.clear();
            return replay.answer(request);
        };
        github.emplace(http, clock, github::GitHubOptions{.tokens = {"secret"}});
        watch_list.emplace(database, clock, repositories_among(targets));
        collector.emplace(
            database, *github, *watch_list, clock, log,
            [this] { return std::uniform_real_distribution<double>(0, 1)(random); },
            CollectorOptions{.targets = targets, .budget = {.reserve_share = 0.2}});
    }

    std::string event_json(int repo) {
        return fmt::format(
            R"({{"id":"{}","type":"WatchEvent","actor":{{"id":1,"login":"octocat"}},"repo":{{"id":{},"name":"o/r{}"}},)"
            R"("payload":{{"action":"started"}},"public":true,"created_at":"{}"}})",
            ++happened, repo + 1, repo, format_time(clock.now()));
    }

    void let_happen(seconds span) {
        for (int i = 0; i < repositories; ++i) {
            auto const mean = per_hour[static_cast<std::size_t>(i)] * static_cast<double>(span.count()) / 3600;
            for (auto n = std::poisson_distribution<int>(mean)(random); n > 0; --n)
                replay.push(*lines[static_cast<std::size_t>(i)], event_json(i));
        }
    }

    std::mt19937 random{11};
    test::ManualClock clock;
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    test::ReplayGitHub replay{clock};
    std::vector<double> per_hour;
    std::vector<test::ReplayGitHub::TimeLine*> lines;
    std::size_t happened = 0;
    test::CollectedData data;
    DatabaseService database{std::make_unique<test::CollectingManager>(data)};
    test::ScriptedHttpClient http;
    std::optional<github::GitHubClient> github;
    std::optional<WatchList> watch_list;
    std::optional<Collector> collector;
};

TEST_F(SimulatedDay, of_500_repositories_loses_no_event_and_stays_within_5000_requests_an_hour) {
    // Some answers are bad: one of a hundred is a server error, and once an hour GitHub wants a minute of peace.
    UtcTime peace{};
    replay.weather = [&](test::ReplayRequest const&) -> std::optional<test::ReplayAnswer> {
        if (clock.now() - peace >= hours(1)) {
            peace = clock.now();
            return test::ReplayAnswer::of(403, {{"retry-after", "60"}}, R"({"message":"secondary rate limit"})");
        }
        if (std::uniform_int_distribution<int>(0, 99)(random) == 0) return test::ReplayAnswer::of(502, {}, "");
        return std::nullopt;
    };
    auto const end = clock.now() + hours(24);
    while (clock.now() < end) {
        auto const report = test::await(collector->collect_due());
        ASSERT_TRUE(report) << report.error().message;
        for (auto const& one : report->targets) ASSERT_FALSE(one.gap) << one.target;
        auto const pause = std::max(collector->until_next(), seconds(10));
        clock.advance(pause);
        let_happen(pause);
    }
    replay.weather = {};
    clock.advance(minutes(20));
    ASSERT_TRUE(test::await(collector->collect_once()));
    EXPECT_EQ(data.events.size(), happened);
    EXPECT_EQ(data.count("coverage#gap#"), 0U);
    EXPECT_EQ(replay.refused, 0U);
    EXPECT_LE(replay.most_charged, 5000);
    EXPECT_GT(replay.not_modified, replay.asked / 4);
    RecordProperty("events", std::to_string(happened));
    RecordProperty("asked", std::to_string(replay.asked));
    RecordProperty("not_modified", std::to_string(replay.not_modified));
    RecordProperty("most_charged", std::to_string(replay.most_charged));
    RecordProperty("state_writes", std::to_string(data.state_writes));
}

} // namespace
} // namespace gem
