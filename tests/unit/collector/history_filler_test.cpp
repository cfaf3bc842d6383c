// History on arrival against a GitHub with a past: what is kept, how often it is asked for, and what a restart repeats.
#include "collector/history_filler.hpp"

#include <gtest/gtest.h>

#include "collector/poll_state.hpp"
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

constexpr int issues_of_ten_days = 240;

struct HistoryFillerTest : testing::Test {
    void SetUp() override {
        ASSERT_TRUE(test::await(database.initialize()));
        replay.hourly_limit = 0;
        replay.weather = [this](ReplayRequest const& request) { return past.answer(request); };
        http.by_function = [this](http::ClientRequest const& request) { return replay.answer(request); };
        for (auto const* const name : {"o/r", "o/s"}) watch(name);
        start();
    }
    void watch(std::string_view name) {
        ASSERT_TRUE(test::await(database.metrics().put_state({.key = poll_key(name), .value = to_json(PollState{})})));
    }
    void start(HistoryFiller::Options options = {}) {
        filler.emplace(database, github, clock, log, options);
        follow();
    }
    void follow(std::vector<RepoName> repos = {test::repo("o/r")}) {
        auto const followed = test::await(filler->follow(std::move(repos)));
        ASSERT_TRUE(followed) << followed.error().message;
    }
    void work(std::int64_t requests = 1000) {
        auto const worked = test::await(filler->work(requests));
        ASSERT_TRUE(worked) << worked.error().message;
    }
    std::optional<RepoHistory> history() {
        return test::await(read_history(database.metrics(), test::repo("o/r"), test::all_time())).value();
    }

    test::ManualClock clock;
    test::PastOfARepository past{"o/r", clock.now() - days(10), issues_of_ten_days};
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    DatabaseService database{make_sqlite_manager({.provider = "sqlite", .db_path = ":memory:"}, clock, log).value()};
    test::ReplayGitHub replay{clock};
    test::ScriptedHttpClient http;
    github::GitHubClient github{http, clock, {.tokens = {"secret"}}};
    std::optional<HistoryFiller> filler;
};

TEST_F(HistoryFillerTest, keeps_all_that_github_tells) {
    EXPECT_TRUE(filler->due());
    EXPECT_EQ(filler->figures().unfinished, 1U);
    work();
    EXPECT_FALSE(filler->due());
    auto const whole = history();
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->told.items.size(), 2U * issues_of_ten_days);
    EXPECT_EQ(whole->told.answers.size(), issues_of_ten_days * 2U / 3);
    EXPECT_EQ(whole->told.releases.size(), 10U);
    EXPECT_TRUE(whole->progress.omitted.empty());
    auto const deployments = test::await(database.metrics().find_deployments(test::repo("o/r"), test::all_time()));
    ASSERT_TRUE(deployments);
    ASSERT_EQ(deployments->size(), 10U);
    EXPECT_EQ(deployments->front().status, "success");
    EXPECT_EQ(deployments->front().finished_at, deployments->front().created_at + minutes(5));
    EXPECT_EQ(test::await(database.events().totals())->events, 0) << "nothing of it is an event";
    // The repository, 5 pages of items, each beginning a second before the end of the last, 2 of answers, releases, 3
    // of deployments with 10 statuses.
    EXPECT_EQ(replay.asked, 1U + 5U + 2U + 1U + 3U + 10U);
    EXPECT_EQ(filler->figures().requests, replay.asked);
    EXPECT_EQ(filler->figures().unfinished, 0U);
}

TEST_F(HistoryFillerTest, knows_whether_a_repository_is_private_before_anything_of_it_is_kept) {
    past.is_private = true;
    work(1);
    EXPECT_EQ(replay.targets, std::vector<std::string>{"/repos/o/r"});
    EXPECT_TRUE(is_among(test::await(private_repositories(database)).value(), "o/r"));
    EXPECT_EQ(test::await(database.metrics().list_state("history#page#")).value().size(), 0U);
    work();
    EXPECT_TRUE(history());
}

