// One cycle of the collector: what is asked, stored, noted and told.
#include "unit/collector/collector_fixture.hpp"

namespace gem {
namespace {

TEST_F(CollectorTest, stores_what_is_new_and_counts_what_was_known) {
    start();
    http.will_answer(200, {{"etag", "\"1\""}}, page_json(0, 30));
    auto report = collect();
    EXPECT_EQ(report.events_collected, 30U);
    EXPECT_EQ(report.new_events, 30U);
    EXPECT_EQ(report.inserted, 30U);
    EXPECT_EQ(report.duplicate_events, 0U);
    http.will_answer(200, {{"etag", "\"2\""}}, page_json(10, 40));
    clock.advance(minutes(5));
    report = collect();
    EXPECT_EQ(report.events_collected, 30U);
    EXPECT_EQ(report.new_events, 10U);
    EXPECT_EQ(report.duplicate_events, 20U);
    EXPECT_EQ(data.events.size(), 40U);
    EXPECT_TRUE(report.errors.empty());
    EXPECT_FALSE(report.all_failed());
}

TEST_F(CollectorTest, asks_with_the_etag_and_goes_on_with_it_after_a_restart) {
    start();
    http.will_answer(200, {{"etag", "\"1\""}}, page_json(0, 3));
    collect();
    start(); // a new process over the same store
    clock.advance(minutes(5));
    http.will_answer(304, {}, "");
    auto const report = collect();
    EXPECT_EQ(test::header_of(http.asked.at(1), "If-None-Match"), "\"1\"");
    EXPECT_EQ(outcomes(report), std::vector<std::string>{"o/r not_modified"});
}

TEST_F(CollectorTest, reads_pages_until_one_holds_nothing_new) {
    start();
    http.will_answer(200, next_link(2), page_json(200, 300));
    http.will_answer(200, next_link(3), page_json(100, 200));
    http.will_answer(200, {}, page_json(0, 100));
    EXPECT_EQ(collect().inserted, 300U);
    clock.advance(minutes(5));
    http.will_answer(200, next_link(2), page_json(205, 305)); // 5 new
    http.will_answer(200, next_link(3), page_json(105, 205)); // none new
    auto const report = collect();
    EXPECT_EQ(report.inserted, 5U);
    EXPECT_EQ(http.asked.size(), 5U);
    EXPECT_EQ(data.count("coverage#gap#"), 0U);
}

TEST_F(CollectorTest, never_reads_more_than_three_pages) {
    start();
    for (int page = 2; page <= 4; ++page)
        http.will_answer(200, next_link(page), page_json(page * 100, page * 100 + 100));
    EXPECT_EQ(collect().inserted, 300U);
    EXPECT_EQ(http.asked.size(), 3U);
    EXPECT_EQ(data.count("coverage#gap#"), 0U) << "the first poll has nothing to miss";
    EXPECT_EQ(data.count("coverage#since#o/r"), 1U);
}

TEST_F(CollectorTest, records_a_gap_when_a_cut_answer_holds_nothing_known_and_extends_it_while_it_goes_on) {
    start();
    http.will_answer(200, {}, page_json(0, 50));
    collect();
    auto const first = clock.now();
    for (int round = 1; round <= 2; ++round) {
        clock.advance(minutes(5));
        for (int page = 1; page <= 3; ++page) {
            http.will_answer(200, next_link(page + 1),
                             page_json(round * 1000 - page * 100, round * 1000 - page * 100 + 100));
        }
        EXPECT_TRUE(collect().targets.at(0).gap);
    }
    ASSERT_EQ(data.count("coverage#gap#"), 1U);
    auto const& gap = data.state.at(gap_key("o/r", first)).value.text();
    EXPECT_NE(gap.find("\"from\":\"" + format_time(first) + "\",\"to\":\"" + format_time(clock.now())),
              std::string::npos)
        << gap;
    clock.advance(minutes(5));
    http.will_answer(200, {}, page_json(1950, 2050));
    EXPECT_FALSE(collect().targets.at(0).gap);
    EXPECT_EQ(data.count("coverage#gap#"), 1U);
}

TEST_F(CollectorTest, counts_what_github_shows_twice_while_it_is_paged_when_it_looks_for_a_gap) {
    start();
    http.will_answer(200, {}, page_json(0, 50));
    collect();
    clock.advance(minutes(5));
    http.will_answer(200, next_link(2), page_json(900, 1000));
    http.will_answer(200, next_link(3), page_json(805, 905)); // five new ones pushed five down meanwhile
    http.will_answer(200, {}, page_json(705, 805));
    EXPECT_TRUE(collect().targets.at(0).gap);
}

TEST_F(CollectorTest, loses_nothing_when_the_second_page_fails) {
    start();
    http.will_answer(200, {{"etag", "\"1\""}}, page_json(0, 10));
    collect();
    clock.advance(minutes(5));
    http.will_answer(200, {{"etag", "\"2\""}, next_link(2)[0]}, page_json(110, 210));
    http.will_answer(502, {}, "");
    auto report = collect();
    EXPECT_EQ(outcomes(report), std::vector<std::string>{"o/r failed"});
    EXPECT_EQ(report.inserted, 100U);
    EXPECT_EQ(state().etag, "\"1\"") << "the new ETag would hide the second page";
    clock.advance(minutes(5));
    // The first page is stored already; the second must be read all the same.
    http.will_answer(200, {{"etag", "\"3\""}, next_link(2)[0]}, page_json(110, 210));
    http.will_answer(200, {}, page_json(10, 110));
    report = collect();
    EXPECT_EQ(report.inserted, 100U);
    EXPECT_EQ(report.duplicate_events, 100U);
    EXPECT_EQ(data.events.size(), 210U);
    EXPECT_EQ(state().etag, "\"3\"");
}

TEST_F(CollectorTest, keeps_the_old_state_when_the_store_refuses_events) {
    start();
    data.insert_error = fail(ErrorCode::unavailable, "disk full").error();
    http.will_answer(200, {{"etag", "\"1\""}}, page_json(0, 10));
    auto report = collect();
    ASSERT_EQ(report.errors.size(), 1U);
    EXPECT_NE(report.errors[0].find("disk full"), std::string::npos);
    EXPECT_EQ(collector->status().status, "degraded");
    data.insert_error.reset();
    clock.advance(minutes(1));
    http.will_answer(200, {{"etag", "\"1\""}}, page_json(0, 10));
    report = collect();
    EXPECT_FALSE(test::header_of(http.asked.at(1), "If-None-Match"));
    EXPECT_EQ(report.inserted, 10U);
    EXPECT_EQ(collector->status().status, "healthy");
}

TEST_F(CollectorTest, takes_no_more_than_the_limit_and_gets_the_rest_next_time) {
    start();
    http.will_answer(200, {{"etag", "\"1\""}}, page_json(0, 50));
    auto report = collect(20);
    EXPECT_EQ(report.events_collected, 20U);
    EXPECT_EQ(report.inserted, 20U);
    EXPECT_EQ(state().etag, "");
    clock.advance(minutes(5));
    http.will_answer(200, {{"etag", "\"1\""}}, page_json(0, 50));
    EXPECT_EQ(collect().inserted, 30U);
    EXPECT_EQ(state().etag, "\"1\"");
}

TEST_F(CollectorTest, does_not_ask_again_before_github_wants_it) {
    start();
    http.will_answer(200, {{"x-poll-interval", "60"}}, page_json(0, 1));
    collect();
    clock.advance(seconds(59));
    EXPECT_EQ(outcomes(collect()), std::vector<std::string>{"o/r waiting"});
    clock.advance(seconds(1));
    http.will_answer(200, {}, page_json(0, 1));
    EXPECT_EQ(outcomes(collect()), std::vector<std::string>{"o/r fresh"});
}

TEST_F(CollectorTest, parks_what_is_gone_and_says_so_until_it_is_added_again) {
    start({});
    test::await(watch_list->add(RepoName::parse("Old/Thing").value()));
    http.will_answer(451, {}, R"({"message":"Repository access blocked"})");
    EXPECT_EQ(outcomes(collect()), std::vector<std::string>{"Old/Thing parked"});
    auto listed = test::await(watch_list->list()).value();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].state, "parked");
    EXPECT_NE(listed[0].reason.find("blocked"), std::string::npos);
    clock.advance(hours(2));
    EXPECT_EQ(outcomes(collect()), std::vector<std::string>{"Old/Thing parked"});
    EXPECT_EQ(http.asked.size(), 1U);
    EXPECT_EQ(collector->status().status, "healthy");
    EXPECT_EQ(collector->status().parked, 1U);
    auto const again = test::await(watch_list->add(RepoName::parse("old/thing").value()));
    EXPECT_EQ(again->state, "watched");
    http.will_answer(200, {}, page_json(0, 1));
    EXPECT_EQ(outcomes(collect()), std::vector<std::string>{"Old/Thing fresh"});
}

