// The protocol's methods in both eras, without a transport.
#include "mcp/engine.hpp"

#include <list>

#include <gtest/gtest.h>

#include "base/async.hpp"
#include "mcp/batch.hpp"

namespace {

using namespace gem;
using namespace gem::mcp;

/// Keeps what is sent; ends at once whoever waits for the end.
struct TestChannel final : Channel {
    void send(std::string text) override { sent.push_back(std::move(text)); }
    Async<Outcome> ask(std::string, Object) override { co_return Object{{"answer", 1}}; }
    Async<void> until_ending() override { co_return; }
    std::vector<std::string> sent;
};

Tool echo_tool(std::string name, bool writes = false) {
    return {.name = std::move(name),
            .description = "Says what it is told",
            .input_schema = Object{{"type", "object"}},
            .writes = writes,
            .call = [](Call& call, Object arguments) -> Async<Outcome> {
                call.progress(1, 2, "half");
                call.log("info", "echo", "said");
                co_return text_result(to_text(Value(std::move(arguments))));
            }};
}

class McpEngine : public testing::Test {
  protected:
    McpEngine() {
        catalog_.name = "test";
        catalog_.version = "1";
        catalog_.page = 2;
        catalog_.tools = {echo_tool("one"), echo_tool("two"), echo_tool("three"), echo_tool("writer", true)};
        catalog_.tools.push_back({.name = "broken",
                                  .description = "Throws",
                                  .input_schema = Object{{"type", "object"}},
                                  .call = [](Call&, Object) -> Async<Outcome> {
                                      throw std::runtime_error("secret");
                                      co_return Object();
                                  }});
        catalog_.templates.push_back({.uri = "test://things/{id}",
                                      .name = "thing",
                                      .read = [](Call&, std::string uri, Variables variables) -> Async<Outcome> {
                                          co_return resource_result(uri, "text/plain", variables.at("id"));
                                      }});
        modern_.era = Era::modern;
        modern_.version = modern_version;
    }

    Outcome ask(Client& client, std::string method, std::string_view params = "{}") {
        Message request{.kind = Message::Kind::request, .id = 7, .method = std::move(method)};
        request.params = parse_json(params)->as_object();
        return run_to_end(engine_.answer(client, request, channel_));
    }

    static std::string text(Outcome const& outcome) {
        return outcome ? to_text(Value(*outcome))
                       : std::to_string(outcome.error().code) + " " + outcome.error().message;
    }

    SystemClock clock_;
    std::string logged_;
    Log log_{clock_, LogLevel::info, LogFormat::text, [this](std::string_view line) { logged_ += line; }};
    Hub hub_;
    Catalog catalog_;
    Engine engine_{catalog_, hub_, log_};
    TestChannel channel_;
    Client legacy_;
    Client modern_;
};

} // namespace

TEST_F(McpEngine, agrees_on_the_clients_version_where_it_can_and_names_its_newest_where_it_cannot) {
    for (auto const& [asked, given] : {std::pair{"2025-06-18", "2025-06-18"}, std::pair{"2024-11-05", "2025-11-25"}}) {
        auto const result =
            ask(legacy_, "initialize",
                fmt::format(R"({{"protocolVersion":"{}","capabilities":{{}},"clientInfo":{{}}}})", asked));
        ASSERT_TRUE(result);
        EXPECT_EQ(get_string(*result, "protocolVersion"), given);
    }
}

TEST_F(McpEngine, has_in_each_era_only_that_eras_methods) {
    EXPECT_TRUE(ask(legacy_, "ping"));
    EXPECT_EQ(ask(modern_, "ping").error().code, code::method_not_found);
    EXPECT_TRUE(ask(modern_, "server/discover"));
    EXPECT_EQ(ask(legacy_, "server/discover").error().code, code::method_not_found);
}

TEST_F(McpEngine, says_in_the_modern_era_what_kind_of_result_it_is_and_how_long_it_keeps) {
    auto const modern = ask(modern_, "tools/list");
    EXPECT_EQ(get_string(*modern, "resultType"), "complete");
    EXPECT_TRUE(modern->contains("ttlMs"));
    EXPECT_EQ(get_string(*modern, "cacheScope"), "public");
    auto const legacy = ask(legacy_, "tools/list");
    EXPECT_FALSE(legacy->contains("resultType"));
    EXPECT_FALSE(legacy->contains("_meta"));
}

TEST_F(McpEngine, lists_page_by_page_and_refuses_a_cursor_of_its_own_making) {
    auto const first = ask(legacy_, "tools/list");
    EXPECT_EQ(first->at("tools").as_array().size(), 2U);
    EXPECT_EQ(get_string(*first, "nextCursor"), "2");
    auto const second = ask(legacy_, "tools/list", R"({"cursor":"2"})");
    EXPECT_EQ(second->at("tools").as_array().size(), 2U);
    EXPECT_FALSE(second->contains("nextCursor"));
    for (auto const* const cursor : {R"("0")", R"("99")", R"("-1")", R"("x")", "2", "null", R"("")"}) {
        auto const refused = ask(legacy_, "tools/list", std::string(R"({"cursor":)") + cursor + "}");
        ASSERT_FALSE(refused) << cursor;
        EXPECT_EQ(refused.error().code, code::invalid_params);
    }
}

