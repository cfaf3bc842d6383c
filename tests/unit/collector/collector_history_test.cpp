// What the first poll of a repository vouches for, and how its history is asked for beside the polls.
#include <gtest/gtest.h>

#include "collector/collector.hpp"
#include "storage/sqlite/sqlite_manager.hpp"
#include "support/await.hpp"
#include "support/event_maker.hpp"
#include "support/manual_clock.hpp"
#include "support/past_of_a_repository.hpp"
#include "support/scripted_http_client.hpp"

namespace gem {
namespace {

using test::ReplayAnswer;
using test::ReplayRequest;

struct CollectorHistoryTest : testing::Test {
    void start(std::string const& target = "o/r", DatabaseConfig config = {}) {
        config.provider = "sqlite";
        config.db_path = ":memory:";
        database.emplace(make_sqlite_manager(config, clock, log).value());
        ASSERT_TRUE(test::await(database->initialize()));
        http.by_function = [this](http::ClientRequest const& request) { return replay.answer(request); };
        std::vector<github::EventTarget> const targets = {github::EventTarget::parse(target).value()};
        watch_list.emplace(*database, clock, repositories_among(targets));
        collector.emplace(
            *database, github, *watch_list, clock, log, [] { return 0.0; }, CollectorOptions{.targets = targets});
    }
    void poll() {
        auto const report = test::await(collector->collect_due());
        ASSERT_TRUE(report) << report.error().message;
    }
    void fill() {
        auto const filled = test::await(collector->fill_history());
        ASSERT_TRUE(filled) << filled.error().message;
    }
    static std::string star(int id, UtcTime at) {
        return fmt::format(R"({{"id":"{}","type":"WatchEvent","actor":{{"id":1,"login":"ada"}},"repo":{{"id":7,)"
                           R"("name":"o/r"}},"payload":{{"action":"started"}},"public":true,"created_at":"{}"}})",
                           id, format_time(at));
    }
    /// One star an hour, the last one an hour ago.
    std::vector<std::string> stars(int count) {
        std::vector<std::string> events;
        for (int i = 1; i <= count; ++i) events.push_back(star(1000 - i, clock.now() - hours(i)));
        return events;
    }
    std::string since(std::string const& target = "o/r") {
        auto const entry = test::await(database->metrics().get_state(since_key(target))).value();
        return entry ? entry->value.text() : "";
    }
    static std::string vouches_from(UtcTime time) { return R"("since":")" + format_time(time) + '"'; }

