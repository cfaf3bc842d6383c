// The job over the model of the store: two processes, restarts, receivers that fail, rules that go.
#include "alerts/alert_engine.hpp"

#include <gtest/gtest.h>

#include "alerts/figures.hpp"
#include "alerts/judge.hpp"
#include "http/signature.hpp"
#include "support/event_maker.hpp"
#include "support/manual_clock.hpp"
#include "support/reference_database.hpp"
#include "support/run_async.hpp"
#include "support/scripted_http_client.hpp"

namespace gem::alerts {
namespace {

using test::wait_ok;

/// A process: its own connection to the shared store, its own client and job.
struct Process {
    Process(std::shared_ptr<test::ReferenceStore> store, Clock const& clock)
        : log(clock, LogLevel::info, LogFormat::text, [this](std::string_view line) { lines.emplace_back(line); }),
          database(test::make_reference_manager(std::move(store), clock)),
          engine(database, client, clock, log,
                 {.interval = seconds(60), .private_addresses = false, .watched = [this] { return watched(); }}) {
        wait_ok(database.initialize());
        client.by_function = [this](http::ClientRequest const&) -> Result<http::ClientResponse> {
            return http::ClientResponse{.status = status, .headers = {}, .body = {}};
        };
    }
    Async<Result<std::vector<AlertScope>>> watched() {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable); // others get a turn
        std::vector<AlertScope> scopes;
        for (auto const& name : watch_list) scopes.push_back({.repo = test::repo(name), .watched_since = {}});
        co_return scopes;
    }
    void turn() { run_to_end(both()); }
    Async<bool> both() {
        co_await engine.judge_all();
        co_await engine.deliver_due();
        co_return true;
    }
    [[nodiscard]] int logged(std::string_view event) const {
        return static_cast<int>(std::ranges::count_if(
            lines, [&](std::string const& line) { return line.find(event) != std::string::npos; }));
    }

    unsigned status = 204;
    std::vector<std::string> watch_list;
    std::vector<std::string> lines;
    Log log;
    DatabaseService database;
    test::ScriptedHttpClient client;
    AlertEngine engine;
};

struct AlertJob : testing::Test {
    test::ManualClock clock;
    std::shared_ptr<test::ReferenceStore> store = std::make_shared<test::ReferenceStore>();
    Process one{store, clock};

    /// Fires as soon as a minute of acme/tool is not covered.
    AlertRule add_rule(std::optional<std::string> repo = "acme/tool") {
        RuleDraft draft;
        draft.kind = "coverage_gap";
        draft.repo = std::move(repo);
        draft.threshold = 0;
        draft.url = "https://example.com/hook?key=1";
        draft.secret = "hush";
        auto rule = wait_ok(AlertStore(one.database).add_rule(rule_of(std::move(draft), false).value(), clock.now()));
        clock.advance(minutes(2));
        return rule;
    }
    /// Somebody vouches for everything from now back to the beginning.
    void cover(bool covered) {
        auto& metrics = one.database.metrics();
        for (auto const* key : {"coverage#since#acme/tool", "poll#acme/tool"}) wait_ok(metrics.remove_state(key));
        if (!covered) return;
        auto const write = [&](std::string key, std::string json) {
            wait_ok(metrics.put_state({.key = std::move(key), .value = JsonText::already_validated(std::move(json))}));
        };
        write("coverage#since#acme/tool", R"({"target":"acme/tool","since":"2020-01-01T00:00:00Z"})");
        write("poll#acme/tool",
              fmt::format(R"({{"last_complete":"{}"}})", format_time(std::chrono::ceil<minutes>(clock.now()))));
    }
    std::vector<AlertRecord> alerts() { return wait_ok(AlertStore(one.database).alerts()); }
};

TEST_F(AlertJob, sends_a_signed_message_when_it_begins_and_one_when_it_is_over) {
    auto const rule = add_rule();
    one.turn();
    one.turn();
    ASSERT_EQ(one.client.asked.size(), 1U);
    auto const& request = one.client.asked.front();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, rule.url);
    EXPECT_EQ(request.deadline, seconds(10));
    EXPECT_TRUE(request.configure) << "keeps to public addresses";
    EXPECT_EQ(test::header_of(request, "X-Event-Monitor-Event"), "alert.fired");
    EXPECT_EQ(test::header_of(request, "X-Signature-256"), http::sha256_signature("hush", request.body));
    auto const delivery = test::header_of(request, "X-Event-Monitor-Delivery").value_or("");
    EXPECT_NE(request.body.find("\"delivery\":\"" + delivery + "\""), std::string::npos);
    EXPECT_NE(request.body.find("\"repo\":\"acme/tool\""), std::string::npos);
    EXPECT_EQ(request.body.find("hush"), std::string::npos);
    EXPECT_EQ(request.body.find("hook?key"), std::string::npos);
    EXPECT_EQ(one.logged("alert_fired"), 1);
    EXPECT_EQ(alerts().at(0).delivery.status, "delivered");

