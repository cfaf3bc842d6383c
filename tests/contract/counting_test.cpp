// Counts by hand on a small history. The random workloads of differential_test.cpp do the same at large.
#include "contract/contract_test.hpp"

namespace gem::test {

class Counting : public ContractTest {
  protected:
    /// Four repositories over two hours, told in the tests' expectations.
    void insert_history() {
        insert({
            make_event("1").of("acme/tool", 7).at(ten_o_clock).type("WatchEvent").action("started"),
            make_event("2").of("acme/tool", 7).after(seconds(59)).type("WatchEvent").action("started").by("bob", 1002),
            make_event("3").of("acme/tool", 7).after(seconds(60)).push(3).from(EventSource::poll),
            make_event("4").of("acme/tool", 7).after(seconds(61)).push(std::nullopt),
            make_event("5")
                .of("acme/tool", 7)
                .after(minutes(59) + seconds(59))
                .type("PullRequestEvent")
                .facts({.action = "closed", .merged = true}),
            make_event("6")
                .of("acme/tool", 7)
                .after(minutes(60))
                .type("PullRequestEvent")
                .facts({.action = "closed", .merged = false}),
            make_event("7").of("acme/tool", 7).after(minutes(60)).type("PullRequestEvent").facts({.action = "merged"}),
            make_event("1").of("acme/other", 8).after(minutes(30)).push(2).by("dependabot[bot]", 49'699'333),
            make_event("2").of("acme/other", 8).after(minutes(31)).type("ForkEvent").from(EventSource::webhook),
            make_event("1").of("Zeta/Lib", 9).after(minutes(30)).type("ForkEvent"),
            make_event("2").of("Zeta/Lib", 9).after(minutes(31)).type("ForkEvent"),
            make_event("1").of("beta/no-id", std::nullopt).after(minutes(30)).type("GollumEvent"),
        });
    }
    static Tally row(std::string type, std::string action, std::int64_t events, std::int64_t commits = 0,
                     std::int64_t unknown = 0) {
        return {.type = std::move(type),
                .action = std::move(action),
                .events = events,
                .distinct_commits = commits,
                .commits_unknown = unknown};
    }
};
GEM_CONTRACT(Counting);

TEST_P(Counting, a_tally_has_a_row_for_each_type_and_counted_action) {
    insert_history();
    EXPECT_EQ(wait_ok(events().tally(all_time(), std::nullopt)),
              (std::vector<Tally>{row("ForkEvent", "", 3), row("GollumEvent", "", 1),
                                  row("PullRequestEvent", "closed", 1), row("PullRequestEvent", "merged", 2),
                                  row("PushEvent", "", 3, 5, 1), row("WatchEvent", "started", 2)}));
    EXPECT_EQ(wait_ok(events().tally(all_time(), repo("ACME/other"))),
              (std::vector<Tally>{row("ForkEvent", "", 1), row("PushEvent", "", 1, 2, 0)}));
    EXPECT_TRUE(wait_ok(events().tally(all_time(), repo("acme/unknown"))).empty());
}

TEST_P(Counting, windows_need_not_lie_on_hours) {
    insert_history();
    auto const tool = repo("acme/tool");
    EXPECT_EQ(wait_ok(events().tally(window_after_ten(minutes(1), minutes(60)), tool)),
              (std::vector<Tally>{row("PullRequestEvent", "merged", 1), row("PushEvent", "", 2, 3, 1)}));
    EXPECT_EQ(wait_ok(events().tally(window_after_ten(minutes(0), minutes(1)), tool)),
              (std::vector<Tally>{row("WatchEvent", "started", 2)}));
    EXPECT_EQ(wait_ok(events().tally(window_after_ten(minutes(59), minutes(61)), std::nullopt)),
              (std::vector<Tally>{row("PullRequestEvent", "closed", 1), row("PullRequestEvent", "merged", 2)}));
}

TEST_P(Counting, windows_of_seconds_are_exact_too) {
    insert_history();
    EXPECT_EQ(wait_ok(events().tally(window_after_ten(seconds(1), seconds(61)), repo("acme/tool"))),
              (std::vector<Tally>{row("PushEvent", "", 1, 3, 0), row("WatchEvent", "started", 1)}));
}

TEST_P(Counting, empty_and_inverted_windows_hold_nothing) {
    insert_history();
    for (auto const window :
         {window_after_ten(minutes(1), minutes(1)), window_after_ten(minutes(5), minutes(0)), TimeWindow{}}) {
        EXPECT_TRUE(wait_ok(events().tally(window, std::nullopt)).empty());
        EXPECT_TRUE(wait_ok(events().tally_series(window, minutes(60), std::nullopt, std::nullopt)).empty());
        EXPECT_TRUE(wait_ok(events().busiest(window, 10, true)).empty());
        EXPECT_TRUE(wait_ok(events().event_facts(repo("acme/tool"), window, {})).empty());
        EXPECT_TRUE(wait_ok(events().sources(window, std::nullopt)).empty());
        EXPECT_EQ(wait_ok(events().activity(window, {repo("acme/tool")})).front().total_events, 0);
    }
}

TEST_P(Counting, events_of_1970_and_9998_are_counted) {
    insert({make_event("1").at(from_unix(0)), make_event("2").at(from_unix(253'370'764'799))});
    insert_history();
    EXPECT_EQ(count_of(wait_ok(events().tally(all_time(), std::nullopt)), "WatchEvent"), 4);
    TimeWindow const first_minute{.from = from_unix(0), .to = from_unix(60)};
    EXPECT_EQ(count_of(wait_ok(events().tally(first_minute, repo("acme/tool"))), "WatchEvent"), 1);
    TimeWindow const future{.from = ten_o_clock + hours(24), .to = from_unix(253'370'764'800)};
    EXPECT_EQ(count_of(wait_ok(events().tally(future, std::nullopt)), "WatchEvent"), 1);
    EXPECT_TRUE(wait_ok(events().tally({.from = from_unix(60), .to = ten_o_clock}, std::nullopt)).empty());
    expect_no_drift();
}

TEST_P(Counting, a_series_has_buckets_aligned_to_the_epoch_and_none_without_events) {
    insert_history();
    using Counts = std::map<std::string, std::int64_t>;
    auto const hourly = wait_ok(
        events().tally_series(window_after_ten(hours(-5), hours(5)), minutes(60), repo("acme/tool"), std::nullopt));
    EXPECT_EQ(hourly, (std::vector<BucketTally>{
                          {ten_o_clock, Counts{{"PullRequestEvent", 1}, {"PushEvent", 2}, {"WatchEvent", 2}}},
                          {ten_o_clock + hours(1), Counts{{"PullRequestEvent", 2}}}}));
    auto const by_minute = wait_ok(
        events().tally_series(window_after_ten(minutes(0), minutes(31)), minutes(1), std::nullopt, std::nullopt));
    EXPECT_EQ(by_minute, (std::vector<BucketTally>{{ten_o_clock, Counts{{"WatchEvent", 2}}},
                                                   {ten_o_clock + minutes(1), Counts{{"PushEvent", 2}}},
                                                   {ten_o_clock + minutes(30),
                                                    Counts{{"ForkEvent", 1}, {"GollumEvent", 1}, {"PushEvent", 1}}}}));
    auto const daily = wait_ok(events().tally_series(all_time(), minutes(1440), std::nullopt, "ForkEvent"));
    EXPECT_EQ(daily, (std::vector<BucketTally>{{ten_o_clock - hours(10), Counts{{"ForkEvent", 3}}}}));
}

TEST_P(Counting, a_bucket_that_the_window_cuts_counts_only_what_is_inside) {
    insert_history();
    auto const series = wait_ok(
        events().tally_series(window_after_ten(minutes(1), minutes(31)), minutes(60), std::nullopt, std::nullopt));
    ASSERT_EQ(series.size(), 1U);
    EXPECT_EQ(series.front().bucket_start, ten_o_clock);
    EXPECT_EQ(series.front().counts,
              (std::map<std::string, std::int64_t>{{"ForkEvent", 1}, {"GollumEvent", 1}, {"PushEvent", 3}}));
}

TEST_P(Counting, buckets_of_seven_minutes_start_at_multiples_of_seven_minutes_since_1970) {
    insert_history();
    for (auto const& bucket : wait_ok(events().tally_series(all_time(), minutes(7), std::nullopt, std::nullopt)))
        EXPECT_EQ(to_unix(bucket.bucket_start) % (7 * 60), 0);
}

TEST_P(Counting, a_bucket_below_a_minute_is_refused) {
    EXPECT_EQ(wait_error(events().tally_series(all_time(), minutes(0), std::nullopt, std::nullopt)).code,
              ErrorCode::invalid_argument);
    EXPECT_EQ(wait_error(events().tally_series(all_time(), minutes(-5), std::nullopt, std::nullopt)).code,
              ErrorCode::invalid_argument);
}

TEST_P(Counting, the_busiest_come_by_total_then_by_lower_case_name) {
    insert_history();
    auto const ranking = wait_ok(events().busiest(all_time(), 10, false));
    std::vector<std::pair<std::string, std::int64_t>> order;
    for (auto const& one : ranking) {
        order.emplace_back(one.repo, one.total_events);
        EXPECT_TRUE(one.rows.empty());
    }
    EXPECT_EQ(order, (std::vector<std::pair<std::string, std::int64_t>>{
                         {"acme/tool", 7}, {"acme/other", 2}, {"Zeta/Lib", 2}, {"beta/no-id", 1}}));
    EXPECT_EQ(ranking[1].counts, (std::map<std::string, std::int64_t>{{"ForkEvent", 1}, {"PushEvent", 1}}));
    EXPECT_EQ(wait_ok(events().busiest(all_time(), 2, false)).size(), 2U);
    auto const half = wait_ok(events().busiest(window_after_ten(minutes(30), minutes(31)), 10, false));
    ASSERT_EQ(half.size(), 3U);
    EXPECT_EQ(half[0].repo, "acme/other");
    EXPECT_EQ(half[1].repo, "beta/no-id");
    EXPECT_EQ(half[2].repo, "Zeta/Lib");
}

TEST_P(Counting, activity_answers_in_the_order_asked_with_zeros_for_the_unknown) {
    insert_history();
    auto const answers =
        wait_ok(events().activity(all_time(), {repo("zeta/lib"), repo("acme/Unknown"), repo("ACME/TOOL")}));
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0].repo, "Zeta/Lib");
    EXPECT_EQ(answers[0].total_events, 2);
    EXPECT_EQ(ascii_lower(answers[1].repo), "acme/unknown");
    EXPECT_EQ(answers[1].total_events, 0);
    EXPECT_TRUE(answers[1].counts.empty());
    EXPECT_TRUE(answers[1].rows.empty());
    EXPECT_EQ(answers[2].repo, "acme/tool");
    EXPECT_EQ(answers[2].counts,
              (std::map<std::string, std::int64_t>{{"PullRequestEvent", 3}, {"PushEvent", 2}, {"WatchEvent", 2}}));
    EXPECT_TRUE(wait_ok(events().activity(all_time(), {})).empty());
}

TEST_P(Counting, activity_rows_are_by_minute_type_action_and_actor) {
    insert({make_event("1").push(1), make_event("2").push(1).after(seconds(30)),
            make_event("3").push(1).by("bob", 1002),
            make_event("4").push(1).by("ci-robot", std::nullopt).after(minutes(1)),
            make_event("5").push(1).by("", std::nullopt).after(minutes(2)),
            make_event("6").type("IssuesEvent").action("opened").after(minutes(2)),
            make_event("7").type("IssuesEvent").action("closed").after(minutes(2))});
    for (auto const& answer : {wait_ok(events().activity(all_time(), {repo("acme/tool")})),
                               wait_ok(events().busiest(all_time(), 1, true))}) {
        ASSERT_EQ(answer.size(), 1U);
        auto const& rows = answer.front().rows;
        ASSERT_EQ(rows.size(), 6U);
        auto const ada = (rows[0].events == 2 ? rows[0] : rows[1]).actor;
        auto const bob = (rows[0].events == 2 ? rows[1] : rows[0]).actor;
        EXPECT_EQ(rows[0].events + rows[1].events, 3);
        EXPECT_LT(rows[0].actor, rows[1].actor);
        EXPECT_NE(ada, 0);
        EXPECT_NE(bob, 0);
        EXPECT_EQ(rows[2].minute, ten_o_clock + minutes(1));
        EXPECT_NE(rows[2].actor, ada);
        EXPECT_FALSE(rows[1].bot);
        EXPECT_TRUE(rows[2].bot) << "ci-robot ends with -robot";
        EXPECT_EQ(rows[3].action, "closed");
        EXPECT_EQ(rows[3].actor, ada);
        EXPECT_EQ(rows[4].action, "opened");
        EXPECT_EQ(rows[5].type, "PushEvent");
        EXPECT_EQ(rows[5].actor, 0) << "nobody is known";
    }
}

TEST_P(Counting, totals_and_repository_summaries_tell_the_first_and_last_event) {
    auto const empty = wait_ok(events().totals());
    EXPECT_EQ(empty.events, 0);
    EXPECT_EQ(empty.repositories, 0);
    EXPECT_EQ(empty.first_event, std::nullopt);
    EXPECT_EQ(empty.last_event, std::nullopt);
    EXPECT_FALSE(wait_ok(events().find_repository(repo("acme/tool"))).has_value());
    insert_history();
    auto const totals = wait_ok(events().totals());
    EXPECT_EQ(totals.events, 12);
    EXPECT_EQ(totals.raw_events, 12);
    EXPECT_EQ(totals.repositories, 4);
    EXPECT_EQ(totals.first_event, ten_o_clock);
    EXPECT_EQ(totals.last_event, ten_o_clock + minutes(60));
    auto const other = wait_ok(events().find_repository(repo("ACME/Other")));
    ASSERT_TRUE(other);
    EXPECT_EQ(other->repo, "acme/other");
    EXPECT_EQ(other->total_events, 2);
    EXPECT_EQ(other->first_event, ten_o_clock + minutes(30));
    EXPECT_EQ(other->last_event, ten_o_clock + minutes(31));
}

TEST_P(Counting, repositories_are_listed_by_lower_case_name_page_by_page) {
    insert_history();
    std::vector<std::string> names;
    for (auto const& one : wait_ok(events().list_repositories("", 100))) names.push_back(one.repo);
    EXPECT_EQ(names, (std::vector<std::string>{"acme/other", "acme/tool", "beta/no-id", "Zeta/Lib"}));
    auto const page = wait_ok(events().list_repositories("acme/other", 2));
    ASSERT_EQ(page.size(), 2U);
    EXPECT_EQ(page[0].repo, "acme/tool");
    EXPECT_EQ(page[0].total_events, 7);
    EXPECT_EQ(page[1].repo, "beta/no-id");
    EXPECT_TRUE(wait_ok(events().list_repositories("zeta/lib", 10)).empty());
}

TEST_P(Counting, sources_are_those_of_the_window) {
    insert_history();
    EXPECT_EQ(wait_ok(events().sources(all_time(), std::nullopt)),
              (std::vector<std::string>{"archive", "poll", "webhook"}));
    EXPECT_EQ(wait_ok(events().sources(all_time(), repo("acme/tool"))), (std::vector<std::string>{"archive", "poll"}));
    EXPECT_EQ(wait_ok(events().sources(window_after_ten(minutes(31), minutes(32)), repo("acme/other"))),
              (std::vector<std::string>{"webhook"}));
    EXPECT_TRUE(wait_ok(events().sources(all_time(), repo("acme/unknown"))).empty());
}

} // namespace gem::test