TEST_F(CollectorTest, looks_at_a_parked_one_after_a_day) {
    start();
    http.will_answer(404, {}, R"({"message":"Not Found"})");
    collect();
    clock.advance(hours(24));
    http.will_answer(200, {}, page_json(0, 1));
    EXPECT_EQ(outcomes(collect()), std::vector<std::string>{"o/r fresh"});
    EXPECT_FALSE(state().parked);
}

TEST_F(CollectorTest, follows_a_rename_at_once_and_remembers_it) {
    start();
    http.will_answer(301, {{"location", "https://api.github.com/repositories/7/events"}}, "");
    http.will_answer(200, {}, page_json(0, 2));
    EXPECT_EQ(collect().inserted, 2U);
    clock.advance(minutes(5));
    http.will_answer(200, {}, page_json(0, 2));
    collect();
    EXPECT_EQ(http.asked.at(2).url, "https://api.github.com/repositories/7/events?per_page=100&page=1");
}

TEST_F(CollectorTest, gives_up_on_a_circle_of_redirects) {
    start();
    http.by_function = [n = 0](auto const&) mutable -> test::ScriptedHttpClient::Answer {
        return http::ClientResponse{.status = 301, .headers = {{"location", fmt::format("/r/{}", n++)}}, .body = {}};
    };
    EXPECT_EQ(outcomes(collect()), std::vector<std::string>{"o/r failed"});
    EXPECT_EQ(http.asked.size(), 4U);
}

