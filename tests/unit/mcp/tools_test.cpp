// The product's tools: what they say of themselves, what they cost, and that they answer as their endpoints do.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "mcp/engine.hpp"
#include "mcp/tools/product_catalog.hpp"
#include "mcp/tools/tool_table.hpp"
#include "unit/api/api_fixture.hpp"

namespace {

using namespace gem;

class McpTools : public test::ApiTest {
  protected:
    struct Silent final : mcp::Channel {
        void send(std::string text) override { sent.push_back(std::move(text)); }
        Async<mcp::Outcome> ask(std::string, mcp::Object) override { co_return mcp::Object(); }
        Async<void> until_ending() override { co_return; }
        std::vector<std::string> sent;
    };

    mcp::Outcome ask(std::string method, std::string_view params) {
        if (!catalog_) catalog_ = mcp::product_catalog(service(), database, clock, {.version = "1"});
        mcp::Hub hub;
        mcp::Engine engine(*catalog_, hub, log);
        mcp::Message message{.kind = mcp::Message::Kind::request, .id = 1, .method = std::move(method)};
        message.params = mcp::parse_json(params)->as_object();
        return run_to_end(engine.answer(client_, message, channel_));
    }
    mcp::Object call(std::string_view tool, std::string_view arguments) {
        auto const outcome = ask("tools/call", fmt::format(R"({{"name":"{}","arguments":{}}})", tool, arguments));
        EXPECT_TRUE(outcome) << tool;
        return outcome ? *outcome : mcp::Object();
    }
    static std::string text_of(mcp::Object const& result) {
        return std::string(result.at("content").at(0).at("text").as_string());
    }
    static bool is_error(mcp::Object const& result) { return result.contains("isError"); }

    std::optional<mcp::Catalog> catalog_;
    mcp::Client client_;
    Silent channel_;
};

} // namespace

TEST_F(McpTools, are_all_documented) {
    std::ifstream file(std::filesystem::path(GEM_SOURCE_DIR) / "docs" / "MCP.md", std::ios::binary);
    std::string const page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    for (auto const& row : mcp::tool_table()) {
        auto const line = fmt::format("| `{}` | `{} {}` |", row.name, row.method, row.path);
        EXPECT_NE(page.find(line), std::string::npos) << "docs/MCP.md has no line " << line;
    }
}

TEST_F(McpTools, have_an_endpoint_each) {
    client_.may_write = true;
    auto const listed = ask("tools/list", "{}");
    ASSERT_TRUE(listed);
    std::vector<std::string> names;
    for (auto const& tool : listed->at("tools").as_array()) names.emplace_back(tool.at("name").as_string());
    std::vector<std::string> wanted;
    for (auto const& row : mcp::tool_table()) wanted.emplace_back(row.name);
    EXPECT_EQ(names, wanted);
}

TEST_F(McpTools, cost_at_most_24_kb_without_answer_schemas_and_72_kb_with_them) {
    client_.may_write = true;
    auto const listed = ask("tools/list", "{}");
    ASSERT_TRUE(listed);
    EXPECT_LE(mcp::json_size(mcp::Value(*listed)), 72U * 1024);
    catalog_ = mcp::product_catalog(service(), database, clock, {.version = "1", .output_schemas = false});
    EXPECT_LE(mcp::json_size(mcp::Value(*ask("tools/list", "{}"))), 24U * 1024);
}

TEST_F(McpTools, say_what_their_endpoint_says) {
    store_event("1", "PushEvent", clock.now() - minutes(5));
    auto const result = call("get_event_counts", R"({"hours":2,"repo":"octo-org/hello-world","until":null})");
    EXPECT_FALSE(is_error(result));
    EXPECT_EQ(text_of(result), mcp::to_text(result.at("structuredContent")));
    EXPECT_EQ(result.at("structuredContent"), body("/metrics/event-counts?hours=2&repo=octo-org/hello-world"));
}

