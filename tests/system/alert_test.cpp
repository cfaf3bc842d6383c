// Messages about alerts over real sockets: to a receiver that fails, hangs, redirects or must not be reached; and from
// the built program.
#include "alerts/alert_engine.hpp"

#include <thread>

#include "http/signature.hpp"
#include "support/manual_clock.hpp"
#include "support/reference_database.hpp"
#include "support/run_async.hpp"
#include "support/socket_server.hpp"
#include "system/program_fixture.hpp"

namespace gem::alerts {
namespace {

using test::SocketReply;
using test::SocketRequest;
using test::SocketServer;
using test::wait_ok;

/// A rule that has just fired, and a receiver.
class AlertReceiver : public testing::Test {
  protected:
    test::ManualClock clock;
    Log log{clock, LogLevel::error, LogFormat::text, [](std::string_view) {}};
    DatabaseService database{test::make_reference_manager(std::make_shared<test::ReferenceStore>(), clock)};
    http::CurlClient client{{.use_proxy = false}};
    std::vector<SocketRequest> seen;

    void SetUp() override { wait_ok(database.initialize()); }

    void add_rule(std::string url) {
        RuleDraft draft;
        draft.kind = "coverage_gap";
        draft.repo = "acme/tool";
        draft.threshold = 0;
        draft.url = std::move(url);
        draft.secret = "hush";
        wait_ok(AlertStore(database).add_rule(rule_of(std::move(draft), true).value(), clock.now()));
        clock.advance(minutes(2));
    }
    AlertEngine engine(bool private_addresses = true, seconds deadline = seconds(10)) {
        return {database,
                client,
                clock,
                log,
                {.delivery_deadline = deadline, .private_addresses = private_addresses, .watched = {}}};
    }
    static Async<bool> turn(AlertEngine& engine) {
        co_await engine.judge_all();
        co_await engine.deliver_due();
        co_return true;
    }
    AlertDelivery delivery() { return wait_ok(AlertStore(database).alerts()).at(0).delivery; }
};

TEST_F(AlertReceiver, gets_a_message_again_that_it_failed_to_take) {
    SocketServer server([&](SocketRequest const& request) {
        seen.push_back(request);
        return SocketReply::of(seen.size() == 1 ? 500 : 200, "", "");
    });
    add_rule(server.url() + "/hook?key=1");
    auto job = engine();
    run_to_end(turn(job));
    EXPECT_EQ(delivery().status, "pending");
    clock.advance(first_pause);
    run_to_end(turn(job));
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(delivery().status, "delivered");
    EXPECT_EQ(seen[0].target(), "/hook?key=1");
    EXPECT_EQ(seen[0].header("Content-Type"), "application/json");
    EXPECT_EQ(seen[0].header("X-Event-Monitor-Delivery"), seen[1].header("X-Event-Monitor-Delivery"));
    EXPECT_EQ(seen[0].body, seen[1].body);
    for (auto const& request : seen)
        EXPECT_EQ(request.header("X-Signature-256"), http::sha256_signature("hush", request.body));
}

TEST_F(AlertReceiver, that_hangs_is_left_when_the_time_is_up) {
    SocketServer server([&](SocketRequest const& request) {
        seen.push_back(request);
        return SocketReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", .then = SocketReply::Then::stall};
    });
    add_rule(server.url());
    auto job = engine(true, seconds(3));
    auto const start = std::chrono::steady_clock::now();
    run_to_end(turn(job));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
    EXPECT_EQ(seen.size(), 1U);
    EXPECT_EQ(delivery().status, "pending");
    EXPECT_NE(delivery().error, "");
}

TEST_F(AlertReceiver, is_not_reached_at_a_private_address_by_default) {
    SocketServer server([&](SocketRequest const& request) {
        seen.push_back(request);
        return SocketReply::of(200, "", "");
    });
    add_rule(server.url());
    auto job = engine(false);
    run_to_end(turn(job));
    EXPECT_EQ(server.connections(), 0U);
    EXPECT_NE(delivery().error.find("has a private address"), std::string::npos) << delivery().error;
    EXPECT_EQ(delivery().status, "pending");
}

TEST_F(AlertReceiver, leads_nowhere_else_by_a_redirect) {
    SocketServer elsewhere([&](SocketRequest const&) { return SocketReply::of(200, "", ""); });
    SocketServer server([&](SocketRequest const&) {
        return SocketReply::of(307, fmt::format("Location: {}/\r\n", elsewhere.url()), "");
    });
    add_rule(server.url());
    auto job = engine();
    run_to_end(turn(job));
    EXPECT_EQ(elsewhere.connections(), 0U);
    EXPECT_NE(delivery().error.find("answered 307"), std::string::npos) << delivery().error;
}

class AlertProgram : public tests::Program {
  protected:
    static std::string post(std::uint16_t port, std::string const& target, std::string const& body) {
        tests::RawConnection connection(port);
        connection.send(fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                    "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
                                    target, body.size(), body));
        auto const response = connection.read();
        return fmt::format("{} {}", response.status, response.body);
    }
};

TEST_F(AlertProgram, tells_a_receiver_of_what_a_rule_finds_and_goes_on_after_a_restart) {
    std::atomic<int> received = 0;
    std::string body;
    SocketServer server([&](SocketRequest const& request) {
        body = request.body;
        return SocketReply::of(++received == 1 ? 503 : 200, "", "");
    });
    std::vector<std::string> const flags = {"--alert-interval", "1", "--alert-allow-private-addresses", "1"};
    auto const wait_for = [&](int count) {
        for (int i = 0; i < 600 && received < count; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
        return received >= count;
    };
    {
        auto served = serve(flags);
        auto const added = post(served.port, "/alerts/rules",
                                fmt::format(R"({{"kind":"coverage_gap","repo":"octo-org/tool","threshold":0,)"
                                            R"("hours":1,"url":"{}/hook"}})",
                                            server.url()));
        EXPECT_TRUE(added.starts_with("201 ")) << added;
        ASSERT_TRUE(wait_for(1));
        served.process->signal(SIGKILL);
        served.process->wait();
    }
    EXPECT_NE(body.find(R"("event":"alert.fired")"), std::string::npos) << body;
    auto served = serve(flags);
    ASSERT_TRUE(wait_for(2)) << "the second attempt comes half a minute after the first";
    for (int i = 0; i < 100; ++i) {
        auto const alerts = get(served.port, "/alerts?state=open");
        if (alerts.find(R"("status":"delivered")") != std::string::npos) break;
        ASSERT_LT(i, 99) << alerts;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    // The store knows a moment before the counter does.
    std::string figures;
    for (int i = 0;
         i < 100 && figures.find(R"(gem_alert_deliveries_total{outcome="delivered"} 1)") == std::string::npos; ++i) {
        if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
        figures = get(served.port, "/metrics");
    }
    EXPECT_NE(figures.find(R"(gem_alert_deliveries_total{outcome="delivered"} 1)"), std::string::npos);
    EXPECT_NE(figures.find("gem_alerts_open 1"), std::string::npos);
    EXPECT_EQ(received, 2) << "one message, two attempts";
    served.process->signal(SIGTERM);
    EXPECT_EQ(served.process->wait().status, 0);
}

} // namespace
} // namespace gem::alerts
