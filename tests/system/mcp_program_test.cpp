// MCP of the built program: its pipes and its port with a hundred clients and with hostile ones, what both faces share,
// and what Prometheus is told of it.
#include <set>

#include "mcp/json.hpp"
#include "system/program_fixture.hpp"

namespace {

using namespace gem;
using namespace gem::tests;

constexpr int crowd = 100;

std::string line_of(int id, std::string_view method, std::string_view params = "{}") {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})"
                       "\n",
                       id, method, params);
}

std::string hello(std::string_view version = "2025-11-25") {
    return line_of(1, "initialize",
                   fmt::format(R"({{"protocolVersion":"{}","capabilities":{{}},"clientInfo":{{}}}})", version));
}

class McpProgram : public Program {
  protected:
    /// The program with whatever `script`, a pipeline of Bash, puts before and after it; `$0` is the program.
    ProcessOutcome pipeline(std::string const& script, std::string const& argument = {}) const {
        return ChildProcess("/bin/bash", {"-c", script, GEM_PROGRAM, argument}, environment()).wait();
    }
    ProcessOutcome ask(std::string const& lines, std::vector<std::string> more = {}) const {
        more.insert(more.begin(), "mcp");
        return run(std::move(more), lines);
    }
    static std::size_t lines_in(std::string const& text) {
        return static_cast<std::size_t>(std::ranges::count(text, '\n'));
    }
    static std::string post(std::string_view body, std::string_view headers = {}) {
        return fmt::format("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: "
                           "application/json, text/event-stream\r\nContent-Length: {}\r\n{}\r\n{}",
                           body.size(), headers, body);
    }
};

} // namespace

TEST_F(McpProgram, answers_hostile_lines_and_ends_in_order) {
    auto const outcome = ask("{\n\"\xff\"\n" + std::string(3000, '[') + "\n" + hello() +
                             R"({"jsonrpc":"2.0","id":2,"method":"ping","extra":{}})" // without its end
    );
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(lines_in(outcome.out), 5U) << outcome.out;
    for (std::size_t at = 0; at < outcome.out.size();) {
        auto const end = outcome.out.find('\n', at);
        EXPECT_TRUE(mcp::parse_json(outcome.out.substr(at, end - at))) << outcome.out;
        at = end + 1;
    }
    EXPECT_NE(outcome.out.find(R"({"jsonrpc":"2.0","id":2,"result":{}})"), std::string::npos);
    EXPECT_EQ(outcome.err.find("ERROR"), std::string::npos) << outcome.err;
}

TEST_F(McpProgram, skips_a_line_of_ten_megabytes) {
    auto const outcome =
        pipeline(R"((head -c 10000000 /dev/zero | tr '\0' x; echo; printf %s "$1") | "$0" mcp)", line_of(7, "ping"));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(lines_in(outcome.out), 2U);
    EXPECT_NE(outcome.out.find("4194304 bytes"), std::string::npos);
    EXPECT_NE(outcome.out.find(R"("id":7,"result")"), std::string::npos);
}

TEST_F(McpProgram, ends_in_order_when_nobody_reads_its_answers) {
    auto const outcome = pipeline(R"(yes "$1" | "$0" mcp | head -c 1 >"/dev/null"; exit "${PIPESTATUS[1]}")",
                                  R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(McpProgram, serves_a_hundred_clients_over_pipes_at_once) {
    ASSERT_EQ(run({"setup", "create"}).status, 0);
    std::vector<std::unique_ptr<ChildProcess>> clients;
    for (int i = 0; i < crowd; ++i) {
        clients.push_back(std::make_unique<ChildProcess>(
            GEM_PROGRAM, std::vector<std::string>{"mcp"}, environment(),
            hello() + line_of(1000 + i, "tools/call", R"({"name":"get_event_counts","arguments":{}})")));
    }
    for (int i = 0; i < crowd; ++i) {
        auto const outcome = clients[static_cast<std::size_t>(i)]->wait();
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_NE(outcome.out.find(fmt::format(R"("id":{},"result")", 1000 + i)), std::string::npos) << outcome.out;
    }
}

TEST_F(McpProgram, serves_a_hundred_clients_over_http_at_once_and_hostile_ones_among_them) {
    auto const served = serve({"--rate-limit", "off"});
    std::vector<RawConnection> clients;
    for (int i = 0; i < crowd; ++i) clients.emplace_back(served.port);
    for (auto& client : clients) ASSERT_TRUE(client.send(post(hello())));
    std::vector<std::string> sessions;
    for (auto& client : clients) {
        auto const begun = client.read();
        ASSERT_EQ(begun.status, 200) << begun.body;
        sessions.push_back(fmt::format("Mcp-Session-Id: {}\r\n", begun.headers.at("mcp-session-id")));
    }
    EXPECT_EQ(std::set<std::string>(sessions.begin(), sessions.end()).size(), sessions.size());
    for (std::size_t i = 0; i < clients.size(); ++i) {
        clients[i].send(
            post(line_of(static_cast<int>(i), "tools/call", R"({"name":"get_event_counts"})"), sessions[i]));
        RawConnection hostile(served.port);
        switch (i % 5) {
        case 0:
            hostile.send(post(hello()).substr(0, 150));
            break;
        case 1:
            hostile.send(post("\"\xff\""));
            break;
        case 2:
            hostile.send(post(std::string(5000, '[')));
            break;
        case 3:
            hostile.send(post(hello(), "Origin: http://evil.example\r\n"));
            break;
        default:
            hostile.send("POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n{");
            break;
        }
        if (i % 2 == 0) hostile.reset();
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
        auto answer = clients[i].read();
        EXPECT_EQ(answer.status, 200);
        // What takes longer than a second comes as a stream.
        if (answer.headers["content-type"] == "text/event-stream") answer.body = clients[i].read_until("\"result\"");
        EXPECT_NE(answer.body.find(fmt::format(R"("id":{},"result")", i)), std::string::npos) << answer.body;
    }
    auto const figures = get(served.port, "/metrics");
    EXPECT_NE(figures.find(R"(gem_mcp_calls_total{tool="get_event_counts",outcome="answered"} 100)"),
              std::string::npos);
    EXPECT_NE(figures.find("gem_mcp_sessions 100"), std::string::npos);
    EXPECT_NE(figures.find("gem_mcp_subscriptions 0"), std::string::npos);
}

TEST_F(McpProgram, keeps_monitors_also_where_nothing_is_served_over_http) {
    auto const added = ask(line_of(1, "tools/call", R"({"name":"add_monitor","arguments":{"repo":"acme/tool"}})"),
                           {"--mcp-allow-writes", "1"});
    EXPECT_NE(added.out.find(R"(\"id\":\"m-0001\")"), std::string::npos) << added.out;
    auto const listed = ask(line_of(1, "tools/call", R"({"name":"get_active_monitors"})"));
    EXPECT_NE(listed.out.find(R"("count":1)"), std::string::npos) << listed.out;
}