TEST_F(HistoryFillerTest, keeps_nothing_of_a_repository_of_which_that_is_not_told) {
    replay.weather = [](ReplayRequest const&) { return ReplayAnswer::of(404, {}, R"({"message":"Not Found"})"); };
    for (int day = 0; day < 5; ++day, clock.advance(days(1))) work();
    EXPECT_EQ(replay.asked, 3U) << "daily, and then it is at peace";
    EXPECT_FALSE(filler->due());
    ASSERT_TRUE(history());
    EXPECT_TRUE(history()->told.empty());
}

TEST_F(HistoryFillerTest, does_not_repeat_itself_when_the_repository_is_watched_a_second_time) {
    work();
    auto const asked = replay.asked;
    follow({}); // no longer watched
    EXPECT_FALSE(filler->due());
    follow();
    EXPECT_FALSE(filler->due());
    start(); // a new process
    EXPECT_FALSE(filler->due());
    work();
    EXPECT_EQ(replay.asked, asked);
}

TEST_F(HistoryFillerTest, begins_anew_for_a_second_arrival_that_the_first_one_tells_nothing_about) {
    work();
    follow({});
    auto const since = [&](UtcTime time) {
        auto& metrics = database.metrics();
        EXPECT_TRUE(test::await(metrics.remove_state(since_key("o/r"))));
        PolledSince const record{.target = "o/r", .since = time};
        EXPECT_TRUE(test::await(metrics.put_state(
            {.key = since_key("o/r"), .value = JsonText::already_validated(json::to_string(record))})));
    };
    clock.advance(days(20));
    since(clock.now() - days(29));
    follow();
    EXPECT_FALSE(filler->due()) << "what was told then reaches up to what is polled now";
    follow({});
    clock.advance(days(60));
    since(clock.now() - days(29));
    past = test::PastOfARepository("o/r", clock.now() - days(10), 24);
    follow();
    EXPECT_TRUE(filler->due());
    EXPECT_FALSE(history());
    work();
    ASSERT_TRUE(history());
    EXPECT_EQ(history()->progress.until, clock.now());
    EXPECT_EQ(history()->told.items.size(), 2U * 24) << "nothing of the first arrival";
    start();
    EXPECT_FALSE(filler->due());
}

TEST_F(HistoryFillerTest, asks_for_no_more_than_retention_keeps_and_goes_when_that_is_over) {
    EXPECT_EQ(history_limits_within(days(0)).reach, days(30));
    EXPECT_EQ(history_limits_within(days(365)).reach, days(30));
    ASSERT_TRUE(test::await(database.metrics().remove_state("history#state#o/r")));
    start({.limits = history_limits_within(days(3))});
    work();
    ASSERT_TRUE(history());
    EXPECT_EQ(history()->progress.from, clock.now() - days(3));
    EXPECT_EQ(test::await(remove_histories_before(database.metrics(), clock.now())).value(), 0);
    EXPECT_GT(test::await(remove_histories_before(database.metrics(), clock.now() + seconds(1))).value(), 0);
    EXPECT_EQ(test::await(database.metrics().list_state("history#page#")).value().size(), 0U);
    EXPECT_TRUE(history()->told.empty());
    start();
    EXPECT_FALSE(filler->due()) << "it is not asked for again";
}

TEST_F(HistoryFillerTest, tells_nothing_before_it_is_whole_and_goes_on_after_a_restart) {
    work(3);
    EXPECT_EQ(replay.asked, 3U);
    EXPECT_FALSE(history());
    clock.advance(days(1));
    start();
    EXPECT_TRUE(filler->due());
    work();
    EXPECT_EQ(replay.asked, 1U + 5U + 2U + 1U + 3U + 10U) << "no page was asked for twice";
    ASSERT_TRUE(history());
    EXPECT_EQ(history()->told.items.size(), 2U * issues_of_ten_days);
    EXPECT_EQ(history()->progress.until, clock.now() - days(1));
}

TEST_F(HistoryFillerTest, takes_no_more_than_it_is_allowed) {
    for (auto const allowed : {0, 1, 2}) {
        auto const before = replay.asked;
        work(allowed);
        EXPECT_EQ(replay.asked, before + static_cast<std::size_t>(allowed));
    }
    work(6); // five that are left of items and answers, and the releases
    EXPECT_TRUE(filler->due());
    auto const before = replay.asked;
    work(4); // deployments may take 5
    EXPECT_EQ(replay.asked, before);
}

