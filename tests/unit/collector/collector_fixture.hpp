// A collector over a store in memory and an HTTP client that answers by script.
#pragma once

#include <gtest/gtest.h>

#include "collector/collector.hpp"
#include "support/await.hpp"
#include "support/collecting_store.hpp"
#include "support/manual_clock.hpp"
#include "support/scripted_http_client.hpp"

namespace gem {

inline std::string event_json(int id, std::string_view type = "WatchEvent") {
    return fmt::format(R"({{"id":"{}","type":"{}","actor":{{"id":1,"login":"octocat"}},"repo":{{"id":7,"name":"o/r"}},)"
                       R"("payload":{{"action":"started"}},"public":true,"created_at":"2026-01-15T11:00:00Z"}})",
                       id, type);
}

/// A page with the events [from, to), newest first.
inline std::string page_json(int from, int to) {
    std::string text = "[";
    for (int id = to - 1; id >= from; --id) text += (text.size() > 1 ? "," : "") + event_json(id);
    return text + "]";
}

inline http::HeaderList next_link(int page) {
    return {{"link", fmt::format("<https://api.github.com/x?page={}>; rel=\"next\"", page)}};
}

inline std::vector<github::EventTarget> targets(std::initializer_list<std::string_view> texts) {
    std::vector<github::EventTarget> all;
    for (auto const text : texts) all.push_back(github::EventTarget::parse(text).value());
    return all;
}

struct CollectorTest : testing::Test {
    void start(std::initializer_list<std::string_view> texts = {"o/r"}) {
        auto const list = targets(texts);
        github.emplace(http, clock, github::GitHubOptions{.tokens = {"secret"}});
        watch_list.emplace(database, clock, repositories_among(list));
        collector.emplace(
            database, *github, *watch_list, clock, log, [] { return 0.0; }, CollectorOptions{.targets = list});
    }
    CollectReport collect(std::optional<std::size_t> limit = {}) {
        auto report = test::await(collector->collect_once(limit));
        EXPECT_TRUE(report) << report.error().message;
        return report.value_or(CollectReport{});
    }
    PollState state(std::string const& key = "o/r") {
        return parse_poll_state(data.state.at(poll_key(key)).value.text()).value();
    }
    std::vector<std::string> outcomes(CollectReport const& report) {
        std::vector<std::string> all;
        for (auto const& one : report.targets) all.push_back(one.target + " " + one.outcome);
        return all;
    }

    test::ManualClock clock;
    std::vector<std::string> lines;
    Log log{clock, LogLevel::debug, LogFormat::text, [this](std::string_view line) { lines.emplace_back(line); }};
    test::CollectedData data;
    DatabaseService database{std::make_unique<test::CollectingManager>(data)};
    test::ScriptedHttpClient http;
    std::optional<github::GitHubClient> github;
    std::optional<WatchList> watch_list;
    std::optional<Collector> collector;
};

} // namespace gem