TEST_F(CollectorTest, rests_while_rate_limited_and_asks_nothing_of_the_others) {
    start({"a/a", "b/b"});
    http.will_answer(403, {{"retry-after", "120"}}, R"({"message":"You have exceeded a secondary rate limit"})");
    auto report = collect();
    EXPECT_EQ(outcomes(report), (std::vector<std::string>{"a/a rate_limited", "b/b rate_limited"}));
    EXPECT_EQ(http.asked.size(), 1U);
    EXPECT_EQ(report.errors.size(), 2U);
    clock.advance(seconds(119));
    EXPECT_EQ(outcomes(collect()), (std::vector<std::string>{"a/a waiting", "b/b waiting"}));
    clock.advance(seconds(1));
    http.will_answer(200, {}, page_json(0, 1));
    http.will_answer(200, {}, page_json(0, 1));
    EXPECT_EQ(outcomes(collect()), (std::vector<std::string>{"a/a fresh", "b/b fresh"}));
}

TEST_F(CollectorTest, spares_the_others_when_nobody_answers) {
    start({"a/a", "b/b", "c/c", "d/d", "e/e"});
    http.by_function = [](auto const&) -> test::ScriptedHttpClient::Answer {
        return fail(ErrorCode::unavailable, "api.github.com: cannot resolve");
    };
    auto const report = collect();
    EXPECT_EQ(http.asked.size(), 3U);
    EXPECT_EQ(report.targets.at(4).outcome, "postponed");
    EXPECT_TRUE(report.all_failed());
    EXPECT_EQ(collector->status().status, "degraded");
    EXPECT_EQ(collector->status().failing, 3U);
}

TEST_F(CollectorTest, asks_for_everybodys_events_when_nothing_is_named) {
    start({});
    http.will_answer(200, {}, "[]");
    collect();
    EXPECT_EQ(http.asked.at(0).url, "https://api.github.com/events?per_page=100&page=1");
    EXPECT_EQ(collector->status().targets, std::vector<std::string>{"public"});
}

TEST_F(CollectorTest, polls_a_repository_that_is_added_while_it_runs_and_forgets_one_that_is_removed) {
    start({"o/r"});
    auto const added = RepoName::parse("new/one").value();
    http.by_function = [](auto const&) -> test::ScriptedHttpClient::Answer {
        return http::ClientResponse{.status = 200, .headers = {}, .body = "[]"};
    };
    collect();
    ASSERT_TRUE(test::await(watch_list->add(added)));
    EXPECT_EQ(outcomes(collect()), (std::vector<std::string>{"new/one fresh", "o/r fresh"}));
    ASSERT_TRUE(test::await(watch_list->remove(added)));
    EXPECT_EQ(outcomes(collect()), std::vector<std::string>{"o/r fresh"});
    EXPECT_EQ(data.count("poll#new/one"), 0U);
}

TEST_F(CollectorTest, does_not_write_state_when_only_times_moved) {
    start();
    http.will_answer(200, {{"etag", "\"1\""}}, page_json(0, 3));
    collect();
    auto const writes = data.state_writes;
    for (int i = 0; i < 3; ++i) {
        clock.advance(minutes(3));
        http.will_answer(304, {}, "");
        collect();
    }
    EXPECT_EQ(data.state_writes, writes);
    clock.advance(minutes(3));
    http.will_answer(304, {}, "");
    collect();
    EXPECT_EQ(data.state_writes, writes + 1) << "after ten minutes they are";
}

TEST_F(CollectorTest, tells_when_the_store_cannot_be_read) {
    start();
    data.state_error = fail(ErrorCode::unavailable, "locked").error();
    auto const report = test::await(collector->collect_once());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::unavailable);
    EXPECT_EQ(collector->status().status, "degraded");
    EXPECT_TRUE(http.asked.empty());
}

TEST_F(CollectorTest, never_writes_a_token_into_log_or_state) {
    start();
    http.will_answer(401, {}, R"({"message":"Bad credentials"})");
    collect();
    http.will_answer(200, {}, page_json(0, 3));
    clock.advance(hours(1));
    collect();
    for (auto const& line : lines) EXPECT_EQ(line.find("secret"), std::string::npos) << line;
    for (auto const& [key, entry] : data.state) EXPECT_EQ(entry.value.text().find("secret"), std::string::npos) << key;
}

TEST_F(CollectorTest, is_idle_before_anything_ran) {
    start();
    auto const status = collector->status();
    EXPECT_EQ(status.status, "idle");
    EXPECT_EQ(status.last_poll, std::nullopt);
    EXPECT_EQ(status.targets, std::vector<std::string>{"o/r"});
    EXPECT_EQ(status.tokens, 1U);
}

} // namespace
} // namespace gem
