// A repository keeps its history when it is renamed, and a name that changed hands unites its owners, each for its
// time.
#include "contract/contract_test.hpp"

namespace gem::test {

class Names : public ContractTest {
  protected:
    std::vector<std::string> ids_about(std::string_view name) {
        auto ids = ids_of(find_all({.repo = repo(name), .window = all_time(), .limit = 3}));
        std::ranges::reverse(ids);
        return ids;
    }
    using Ids = std::vector<std::string>;
};
GEM_CONTRACT(Names);

TEST_P(Names, a_question_ignores_the_case_of_a_name) {
    insert({make_event("1").of("Acme/Tool", 7), make_event("2").of("ACME/no-ID", std::nullopt)});
    for (auto const* name : {"acme/tool", "ACME/TOOL", "aCmE/tOoL"}) EXPECT_EQ(ids_about(name), (Ids{"1"}));
    EXPECT_EQ(ids_about("acme/NO-id"), (Ids{"2"}));
    EXPECT_TRUE(ids_about("acme/too").empty());
    EXPECT_TRUE(ids_about("acme/tool2").empty());
}

TEST_P(Names, an_underscore_or_a_dot_in_a_name_stands_for_itself) {
    insert({make_event("1").of("acme/a_b", 1), make_event("2").of("acme/axb", 2), make_event("3").of("acme/a.b", 3)});
    EXPECT_EQ(ids_about("acme/a_b"), (Ids{"1"}));
    EXPECT_EQ(ids_about("acme/a.b"), (Ids{"3"}));
}

TEST_P(Names, the_latest_spelling_is_told) {
    insert({make_event("2").of("Acme/TOOL", 7).after(minutes(5)), make_event("1").of("acme/tool", 7)});
    EXPECT_EQ(wait_ok(events().find_repository(repo("acme/tool"))).value().repo, "Acme/TOOL");
    EXPECT_EQ(wait_ok(events().busiest(all_time(), 5, false)).front().repo, "Acme/TOOL");
    EXPECT_EQ(wait_ok(events().activity(all_time(), {repo("acme/tool")})).front().repo, "Acme/TOOL");
    EXPECT_EQ(wait_ok(events().list_repositories("", 5)).front().repo, "Acme/TOOL");
}

TEST_P(Names, a_rename_keeps_the_history_under_the_new_name) {
    insert({make_event("1").of("acme/old", 7), make_event("2").of("acme/old", 7).after(minutes(1)),
            make_event("3").of("acme/new", 7).after(minutes(2)), make_event("4").of("acme/else", 8)});
    EXPECT_EQ(ids_about("acme/new"), (Ids{"1", "2", "3"}));
    EXPECT_EQ(count_of(wait_ok(events().tally(all_time(), repo("acme/new"))), "WatchEvent"), 3);
    EXPECT_EQ(wait_ok(events().find_repository(repo("acme/new"))).value().total_events, 3);
    EXPECT_EQ(wait_ok(events().find_repository(repo("acme/new"))).value().first_event, ten_o_clock);
    EXPECT_EQ(wait_ok(events().activity(all_time(), {repo("acme/new")})).front().total_events, 3);
    EXPECT_EQ(wait_ok(events().event_facts(repo("acme/new"), all_time(), {})).size(), 3U);
}

TEST_P(Names, the_old_name_answers_for_the_time_in_which_it_was_borne) {
    insert({make_event("1").of("acme/old", 7), make_event("2").of("acme/old", 7).after(minutes(1)),
            make_event("3").of("acme/new", 7).after(minutes(2))});
    EXPECT_EQ(ids_about("acme/old"), (Ids{"1", "2"}));
    EXPECT_EQ(count_of(wait_ok(events().tally(all_time(), repo("acme/old"))), "WatchEvent"), 2);
    EXPECT_EQ(wait_ok(events().activity(all_time(), {repo("acme/old")})).front().total_events, 2);
    EXPECT_EQ(wait_ok(events().find_repository(repo("acme/old"))).value().total_events, 2);
}

TEST_P(Names, a_rename_that_is_learned_late_counts_all_the_same) {
    insert({make_event("3").of("acme/new", 7).after(minutes(2))});
    insert({make_event("1").of("acme/old", 7)}); // older news arrive later: the present name stays
    EXPECT_EQ(ids_about("acme/new"), (Ids{"1", "3"}));
    EXPECT_EQ(ids_about("acme/old"), (Ids{"1"}));
    EXPECT_EQ(wait_ok(events().find_repository(repo("acme/new"))).value().repo, "acme/new");
}

TEST_P(Names, a_name_taken_over_by_another_id_unites_both_each_for_its_time) {
    insert({
        make_event("1").of("acme/name", 7),                     // 7 bears it …
        make_event("2").of("acme/name", 7).after(minutes(10)),  // … until here
        make_event("3").of("acme/moved", 7).after(minutes(20)), // then it moves away
        make_event("4").of("acme/name", 9).after(minutes(30)),  // and 9 takes the name
        make_event("5").of("acme/moved", 7).after(minutes(40)), // 7 goes on elsewhere
    });
    EXPECT_EQ(ids_about("acme/name"), (Ids{"1", "2", "4"}));
    EXPECT_EQ(ids_about("acme/moved"), (Ids{"1", "2", "3", "5"}));
    EXPECT_EQ(count_of(wait_ok(events().tally(all_time(), repo("acme/name"))), "WatchEvent"), 3);
    auto const series = wait_ok(events().tally_series(all_time(), minutes(60), repo("acme/moved"), std::nullopt));
    ASSERT_EQ(series.size(), 1U);
    EXPECT_EQ(series.front().counts.at("WatchEvent"), 4);
    expect_no_drift();
}

TEST_P(Names, a_repository_made_again_under_its_name_is_one_with_the_former) {
    insert({make_event("1").of("acme/tool", 7), make_event("2").of("acme/tool", 9).after(hours(1)),
            make_event("3").of("acme/Tool", 9).after(hours(2))});
    EXPECT_EQ(ids_about("acme/tool"), (Ids{"1", "2", "3"}));
    auto const ranking = wait_ok(events().busiest(all_time(), 5, false));
    ASSERT_EQ(ranking.size(), 1U) << "one name is counted once";
    EXPECT_EQ(ranking.front().total_events, 3);
    EXPECT_EQ(ranking.front().repo, "acme/Tool");
    EXPECT_EQ(wait_ok(events().list_repositories("", 5)).size(), 1U);
}

TEST_P(Names, a_source_without_ids_joins_the_repository_of_that_name) {
    insert({make_event("1").of("Acme/Tool", std::nullopt), make_event("2").of("acme/tool", 7).after(minutes(1))});
    EXPECT_EQ(ids_about("acme/tool"), (Ids{"1", "2"}));
    auto const ranking = wait_ok(events().busiest(all_time(), 5, false));
    ASSERT_EQ(ranking.size(), 1U);
    EXPECT_EQ(ranking.front().total_events, 2);
}

TEST_P(Names, the_busiest_count_a_renamed_repository_once_under_its_present_name) {
    insert({make_event("1").of("acme/old", 7), make_event("2").of("acme/new", 7).after(minutes(1)),
            make_event("3").of("acme/new", 7).after(minutes(2)), make_event("4").of("acme/else", 8)});
    auto const ranking = wait_ok(events().busiest(all_time(), 5, false));
    ASSERT_EQ(ranking.size(), 2U);
    EXPECT_EQ(ranking[0].repo, "acme/new");
    EXPECT_EQ(ranking[0].total_events, 3);
    EXPECT_EQ(ranking[1].repo, "acme/else");
}

} // namespace gem::test
