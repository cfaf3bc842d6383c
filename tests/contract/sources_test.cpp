// The same happening by webhook, by poll and by archive: stored once, whichever comes first.
#include "contract/contract_test.hpp"

namespace gem::test {

namespace {

constexpr char const* main_branch = "refs/heads/main";

EventMaker push(std::string id, char before = 'a', char head = 'b') {
    return make_event(std::move(id))
        .type("PushEvent")
        .facts({.ref = main_branch, .head = std::string(40, head), .before = std::string(40, before)});
}

EventMaker issue(std::string id, std::string action, seconds after) {
    return make_event(std::move(id)).type("IssuesEvent").facts({.action = std::move(action), .number = 5}).after(after);
}

EventMaker comment(std::string id, std::string object) {
    return make_event(std::move(id))
        .type("IssueCommentEvent")
        .facts({.action = "created", .number = 5})
        .payload(R"({"action":"created","comment":{"id":)" + object + "}}");
}

} // namespace

class Sources : public ContractTest {
  protected:
    /// How many of these are new, one batch each.
    std::size_t insert_each(std::vector<Event> const& all) {
        std::size_t inserted = 0;
        for (auto const& event : all) inserted += insert({event}).inserted;
        return inserted;
    }
};
GEM_CONTRACT(Sources);

TEST_P(Sources, figures_of_a_window_are_its_tallies_sources_and_repository_in_one) {
    insert({push("1").from(EventSource::poll), issue("2", "opened", minutes(5)).from(EventSource::archive),
            make_event("3").of("acme/other", 8).from(EventSource::import)});
    TimeWindow const window{.from = ten_o_clock, .to = ten_o_clock + hours(1)};
    for (auto const& repo : {std::optional<RepoName>(), std::optional(RepoName::parse("acme/other").value()),
                             std::optional(RepoName::parse("no/body").value())}) {
        auto const figures = wait_ok(events().window_figures(window, repo, true));
        EXPECT_EQ(figures.tallies, wait_ok(events().tally(window, repo)));
        EXPECT_EQ(figures.sources, wait_ok(events().sources(window, repo)));
        auto const known = repo ? wait_ok(events().find_repository(*repo)) : std::nullopt;
        ASSERT_EQ(figures.repository.has_value(), known.has_value());
        if (known) EXPECT_EQ(figures.repository->total_events, known->total_events);
        EXPECT_TRUE(wait_ok(events().window_figures(window, repo, false)).tallies.empty());
    }
}

TEST_P(Sources, a_push_by_webhook_poll_and_archive_is_stored_once_whichever_comes_first) {
    std::vector<Event> brought = {push("wh:1").from(EventSource::webhook),
                                  push("77").from(EventSource::poll).after(seconds(3)),
                                  push("77").from(EventSource::archive).after(seconds(3))};
    std::ranges::sort(brought, {}, &Event::source);
    do {
        auto const fresh = open_elsewhere();
        for (auto const& event : brought) wait_ok(fresh->events().insert_events({event}));
        auto const page = wait_ok(fresh->events().find_events({.repo = repo("acme/tool"), .window = all_time()}));
        ASSERT_EQ(page.events.size(), 1U);
        EXPECT_EQ(page.events.front(), brought.front()) << "the first one stays";
        EXPECT_EQ(wait_ok(fresh->events().totals()).events, 1);
        EXPECT_EQ(wait_ok(fresh->maintenance().verify()).drift_total, 0);
        wait_ok(fresh->connection().close());
    } while (std::ranges::next_permutation(brought, {}, &Event::source).found);
}

TEST_P(Sources, all_of_them_in_one_batch_are_stored_once) {
    auto const result =
        insert({push("wh:1"), push("77").after(seconds(3)), push("wh:1"), push("77").after(seconds(3))});
    EXPECT_EQ(result.inserted, 1U);
    EXPECT_EQ(result.duplicates, 3U);
    expect_no_drift();
}

TEST_P(Sources, what_was_matched_stays_a_duplicate_however_often_it_comes_again) {
    insert({push("wh:1")});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(insert({push("77").after(seconds(60))}).duplicates, 1U);
        EXPECT_EQ(insert({push("wh:1")}).duplicates, 1U);
    }
    reopen();
    if (!GetParam().shared) return;
    EXPECT_EQ(insert({push("77").after(seconds(60)), push("wh:1")}).duplicates, 2U);
    EXPECT_EQ(total(), 1);
}

TEST_P(Sources, close_reopen_close_are_three_events) {
    auto const deliveries = {issue("wh:1", "closed", seconds(0)), issue("wh:2", "reopened", seconds(20)),
                             issue("wh:3", "closed", seconds(40))};
    auto const polled = {issue("3", "closed", seconds(41)), issue("2", "reopened", seconds(21)),
                         issue("1", "closed", seconds(1))};
    EXPECT_EQ(insert_each({deliveries.begin(), deliveries.end()}), 3U);
    EXPECT_EQ(insert_each({polled.begin(), polled.end()}), 0U);
    EXPECT_EQ(total(), 3);
    expect_no_drift();
}

TEST_P(Sources, a_happening_that_one_source_missed_comes_from_the_other) {
    EXPECT_EQ(insert_each({issue("wh:1", "closed", seconds(0)), issue("1", "closed", seconds(1)),
                           issue("2", "closed", seconds(40)), issue("wh:3", "closed", seconds(80)),
                           issue("3", "closed", seconds(81))}),
              3U);
}

TEST_P(Sources, what_can_be_repeated_matches_within_two_minutes_only) {
    EXPECT_EQ(insert_each({issue("wh:1", "closed", seconds(0)), issue("1", "closed", seconds(121))}), 2U);
    EXPECT_EQ(insert_each({issue("wh:9", "reopened", seconds(0)), issue("9", "reopened", seconds(120))}), 1U);
}

