// The server with slow, broken and too many clients, and its end.
#include <sys/resource.h>

#include "system/http_server_fixture.hpp"

namespace {

using namespace gem;
using namespace gem::tests;

} // namespace

TEST_F(HttpServer, slow_clients_are_told_so_and_silent_ones_hung_up_on) {
    auto options = plain_options();
    options.header_timeout = options.body_timeout = options.idle_timeout = 1s;
    start(options);
    auto head = connect();
    head.send("GET /now HT");
    EXPECT_EQ(head.read().status, 408);
    EXPECT_TRUE(head.at_end());
    auto body = connect();
    body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_EQ(body.read().status, 408);
    EXPECT_TRUE(body.at_end());
    auto silent = connect();
    EXPECT_TRUE(silent.at_end());
    auto idle = connect();
    idle.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(idle.read().status, 200);
    EXPECT_TRUE(idle.at_end());
}

TEST_F(HttpServer, a_client_that_does_not_read_is_hung_up_on) {
    auto options = plain_options();
    options.write_timeout = 60ms;
    start(options);
    auto connection = connect();
    std::string many;
    for (int i = 0; i < 20; ++i) many += "GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
    connection.send(many);
    for (auto const until = std::chrono::steady_clock::now() + 10s; stats().open_connections > 0;)
        ASSERT_LT(std::chrono::steady_clock::now(), until);
}

TEST_F(HttpServer, an_answer_that_takes_too_long_is_cancelled) {
    auto options = plain_options();
    options.answer_timeout = 60ms;
    start(options);
    auto connection = connect();
    connection.send("GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const response = connection.read();
    EXPECT_EQ(response.status, 503);
    EXPECT_NE(response.body.find("TIMED_OUT"), std::string::npos);
    connection.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(connection.read().body, "later");
}

TEST_F(HttpServer, a_large_response_reaches_a_slow_reader_whole) {
    start();
    auto connection = connect();
    connection.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\nGET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(connection.read().body.size(), 4'000'000U);
    EXPECT_EQ(connection.read().body, std::string(4'000'000, 'x'));
}

TEST_F(HttpServer, a_half_closed_connection_still_gets_its_answer) {
    start();
    auto connection = connect();
    connection.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    connection.half_close();
    EXPECT_EQ(connection.read().body, "later");
    EXPECT_TRUE(connection.at_end());
    auto partial = connect();
    partial.send("GET /later HT");
    partial.half_close();
    EXPECT_EQ(partial.read().status, 400);
    EXPECT_TRUE(partial.at_end());
}

TEST_F(HttpServer, reset_connections_do_no_harm) {
    start();
    for (int i = 0; i < 100; ++i) {
        auto connection = connect();
        if (i % 4 == 1) connection.send("GET /now HT");
        if (i % 4 == 2) connection.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
        if (i % 4 == 3) connection.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
        connection.reset();
    }
    EXPECT_EQ(get("/now").status, 200);
}

TEST_F(HttpServer, serves_a_thousand_connections_at_once) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < 2200) GTEST_SKIP() << "needs 2,200 file descriptors";
    start();
    std::vector<RawConnection> connections;
    for (int i = 0; i < 1000; ++i) connections.push_back(connect());
    for (int round = 0; round < 2; ++round) {
        for (auto& connection : connections) connection.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
        for (auto& connection : connections) EXPECT_EQ(connection.read().body, "later");
    }
    EXPECT_EQ(stats().open_connections, 1000U);
}

TEST_F(HttpServer, when_full_the_idle_give_way_and_else_the_newcomer_is_turned_away) {
    auto options = plain_options();
    options.max_connections = 2;
    start(options);
    auto first = connect();
    first.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    first.read();
    auto second = connect();
    second.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    second.read();
    second.send("GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n");
    auto third = connect();
    EXPECT_TRUE(first.at_end());
    auto waiting = service_.waiting.get_future();
    third.send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
    waiting.get();
    auto fourth = connect();
    EXPECT_EQ(fourth.read().status, 503);
    asio::post(context_, [this] { service_.open(); });
    EXPECT_EQ(third.read().body, "opened");
}

TEST_F(HttpServer, a_shutdown_finishes_what_is_in_flight_and_closes_the_idle_at_once) {
    start();
    auto idle = connect();
    idle.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    idle.read();
    auto half_sent = connect();
    half_sent.send("GET /now HTTP/1.1\r\n");
    auto busy = connect();
    auto waiting = service_.waiting.get_future();
    busy.send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
    waiting.get();
    shutdown(10s);
    EXPECT_TRUE(idle.at_end());
    EXPECT_THROW(connect(), std::runtime_error);
    half_sent.send("Host: x\r\n\r\n");
    EXPECT_EQ(half_sent.read().headers.at("connection"), "close");
    asio::post(context_, [this] { service_.open(); });
    auto const response = busy.read();
    EXPECT_EQ(response.body, "opened");
    EXPECT_EQ(response.headers.at("connection"), "close");
}

TEST_F(HttpServer, a_shutdown_aborts_stragglers_after_the_grace_period) {
    start();
    auto stuck = connect();
    stuck.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    stuck.read();
    stuck.send("GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n");
    while (stats().requests < 2) {
    }
    shutdown(50ms);
    EXPECT_TRUE(stuck.at_end());
}

TEST_F(HttpServer, cancelling_run_is_a_shutdown_too) {
    auto options = plain_options();
    options.shutdown_grace = 50ms;
    start(options);
    auto stuck = connect();
    stuck.send("GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n");
    while (stats().requests < 1) {
    }
    asio::post(context_, [this] { cancel_.emit(asio::cancellation_type::terminal); });
    EXPECT_TRUE(stuck.at_end());
}

TEST(HttpListen, says_what_is_wrong_with_the_address) {
    asio::io_context context(1);
    SystemClock const clock;
    Log log(clock, LogLevel::off, LogFormat::text, [](std::string_view) {});
    TestService service(context);
    auto options = plain_options();
    http::Server first(context, service, clock, log, options);
    ASSERT_TRUE(first.listen());

    options.port = first.port();
    auto const taken = http::Server(context, service, clock, log, options).listen();
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, ErrorCode::conflict);
    EXPECT_NE(taken.error().message.find("127.0.0.1:" + std::to_string(options.port)), std::string::npos);

    options.host = "192.0.2.1";
    auto const foreign = http::Server(context, service, clock, log, options).listen();
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, ErrorCode::invalid_argument);

    options = plain_options();
    options.trusted_proxies = {"10.0.0.0/99"};
    EXPECT_FALSE(http::Server(context, service, clock, log, options).listen());
}

TEST_F(HttpServer, head_of_a_stream_has_no_body) {
    start();
    auto connection = connect();
    connection.send("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(connection.read(true).status, 200);
}

TEST_F(HttpServer, a_client_that_takes_nothing_of_a_stream_is_dropped) {
    auto options = plain_options();
    options.write_timeout = 300ms;
    start(options);
    auto connection = connect();
    connection.send("GET /flood HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(connection.read().status, 200);
    for (int i = 0; i < 100 && stats().open_connections > 0; ++i) std::this_thread::sleep_for(100ms);
    EXPECT_EQ(stats().open_connections, 0U);
}