TEST_F(McpEngine, shows_tools_that_write_only_to_those_who_may) {
    catalog_.page = 100;
    EXPECT_EQ(text(ask(legacy_, "tools/list")).find("writer"), std::string::npos);
    EXPECT_EQ(ask(legacy_, "tools/call", R"({"name":"writer"})").error().code, code::invalid_params);
    legacy_.may_write = true;
    EXPECT_NE(text(ask(legacy_, "tools/list")).find("writer"), std::string::npos);
    EXPECT_TRUE(ask(legacy_, "tools/call", R"({"name":"writer"})"));
}

TEST_F(McpEngine, tells_progress_to_those_who_gave_a_token_and_logs_to_those_who_asked) {
    ask(legacy_, "tools/call", R"({"name":"one"})");
    EXPECT_TRUE(channel_.sent.empty());
    ask(legacy_, "tools/call", R"({"name":"one","_meta":{"progressToken":"t"}})");
    ASSERT_EQ(channel_.sent.size(), 1U);
    EXPECT_NE(channel_.sent.front().find(R"("progressToken":"t","progress":1,"total":2)"), std::string::npos);
    ask(legacy_, "logging/setLevel", R"({"level":"warning"})");
    ask(legacy_, "tools/call", R"({"name":"one"})");
    EXPECT_EQ(channel_.sent.size(), 1U);
    ask(legacy_, "logging/setLevel", R"({"level":"info"})");
    ask(legacy_, "tools/call", R"({"name":"one"})");
    EXPECT_EQ(channel_.sent.size(), 2U);
}

TEST_F(McpEngine, keeps_what_a_handler_throws_to_the_log) {
    auto const outcome = ask(legacy_, "tools/call", R"({"name":"broken"})");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, code::internal_error);
    EXPECT_EQ(outcome.error().message.find("secret"), std::string::npos);
    EXPECT_NE(logged_.find("secret"), std::string::npos);
}

