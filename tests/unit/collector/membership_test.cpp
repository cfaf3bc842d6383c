// Several collectors over one store: nobody polls what another one polls, and what one leaves another takes up.
#include "collector/membership.hpp"

#include <gtest/gtest.h>

#include "collector/collector.hpp"
#include "support/await.hpp"
#include "support/collecting_store.hpp"
#include "support/manual_clock.hpp"
#include "support/scripted_http_client.hpp"

namespace gem {
namespace {

constexpr seconds lease = minutes(1);

struct MembershipTest : testing::Test {
    /// A collector in a process of its own, as far as it can see.
    struct Process {
        Process(MembershipTest& test, std::string id, std::vector<std::string> const& targets, bool one_cycle,
                bool pays = true)
            : watch_list(test.database, test.clock, {}),
              github(http, test.clock, github::GitHubOptions{.tokens = {"secret"}}),
              collector(
                  test.database, github, watch_list, test.clock, test.log, [] { return 0.0; },
                  options(test, std::move(id), targets, one_cycle, pays)) {
            http.by_function = [this, &test](http::ClientRequest const& request) -> Result<http::ClientResponse> {
                auto const at = request.url.find("/repos/") + 7;
                auto const name = request.url.substr(at, request.url.find("/events") - at);
                asked.push_back(name);
                if (before_the_answer) std::exchange(before_the_answer, {})();
                return http::ClientResponse{.status = 200, .headers = {}, .body = test.page(name)};
            };
        }
        static CollectorOptions options(MembershipTest& test, std::string id, std::vector<std::string> const& targets,
                                        bool one_cycle, bool pays) {
            CollectorOptions options;
            options.details.on = pays;
            for (auto const& target : targets) options.targets.push_back(github::EventTarget::parse(target).value());
            options.lease = {.id = std::move(id),
                             .length = lease,
                             .one_cycle = one_cycle,
                             .surely_ended = [&test](std::string_view other) { return test.ended == other; }};
            return options;
        }
        /// A turn of run(); what it asked.
        std::set<std::string> turn() {
            asked.clear();
            auto const report = test::await(collector.collect_due());
            EXPECT_TRUE(report) << report.error().message;
            return {asked.begin(), asked.end()};
        }
        std::vector<std::string> outcomes() {
            auto const report = test::await(collector.collect_once());
            EXPECT_TRUE(report) << report.error().message;
            std::vector<std::string> all;
            for (auto const& one : report->targets) all.push_back(one.target + " " + one.outcome);
            return all;
        }

        test::ScriptedHttpClient http;
        std::vector<std::string> asked;
        std::function<void()> before_the_answer;
        WatchList watch_list;
        github::GitHubClient github;
        Collector collector;
    };

    std::unique_ptr<Process> start(std::string id, bool one_cycle = false) {
        return std::make_unique<Process>(*this, std::move(id), names, one_cycle);
    }
    static Event push_to(std::string repo) {
        Event event;
        event.id = "wh:1";
        event.type = "PushEvent";
        event.repo_name = std::move(repo);
        event.facts = {.ref = "refs/heads/main", .head = std::string(40, 'a'), .before = std::string(40, 'b')};
        return event;
    }
    /// One event, another one with each minute.
    std::string page(std::string const& name) {
        return fmt::format(R"([{{"id":"{}","type":"WatchEvent","actor":{{"id":1,"login":"a"}},"repo":{{"id":{},)"
                           R"("name":"{}"}},"payload":{{}},"public":true,"created_at":"{}"}}])",
                           to_unix(clock.now()), std::hash<std::string>{}(name) % 1'000'000, name,
                           format_time(clock.now()));
    }
    /// Turns of all of them, three times in a lease; what each asked.
    std::vector<std::set<std::string>> pass(seconds time, std::vector<Process*> const& processes) {
        std::vector<std::set<std::string>> asked(processes.size());
        for (auto const end = clock.now() + time; clock.now() < end; clock.advance(lease / 3)) {
            for (std::size_t i = 0; i < processes.size(); ++i) asked[i].merge(processes[i]->turn());
        }
        return asked;
    }
    std::string holder(std::string const& name) {
        return parse_poll_state(data.state.at(poll_key(name)).value.text()).value().holder;
    }