    cover(true);
    clock.advance(minutes(1));
    cover(true);
    one.turn();
    ASSERT_EQ(one.client.asked.size(), 2U);
    EXPECT_EQ(test::header_of(one.client.asked[1], "X-Event-Monitor-Event"), "alert.resolved");
    EXPECT_EQ(alerts().at(0).state, "resolved");
    EXPECT_EQ(one.logged("alert_resolved"), 1);
    EXPECT_EQ(one.engine.counts().fired.at("coverage_gap"), 1);
    EXPECT_EQ(one.engine.counts().resolved.at("coverage_gap"), 1);
    EXPECT_EQ(one.engine.counts().delivered, 2);
}

TEST_F(AlertJob, of_two_processes_sends_what_one_of_them_found_once) {
    Process two(store, clock);
    one.watch_list = two.watch_list = {"acme/tool"};
    add_rule(std::nullopt);
    // Both read what stands before either has written.
    std::vector<Async<bool>> together;
    together.push_back(one.both());
    together.push_back(two.both());
    test::run_together(std::move(together));
    one.turn();
    two.turn();
    EXPECT_EQ(one.client.asked.size() + two.client.asked.size(), 1U);
    EXPECT_EQ(one.logged("alert_fired") + two.logged("alert_fired"), 1);
    EXPECT_EQ(alerts().size(), 1U);
}

TEST_F(AlertJob, tries_again_after_a_failure_and_after_a_restart) {
    add_rule();
    one.status = 500;
    one.turn();
    EXPECT_EQ(alerts().at(0).delivery.status, "pending");
    EXPECT_EQ(alerts().at(0).delivery.error, "https://example.com/… answered 500");
    clock.advance(seconds(29));
    one.turn();
    EXPECT_EQ(one.client.asked.size(), 1U) << "not yet";
    clock.advance(seconds(1));
    Process restarted(store, clock);
    restarted.turn();
    ASSERT_EQ(restarted.client.asked.size(), 1U);
    EXPECT_EQ(restarted.client.asked[0].body, one.client.asked[0].body) << "the same message under the same id";
    EXPECT_EQ(alerts().at(0).delivery.status, "delivered");
    EXPECT_EQ(alerts().at(0).delivery.attempts, 2);
    EXPECT_EQ(restarted.logged("alert_fired"), 0) << "it was told of before";
}

TEST_F(AlertJob, takes_a_redirect_for_a_failure) {
    add_rule();
    one.status = 302;
    one.turn();
    EXPECT_EQ(alerts().at(0).delivery.status, "pending");
    EXPECT_EQ(one.engine.counts().failed, 1);
}

TEST_F(AlertJob, tells_nobody_anything_where_there_is_no_rule) {
    one.turn();
    EXPECT_TRUE(one.client.asked.empty());
    EXPECT_TRUE(one.lines.empty());
    EXPECT_EQ(one.engine.counts().rules, 0);
}

TEST_F(AlertJob, judges_every_watched_repository_where_the_rule_names_none) {
    one.watch_list = {"acme/tool", "acme/other"};
    add_rule(std::nullopt);
    one.turn();
    EXPECT_EQ(alerts().size(), 2U);
    EXPECT_EQ(one.engine.counts().open, 2);
    EXPECT_EQ(one.client.asked.size(), 2U);
}

TEST_F(AlertJob, resolves_what_it_found_about_a_repository_that_is_not_watched_any_more) {
    one.watch_list = {"acme/tool", "acme/other"};
    add_rule(std::nullopt);
    one.turn();
    one.watch_list = {"acme/tool"};
    clock.advance(minutes(1));
    one.turn();
    EXPECT_EQ(one.engine.counts().open, 1);
    EXPECT_EQ(one.client.asked.size(), 2U) << "without a message";
}

TEST_F(AlertJob, spares_a_receiver_that_fails_the_other_messages_of_the_turn) {
    one.watch_list = {"acme/tool", "acme/other", "acme/third"};
    add_rule(std::nullopt);
    one.status = 500;
    one.turn();
    EXPECT_EQ(one.client.asked.size(), 1U);
    one.status = 200;
    clock.advance(minutes(1));
    one.turn();
    EXPECT_EQ(one.client.asked.size(), 4U);
    EXPECT_EQ(one.engine.counts().delivered, 3);
}

TEST_F(AlertJob, closes_without_a_word_what_a_removed_or_disabled_rule_found) {
    auto const rule = add_rule();
    one.status = 500;
    one.turn();
    EXPECT_TRUE(wait_ok(AlertStore(one.database).enable_rule(rule.id, false, clock.now())));
    EXPECT_EQ(alerts().at(0).state, "resolved");
    EXPECT_EQ(alerts().at(0).delivery.status, "given_up");
    clock.advance(hours(2));
    one.turn();
    EXPECT_EQ(one.client.asked.size(), 1U);

    EXPECT_TRUE(wait_ok(AlertStore(one.database).enable_rule(rule.id, true, clock.now())));
    one.turn();
    EXPECT_EQ(alerts().size(), 2U) << "enabled again, it finds it anew";
    EXPECT_TRUE(wait_ok(AlertStore(one.database).remove_rule(rule.id, clock.now())));
    EXPECT_FALSE(wait_ok(AlertStore(one.database).remove_rule(rule.id, clock.now())));
    EXPECT_EQ(alerts().at(0).state, "resolved");
    EXPECT_TRUE(wait_ok(AlertStore(one.database).rules()).empty());
}

