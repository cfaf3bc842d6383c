// POST /webhook: what is taken, what is refused, and what is told of it.
#include "unit/api/api_fixture.hpp"

#include <fmt/format.h>
#include <openssl/hmac.h>

#include "support/run_async.hpp"

namespace gem::test {

namespace {

constexpr char const* push_body =
    R"({"ref":"refs/heads/main","before":"aa","after":"bb","repository":{"id":7,"full_name":"acme/tool","private":false},"sender":{"id":1,"login":"ada"}})";

std::string signature_of(std::string_view secret, std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<unsigned char const*>(text.data()), text.size(), digest, &size);
    std::string out = "sha256=";
    for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
    return out;
}

} // namespace

class Webhooks : public ApiTest {
  protected:
    void with_secrets(std::vector<std::string> secrets) {
        intake.emplace(database, clock, log, std::move(secrets));
        options.webhooks = &*intake;
    }
    http::Response deliver(std::string kind, std::string text, std::string signature, std::string delivery = "0-1",
                           std::string address = "203.0.113.9", std::vector<std::string> more = {}) {
        auto asked = request("POST", "/webhook");
        asked.body = std::move(text);
        asked.remote_address = std::move(address);
        asked.headers = {{"content-type", "application/json"},
                         {"x-github-event", std::move(kind)},
                         {"x-github-delivery", std::move(delivery)}};
        if (!signature.empty()) asked.headers.emplace_back("x-hub-signature-256", std::move(signature));
        for (auto& name : more) asked.headers.emplace_back(std::move(name), "x");
        return send(asked);
    }
    std::optional<WebhookIntake> intake;
};

TEST_F(Webhooks, a_signed_delivery_is_stored_and_known_again) {
    with_secrets({"old", "new"});
    auto const first = deliver("push", push_body, signature_of("new", push_body));
    EXPECT_EQ(first.status, 202U);
    auto answer = json_of(first);
    EXPECT_EQ(answer.at("status").as_string(), "stored");
    EXPECT_EQ(answer.at("delivery").as_string(), "0-1");
    EXPECT_EQ(answer.at("event_id").as_string(), "wh:0-1");
    EXPECT_EQ(answer.at("event_type").as_string(), "PushEvent");
    EXPECT_EQ(store.events.size(), 1U);
    auto const again = deliver("push", push_body, signature_of("old", push_body));
    EXPECT_EQ(again.status, 200U);
    EXPECT_EQ(json_of(again).at("status").as_string(), "duplicate");
    EXPECT_EQ(store.events.size(), 1U);
}

TEST_F(Webhooks, a_ping_is_answered_and_what_is_no_event_is_told) {
    with_secrets({"s"});
    std::string const ping = R"({"zen":"x"})";
    auto const pong = deliver("ping", ping, signature_of("s", ping));
    EXPECT_EQ(pong.status, 200U);
    EXPECT_EQ(json_of(pong).at("status").as_string(), "pong");
    EXPECT_TRUE(json_of(pong).at("event_id").is_null());
    std::string const star = R"({"action":"deleted","repository":{"full_name":"acme/tool"}})";
    auto const ignored = json_of(deliver("star", star, signature_of("s", star)));
    EXPECT_EQ(ignored.at("status").as_string(), "ignored");
    EXPECT_TRUE(ignored.at("reason").is_string());
    EXPECT_TRUE(store.events.empty());
}

TEST_F(Webhooks, what_is_not_signed_is_refused_before_anything_is_read) {
    with_secrets({"s"});
    for (auto const& signature : {std::string(), signature_of("t", push_body), std::string("sha256=")}) {
        auto const refused = deliver("push", push_body, signature);
        EXPECT_EQ(refused.status, 401U);
        EXPECT_EQ(json_of(refused).at("error_code").as_string(), "UNAUTHORIZED");
        EXPECT_EQ(deliver("nonsense!", "no json", signature).status, 401U) << "nothing of it is looked at";
        EXPECT_EQ(deliver("push", push_body, signature, "1", "127.0.0.1").status, 401U);
    }
    EXPECT_TRUE(store.events.empty());
}

