// Forgetting a repository or a person: all of it goes, counts too, and nothing else.
#include "contract/contract_test.hpp"
#include "contract/samples.hpp"

namespace gem::test {

class Forgetting : public ContractTest {
  protected:
    void SetUp() override {
        for (int i = 0; i < 20; ++i) {
            auto const id = std::to_string(i);
            insert({make_event(id)
                        .of("acme/tool", 7)
                        .after(minutes(i * 7))
                        .by(i % 2 == 0 ? "ada" : "bob", i % 2 == 0 ? 1001 : 1002),
                    make_event(id)
                        .of("acme/other", 8)
                        .after(minutes(i * 7))
                        .by(i % 4 == 0 ? "Ada" : "eve", i % 4 == 0 ? 1001 : 1003)
                        .push(1)});
        }
        for (auto const* name : {"acme/tool", "acme/other"}) {
            auto const id = name == std::string_view("acme/tool") ? 7 : 8;
            wait_ok(
                commits().store_commits({sample_commit('a', name, id, "ada"), sample_commit('b', name, id, "eve")}));
            wait_ok(metrics().put_health({.repo_name = name, .day = ten_o_clock}));
            wait_ok(metrics().put_developer_days(
                {{.repo_name = name, .day = ten_o_clock, .actor_login = "ada", .total_events = 3},
                 {.repo_name = name, .day = ten_o_clock, .actor_login = "eve", .total_events = 4}}));
            wait_ok(metrics().put_security(
                {.repo_name = name, .metric_type = "overall", .day = ten_o_clock, .risk_level = "low"}));
            wait_ok(metrics().put_patterns({{.repo_name = name,
                                             .kind = "spike",
                                             .event_type = "PushEvent",
                                             .bucket_start = ten_o_clock,
                                             .severity = "low"}}));
            wait_ok(metrics().put_deployment({.repo_name = name,
                                              .deployment_id = "1",
                                              .environment = "production",
                                              .status = "success",
                                              .created_at = ten_o_clock}));
        }
    }
    static std::int64_t sum(RemovedCounts const& counts) { return counts.events + counts.commits + counts.other_rows; }
};
GEM_CONTRACT(Forgetting);

TEST_P(Forgetting, a_repository_goes_with_its_counts_commits_and_metrics) {
    auto const other = repo("acme/other");
    auto const tally_before = wait_ok(events().tally(all_time(), other));
    auto const events_before = find({.repo = other, .window = all_time()});
    auto const removed = wait_ok(maintenance().forget_repository(repo("Acme/TOOL")));
    EXPECT_EQ(removed.events, 20);
    EXPECT_EQ(removed.commits, 2);
    EXPECT_GE(removed.other_rows, 6);

    auto const gone = repo("acme/tool");
    EXPECT_TRUE(find({.repo = gone, .window = all_time()}).empty());
    EXPECT_TRUE(wait_ok(events().tally(all_time(), gone)).empty());
    EXPECT_FALSE(wait_ok(events().find_repository(gone)).has_value());
    EXPECT_EQ(wait_ok(events().activity(all_time(), {gone})).front().total_events, 0);
    EXPECT_EQ(wait_ok(events().list_repositories("", 10)).size(), 1U);
    EXPECT_TRUE(wait_ok(commits().find_commits({.repo = gone, .window = all_time()})).commits.empty());
    EXPECT_TRUE(wait_ok(metrics().find_health(gone, 168, all_time())).empty());
    EXPECT_TRUE(wait_ok(metrics().find_developer_days(gone, all_time())).empty());
    EXPECT_TRUE(wait_ok(metrics().find_security(gone, all_time())).empty());
    EXPECT_TRUE(wait_ok(metrics().find_patterns(gone, all_time())).empty());
    EXPECT_TRUE(wait_ok(metrics().find_deployments(gone, all_time())).empty());

    EXPECT_EQ(wait_ok(events().tally(all_time(), other)), tally_before);
    EXPECT_EQ(wait_ok(events().tally(all_time(), std::nullopt)), tally_before);
    EXPECT_EQ(find({.repo = other, .window = all_time()}), events_before);
    EXPECT_EQ(wait_ok(commits().find_commits({.repo = other, .window = all_time()})).commits.size(), 2U);
    EXPECT_EQ(wait_ok(metrics().find_developer_days(other, all_time())).size(), 2U);
    EXPECT_EQ(wait_ok(metrics().find_deployments(other, all_time())).size(), 1U);
    EXPECT_EQ(total(), 20);
    expect_no_drift();
}

TEST_P(Forgetting, a_repository_a_second_time_removes_nothing) {
    wait_ok(maintenance().forget_repository(repo("acme/tool")));
    EXPECT_EQ(sum(wait_ok(maintenance().forget_repository(repo("acme/tool")))), 0);
    EXPECT_EQ(sum(wait_ok(maintenance().forget_repository(repo("acme/never")))), 0);
    EXPECT_EQ(total(), 20);
}

TEST_P(Forgetting, a_forgotten_event_that_comes_again_is_new) {
    wait_ok(maintenance().forget_repository(repo("acme/tool")));
    EXPECT_EQ(insert({make_event("0").of("acme/tool", 7)}).inserted, 1U);
    EXPECT_EQ(count_of(wait_ok(events().tally(all_time(), repo("acme/tool"))), "WatchEvent"), 1);
    expect_no_drift();
}

TEST_P(Forgetting, a_renamed_repository_goes_whole) {
    insert({make_event("x").of("acme/toolbox", 7).after(hours(5))});
    EXPECT_EQ(wait_ok(maintenance().forget_repository(repo("acme/toolbox"))).events, 21);
    EXPECT_TRUE(find({.repo = repo("acme/tool"), .window = all_time()}).empty());
    EXPECT_EQ(total(), 20);
    expect_no_drift();
}

TEST_P(Forgetting, a_person_goes_from_every_repository_whatever_the_case) {
    auto const removed = wait_ok(maintenance().forget_actor("ADA"));
    EXPECT_EQ(removed.events, 15);
    EXPECT_EQ(removed.commits, 2);
    EXPECT_GE(removed.other_rows, 2);
    EXPECT_EQ(total(), 25);
    for (auto const* name : {"acme/tool", "acme/other"}) {
        auto query = EventQuery{.repo = repo(name), .actor = "ada", .window = all_time()};
        EXPECT_TRUE(find(query).empty());
        for (auto const& day : wait_ok(metrics().find_developer_days(repo(name), all_time())))
            EXPECT_EQ(day.actor_login, "eve");
        auto const left = wait_ok(commits().find_commits({.repo = repo(name), .window = all_time()})).commits;
        ASSERT_EQ(left.size(), 1U);
        EXPECT_EQ(left.front().commit.author_login, "eve");
    }
    EXPECT_EQ(count_of(wait_ok(events().tally(all_time(), repo("acme/tool"))), "WatchEvent"), 10);
    auto const pushes = wait_ok(events().tally(all_time(), repo("acme/other")));
    ASSERT_EQ(pushes.size(), 1U);
    EXPECT_EQ(pushes.front().events, 15);
    EXPECT_EQ(pushes.front().distinct_commits, 15);
    EXPECT_EQ(wait_ok(events().find_repository(repo("acme/tool"))).value().total_events, 10);
    EXPECT_EQ(wait_ok(events().find_repository(repo("acme/tool"))).value().first_event, ten_o_clock + minutes(7));
    expect_no_drift();
}

TEST_P(Forgetting, a_person_a_second_time_removes_nothing) {
    wait_ok(maintenance().forget_actor("ada"));
    EXPECT_EQ(sum(wait_ok(maintenance().forget_actor("ada"))), 0);
    EXPECT_EQ(sum(wait_ok(maintenance().forget_actor("nobody"))), 0);
    EXPECT_EQ(sum(wait_ok(maintenance().forget_actor("a%"))), 0);
    EXPECT_EQ(total(), 25);
}

TEST_P(Forgetting, what_is_forgotten_is_gone_after_a_restart) {
    if (!GetParam().shared) GTEST_SKIP() << "this provider keeps nothing";
    wait_ok(maintenance().forget_repository(repo("acme/tool")));
    wait_ok(maintenance().forget_actor("eve"));
    reopen();
    EXPECT_EQ(total(), 5);
    EXPECT_FALSE(wait_ok(events().find_repository(repo("acme/tool"))).has_value());
    expect_no_drift();
}

} // namespace gem::test
