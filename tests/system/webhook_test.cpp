// Deliveries to the built program over a real socket, and clients that follow /events/stream.
#include <atomic>
#include <csignal>
#include <thread>

#include "system/program_fixture.hpp"

namespace gem::tests {

class WebhookProgram : public Program {
  protected:
    static RawResponse deliver(RawConnection& connection, std::string const& id, std::string const& more = {}) {
        auto const body = fmt::format(
            R"({{"ref":"refs/heads/main","before":"{0:0>40}","after":"{0:0>39}f","repository":{{"id":7,"full_name":)"
            R"("octo-org/tool","private":false}},"sender":{{"id":1,"login":"octo-ana"}}}})",
            id);
        connection.send(fmt::format("POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                    "X-GitHub-Event: push\r\nX-GitHub-Delivery: {}\r\n{}Content-Length: {}\r\n\r\n{}",
                                    id, more, body.size(), body));
        return connection.read();
    }
    static RawConnection follow(std::uint16_t port, std::string const& more = {}) {
        RawConnection connection(port);
        connection.send(fmt::format("GET /events/stream HTTP/1.1\r\nHost: localhost\r\n{}\r\n", more));
        EXPECT_EQ(connection.read().status, 200);
        EXPECT_NE(connection.read_until("retry: 2000\n\n"), "");
        return connection;
    }
    /// One event of an archive, with another time for each id.
    static std::string archived(int id) {
        return fmt::format(
            R"({{"id":"{0}","type":"WatchEvent","actor":{{"id":2,"login":"octo-ben"}},"repo":{{"id":7,)"
            R"("name":"octo-org/tool"}},"payload":{{}},"public":true,"created_at":"2015-01-01T15:00:{0}Z"}})"
            "\n",
            id);
    }
};

TEST_F(WebhookProgram, what_was_acknowledged_is_there_after_a_kill) {
    int acknowledged = 0;
    {
        auto served = serve();
        RawConnection connection(served.port);
        for (int i = 0; i < 20; ++i) acknowledged += deliver(connection, std::to_string(i)).status == 202 ? 1 : 0;
        EXPECT_EQ(deliver(connection, "3").status, 200) << "known";
        served.process->signal(SIGKILL);
        served.process->wait();
    }
    EXPECT_EQ(acknowledged, 20);
    auto served = serve();
    EXPECT_EQ(number(get(served.port, "/metrics/event-counts?repo=octo-org/tool"), "total_events"), 20);
    RawConnection connection(served.port);
    EXPECT_EQ(deliver(connection, "3").status, 200) << "known after a restart, too";
}

TEST_F(WebhookProgram, a_burst_of_ten_thousand_loses_none) {
    constexpr int connections = 20;
    constexpr int each = 500;
    auto const served = serve({"--rate-limit", "off"});
    std::atomic<int> stored = 0;
    std::vector<std::thread> senders;
    for (int i = 0; i < connections; ++i) {
        senders.emplace_back([&, i] {
            RawConnection connection(served.port);
            for (int n = 0; n < each; ++n)
                stored += deliver(connection, std::to_string(i * each + n + 1)).status == 202 ? 1 : 0;
        });
    }
    for (auto& sender : senders) sender.join();
    EXPECT_EQ(stored, connections * each);
    EXPECT_EQ(number(get(served.port, "/metrics/event-counts?repo=octo-org/tool"), "total_events"), connections * each);
}

TEST_F(WebhookProgram, a_body_beyond_25_mb_is_refused) {
    auto const served = serve();
    RawConnection connection(served.port);
    connection.send("POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 26214401\r\n\r\n");
    EXPECT_EQ(connection.read().status, 413);
}

TEST_F(WebhookProgram, a_stream_tells_of_deliveries_and_of_what_another_process_stores) {
    auto const served = serve();
    auto stream = follow(served.port);
    RawConnection connection(served.port);
    EXPECT_EQ(deliver(connection, "11").status, 202);
    auto const first = stream.read_until("\"id\":\"wh:11\"");
    ASSERT_NE(first, "");
    auto const at = first.rfind("id: ") + 4;
    auto const position = first.substr(at, first.find('\n', at) - at);

    write("a.json", archived(31) + archived(32));
    EXPECT_EQ(run({"backfill", "--quiet", path("a.json")}).status, 0);
    EXPECT_NE(stream.read_until("\"id\":\"31\""), "");
    EXPECT_NE(stream.read_until("\"id\":\"32\""), "");

    auto resumed = follow(served.port, "Last-Event-ID: " + position + "\r\n");
    auto const rest = resumed.read_until("\"id\":\"32\"");
    EXPECT_NE(rest.find("\"id\":\"31\""), std::string::npos);
    EXPECT_EQ(rest.find("wh:11"), std::string::npos) << "it had that one";
    EXPECT_EQ(rest.find("event: reset"), std::string::npos);
}

TEST_F(WebhookProgram, open_streams_do_not_hold_up_the_end) {
    auto served = serve();
    auto first = follow(served.port);
    auto second = follow(served.port);
    auto const asked = std::chrono::steady_clock::now();
    served.process->signal(SIGTERM);
    EXPECT_EQ(first.read_until("\n\n"), "") << "the stream ends";
    first.half_close();
    second.half_close();
    EXPECT_EQ(served.process->wait().status, 0);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(9))
        << "the grace that answers in flight have";
}

} // namespace gem::tests
