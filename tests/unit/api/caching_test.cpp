// What is kept, for how long, and who may ask.
#include "unit/api/api_fixture.hpp"

using namespace gem;
using gem::test::ApiTest;

namespace {
constexpr UtcTime at_ten = from_unix(1'768'471'200);
}

using Caching = ApiTest;

TEST_F(Caching, an_answer_is_computed_once_until_something_is_written) {
    std::string const target = "/metrics/event-counts?until=2026-01-15T11:00:00Z";
    auto const first = get(target);
    EXPECT_EQ(get("/metrics/event-counts?offset_minutes=60&until=2026-01-15T11:00:00Z").body, first.body);
    EXPECT_EQ(store.questions, 1);
    EXPECT_EQ(first.etag.size(), 32U);
    EXPECT_EQ(first.cache_control, "max-age=5");
    store_event("1", "PushEvent", at_ten);
    steady += std::chrono::milliseconds(21);
    EXPECT_NE(get(target).etag, first.etag);
    EXPECT_EQ(store.questions, 2);
}

TEST_F(Caching, an_answer_that_differs_in_its_timestamp_alone_is_sent_as_it_was) {
    std::string const target = "/metrics/event-counts?repo=a/b&until=2026-01-15T11:00:00Z";
    auto const first = get(target);
    store_event("1", "PushEvent", at_ten); // of another repository
    clock.advance(seconds(5));
    steady += std::chrono::seconds(5);
    auto const second = get(target);
    EXPECT_EQ(store.questions, 2);
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(second.etag, first.etag);
}

TEST_F(Caching, a_window_that_ends_now_moves_on_with_the_minute) {
    clock.advance(seconds(10));
    get("/metrics/event-counts");
    clock.advance(seconds(49));
    get("/metrics/event-counts");
    EXPECT_EQ(store.questions, 1);
    clock.advance(seconds(1)); // at 12:01:00, not a second later: what happens now is in it
    EXPECT_EQ(body("/metrics/event-counts").at("window").at("to").as_string(), "2026-01-15T12:02:00Z");
    EXPECT_EQ(store.questions, 2);
}

TEST_F(Caching, the_fast_path_answers_what_is_kept_and_nothing_else) {
    auto const asked = request("GET", "/metrics/trending");
    EXPECT_FALSE(service().answer_now(asked));
    auto const slow = send(asked);
    auto const fast = service().answer_now(asked);
    ASSERT_TRUE(fast);
    EXPECT_EQ(fast->body, slow.body);
    EXPECT_TRUE(service().answer_now(request("HEAD", "/metrics/trending")));
    EXPECT_FALSE(service().answer_now(request("GET", "/metrics/trending?hours=24"))); // a spelling not seen yet
    auto with_body = asked;
    with_body.body = "{";
    EXPECT_FALSE(service().answer_now(with_body)); // it is refused, as where nothing is kept
    EXPECT_EQ(send(with_body).status, 415U);
    send(request("GET", "/health"));
    EXPECT_FALSE(service().answer_now(request("GET", "/health")));
    steady += std::chrono::milliseconds(20); // whether somebody else wrote must be asked
    EXPECT_FALSE(service().answer_now(asked));
    send(asked);
    EXPECT_TRUE(service().answer_now(asked));
    EXPECT_EQ(service().metrics().cache_hits(), 4U);
}

TEST_F(Caching, what_a_request_collected_is_seen_at_once) {
    auto const asked = request("GET", "/metrics/event-counts");
    send(asked);
    store_event("1", "PushEvent", at_ten + minutes(70));
    post("/collect", "");
    EXPECT_FALSE(service().answer_now(asked));
    EXPECT_EQ(json_of(send(asked)).at("total_events").as_int64(), 1);
}

TEST_F(Caching, equal_questions_at_once_are_computed_once) {
    store.slow = true;
    auto const asked = request("GET", "/metrics/event-counts");
    asio::io_context context(1);
    std::vector<http::Response> answers;
    for (int i = 0; i < 5; ++i)
        asio::co_spawn(context, service().answer(asked), [&](std::exception_ptr error, http::Response answer) {
            EXPECT_FALSE(error);
            answers.push_back(std::move(answer));
        });
    context.run();
    ASSERT_EQ(answers.size(), 5U);
    for (auto const& answer : answers) EXPECT_EQ(answer.body, answers[0].body);
    EXPECT_EQ(store.questions, 1);
    EXPECT_EQ(service().metrics().shared(), 4U);
}

TEST_F(Caching, failures_are_not_kept) {
    store.broken = Error{.code = ErrorCode::unavailable, .message = "away", .retryable = true};
    EXPECT_EQ(get("/metrics/stars").status, 503U);
    store.broken.reset();
    EXPECT_EQ(get("/metrics/stars").status, 200U);
}

TEST(AnswerCache, is_bounded_by_bytes_and_by_the_size_of_a_body) {
    api::AnswerCache cache({.bytes = 10'000, .body = 1'000});
    auto const answer = [](std::size_t size) {
        return api::KeptAnswer{.response = http::Response::of(200, "text/plain", std::string(size, 'x')),
                               .route = 0,
                               .generation = 1,
                               .fresh_until = UtcTime::max()};
    };
    cache.put("big", answer(1'001), at_ten);
    EXPECT_EQ(cache.find("big", 1, at_ten), nullptr);
    for (int i = 0; i < 20; ++i) {
        cache.put(std::to_string(i), answer(900), at_ten);
        cache.remember_target(std::to_string(i), "/" + std::to_string(i));
        EXPECT_NE(cache.find("0", 1, at_ten), nullptr); // used again and again: stays
    }
    EXPECT_LE(cache.bytes(), 10'000U);
    EXPECT_EQ(cache.find_target("/1", 1, at_ten), nullptr);
    EXPECT_NE(cache.find_target("/19", 1, at_ten), nullptr);
    EXPECT_EQ(cache.find("19", 2, at_ten), nullptr);
}

using Access = ApiTest;

TEST_F(Access, without_tokens_is_open_for_reading_and_on_loopback_for_changing) {
    EXPECT_EQ(get("/metrics/stars").status, 200U);
    EXPECT_EQ(post("/collect", "").status, 200U);
}

TEST_F(Access, off_loopback_changing_asks_for_a_token) {
    options.access.loopback_only = false;
    EXPECT_EQ(get("/metrics/stars").status, 200U);
    auto const refused = post("/collect", "");
    EXPECT_EQ(refused.status, 401U);
    EXPECT_EQ(header(refused, "WWW-Authenticate"), "Bearer");
}

TEST_F(Access, off_loopback_without_tokens_private_events_are_not_served) {
    store_event("1", "PushEvent", at_ten);
    store_event("2", "PushEvent", at_ten);
    store.events.back().is_public = false;
    auto const served = [&](std::string_view token) {
        made.reset();
        auto asked = request("GET", "/events?repo=octo-org/hello-world");
        if (!token.empty()) asked.headers.emplace_back("authorization", token);
        return json_of(send(asked)).at("count").as_int64();
    };
    EXPECT_EQ(served(""), 2);
    options.access.loopback_only = false;
    EXPECT_EQ(served(""), 1);
    options.access.tokens = api::TokenList::parse("read:looker").value();
    EXPECT_EQ(served("Bearer looker"), 2);
}

TEST_F(Access, with_tokens_all_but_health_ask_for_one) {
    options.access.tokens = api::TokenList::parse("read:looker, admin:boss,plain").value();
    auto const as = [&](std::string const& method, std::string const& target, std::string const& authorization) {
        auto asked = request(method, target);
        if (!authorization.empty()) asked.headers.emplace_back("authorization", authorization);
        auto const status = send(asked).status;
        if (status != 200) EXPECT_FALSE(service().answer_now(asked)); // not from the cache either
        return status;
    };
    EXPECT_EQ(as("GET", "/health", ""), 200U);
    EXPECT_EQ(as("GET", "/metrics/stars", "Bearer looker"), 200U);
    EXPECT_EQ(as("GET", "/metrics/stars", ""), 401U);
    EXPECT_EQ(as("GET", "/metrics/stars", "Bearer wrong"), 401U);
    EXPECT_EQ(as("GET", "/metrics/stars", "Basic looker"), 401U);
    EXPECT_EQ(as("POST", "/collect", "Bearer looker"), 403U);
    EXPECT_EQ(as("POST", "/collect", "bearer boss"), 200U);
    EXPECT_EQ(as("POST", "/collect", "Bearer plain"), 200U);
    EXPECT_EQ(get("/metrics").status, 401U);
    EXPECT_FALSE(api::TokenList::parse("a,,b"));
    EXPECT_FALSE(api::TokenList::parse("read:"));
    EXPECT_TRUE(api::TokenList::parse("")->empty());
}

TEST_F(Access, a_page_of_another_site_may_not_change_anything) {
    auto asked = request("POST", "/collect");
    asked.headers = {{"host", "127.0.0.1:8000"}, {"origin", "https://elsewhere.example"}};
    EXPECT_EQ(send(asked).status, 403U);
    asked.headers[1].second = "http://127.0.0.1:8000";
    EXPECT_EQ(send(asked).status, 200U);
    asked.headers = {{"host", "rebound.example:8000"}, {"origin", "http://rebound.example:8000"}};
    EXPECT_EQ(send(asked).status, 403U);
}