TEST_F(McpTools, tell_how_to_mend_a_call) {
    for (auto const& [arguments, word] :
         {std::pair{R"({"repositry":"a/b"})", "repo"}, std::pair{R"({"hours":"many"})", "from 1 to 8760"},
          std::pair{R"({"hours":0})", "from 1 to 8760"}, std::pair{R"({"repo":"nobody"})", "owner/name"},
          std::pair{R"({"repo":{}})", "`repo`"}, std::pair{R"({"max_bytes":1})", "from 500"},
          std::pair{R"({"hours":1,"offset_minutes":5})", "one of them"}}) {
        auto const result = call("get_event_counts", arguments);
        EXPECT_TRUE(is_error(result)) << arguments;
        EXPECT_NE(text_of(result).find(word), std::string::npos) << text_of(result);
    }
    EXPECT_TRUE(is_error(call("get_repository_activity", "{}")));
}

TEST_F(McpTools, page_through_events_and_leave_payloads_out_until_asked) {
    for (int i = 0; i < 50; ++i) store_event(std::to_string(1000 + i), "PushEvent", clock.now() - minutes(i + 1));
    std::set<std::string> seen;
    std::string cursor;
    for (int page = 0; page < 60; ++page) {
        auto const result = call("list_events", fmt::format(R"({{"max_bytes":1500,"limit":50{}}})",
                                                            cursor.empty() ? "" : R"(,"cursor":")" + cursor + '"'));
        ASSERT_FALSE(is_error(result)) << text_of(result);
        EXPECT_LE(text_of(result).size(), 1500U);
        auto const& content = result.at("structuredContent").as_object();
        for (auto const& event : content.at("events").as_array()) {
            EXPECT_FALSE(event.as_object().contains("payload"));
            seen.emplace(event.at("id").as_string());
        }
        if (!content.contains("cursor")) break;
        cursor = content.at("cursor").as_string();
    }
    EXPECT_EQ(seen.size(), 50U);
    auto const with_payload = call("list_events", R"({"limit":1,"fields":["payload"]})");
    EXPECT_EQ(mcp::to_text(with_payload.at("structuredContent").at("events")), R"([{"payload":{}}])");
    EXPECT_TRUE(is_error(call("list_events", R"({"fields":["nonsense"]})")));
}

TEST_F(McpTools, go_on_with_the_rest_of_the_same_window) {
    auto const first = call("get_event_counts_timeseries", R"({"hours":24,"max_bytes":2000})");
    auto const& content = first.at("structuredContent").as_object();
    ASSERT_TRUE(content.contains("truncated"));
    auto const shown = content.at("series").as_array().size();
    clock.advance(hours(1));
    auto const second =
        call("get_event_counts_timeseries", fmt::format(R"({{"hours":24,"max_bytes":2000,"cursor":"{}"}})",
                                                        std::string_view(content.at("cursor").as_string())));
    EXPECT_EQ(second.at("structuredContent").at("window"), content.at("window"));
    auto const whole = body(fmt::format("/metrics/event-counts-timeseries?hours=24&until={}",
                                        std::string_view(content.at("window").at("to").as_string())));
    EXPECT_EQ(second.at("structuredContent").at("series").at(0), whole.at("series").at(shown));
    EXPECT_TRUE(is_error(call("get_event_counts_timeseries", R"({"cursor":"|/nowhere=3"})")));
}

TEST_F(McpTools, collect_only_for_those_who_may_and_tell_that_it_goes_on) {
    EXPECT_FALSE(ask("tools/call", R"({"name":"collect_events_now"})"));
    client_.may_write = true;
    auto const outcome =
        ask("tools/call", R"({"name":"collect_events_now","arguments":{"limit":7},"_meta":{"progressToken":"p"}})");
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->at("structuredContent").at("inserted").as_int64(), 9);
    EXPECT_EQ(collector.limit, 7);
    EXPECT_GE(channel_.sent.size(), 2U);
}