    test::ManualClock clock;
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    std::optional<DatabaseService> database;
    test::ReplayGitHub replay{clock};
    test::ScriptedHttpClient http;
    github::GitHubClient github{http, clock, {.tokens = {"secret"}}};
    std::optional<WatchList> watch_list;
    std::optional<Collector> collector;
};

TEST_F(CollectorHistoryTest, a_first_poll_that_shows_everything_vouches_for_what_github_still_serves) {
    start();
    replay.show("/repos/o/r/events", stars(120));
    poll();
    EXPECT_NE(since().find(vouches_from(clock.now() - days(29))), std::string::npos) << since();
}

TEST_F(CollectorHistoryTest, a_first_poll_that_is_cut_vouches_for_what_came_after_its_last_page_at_the_latest) {
    start();
    replay.show("/repos/o/r/events", stars(300));
    replay.line("/repos/o/r/events").endless = true;
    poll();
    // The last page holds the events of 201 to 300 hours ago; what is not shown came before them, six hours late at
    // most.
    EXPECT_NE(since().find(vouches_from(clock.now() - hours(201) + hours(6))), std::string::npos) << since();
}

TEST_F(CollectorHistoryTest, a_busy_time_line_vouches_for_nothing_before_its_first_poll) {
    start();
    std::vector<std::string> events;
    for (int i = 0; i < 300; ++i) events.push_back(star(1000 - i, clock.now() - seconds(i)));
    replay.show("/repos/o/r/events", events);
    poll();
    EXPECT_NE(since().find(vouches_from(clock.now())), std::string::npos) << since();
}

TEST_F(CollectorHistoryTest, everybodys_time_line_vouches_for_nothing_before_its_first_poll) {
    start("public");
    replay.show("/events", stars(30));
    poll();
    EXPECT_NE(since("public").find(vouches_from(clock.now())), std::string::npos) << since("public");
}

TEST_F(CollectorHistoryTest, events_that_are_too_old_to_be_kept_are_not_vouched_for) {
    start("o/r", {.retention = days(2)});
    replay.show("/repos/o/r/events", stars(120));
    poll();
    EXPECT_NE(since().find(vouches_from(clock.now())), std::string::npos) << since();
}

TEST_F(CollectorHistoryTest, waits_for_the_first_poll_and_takes_what_polls_leave) {
    start();
    test::PastOfARepository const past("o/r", clock.now() - days(10), 240);
    replay.weather = [&](ReplayRequest const& request) { return past.answer(request); };
    replay.hourly_limit = 24;
    fill();
    EXPECT_EQ(replay.asked, 0U) << "nothing was polled yet";
    auto& line = replay.line("/repos/o/r/events");
    std::size_t polls = 0;
    std::size_t most_at_once = 0;
    int minutes_taken = 0;
    for (int minute = 0; minute < 600; ++minute, clock.advance(minutes(1))) {
        replay.push(line, star(minute, clock.now()));
        auto const before = replay.asked;
        poll();
        polls += replay.asked - before;
        auto const polled = replay.asked;
        fill();
        most_at_once = std::max(most_at_once, replay.asked - polled);
        if (collector->figures().history.unfinished > 0) minutes_taken = minute;
    }
    EXPECT_EQ(replay.refused, 0U) << "the budget is never exceeded";
    EXPECT_LE(replay.most_charged, 24);
    EXPECT_LE(most_at_once, 10U);
    EXPECT_EQ(collector->figures().history.unfinished, 0U);
    EXPECT_GE(minutes_taken, 59) << "22 requests do not fit into one hour beside the polls";
    EXPECT_GT(polls, 100U) << "polls go on meanwhile, as often as they may";
    EXPECT_EQ(collector->figures().gaps, 0U);
}

TEST_F(CollectorHistoryTest, begins_with_a_repository_that_is_added_while_it_runs) {
    start();
    replay.show("/repos/o/r/events", stars(3));
    replay.show("/repos/o/s/events", {});
    poll();
    fill();
    EXPECT_EQ(test::await(database->metrics().list_state("history#state#")).value().size(), 1U);
    ASSERT_TRUE(test::await(watch_list->add(test::repo("o/s"))));
    clock.advance(minutes(1));
    poll();
    fill();
    EXPECT_EQ(test::await(database->metrics().list_state("history#state#")).value().size(), 2U);
}

TEST_F(CollectorHistoryTest, a_repository_that_was_forgotten_is_asked_for_nothing_and_leaves_nothing) {
    start();
    test::PastOfARepository const past("o/r", clock.now() - days(10), 240);
    bool forgotten = false;
    auto const forget = [&] {
        forgotten = true;
        for (auto const& entry : test::await(database->metrics().list_state("")).value()) {
            if (entry.key.contains("o/r")) ASSERT_TRUE(test::await(database->metrics().remove_state(entry.key)));
        }
    };
    replay.weather = [&](ReplayRequest const& request) {
        if (request.path == "/repos/o/r/issues/comments" && !forgotten) forget();
        return past.answer(request);
    };
    replay.show("/repos/o/r/events", stars(3));
    poll();
    fill();
    ASSERT_TRUE(forgotten);
    EXPECT_EQ(test::await(database->metrics().list_state("history#")).value().size(), 0U);
    auto const asked = replay.asked;
    fill();
    EXPECT_EQ(replay.asked, asked) << "nor is it begun anew";
    EXPECT_EQ(test::await(database->metrics().list_state("history#")).value().size(), 0U);
}

TEST_F(CollectorHistoryTest, a_configured_repository_that_was_forgotten_gets_its_history_again) {
    start();
    test::PastOfARepository const past("o/r", clock.now() - days(10), 240);
    replay.weather = [&](ReplayRequest const& request) { return past.answer(request); };
    replay.show("/repos/o/r/events", stars(3));
    poll();
    for (int turn = 0; turn < 20 && collector->lacks_history(); ++turn) fill();
    ASSERT_EQ(collector->figures().history.unfinished, 0U);
    for (auto const& entry : test::await(database->metrics().list_state("")).value()) {
        if (entry.key.contains("o/r")) ASSERT_TRUE(test::await(database->metrics().remove_state(entry.key)));
    }
    clock.advance(minutes(6));
    poll();
    fill();
    EXPECT_EQ(test::await(database->metrics().list_state("history#state#")).value().size(), 1U);
}

} // namespace
} // namespace gem