TEST_F(HistoryFillerTest, keeps_quiet_while_the_rate_limit_is_used_up) {
    replay.faults.push_back(ReplayAnswer::of(429, {{"retry-after", "600"}}, R"({"message":"slow down"})"));
    work();
    EXPECT_EQ(replay.asked, 1U);
    EXPECT_FALSE(filler->due());
    clock.advance(minutes(10));
    EXPECT_TRUE(filler->due());
    work();
    ASSERT_TRUE(history());
    EXPECT_EQ(history()->told.items.size(), 2U * issues_of_ten_days);
}

TEST_F(HistoryFillerTest, repeats_what_failed_in_the_middle_and_spares_the_others_no_turn) {
    test::PastOfARepository const other("o/s", clock.now() - days(10), 24);
    replay.weather = [&](ReplayRequest const& request) -> std::optional<ReplayAnswer> {
        if (auto answer = other.answer(request)) return answer;
        if (request.path == "/repos/o/r/deployments/3/statuses") return ReplayAnswer::of(502, {}, "");
        return past.answer(request);
    };
    follow({test::repo("o/r"), test::repo("o/s")});
    work();
    EXPECT_FALSE(history());
    EXPECT_TRUE(test::await(read_history(database.metrics(), test::repo("o/s"), test::all_time())).value());
    replay.weather = [this](ReplayRequest const& request) { return past.answer(request); };
    clock.advance(minutes(1));
    work();
    ASSERT_TRUE(history());
    EXPECT_EQ(test::await(database.metrics().find_deployments(test::repo("o/r"), test::all_time()))->size(), 10U);
}

TEST_F(HistoryFillerTest, takes_an_answer_that_is_no_list_for_none) {
    replay.faults.push_back(ReplayAnswer::of(200, {}, "<html>"));
    work();
    EXPECT_EQ(replay.asked, 1U);
    EXPECT_FALSE(filler->due());
    EXPECT_EQ(filler->figures().unfinished, 1U);
}

TEST_F(HistoryFillerTest, is_told_from_two_processes_once) {
    HistoryFiller other(database, github, clock, log, {});
    ASSERT_TRUE(test::await(other.follow({test::repo("o/r")})));
    work(1);
    ASSERT_TRUE(test::await(other.work(1))); // the same page; what it knows is old
    EXPECT_FALSE(other.due());
    ASSERT_TRUE(test::await(other.follow({test::repo("o/r")})));
    ASSERT_TRUE(test::await(other.work(1000)));
    ASSERT_TRUE(history());
    EXPECT_EQ(history()->told.items.size(), 2U * issues_of_ten_days);
}

TEST_F(HistoryFillerTest, takes_back_what_it_wrote_of_a_repository_that_was_forgotten_meanwhile) {
    auto& metrics = database.metrics();
    auto const forget_after = [&](std::string_view path) {
        replay.weather = [&, path](ReplayRequest const& request) {
            if (request.path == path) EXPECT_TRUE(test::await(metrics.remove_state("history#state#o/r")));
            return past.answer(request);
        };
    };
    forget_after("/repos/o/r/issues");
    work();
    EXPECT_EQ(test::await(metrics.list_state("history#")).value().size(), 0U);
    EXPECT_FALSE(filler->due());
    forget_after("/repos/o/r/deployments");
    follow({});
    follow();
    work();
    EXPECT_TRUE(test::await(metrics.find_deployments(test::repo("o/r"), test::all_time()))->empty());
}

TEST_F(HistoryFillerTest, asks_nothing_when_switched_off) {
    filler.emplace(database, github, clock, log, HistoryFiller::Options{.on = false});
    follow();
    EXPECT_FALSE(filler->due());
    EXPECT_EQ(replay.asked, 0U);
}

TEST_F(HistoryFillerTest, forgets_a_person) {
    work();
    EXPECT_EQ(test::await(forget_in_histories(database.metrics(), "BEN")).value(), 2);
    EXPECT_TRUE(history()->told.answers.empty());
    EXPECT_EQ(history()->told.items.size(), 2U * issues_of_ten_days);
    EXPECT_GT(test::await(forget_in_histories(database.metrics(), "ada")).value(), 0);
    for (auto const& item : history()->told.items) {
        EXPECT_TRUE(item.author_login.empty());
        EXPECT_FALSE(item.author_id);
    }
}

} // namespace
} // namespace gem
