// MCP over real pipes and sockets: what clients do wrong, and that the next one is served.
#include <atomic>
#include <future>
#include <set>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "http/server.hpp"
#include "mcp/http_transport.hpp"
#include "mcp/stdio.hpp"
#include "system/raw_connection.hpp"

namespace {

using namespace gem;
using namespace gem::mcp;
using namespace std::chrono_literals;

constexpr std::string_view modern_meta =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";

std::string request_of(int id, std::string_view method, std::string_view params = "{}") {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id, method, params);
}

/// A catalog with a tool that says what it is told and one that only ends when it is cancelled.
Catalog test_catalog(std::promise<void>& cancelled, std::atomic<int>& long_answers) {
    Catalog catalog{.name = "test", .version = "1"};
    catalog.lists_change = true;
    catalog.tools.push_back({.name = "echo",
                             .description = "Says what it is told",
                             .input_schema = Object{{"type", "object"}},
                             .call = [](Call&, Object arguments) -> Async<Outcome> {
                                 co_return text_result(to_text(Value(std::move(arguments))));
                             }});
    catalog.tools.push_back({.name = "long",
                             .description = "Answers at length",
                             .input_schema = Object{{"type", "object"}},
                             .call = [&long_answers](Call&, Object) -> Async<Outcome> {
                                 ++long_answers;
                                 co_return text_result(std::string(100'000, 'x'));
                             }});
    catalog.tools.push_back({.name = "stuck",
                             .description = "Ends when it is cancelled",
                             .input_schema = Object{{"type", "object"}},
                             .call = [&cancelled](Call& call, Object) -> Async<Outcome> {
                                 call.progress(0, 1, "began");
                                 try {
                                     co_await sleep_for(1h);
                                 } catch (boost::system::system_error const&) {
                                     cancelled.set_value();
                                     throw;
                                 }
                                 co_return Object();
                             }});
    return catalog;
}

class McpTest : public testing::Test {
  protected:
    SystemClock clock_;
    Log log_{clock_, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    asio::io_context context_{1};
    Hub hub_;
    std::promise<void> cancelled_;
    std::atomic<int> long_answers_ = 0;
    Catalog catalog_ = test_catalog(cancelled_, long_answers_);
    Engine engine_{catalog_, hub_, log_};
    std::thread thread_;
};

/// The server on a thread, a socket pair in the place of its pipes.
class McpStdio : public McpTest {
  protected:
    void SetUp() override {
        std::array<int, 2> ends{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        ours_ = ends[0];
        theirs_ = ends[1];
        server_ = std::make_unique<StdioServer>(
            engine_, log_, theirs_, theirs_,
            StdioOptions{.longest_line = 100'000, .most_unsent = 1'000'000, .patience_at_end = 200ms});
        asio::co_spawn(context_, server_->run(), [this](std::exception_ptr thrown) {
            EXPECT_FALSE(thrown);
            ended_.set_value();
        });
        thread_ = std::thread([this] { context_.run(); });
    }
    void TearDown() override {
        end_input();
        EXPECT_EQ(ended_.get_future().wait_for(10s), std::future_status::ready);
        thread_.join();
        ::close(ours_);
        ::close(theirs_);
    }
    void say(std::string_view bytes) {
        while (!bytes.empty()) {
            auto const count = ::send(ours_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            ASSERT_GT(count, 0);
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    std::string hear() {
        while (pending_.find('\n') == std::string::npos) {
            pollfd wanted{.fd = ours_, .events = POLLIN, .revents = 0};
            if (::poll(&wanted, 1, 10'000) <= 0) return "(silence)";
            std::array<char, 65'536> bytes{};
            auto const count = ::recv(ours_, bytes.data(), bytes.size(), 0);
            if (count <= 0) return "(end)";
            pending_.append(bytes.data(), static_cast<std::size_t>(count));
        }
        auto const end = pending_.find('\n');
        auto line = pending_.substr(0, end);
        pending_.erase(0, end + 1);
        return line;
    }
    void end_input() { ::shutdown(ours_, SHUT_WR); }
    /// Whether the next request is answered as if nothing had been.
    bool still_serves() {
        say(request_of(99, "ping") + "\n");
        return hear() == R"({"jsonrpc":"2.0","id":99,"result":{}})";
    }

    int ours_ = -1;
    int theirs_ = -1;
    std::string pending_;
    std::unique_ptr<StdioServer> server_;
    std::promise<void> ended_;
};

class McpHttp : public McpTest {
  protected:
    void SetUp() override {
        http::ServerOptions options;
        options.port = 0;
        options.rate_limit.reset();
        transport_ = std::make_unique<HttpTransport>(engine_, nullptr, clock_, log_,
                                                     HttpOptions{.longest_message = 100'000, .patience = 50ms});
        server_ = std::make_unique<http::Server>(context_, *transport_, clock_, log_, std::move(options));
        ASSERT_TRUE(server_->listen());
        port_ = server_->port();
        auto serve = [this]() -> Async<void> {
            co_await server_->run();
            co_await transport_->finish();
        };
        asio::co_spawn(context_, serve(), [this](std::exception_ptr thrown) {
            EXPECT_FALSE(thrown);
            ended_.set_value();
        });
        thread_ = std::thread([this] { context_.run(); });
    }
    void TearDown() override {
        asio::post(context_, [this] { server_->shutdown(0ms); });
        EXPECT_EQ(ended_.get_future().wait_for(10s), std::future_status::ready);
        thread_.join();
    }
    static std::string post(std::string_view body, std::string_view headers) {
        return fmt::format("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: "
                           "application/json, text/event-stream\r\nContent-Length: {}\r\n{}\r\n{}",
                           body.size(), headers, body);
    }
    static std::string modern(int id, std::string_view method, std::string_view params = {},
                              std::string_view name = {}) {
        auto const body =
            request_of(id, method, fmt::format("{{{}{}{}}}", modern_meta, params.empty() ? "" : ",", params));
        auto headers = fmt::format("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {}\r\n", method);
        if (!name.empty()) headers += fmt::format("Mcp-Name: {}\r\n", name);
        return post(body, headers);
    }
    tests::RawResponse ask(std::string const& request) {
        tests::RawConnection connection(port_);
        connection.send(request);
        return connection.read();
    }
    /// The header of a new session in that version.
    std::string begin_session(std::string_view version) {
        auto const begun = ask(post(
            request_of(1, "initialize",
                       fmt::format(R"({{"protocolVersion":"{}","capabilities":{{}},"clientInfo":{{}}}})", version)),
            ""));
        EXPECT_EQ(begun.status, 200);
        return fmt::format("Mcp-Session-Id: {}\r\n", begun.headers.at("mcp-session-id"));
    }
    bool still_serves() {
        return ask(modern(1, "tools/call", R"("name":"echo","arguments":{"a":1})", "echo")).body.find(R"({\"a\":1})") !=
               std::string::npos;
    }

    std::unique_ptr<HttpTransport> transport_;
    std::unique_ptr<http::Server> server_;
    std::uint16_t port_ = 0;
    std::promise<void> ended_;
};

} // namespace

TEST_F(McpStdio, answers_what_is_no_message_and_goes_on) {
    for (std::string const& line :
         {std::string("{"), std::string("\"\xff\xfe\""), std::string("[]"), std::string("nonsense"),
          std::string(5000, '['), std::string(R"({"jsonrpc":"2.0","id":{},"method":"x"})")}) {
        say(line + "\n");
        EXPECT_NE(hear().find(R"("id":null,"error":{"code":-32)"), std::string::npos) << line;
    }
    say("\n \r\n");
    EXPECT_TRUE(still_serves());
}

TEST_F(McpStdio, refuses_a_line_of_ten_megabytes_once_and_skips_it) {
    std::thread writer([this] { say(std::string(10'000'000, 'x') + "\n"); });
    EXPECT_NE(hear().find("100000 bytes"), std::string::npos);
    writer.join();
    EXPECT_TRUE(still_serves());
}

TEST_F(McpStdio, reads_no_further_than_its_client_takes_the_answers) {
    std::string questions;
    for (int i = 0; i < 200; ++i) questions += request_of(i, "tools/call", R"({"name":"long"})") + "\n";
    say(questions);
    EXPECT_NE(hear().find(R"("id":0,"result")"), std::string::npos);
    EXPECT_LT(long_answers_, 100);
    for (int i = 1; i < 200; ++i) EXPECT_NE(hear().find("xxx"), std::string::npos);
    EXPECT_TRUE(still_serves());
}

TEST_F(McpStdio, overlooks_fields_that_it_does_not_know) {
    say(R"({"jsonrpc":"2.0","id":5,"method":"ping","params":{"x":[1]},"extra":true})"
        "\n");
    EXPECT_EQ(hear(), R"({"jsonrpc":"2.0","id":5,"result":{}})");
}

TEST_F(McpStdio, answers_a_batch_by_one_list_in_the_version_that_has_them) {
    auto const batch = "[" + request_of(1, "ping") + R"(,{"jsonrpc":"2.0","method":"notifications/x"},7,)" +
                       request_of(2, "tools/call", R"({"name":"echo","arguments":{"a":1}})") + "]\n";
    say(batch);
    EXPECT_NE(hear().find("-32600"), std::string::npos); // before the handshake nobody knows the version
    say(request_of(0, "initialize", R"({"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{}})") + "\n");
    EXPECT_NE(hear().find(R"("protocolVersion":"2025-03-26")"), std::string::npos);
    say(batch);
    auto const replies = parse_json(hear());
    ASSERT_TRUE(replies && replies->is_array());
    std::set<std::string> ids;
    for (auto const& reply : replies->get_array()) ids.insert(to_text(reply.at("id")));
    EXPECT_EQ(ids, (std::set<std::string>{"1", "2", "null"}));
    say(R"([{"jsonrpc":"2.0","method":"notifications/x"}])"
        "\n"); // gets no reply
    say("[]\n");
    EXPECT_NE(hear().find("-32600"), std::string::npos);
    EXPECT_TRUE(still_serves());
}

TEST_F(McpStdio, leaves_what_is_cancelled_out_of_the_replies_to_its_batch) {
    say(request_of(0, "initialize", R"({"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{}})") + "\n");
    hear();
    say("[" + request_of(1, "ping") + "," +
        request_of(8, "tools/call", R"({"name":"stuck","_meta":{"progressToken":1}})") + "]\n");
    EXPECT_NE(hear().find("began"), std::string::npos);
    say(R"([{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":8}}])"
        "\n");
    EXPECT_EQ(hear(), R"([{"jsonrpc":"2.0","id":1,"result":{}}])");
    EXPECT_TRUE(still_serves());
}

TEST_F(McpStdio, speaks_both_eras_over_one_pair_of_pipes) {
    say(request_of(1, "initialize", R"({"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{}})") + "\n");
    EXPECT_NE(hear().find(R"("protocolVersion":"2025-11-25")"), std::string::npos);
    say(request_of(2, "server/discover", fmt::format("{{{}}}", modern_meta)) + "\n");
    EXPECT_NE(hear().find(R"("supportedVersions":["2026-07-28"])"), std::string::npos);
    say(request_of(3, "server/discover") + "\n");
    EXPECT_NE(hear().find("-32602"), std::string::npos);
    say(request_of(4, "ping") + "\n");
    EXPECT_NE(hear().find(R"("id":4,"result")"), std::string::npos);
}

TEST_F(McpStdio, cancels_what_it_is_told_to_and_answers_it_no_more) {
    say(request_of(8, "tools/call", R"({"name":"stuck","_meta":{"progressToken":1}})") + "\n");
    EXPECT_NE(hear().find("began"), std::string::npos);
    say(request_of(8, "ping") + "\n");
    EXPECT_NE(hear().find("in use"), std::string::npos);
    say(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":8}})"
        "\n");
    EXPECT_EQ(cancelled_.get_future().wait_for(10s), std::future_status::ready);
    EXPECT_TRUE(still_serves());
}

TEST_F(McpStdio, answers_what_came_before_the_end_of_the_input_even_half_a_line) {
    say(request_of(1, "ping") + "\n" + request_of(2, "ping")); // no newline
    end_input();
    EXPECT_NE(hear().find(R"("id":1)"), std::string::npos);
    EXPECT_NE(hear().find(R"("id":2)"), std::string::npos);
}

TEST_F(McpStdio, ends_a_subscription_in_order_at_the_end_of_the_input) {
    say(request_of(6, "subscriptions/listen",
                   fmt::format(R"({{{},"notifications":{{"toolsListChanged":true}}}})", modern_meta)) +
        "\n");
    EXPECT_NE(hear().find("acknowledged"), std::string::npos);
    end_input();
    EXPECT_NE(hear().find(R"("id":6,"result")"), std::string::npos);
}

TEST_F(McpStdio, ends_when_its_client_has_gone_with_work_under_way) {
    say(request_of(8, "tools/call", R"({"name":"stuck"})") + "\n");
    end_input();
    EXPECT_EQ(cancelled_.get_future().wait_for(10s), std::future_status::ready);
}

TEST_F(McpHttp, refuses_pages_of_other_sites) {
    auto const body = request_of(1, "ping");
    for (auto const* const origin : {"http://evil.example", "null", "http://127.0.0.1.evil.example", "x"})
        EXPECT_EQ(ask(post(body, fmt::format("Origin: {}\r\n", origin))).status, 403) << origin;
    EXPECT_EQ(ask(post(body, "Origin: http://127.0.0.1\r\n")).status, 400); // let in; there is no session
    EXPECT_TRUE(still_serves());
}

TEST_F(McpHttp, refuses_what_is_no_message_with_the_status_that_fits) {
    EXPECT_EQ(ask(post("{", "")).status, 400);
    EXPECT_EQ(ask(post("\"\xff\"", "")).status, 400);
    EXPECT_EQ(ask(post(std::string(5000, '['), "")).status, 400);
    EXPECT_EQ(ask(post("[]", "")).status, 400);
    EXPECT_EQ(ask(post(std::string(200'000, ' '), "")).status, 413);
    EXPECT_EQ(ask(post(request_of(1, "ping"), "")).status, 400);
    EXPECT_EQ(ask(post(request_of(1, "ping"), "Mcp-Session-Id: nobody\r\n")).status, 404);
    EXPECT_EQ(ask(post(request_of(1, "ping"), "MCP-Protocol-Version: 1999-01-01\r\n")).status, 400);
    EXPECT_EQ(ask("GET /mcp HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n").status, 405);
    EXPECT_EQ(ask("PUT /mcp HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
    EXPECT_EQ(ask("POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}").status,
              415);
    EXPECT_EQ(ask(modern(1, "no/such")).status, 404);
    EXPECT_EQ(ask(modern(1, "tools/call", R"("name":"echo")", "other")).status, 400);
    EXPECT_TRUE(still_serves());
}

TEST_F(McpHttp, overlooks_fields_that_it_does_not_know) {
    auto const body = fmt::format(
        R"({{"jsonrpc":"2.0","id":5,"method":"tools/list","extra":[1],"params":{{{},"x":{{}}}}}})", modern_meta);
    EXPECT_EQ(ask(post(body, "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\nX-Unknown: 1\r\n")).status,
              200);
}

TEST_F(McpHttp, refuses_a_message_of_ten_megabytes) {
    EXPECT_EQ(ask(post(std::string(10'000'000, 'x'), "")).status, 413);
    EXPECT_TRUE(still_serves());
}

TEST_F(McpHttp, serves_the_next_client_when_one_has_left_within_its_message) {
    auto const whole = modern(1, "tools/call", R"("name":"echo")", "echo");
    for (std::size_t const part : {std::size_t{3}, whole.find("\r\n\r\n") + 4, whole.size() - 5}) {
        tests::RawConnection(port_).send(whole.substr(0, part));
        tests::RawConnection resetting(port_);
        resetting.send(whole.substr(0, part));
        resetting.reset();
    }
    EXPECT_TRUE(still_serves());
}

TEST_F(McpHttp, answers_a_batch_by_one_list_in_the_version_that_has_them) {
    auto const batch = "[" + request_of(1, "ping") + ",7," +
                       request_of(2, "tools/call", R"({"name":"echo","arguments":{"a":1}})") + "]";
    EXPECT_EQ(ask(post(batch, "")).status, 400);
    EXPECT_EQ(ask(post(batch, begin_session("2025-06-18"))).status, 400);
    auto const session = begin_session("2025-03-26");
    auto const replies = parse_json(ask(post(batch, session)).body);
    ASSERT_TRUE(replies && replies->is_array());
    std::set<std::string> ids;
    for (auto const& reply : replies->get_array()) ids.insert(to_text(reply.at("id")));
    EXPECT_EQ(ids, (std::set<std::string>{"1", "2", "null"}));
    EXPECT_EQ(ask(post(R"([{"jsonrpc":"2.0","method":"notifications/x"}])", session)).status, 202);
    EXPECT_EQ(ask(post("[]", session)).status, 400);
    EXPECT_EQ(ask(post("[" + request_of(1, "initialize") + "]", session)).status, 200); // with an error in it
    EXPECT_TRUE(still_serves());
}

TEST_F(McpHttp, tells_of_progress_before_the_replies_to_a_batch) {
    auto const session = begin_session("2025-03-26");
    tests::RawConnection connection(port_);
    connection.send(post("[" + request_of(1, "ping") + "," +
                             request_of(8, "tools/call", R"({"name":"stuck","_meta":{"progressToken":1}})") + "]",
                         session));
    EXPECT_EQ(connection.read().headers.at("content-type"), "text/event-stream");
    EXPECT_FALSE(connection.read_until("began").empty());
    EXPECT_EQ(
        ask(post(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":8}})", session)).status,
        202);
    EXPECT_FALSE(connection.read_until(R"(data: [{"jsonrpc":"2.0","id":1,"result":{}}])").empty());
}

TEST_F(McpHttp, keeps_a_session_of_the_legacy_era_until_it_is_deleted) {
    auto const session = begin_session("2025-06-18");
    EXPECT_EQ(ask(post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})", session)).status, 202);
    EXPECT_EQ(ask(post(request_of(2, "ping"), session)).body, R"({"jsonrpc":"2.0","id":2,"result":{}})");
    EXPECT_EQ(ask(fmt::format("DELETE /mcp HTTP/1.1\r\nHost: x\r\n{}\r\n", session)).status, 204);
    EXPECT_EQ(ask(post(request_of(3, "ping"), session)).status, 404);
}

TEST_F(McpHttp, cancels_in_the_modern_era_what_its_client_has_left) {
    {
        tests::RawConnection connection(port_);
        connection.send(modern(1, "tools/call", R"("name":"stuck")", "stuck"));
        auto const head = connection.read(); // a stream, since it takes longer than it may
        EXPECT_EQ(head.headers.at("content-type"), "text/event-stream");
    }
    EXPECT_EQ(cancelled_.get_future().wait_for(10s), std::future_status::ready);
    EXPECT_TRUE(still_serves());
}

TEST_F(McpHttp, tells_a_listening_client_of_changes_and_of_the_end) {
    tests::RawConnection connection(port_);
    connection.send(modern(4, "subscriptions/listen", R"("notifications":{"toolsListChanged":true})"));
    EXPECT_EQ(connection.read().headers.at("content-type"), "text/event-stream");
    auto const hears = [&](std::string_view what) {
        std::string text;
        while (text.size() < 4000 && text.find(what) == std::string::npos) text += connection.take(1);
        return text.find(what) != std::string::npos;
    };
    EXPECT_TRUE(hears("acknowledged"));
    asio::post(context_, [this] { hub_.tools_changed(); });
    EXPECT_TRUE(hears("notifications/tools/list_changed"));
    asio::post(context_, [this] { server_->shutdown(5s); });
    EXPECT_TRUE(hears(R"("id":4,"result")"));
}