TEST_F(McpEngine, says_which_resource_is_not_there_by_the_code_of_the_era) {
    auto const wanted = R"({"uri":"test://other"})";
    EXPECT_EQ(ask(legacy_, "resources/read", wanted).error().code, code::resource_not_found);
    EXPECT_EQ(ask(modern_, "resources/read", wanted).error().code, code::invalid_params);
    EXPECT_NE(text(ask(modern_, "resources/read", R"({"uri":"test://things/a%20b"})")).find("a b"), std::string::npos);
    EXPECT_FALSE(ask(modern_, "resources/read", R"({"uri":"test://things/%zz"})"));
    EXPECT_FALSE(ask(modern_, "resources/read", R"({"uri":"test://things/"})"));
}

TEST_F(McpEngine, acknowledges_a_subscription_first_and_tags_everything_with_its_id) {
    auto const result =
        ask(modern_, "subscriptions/listen",
            R"({"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://things/1"]}})");
    ASSERT_TRUE(result);
    ASSERT_EQ(channel_.sent.size(), 1U);
    EXPECT_NE(channel_.sent[0].find("notifications/subscriptions/acknowledged"), std::string::npos);
    EXPECT_NE(channel_.sent[0].find(R"("io.modelcontextprotocol/subscriptionId":7)"), std::string::npos);
    EXPECT_EQ(channel_.sent[0].find("toolsListChanged"), std::string::npos); // these tools never change
    EXPECT_EQ(hub_.size(), 0U);
}

TEST_F(McpEngine, counts_only_those_who_want_to_hear_of_something_against_the_limit_of_subscriptions) {
    auto const ignore = [](std::string_view, Object) {};
    std::list<Hub::Subscription> sessions;
    for (int i = 0; i < 2000; ++i) sessions.emplace_back(hub_, Interest(), ignore);
    constexpr auto wanted = R"({"notifications":{"resourceSubscriptions":["test://things/1"]}})";
    EXPECT_TRUE(ask(modern_, "subscriptions/listen", wanted));
    for (int i = 0; i < 2000; ++i) sessions.emplace_back(hub_, Interest{.uris = {"test://things/1"}}, ignore);
    EXPECT_FALSE(ask(modern_, "subscriptions/listen", wanted));
    EXPECT_FALSE(ask(legacy_, "resources/subscribe", R"({"uri":"test://things/1"})"));
}

TEST_F(McpEngine, counts_calls_by_tool_and_by_how_they_ended) {
    catalog_.tools.push_back({.name = "refusing",
                              .description = "Wants other arguments",
                              .input_schema = Object{{"type", "object"}},
                              .call = [](Call&, Object) -> Async<Outcome> { co_return text_result("mend it", true); }});
    ask(legacy_, "tools/call", R"({"name":"one"})");
    ask(legacy_, "tools/call", R"({"name":"one"})");
    ask(legacy_, "tools/call", R"({"name":"broken"})");
    ask(legacy_, "tools/call", R"({"name":"refusing"})");
    ask(legacy_, "tools/call", R"({"name":"whatever they say"})");
    Engine::CallCounts const wanted = {
        {{"one", "answered"}, 2}, {{"broken", "failed"}, 1}, {{"refusing", "refused"}, 1}, {{"other", "unknown"}, 1}};
    EXPECT_EQ(engine_.calls(), wanted);
}

TEST(McpMessage, is_a_request_a_notification_or_a_response_and_nothing_else) {
    EXPECT_EQ(parse_message(R"({"jsonrpc":"2.0","id":1,"method":"ping"})")->kind, Message::Kind::request);
    EXPECT_EQ(parse_message(R"({"jsonrpc":"2.0","method":"x"})")->kind, Message::Kind::notification);
    EXPECT_EQ(parse_message(R"({"jsonrpc":"2.0","id":"a","result":{}})")->kind, Message::Kind::response);
    std::string deep(100, '[');
    deep += std::string(100, ']');
    for (std::string const& text :
         {std::string(), std::string("{"), std::string("{} {}"), deep, std::string("\"\xff\""), std::string("nul")}) {
        ASSERT_FALSE(parse_message(text)) << text;
        EXPECT_EQ(parse_message(text).error().code, code::parse_error) << text;
    }
    for (auto const* const text :
         {"[]", "1", "{}", R"({"jsonrpc":"1.0","id":1,"method":"x"})", R"({"jsonrpc":"2.0","id":1})",
          R"({"jsonrpc":"2.0","id":1.5,"method":"x"})", R"({"jsonrpc":"2.0","id":null,"method":"x"})",
          R"({"jsonrpc":"2.0","id":{},"method":"x"})", R"({"jsonrpc":"2.0","id":1,"method":2})",
          R"({"jsonrpc":"2.0","id":1,"method":"x","params":[]})"}) {
        ASSERT_FALSE(parse_message(text)) << text;
        EXPECT_EQ(parse_message(text).error().code, code::invalid_request) << text;
    }
}

TEST(McpBatch, is_a_list_of_messages_each_right_or_wrong_by_itself) {
    EXPECT_TRUE(is_list(" \t[1]"));
    EXPECT_FALSE(is_list("{}"));
    EXPECT_FALSE(is_list(""));
    auto const messages =
        parse_batch(R"([{"jsonrpc":"2.0","id":1,"method":"ping"},7,{"jsonrpc":"2.0","id":2,"method":"initialize"}])");
    ASSERT_TRUE(messages);
    ASSERT_EQ(messages->size(), 3U);
    EXPECT_TRUE(messages->at(0));
    EXPECT_EQ(messages->at(1).error().code, code::invalid_request);
    EXPECT_EQ(messages->at(2).error().code, code::invalid_request);
    std::string many = "[0";
    for (std::size_t i = 0; i < most_batched; ++i) many += ",0";
    for (std::string const& text : {std::string("[]"), std::string("{}"), many + "]"})
        EXPECT_EQ(parse_batch(text).error().code, code::invalid_request) << text;
    EXPECT_EQ(parse_batch("[").error().code, code::parse_error);
}

TEST(McpBatch, is_answered_by_one_list_when_the_last_reply_is_there) {
    std::vector<std::string> sent;
    auto const send = [&](std::string text) { sent.push_back(std::move(text)); };
    Batch batch(3, send);
    batch.settle("1");
    batch.settle({});
    EXPECT_TRUE(sent.empty());
    batch.settle("2");
    Batch silent(1, send);
    silent.settle({});
    EXPECT_EQ(sent, (std::vector<std::string>{"[1,2]", ""}));
}

TEST(McpMessage, takes_base64_only_in_its_one_form) {
    for (std::string const text : {"", "a", "ab", "abc", "abcd", "Hello"}) EXPECT_EQ(from_base64(base64(text)), text);
    for (auto const* const text : {"SGVsbG8", "SGVs!!!bG8=", "SGVsbG9=", "=", "====", "QQ==QQ=="})
        EXPECT_FALSE(from_base64(text)) << text;
}

TEST(McpMessage, writes_numbers_as_a_person_does) {
    EXPECT_EQ(to_text(*parse_json("[1.5,12.0,0.25,1e3,-0.5,100000,9223372036854775807]")),
              "[1.5,12,0.25,1000,-0.5,100000,9223372036854775807]");
}