TEST_F(AlertJob, finds_anew_what_is_still_so_after_a_rule_was_changed) {
    auto const rule = add_rule();
    one.turn();
    auto const before = alerts().at(0);
    RuleChange change;
    change.hours = rule.hours + 1;
    EXPECT_TRUE(wait_ok(AlertStore(one.database).change_rule(rule.id, change, false, clock.now())));
    EXPECT_EQ(alerts().at(0).state, "resolved");
    clock.advance(minutes(1));
    one.turn();
    ASSERT_EQ(alerts().size(), 2U);
    auto const after = alerts();
    EXPECT_EQ(std::ranges::count(after, "open", &AlertRecord::state), 1);
    EXPECT_EQ(std::ranges::count(after, before.id, &AlertRecord::id), 1);
}

TEST_F(AlertJob, closes_what_a_turn_under_way_found_about_the_repository_that_the_rule_named_before) {
    auto const rule = add_rule();
    one.turn();
    auto const found = wait_ok(one.database.metrics().list_state(std::string(standing_prefix)));
    ASSERT_EQ(found.size(), 1U);
    RuleChange change;
    change.repo = "acme/other";
    EXPECT_TRUE(wait_ok(AlertStore(one.database).change_rule(rule.id, change, false, clock.now())));
    wait_ok(one.database.metrics().put_state({.key = found[0].key, .value = found[0].value}));
    clock.advance(minutes(1));
    one.turn();
    for (auto const& alert : alerts()) EXPECT_EQ(alert.state, alert.repo == "acme/other" ? "open" : "resolved");
}

TEST_F(AlertJob, closes_what_was_found_while_the_last_rule_was_removed) {
    auto const rule = add_rule();
    one.turn();
    auto left = wait_ok(one.database.metrics().list_state(std::string(standing_prefix)));
    ASSERT_EQ(left.size(), 1U);
    EXPECT_TRUE(wait_ok(AlertStore(one.database).remove_rule(rule.id, clock.now())));
    // A turn that was under way writes what it found.
    wait_ok(one.database.metrics().put_state({.key = left[0].key, .value = left[0].value}));
    clock.advance(minutes(3)); // what was begun a moment ago may belong to a rule that is younger than the turn
    one.turn();
    for (auto const& alert : alerts()) EXPECT_EQ(alert.state, "resolved") << alert.id;
    EXPECT_EQ(one.engine.counts().open, 0);
}

TEST_F(AlertJob, tells_no_spike_of_an_hour_that_nobody_vouches_for) {
    RuleDraft draft;
    draft.kind = "anomaly";
    draft.repo = "acme/tool";
    wait_ok(AlertStore(one.database).add_rule(rule_of(std::move(draft), false).value(), clock.now()));
    std::vector<Event> events;
    auto const put = [&](UtcTime at, int count) {
        for (int i = 0; i < count; ++i)
            events.push_back(test::make_event(fmt::format("{}-{}", to_unix(at), i)).at(at + seconds(i)));
    };
    auto const last = clock.now() - hours(1);
    for (int hour = 1; hour <= 29 * 24; ++hour) put(last - hours(hour), 2);
    put(last, 60);
    wait_ok(one.database.events().insert_events(std::move(events)));
    one.turn();
    EXPECT_TRUE(alerts().empty()) << "nobody vouches for anything";
    cover(true);
    clock.advance(minutes(10)); // anomalies are judged each tenth time
    one.turn();
    ASSERT_EQ(alerts().size(), 1U);
    EXPECT_EQ(alerts().at(0).cause, "spike WatchEvent");
    EXPECT_EQ(alerts().at(0).value->value, 60);
    EXPECT_EQ(alerts().at(0).last_seen_at, last + hours(1));
}

TEST_F(AlertJob, ends_no_anomaly_while_the_collector_is_away) {
    RuleDraft draft;
    draft.kind = "anomaly";
    draft.repo = "acme/tool";
    auto rule = wait_ok(AlertStore(one.database).add_rule(rule_of(std::move(draft), false).value(), clock.now()));
    cover(true); // up to now, a full hour, and no further
    clock.advance(minutes(59) + seconds(30));
    auto const figures = wait_ok(figures_for(one.database, rule, {.repo = test::repo("acme/tool")}, clock.now()));
    auto const well_until = judge(rule, figures, clock.now()).well_until;
    ASSERT_TRUE(well_until);
    EXPECT_EQ(*well_until, std::chrono::floor<hours>(clock.now()));
}

} // namespace
} // namespace gem::alerts