TEST_P(Sources, what_happens_once_matches_though_a_source_gives_it_an_old_time) {
    EXPECT_EQ(insert_each({issue("wh:1", "opened", seconds(0)), issue("1", "opened", -seconds(days(60)))}), 1U);
    EXPECT_EQ(insert_each({comment("wh:2", "700"), comment("2", "700").after(minutes(30)), comment("3", "701")}), 2U);
}

TEST_P(Sources, events_of_a_repository_that_had_no_webhook_yet_are_matched_too) {
    insert({push("77"), issue("1", "opened", seconds(5)), comment("2", "700"), make_event("5")});
    EXPECT_EQ(insert_each({push("wh:1"), issue("wh:2", "opened", seconds(8)), comment("wh:3", "700").after(seconds(2)),
                           make_event("wh:4").action("started")}),
              0U);
    EXPECT_EQ(total(), 4);
}

TEST_P(Sources, a_late_delivery_finds_what_was_polled_when_only_younger_ones_had_come) {
    insert({issue("wh:1", "closed", hours(5)), push("wh:2", 'c', 'd').after(hours(5))});
    insert({issue("1", "closed", hours(1)), push("77").after(hours(1))});
    EXPECT_EQ(insert_each({issue("wh:3", "closed", hours(1) + seconds(10)), push("wh:4").after(hours(1))}), 0U);
    EXPECT_EQ(total(), 4);
    expect_no_drift();
}

TEST_P(Sources, the_star_and_the_watch_delivery_of_a_star_are_one_event_and_two_stars_are_two) {
    auto const star = [](char const* id) { return make_event(id).action("created"); };
    auto const watch = [](char const* id) { return make_event(id).action("started"); };
    EXPECT_EQ(insert_each({star("wh:1"), watch("wh:2").after(seconds(1)), watch("8").after(seconds(1))}), 1U);
    EXPECT_EQ(
        insert_each({watch("wh:3").after(seconds(30)), star("wh:4").after(seconds(30)), watch("9").after(seconds(30))}),
        1U);
    EXPECT_EQ(insert_each({watch("wh:5").by("grace", 1002)}), 1U);
    EXPECT_EQ(total(), 3);
}

TEST_P(Sources, a_delivery_is_known_again_whatever_time_it_is_given) {
    auto const label = [](seconds after) {
        return make_event("wh:1").type("LabelEvent").action("created").after(after);
    };
    EXPECT_EQ(insert_each({label(seconds(0)), label(hours(50)), label(seconds(1))}), 1U);
    EXPECT_EQ(insert_each({push("wh:2"), push("wh:2").after(hours(50))}), 1U);
    EXPECT_EQ(insert_each({make_event("wh:1").type("LabelEvent").of("acme/other", 8)}), 1U) << "of another repository";
}

TEST_P(Sources, other_objects_actions_refs_people_and_repositories_do_not_match) {
    insert({push("wh:1"), issue("wh:2", "closed", seconds(0)), make_event("wh:3").action("started"),
            comment("wh:4", "700")});
    EXPECT_EQ(insert_each({push("1", 'a', 'c'), push("2", 'c', 'b'), push("3").of("acme/other", 8),
                           issue("4", "labeled", seconds(0)), make_event("5").by("grace", 1002), comment("6", "701")}),
              6U);
}

TEST_P(Sources, two_managers_match_against_each_other) {
    if (!GetParam().shared) GTEST_SKIP() << "every manager of this provider has a store of its own";
    auto const other = open();
    insert({make_event("0")});
    wait_ok(other->events().insert_events({push("77")}));
    EXPECT_EQ(insert({push("wh:1").after(seconds(2))}).duplicates, 1U);
    EXPECT_EQ(wait_ok(other->events().insert_events({push("77")})).duplicates, 1U);
    insert({push("wh:8", 'c', 'd')});
    EXPECT_EQ(wait_ok(other->events().insert_events({push("78", 'c', 'd')})).duplicates, 1U);
    EXPECT_EQ(total(), 3);
    wait_ok(other->connection().close());
}

TEST_P(Sources, a_forgotten_repository_and_person_can_come_again_from_either_source) {
    insert({push("wh:1"), push("77")});
    wait_ok(maintenance().forget_repository(repo("acme/tool")));
    EXPECT_EQ(insert({push("77")}).inserted, 1U);
    EXPECT_EQ(insert({push("wh:1")}).duplicates, 1U);
    wait_ok(maintenance().forget_actor("ada"));
    EXPECT_EQ(insert({push("wh:1")}).inserted, 1U);
    EXPECT_EQ(insert({push("77")}).duplicates, 1U);
    expect_no_drift();
}

TEST_P(Sources, what_another_store_has_matched_is_restored_as_it_stood_there) {
    // There the poll of the first closing was matched away, and the delivery of the second one got lost.
    std::vector<Event> const stored = {issue("wh:1", "closed", seconds(0)), issue("2", "closed", seconds(40))};
    EXPECT_EQ(wait_ok(events().restore_events(stored)).inserted, 2U);
    EXPECT_EQ(wait_ok(events().restore_events(stored)).duplicates, 2U);
    EXPECT_EQ(insert_each({issue("1", "closed", seconds(1)), issue("2", "closed", seconds(40)),
                           issue("wh:1", "closed", seconds(0)), issue("wh:2", "closed", seconds(40))}),
              0U);
    EXPECT_EQ(total(), 2);
    expect_no_drift();
}

} // namespace gem::test
