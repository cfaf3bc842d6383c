// The collector over several cycles, and beside others: monitors, webhooks, cancellation.
#include <boost/asio/bind_cancellation_slot.hpp>

#include "unit/collector/collector_fixture.hpp"

namespace gem {
namespace {

/// An HttpClient that keeps its callers waiting until it is told to go on.
class GatedHttpClient final : public http::HttpClient {
  public:
    Async<Result<http::ClientResponse>> send(http::ClientRequest) override {
        ++under_way;
        most = std::max(most, under_way);
        asio::steady_timer gate(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
        gates.push_back(&gate);
        boost::system::error_code code;
        co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, code));
        --under_way;
        std::erase(gates, &gate);
        co_return http::ClientResponse{.status = 200, .headers = {}, .body = "[]"};
    }
    std::vector<asio::steady_timer*> gates;
    int under_way = 0;
    int most = 0;
};

TEST_F(CollectorTest, never_runs_two_cycles_at_once) {
    start();
    GatedHttpClient gated;
    github.emplace(gated, clock, github::GitHubOptions{});
    collector.emplace(
        database, *github, *watch_list, clock, log, [] { return 0.0; }, CollectorOptions{.targets = targets({"o/r"})});
    asio::io_context context(1);
    int done = 0;
    for (int i = 0; i < 3; ++i) {
        asio::co_spawn(context, collector->collect_once(), [&](std::exception_ptr, auto) { ++done; });
    }
    for (int i = 0; i < 3; ++i) {
        context.poll();
        ASSERT_EQ(gated.gates.size(), 1U);
        EXPECT_EQ(done, i);
        gated.gates.front()->cancel();
    }
    context.poll();
    EXPECT_EQ(done, 3);
    EXPECT_EQ(gated.most, 1);
}

TEST_F(CollectorTest, polls_what_monitors_name_at_their_pace_until_they_are_stopped) {
    start({"o/r"});
    Monitors monitors(database, clock, {}, *watch_list);
    collector->follow(monitors);
    http.by_function = [](http::ClientRequest const&) -> Result<http::ClientResponse> {
        return http::ClientResponse{.status = 200, .headers = {}, .body = "[]"};
    };
    auto const asked_in = [&](seconds time) {
        std::map<std::string, int> asked;
        for (auto const end = clock.now() + time; clock.now() < end; clock.advance(seconds(10))) {
            auto const report = test::await(collector->collect_due());
            EXPECT_TRUE(report);
            for (auto const& one : report->targets) ++asked[one.target];
        }
        return asked;
    };
    auto const monitor = test::await(monitors.add(RepoName::parse("o/other").value(), minutes(2), {})).value();
    test::await(monitors.add(RepoName::parse("o/r").value(), hours(1), {}));
    auto asked = asked_in(minutes(20));
    EXPECT_EQ(asked["o/other"], 10);
    EXPECT_EQ(asked["o/r"], 4) << "named by the configuration: no monitor makes it rarer";
    test::await(monitors.stop(monitor.id));
    asked = asked_in(minutes(20));
    EXPECT_EQ(asked["o/other"], 0);
    EXPECT_EQ(asked["o/r"], 4);
    EXPECT_FALSE(data.state.contains(since_key("o/other")))
        << "nobody goes on with it: no gap in every answer for good";
    EXPECT_TRUE(data.state.contains(since_key("o/r"))) << "the configuration wants it";
}

/// A collector as programs have it, beside others; it polls `o/r` because people added it, and `o/configured`.
struct ForgottenTest : CollectorTest {
    void SetUp() override {
        start({"o/configured"});
        collector.emplace(
            database, *github, *watch_list, clock, log, [] { return 0.0; },
            CollectorOptions{.targets = targets({"o/configured"}), .lease = {.id = "one"}});
        ASSERT_TRUE(test::await(watch_list->add(RepoName::parse("o/r").value())));
        http.by_function = [this](http::ClientRequest const& request) -> Result<http::ClientResponse> {
            if (!request.url.contains("o/r")) return http::ClientResponse{.status = 200, .headers = {}, .body = "[]"};
            auto const body = page_json(0, shown);
            if (meanwhile) std::exchange(meanwhile, {})();
            return http::ClientResponse{.status = 200, .headers = {}, .body = body};
        };
    }
    /// As app/forget.cpp does, of another process.
    void forget() {
        std::erase_if(data.state, [](auto const& entry) { return entry.first.ends_with("#o/r"); });
        data.events.clear();
    }
    std::vector<std::string> left() {
        std::vector<std::string> keys;
        for (auto const& [key, entry] : data.state) {
            if (key.contains("o/r")) keys.push_back(key);
        }
        return keys;
    }