    std::vector<std::string> names = {"o/a", "o/b", "o/c", "o/d", "o/e", "o/f", "o/g", "o/h"};
    std::string ended; ///< the id of a process that is known to have ended
    test::ManualClock clock;
    std::vector<std::string> lines;
    Log log{clock, LogLevel::debug, LogFormat::text, [this](std::string_view line) { lines.emplace_back(line); }};
    test::CollectedData data;
    DatabaseService database{std::make_unique<test::CollectingManager>(data)};
};

TEST_F(MembershipTest, two_share_the_targets_and_none_is_polled_twice) {
    auto const one = start("one");
    EXPECT_EQ(one->turn().size(), names.size()) << "alone it has all";
    auto const other = start("other");
    pass(minutes(2), {one.get(), other.get()});
    auto const asked = pass(minutes(10), {one.get(), other.get()});
    auto const& here = asked[0];
    auto const& there = asked[1];
    EXPECT_GE(here.size(), 1U);
    EXPECT_GE(there.size(), 1U);
    EXPECT_EQ(here.size() + there.size(), names.size());
    for (auto const& name : here) EXPECT_FALSE(there.contains(name)) << name;
    EXPECT_EQ(data.count("coverage#gap#"), 0U) << "a change of hands is no gap";
    EXPECT_EQ(one->collector.figures().collectors, 2U);
    EXPECT_EQ(one->collector.figures().asked_elsewhere, there.size());
}

TEST_F(MembershipTest, whoever_asks_by_hand_is_told_that_another_one_polls) {
    auto const one = start("one");
    one->turn();
    auto const by_hand = start("hand", true);
    auto const outcomes = by_hand->outcomes();
    ASSERT_EQ(outcomes.size(), names.size());
    for (auto const& outcome : outcomes) EXPECT_TRUE(outcome.ends_with(" elsewhere")) << outcome;
    EXPECT_TRUE(by_hand->asked.empty());
    clock.advance(lease / 2);
    EXPECT_EQ(one->collector.figures().asked_elsewhere, 0U) << "it takes no share";
}

TEST_F(MembershipTest, commits_are_fetched_by_whoever_asks_for_the_repositorys_events) {
    auto const one = start("one");
    Process other(*this, "other", {"o/z"}, false);
    one->turn();
    other.turn();
    std::vector<Event> pushes;
    for (auto const& name : names) pushes.push_back(push_to(name));
    EXPECT_TRUE(test::await(one->collector.note_pushes(pushes)));
    pass(minutes(6), {one.get(), &other}); // so that the other one has read what is owed
    EXPECT_TRUE(one->collector.owes_commits());
    EXPECT_EQ(other.collector.figures().details.owed, names.size());
    EXPECT_FALSE(other.collector.owes_commits()) << "its token may not see them";
}

TEST_F(MembershipTest, commits_are_fetched_by_one_that_fetches_commits) {
    auto const one = start("one");
    Process other(*this, "other", names, false, false);
    pass(minutes(2), {one.get(), &other});
    std::vector<Event> pushes;
    for (auto const& name : names) pushes.push_back(push_to(name));
    EXPECT_TRUE(test::await(one->collector.note_pushes(pushes)));
    std::size_t held_by_other = 0;
    for (auto const& name : names) held_by_other += holder(name) == "other" ? 1 : 0;
    ASSERT_GT(held_by_other, 0U);
    // All that is owed to it would be owed for good: it is the first that pays them.
    for (auto const& name : names) EXPECT_TRUE(one->collector.is_ours_to_pay(name)) << name;
    for (auto const& name : names) EXPECT_FALSE(other.collector.is_ours_to_pay(name)) << name;
}

TEST_F(MembershipTest, a_single_cycle_leaves_nothing_held_when_it_fails_or_finds_nothing_to_do) {
    auto const by_hand = start("hand", true);
    data.state["watch#o/x"] = {.key = "watch#o/x", .value = JsonText::already_validated("[]"), .version = 1};
    EXPECT_FALSE(test::await(by_hand->collector.collect_once()));
    EXPECT_EQ(data.count("lease#"), 0U);
    data.state.erase("watch#o/x");
    EXPECT_TRUE(test::await(by_hand->collector.pay_debts()));
    EXPECT_EQ(data.count("lease#"), 0U);
    EXPECT_TRUE(test::await(by_hand->collector.fill_history()));
    EXPECT_EQ(data.count("lease#"), 0U);
}

TEST_F(MembershipTest, a_single_cycle_leaves_nothing_held) {
    start("hand", true)->outcomes();
    EXPECT_EQ(data.count("lease#"), 0U);
    clock.advance(minutes(6));
    EXPECT_EQ(start("one")->turn().size(), names.size());
}

TEST_F(MembershipTest, one_that_stops_is_replaced_at_once) {
    auto const one = start("one");
    one->turn();
    test::await(one->collector.flush());
    auto const other = start("other");
    clock.advance(minutes(5));
    EXPECT_EQ(other->turn().size(), names.size());
}

TEST_F(MembershipTest, one_that_died_is_replaced_when_its_lease_has_run_out) {
    auto const one = start("one");
    one->turn();
    auto const other = start("other");
    EXPECT_TRUE(other->turn().empty());
    clock.advance(lease - seconds(1));
    EXPECT_TRUE(other->turn().empty()) << "not before";
    clock.advance(minutes(5));
    EXPECT_EQ(other->turn().size(), names.size());
    for (auto const& name : names) EXPECT_EQ(holder(name), "other");
}

TEST_F(MembershipTest, one_whose_process_is_known_to_have_ended_is_replaced_at_once) {
    start("one")->turn();
    auto const other = start("other");
    ended = "one";
    clock.advance(minutes(5));
    EXPECT_EQ(other->turn().size(), names.size());
    EXPECT_EQ(data.count("lease#"), 1U);
}

TEST_F(MembershipTest, a_clock_that_is_behind_by_half_a_lease_costs_nobody_its_lease) {
    auto const one = start("one");
    one->turn();
    auto const other = start("other");
    for (int i = 0; i < 10; ++i) {
        clock.advance(lease / 2 + lease / 3);
        other->turn();
        clock.advance(-(lease / 2));
        one->turn();
        EXPECT_EQ(one->collector.figures().collectors, 2U);
    }
    for (auto const& line : lines) EXPECT_EQ(line.find("lease_lost"), std::string::npos) << line;
}

TEST_F(MembershipTest, a_clock_that_is_ahead_by_many_leases_costs_nobody_its_lease) {
    auto const one = start("one");
    one->turn();
    auto const other = start("other");
    for (int i = 0; i < 10; ++i) {
        clock.advance(lease * 20 + lease / 3);
        other->turn();
        clock.advance(-(lease * 20));
        one->turn();
    }
    for (auto const& line : lines) EXPECT_EQ(line.find("lease_lost"), std::string::npos) << line;
}

TEST_F(MembershipTest, one_that_wakes_up_after_another_has_taken_over_writes_nothing) {
    names = {"o/a"};
    auto const one = start("one");
    one->turn();
    clock.advance(minutes(6));
    auto const other = start("other");
    std::map<std::string, StateEntry> by_the_other;
    std::size_t events = 0;
    one->before_the_answer = [&] { // it is frozen in the middle of its poll
        other->turn();
        clock.advance(minutes(6));
        EXPECT_EQ(other->turn(), std::set<std::string>{"o/a"});
        by_the_other = data.state;
        events = data.events.size();
        clock.advance(seconds(5));
    };
    auto const report = test::await(one->collector.collect_due());
    ASSERT_TRUE(report);
    ASSERT_EQ(report->targets.size(), 1U);
    EXPECT_EQ(report->targets[0].outcome, "elsewhere");
    EXPECT_EQ(data.events.size(), events);
    ASSERT_EQ(data.state.size(), by_the_other.size());
    for (auto const& [key, entry] : by_the_other) {
        EXPECT_EQ(data.state.at(key).value.text(), entry.value.text()) << key;
    }
    pass(minutes(2), {one.get(), other.get()});
    EXPECT_EQ(one->collector.figures().collectors, 2U) << "it is back, under another name";
    EXPECT_NE(std::ranges::find_if(lines, [](auto const& line) { return line.find("lease_lost") != line.npos; }),
              lines.end());
}

TEST_F(MembershipTest, one_that_was_frozen_while_nobody_else_was_there_has_lost_nothing) {
    auto const one = start("one");
    one->turn();
    clock.advance(hours(5));
    one->before_the_answer = [&] { clock.advance(hours(5)); };
    EXPECT_EQ(one->turn().size(), names.size());
    EXPECT_EQ(data.events.size(), 2 * names.size());
    EXPECT_EQ(data.count("lease#"), 1U);
}

TEST_F(MembershipTest, those_with_other_targets_keep_their_own_and_share_what_people_added) {
    auto const one = start("one");
    names = {"p/a", "p/b"};
    auto const other = start("other");
    for (int i = 0; i < 8; ++i) test::await(one->watch_list.add(RepoName::parse(fmt::format("added/r{}", i)).value()));
    pass(minutes(6), {one.get(), other.get()}); // the watch list is looked at every five minutes
    auto const asked = pass(minutes(10), {one.get(), other.get()});
    auto const& here = asked[0];
    auto const& there = asked[1];
    EXPECT_EQ(here.size() + there.size(), 8U + 2U + 8U);
    EXPECT_TRUE(here.contains("o/a"));
    EXPECT_TRUE(there.contains("p/a"));
    EXPECT_GT(here.size(), 8U) << "some of what people added";
    EXPECT_GT(there.size(), 2U) << "some of what people added";
}

TEST_F(MembershipTest, what_another_process_is_configured_to_poll_stays_when_the_last_monitor_of_it_stops) {
    names = {"O/Configured"};
    auto const other = start("other");
    other->turn();
    auto const vouched_for = [&] { return data.state.contains(since_key("o/configured")); };
    ASSERT_TRUE(vouched_for());
    WatchList watch_list(database, clock, {}); // of a process without targets
    Monitors monitors(database, clock, {}, watch_list);
    auto const repo = RepoName::parse("o/configured").value();
    auto const monitor = test::await(monitors.add(repo, minutes(5), {})).value();
    ASSERT_TRUE(test::await(monitors.stop(monitor.id)));
    EXPECT_TRUE(vouched_for());
    ASSERT_TRUE(test::await(watch_list.add(repo)));
    ASSERT_TRUE(test::await(watch_list.remove(repo)));
    EXPECT_TRUE(vouched_for());
    EXPECT_TRUE(data.state.contains(poll_key("o/configured")));
    clock.advance(2 * lease); // it was killed
    ASSERT_TRUE(test::await(monitors.remove(monitor.id)));
    EXPECT_FALSE(vouched_for());
}

TEST_F(MembershipTest, what_pushes_owe_is_shared_too) {
    Membership here(database, clock, log, {.id = "x"}, "kin");
    Membership there(database, clock, log, {.id = "y"}, "kin");
    EXPECT_TRUE(test::await(here.keep()));
    EXPECT_TRUE(test::await(there.keep()));
    clock.advance(seconds(30));
    EXPECT_TRUE(test::await(here.keep()));
    for (int i = 0; i < 50; ++i) {
        auto const work = fmt::format("o/r{}", i);
        EXPECT_EQ(here.favoured(work, false), there.favoured(work, false));
        EXPECT_NE(here.is_ours_to_pay(work), there.is_ours_to_pay(work)) << work;
    }
}

} // namespace
} // namespace gem