TEST_F(Webhooks, what_is_signed_and_no_delivery_is_a_bad_request) {
    with_secrets({"s"});
    auto const status = [&](std::string kind, std::string text, std::string delivery = "1") {
        auto signature = signature_of("s", text);
        return deliver(std::move(kind), std::move(text), std::move(signature), std::move(delivery)).status;
    };
    EXPECT_EQ(status("push", "no json"), 400U);
    EXPECT_EQ(status("push", "[]"), 400U);
    EXPECT_EQ(status("", push_body), 400U);
    EXPECT_EQ(status("push", push_body, ""), 400U);
    EXPECT_EQ(status("push", push_body, "a b"), 400U);
}

TEST_F(Webhooks, without_a_secret_only_this_machine_is_believed) {
    with_secrets({});
    EXPECT_EQ(deliver("push", push_body, "", "1", "203.0.113.9").status, 401U);
    EXPECT_EQ(deliver("push", push_body, "", "1", "10.0.0.1").status, 401U);
    for (auto const* name : {"x-forwarded-for", "forwarded", "via", "origin"})
        EXPECT_EQ(deliver("push", push_body, "", "1", "127.0.0.1", {name}).status, 401U) << name;
    EXPECT_EQ(deliver("push", push_body, "", "1", "127.0.0.1").status, 202U);
    EXPECT_EQ(deliver("push", push_body, "", "2", "::1").status, 202U);
}

TEST_F(Webhooks, a_store_that_fails_is_a_503_so_that_the_delivery_can_come_again) {
    with_secrets({"s"});
    store.broken = Error{.code = ErrorCode::unavailable, .message = "the disk is full"};
    auto const failed = deliver("push", push_body, signature_of("s", push_body));
    EXPECT_EQ(failed.status, 503U);
    EXPECT_TRUE(header(failed, "Retry-After"));
    store.broken.reset();
    EXPECT_EQ(deliver("push", push_body, signature_of("s", push_body)).status, 202U);
}

TEST_F(Webhooks, a_store_that_does_not_answer_in_time_is_a_503_although_it_may_store_the_event_later) {
    auto const slowly = [](std::vector<Event>) -> Async<Result<void>> {
        co_await sleep_for(std::chrono::milliseconds(30));
        co_return Result<void>{};
    };
    intake.emplace(database, clock, log, std::vector<std::string>{"s"}, slowly, std::chrono::milliseconds(1));
    options.webhooks = &*intake;
    auto const late = deliver("push", push_body, signature_of("s", push_body));
    EXPECT_EQ(late.status, 503U);
    EXPECT_EQ(json_of(late).at("error_code").as_string(), "TIMED_OUT");
    EXPECT_TRUE(header(late, "Retry-After"));
    EXPECT_EQ(store.events.size(), 1U) << "what was begun went on";
    intake.emplace(database, clock, log, std::vector<std::string>{"s"});
    EXPECT_EQ(deliver("push", push_body, signature_of("s", push_body)).status, 200U)
        << "so it is known when it comes again";
}

TEST_F(Webhooks, what_pushes_owe_is_noted_before_they_are_stored) {
    std::size_t stored_before = 1;
    std::vector<std::string> noted;
    auto const note = [&](std::vector<Event> events) -> Async<Result<void>> {
        stored_before = store.events.size();
        for (auto const& event : events) noted.push_back(event.repo_name);
        if (noted.size() > 1) co_return fail(ErrorCode::unavailable, "the disk is full");
        co_return Result<void>{};
    };
    intake.emplace(database, clock, log, std::vector<std::string>{"s"}, note);
    options.webhooks = &*intake;
    std::string const star =
        R"({"action":"created","repository":{"id":7,"full_name":"acme/tool","private":false},"sender":{"id":1,"login":"ada"}})";
    EXPECT_EQ(deliver("star", star, signature_of("s", star), "0-0").status, 202U);
    EXPECT_TRUE(noted.empty()) << "no push";
    EXPECT_EQ(deliver("push", push_body, signature_of("s", push_body)).status, 202U);
    EXPECT_EQ(noted, std::vector<std::string>{"acme/tool"});
    EXPECT_EQ(stored_before, 1U) << "only the star";
    EXPECT_EQ(deliver("push", push_body, signature_of("s", push_body), "0-2").status, 503U) << "it could not be noted";
    EXPECT_EQ(store.events.size(), 2U);
}

TEST_F(Webhooks, they_are_counted_by_what_became_of_them) {
    with_secrets({"s"});
    deliver("push", push_body, signature_of("s", push_body));
    deliver("push", push_body, signature_of("s", push_body));
    deliver("push", push_body, "");
    deliver("push", "x", signature_of("s", "x"));
    auto const text = get("/metrics").body->bytes();
    for (auto const* outcome : {"stored", "duplicate", "unauthorized", "malformed"})
        EXPECT_NE(text.find(fmt::format("gem_webhook_deliveries_total{{outcome=\"{}\"}} 1", outcome)),
                  std::string::npos)
            << outcome;
    EXPECT_NE(text.find("gem_webhook_lag_seconds_count 1"), std::string::npos);
}