    int shown = 1;
    std::function<void()> meanwhile;
};

TEST_F(ForgottenTest, a_repository_that_was_forgotten_does_not_come_back_with_its_next_event) {
    collect();
    ASSERT_EQ(data.events.size(), 1U);
    forget();
    shown = 2;
    clock.advance(minutes(2)); // the watch list is not looked at yet
    EXPECT_EQ(outcomes(collect()), (std::vector<std::string>{"o/configured fresh", "o/r elsewhere"}));
    EXPECT_TRUE(data.events.empty());
    EXPECT_EQ(left(), std::vector<std::string>{});
    clock.advance(minutes(2));
    EXPECT_EQ(outcomes(collect()), std::vector<std::string>{"o/configured fresh"});
}

TEST_F(ForgottenTest, a_repository_that_is_forgotten_during_its_first_poll_leaves_nothing) {
    meanwhile = [this] { forget(); };
    collect();
    EXPECT_TRUE(data.events.empty());
    EXPECT_EQ(left(), std::vector<std::string>{});
}

TEST_F(ForgottenTest, a_repository_that_is_let_go_at_the_end_of_its_first_poll_leaves_no_word_that_it_is_polled) {
    data.written = [this](std::string const& key) {
        if (key != since_key("o/r")) return;
        for (auto const& gone : {watch_key("o/r"), poll_key("o/r"), since_key("o/r")}) data.state.erase(gone);
        data.state.emplace(key, StateEntry{.key = key, .version = 1}); // it was removed before it was written
    };
    collect();
    EXPECT_EQ(left(), std::vector<std::string>{});
}

TEST_F(CollectorTest, notes_what_pushes_owe_that_webhooks_bring_of_watched_repositories) {
    start({"o/r", "org:acme"});
    auto const push = [](std::string repo) {
        Event event;
        event.type = "PushEvent";
        event.repo_name = std::move(repo);
        event.created_at = from_unix(1'768'478'400);
        event.facts.ref = "refs/heads/main";
        event.facts.head = std::string(40, 'a');
        event.facts.before = std::string(40, 'b');
        return event;
    };
    ASSERT_TRUE(test::await(collector->note_pushes({push("O/R"), push("acme/tool"), push("some/body")})));
    EXPECT_EQ(data.count("owed#"), 2U);
    EXPECT_EQ(data.count("owed#some/body"), 0U);
    ASSERT_TRUE(test::await(watch_list->add(RepoName::parse("some/body").value())));
    ASSERT_TRUE(test::await(collector->note_pushes({push("some/body")})));
    EXPECT_EQ(data.count("owed#some/body"), 1U);
}

TEST_F(CollectorTest, the_first_complete_poll_of_an_hour_is_written) {
    start();
    http.by_function = [](http::ClientRequest const&) -> Result<http::ClientResponse> {
        return http::ClientResponse{.status = 200, .headers = {}, .body = "[]"};
    };
    clock.set(from_unix(1'768'478'400) + minutes(53));
    collect();
    clock.advance(minutes(5)); // :58
    collect();
    EXPECT_EQ(state().last_complete, from_unix(1'768'478'400) + minutes(53)) << "times alone are not written";
    clock.advance(minutes(3)); // :01
    collect();
    EXPECT_EQ(state().last_complete, from_unix(1'768'478'400) + minutes(61));
}

TEST_F(CollectorTest, run_polls_what_is_due_and_returns_when_cancelled_even_in_the_middle_of_a_request) {
    for (bool const in_request : {true, false}) {
        start();
        GatedHttpClient gated;
        github.emplace(gated, clock, github::GitHubOptions{});
        collector.emplace(
            database, *github, *watch_list, clock, log, [] { return 0.0; },
            CollectorOptions{.targets = targets({"o/r"})});
        clock.advance(hours(1));
        asio::io_context context(1);
        asio::cancellation_signal stop;
        std::optional<std::exception_ptr> ended;
        asio::co_spawn(context, collector->run(),
                       asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error) { ended = error; }));
        context.poll();
        ASSERT_EQ(gated.gates.size(), 1U);
        EXPECT_TRUE(collector->status().running);
        if (!in_request) {
            gated.gates.front()->cancel();
            context.poll();
            EXPECT_EQ(collector->last_poll(), clock.now());
        }
        EXPECT_FALSE(ended);
        stop.emit(asio::cancellation_type::terminal);
        context.poll();
        ASSERT_TRUE(ended);
        EXPECT_EQ(*ended, nullptr);
        EXPECT_FALSE(collector->status().running);
    }
}

} // namespace
} // namespace gem
