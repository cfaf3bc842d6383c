// A cycle where nothing polls by itself, and what follows it.
#include "app/collecting.hpp"

#include "support/past_of_a_repository.hpp"
#include "unit/collector/collector_fixture.hpp"

namespace gem {
namespace {

struct FollowUpTest : CollectorTest {
    void SetUp() override {
        start();
        collector.emplace(
            database, *github, *watch_list, clock, log, [] { return 0.0; },
            CollectorOptions{.targets = targets({"o/r"}), .lease = {.id = "one", .one_cycle = true}});
        replay.line("/repos/o/r/events");
        replay.weather = [this](test::ReplayRequest const& request) { return past.answer(request); };
        http.by_function = [this](http::ClientRequest const& request) { return replay.answer(request); };
    }
    CollectReport follow_up() {
        return test::await(collect_and_follow_up(*collector, {}, {.details_turns = 5, .history_turns = 30})).value();
    }

    test::PastOfARepository past{"o/r", clock.now() - days(10), 20};
    test::ReplayGitHub replay{clock};
};

TEST_F(FollowUpTest, ends_with_the_first_turn_that_fails) {
    data.unwritable = "history#page#";
    auto const report = follow_up();
    EXPECT_EQ(report.errors.size(), 1U);
    EXPECT_EQ(replay.targets.size(), 3U) << "the time line, the repository, and one page that could not be kept";
}

TEST_F(FollowUpTest, ends_with_the_first_turn_that_the_rate_limit_leaves_nothing) {
    replay.hourly_limit = 3;
    auto const report = follow_up();
    EXPECT_TRUE(report.errors.empty());
    EXPECT_EQ(replay.targets.size(), 2U) << "the time line and the repository";
    EXPECT_TRUE(collector->lacks_history());
    EXPECT_LT(data.state_writes, 10U) << "each turn takes a lease and gives it back";
}

TEST_F(FollowUpTest, goes_on_to_repositories_beyond_those_that_one_turn_looks_at) {
    for (int i = 0; i < 45; ++i) {
        auto const name = fmt::format("a/r{:02}", i);
        ASSERT_TRUE(test::await(watch_list->add(RepoName::parse(name).value())));
        replay.line("/repos/" + name + "/events");
        auto const key = "history#state#" + name;
        data.state[key] = {.key = key,
                           .value = JsonText::already_validated(
                               json::to_string(HistoryProgress{.repo = name, .until = clock.now(), .part = ""})),
                           .version = 1};
    }
    follow_up();
    EXPECT_FALSE(collector->lacks_history());
    EXPECT_EQ(collector->figures().history.finished, 1U) << "of o/r, the last of 46";
}

} // namespace
} // namespace gem