TEST_F(Webhooks, the_fields_of_the_answers_are_those_of_the_examples) {
    with_secrets({"s"});
    std::vector<std::string> keys;
    auto const answer = json_of(deliver("push", push_body, signature_of("s", push_body)));
    for (auto const& member : answer.as_object()) keys.emplace_back(member.key());
    EXPECT_EQ(keys, (std::vector<std::string>{"status", "delivery", "event_id", "event_type", "timestamp"}));
}

class Stream : public ApiTest {
  protected:
    http::Response follow(std::string target, std::string last_event_id = {}) {
        auto asked = request("GET", std::move(target));
        if (!last_event_id.empty()) asked.headers.emplace_back("last-event-id", std::move(last_event_id));
        return send(asked);
    }
    static std::string piece(http::Response& response) { return run_to_end(response.stream->next()).value_or(""); }
};

TEST_F(Stream, a_client_that_was_here_before_goes_on_after_what_it_had) {
    store_event("1", "WatchEvent", clock.now());
    store_event("2", "PushEvent", clock.now());
    store_event("3", "WatchEvent", clock.now());
    auto response = follow("/events/stream", "fake-1");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.content_type, "text/event-stream; charset=utf-8");
    ASSERT_TRUE(response.stream);
    EXPECT_EQ(piece(response), "retry: 2000\n\n");
    auto const text = piece(response);
    EXPECT_EQ(text.find("\"id\":\"1\""), std::string::npos);
    EXPECT_NE(text.find("id: fake-2\nevent: event\ndata: {\"id\":\"2\",\"type\":\"PushEvent\""), std::string::npos)
        << text;
    EXPECT_NE(text.find("id: fake-3\nevent: event\n"), std::string::npos);
    store_event("4", "WatchEvent", clock.now());
    EXPECT_NE(piece(response).find("\"id\":\"4\""), std::string::npos);
}

TEST_F(Stream, the_filters_are_by_repository_and_type) {
    store_event("1", "WatchEvent", clock.now(), "acme/tool");
    store_event("2", "PushEvent", clock.now(), "acme/tool");
    store_event("3", "PushEvent", clock.now(), "acme/other");
    auto response = follow("/events/stream?repo=ACME/tool&type=PushEvent", "fake-0");
    piece(response);
    auto const text = piece(response);
    EXPECT_NE(text.find("\"id\":\"2\""), std::string::npos);
    EXPECT_EQ(text.find("\"id\":\"1\""), std::string::npos);
    EXPECT_EQ(text.find("\"id\":\"3\""), std::string::npos);
}

TEST_F(Stream, an_unknown_position_is_told_by_a_reset) {
    auto response = follow("/events/stream", "another-77");
    piece(response);
    EXPECT_EQ(piece(response), "event: reset\ndata: {}\n\n");
}

TEST_F(Stream, strangers_do_not_see_events_of_private_repositories) {
    options.access.loopback_only = false;
    store_event("1", "PushEvent", clock.now());
    store.events.back().is_public = false;
    store_event("2", "PushEvent", clock.now());
    auto response = follow("/events/stream", "fake-0");
    piece(response);
    auto const text = piece(response);
    EXPECT_EQ(text.find("\"id\":\"1\""), std::string::npos);
    EXPECT_NE(text.find("\"id\":\"2\""), std::string::npos);
}

TEST_F(Stream, there_are_only_so_many_at_once) {
    options.max_streams = 1;
    auto first = follow("/events/stream");
    auto const second = follow("/events/stream");
    EXPECT_EQ(second.status, 503U);
    EXPECT_EQ(json_of(second).at("error_code").as_string(), "OVERLOADED");
    first.stream.reset();
    EXPECT_EQ(follow("/events/stream").status, 200U);
}

TEST(ServerSent, a_payload_over_several_lines_stays_one_event) {
    EXPECT_EQ(api::server_sent("e-1", "event", "{\r\n\"a\":1\n}"),
              "id: e-1\nevent: event\ndata: {\ndata: \"a\":1\ndata: }\n\n");
}

} // namespace gem::test
