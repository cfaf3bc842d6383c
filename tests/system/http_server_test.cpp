// Every transport rule of HTTP_API.md over real sockets.
#include <thread>

#include <zlib.h>

#include "system/http_server_fixture.hpp"

namespace {

using namespace gem;
using namespace gem::tests;
using namespace std::chrono_literals;
using namespace std::string_literals;

std::string gunzip(std::string const& bytes) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    std::string out(8 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    inflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

} // namespace

TEST_F(HttpServer, answers_with_the_headers_every_response_has) {
    start();
    auto const response = get("/now");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "{}");
    EXPECT_EQ(response.headers.at("content-type"), "application/json");
    EXPECT_EQ(response.headers.at("content-length"), "2");
    EXPECT_EQ(response.headers.at("etag"), "\"tag\"");
    EXPECT_EQ(response.headers.at("cache-control"), "public, max-age=5");
    EXPECT_EQ(response.headers.at("vary"), "Accept-Encoding, Origin, Authorization");
    EXPECT_EQ(response.headers.at("x-content-type-options"), "nosniff");
    EXPECT_EQ(response.headers.at("server"), "github-events-monitor");
    EXPECT_EQ(response.headers.at("date").size(), 29U);
    EXPECT_FALSE(response.headers.contains("connection"));
    EXPECT_FALSE(response.headers.contains("ratelimit"));
}

TEST_F(HttpServer, answers_from_a_coroutine_and_keeps_the_connection) {
    start();
    auto connection = connect();
    for (int i = 0; i < 3; ++i) {
        connection.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(connection.read().body, "later");
    }
    EXPECT_EQ(stats().connections, 1U);
}

TEST_F(HttpServer, what_the_service_throws_is_a_500_without_details_and_one_with_them_in_the_log) {
    start();
    auto connection = connect();
    for (auto const* path : {"/throw", "/throw-now"}) {
        connection.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        auto const response = connection.read();
        EXPECT_EQ(response.status, 500);
        EXPECT_EQ(response.body.find("secret"), std::string::npos);
    }
    EXPECT_EQ(stats().failed, 2U);
    std::scoped_lock const lock(logged_mutex_);
    EXPECT_NE(logged_.find("secret"), std::string::npos);
}

TEST_F(HttpServer, a_head_request_gets_the_headers_of_the_body_without_it) {
    start();
    auto connection = connect();
    connection.send("HEAD /big HTTP/1.1\r\nHost: x\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(connection.read(true).headers.at("content-length"), "4000000");
    EXPECT_EQ(connection.read().body, "{}");
}

TEST_F(HttpServer, options_come_back_as_204_without_a_length) {
    start();
    auto const response = ask("OPTIONS /now HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.headers.at("allow"), "GET, HEAD, OPTIONS");
    EXPECT_FALSE(response.headers.contains("content-length"));
    EXPECT_FALSE(response.headers.contains("content-type"));
}

TEST_F(HttpServer, pipelined_requests_are_answered_in_order) {
    start();
    auto connection = connect();
    std::string many;
    for (int i = 0; i < 300; ++i)
        many += (i % 2 != 0 ? "GET /later" : "GET /now") + std::string(" HTTP/1.1\r\nHost: x\r\n\r\n");
    connection.send(many);
    for (int i = 0; i < 300; ++i) EXPECT_EQ(connection.read().body, i % 2 != 0 ? "later" : "{}");
}

TEST_F(HttpServer, a_request_may_come_byte_by_byte_with_chunks_and_trailers) {
    start();
    std::string const last_chunk_alone =
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    std::string const chunks = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "3;ext=1\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX-Trailer: y\r\n\r\n";
    auto connection = connect();
    for (auto const& request : {last_chunk_alone, chunks, last_chunk_alone})
        for (char const c : request) connection.send({&c, 1});
    EXPECT_EQ(connection.read().body, "");
    EXPECT_EQ(connection.read().body, "abc0123456789abcdef");
    EXPECT_EQ(connection.read().body, "");
}

TEST_F(HttpServer, a_body_of_many_megabytes_arrives_whole) {
    start();
    std::string body(20'000'000, 'a');
    for (std::size_t i = 0; i < body.size(); i += 97) body[i] = static_cast<char>('b' + i % 23);
    auto connection = connect();
    connection.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                    body);
    EXPECT_EQ(connection.read().body, body);
    connection.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(connection.read().status, 200);
}

TEST_F(HttpServer, a_client_that_asks_first_is_told_to_continue) {
    start();
    auto connection = connect();
    connection.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(connection.read().status, 100);
    connection.send("abc");
    EXPECT_EQ(connection.read().body, "abc");
    EXPECT_EQ(refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"),
              413);
    EXPECT_EQ(refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: gold\r\n\r\n"), 417);
}

TEST_F(HttpServer, http_1_0_closes_unless_asked_to_keep_alive) {
    start();
    auto connection = connect();
    connection.send("GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(connection.read().headers.at("connection"), "keep-alive");
    connection.send("GET /now HTTP/1.0\r\n\r\n");
    EXPECT_EQ(connection.read().headers.at("connection"), "close");
    EXPECT_TRUE(connection.at_end());
}

TEST_F(HttpServer, connection_close_is_heeded) {
    start();
    auto connection = connect();
    connection.send("GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(connection.read().headers.at("connection"), "close");
    EXPECT_TRUE(connection.at_end());
}

TEST_F(HttpServer, what_is_no_http_is_refused_and_the_connection_closed) {
    start();
    EXPECT_EQ(refused("hello\r\n\r\n"), 400);
    EXPECT_EQ(refused(std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8) + "\r\n\r\n"), 400);
    EXPECT_EQ(refused("GET /now HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(refused("GET /now HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
    EXPECT_EQ(refused("GET /now HTTP/2.0\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(refused("GET /now HTTP/1.1\r\nHost: a\r\nBad\x01: b\r\n\r\n"), 400);
    EXPECT_EQ(refused("GET /now HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s), 400);
    EXPECT_EQ(refused("GET /no\x01w HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(refused("GET /now HTTP/1.1\nHost: a\n\n\r\n\r\n"), 400);
}

TEST_F(HttpServer, what_could_smuggle_a_request_is_refused) {
    start();
    std::string const head = "POST /echo HTTP/1.1\r\nHost: x\r\n";
    EXPECT_EQ(refused(head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(refused(head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(refused(head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), 400);
    EXPECT_EQ(refused(head + "Content-Length: +3\r\n\r\nabc"), 400);
    EXPECT_EQ(refused(head + "Content-Length: -1\r\n\r\nabc"), 400);
    EXPECT_EQ(refused(head + "Transfer-Encoding: gzip\r\n\r\nGET /now HTTP/1.1\r\n"), 400);
    EXPECT_EQ(refused(head + "Transfer-Encoding: chunked, gzip\r\n\r\n"), 400);
    EXPECT_EQ(refused(head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(refused("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(refused(head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
    EXPECT_EQ(refused(head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"), 400);
}

TEST_F(HttpServer, too_much_is_refused_with_its_own_status) {
    auto options = plain_options();
    options.body_limit = 1000;
    start(options);
    std::string const head = "POST /echo HTTP/1.1\r\nHost: x\r\n";
    EXPECT_EQ(refused(head + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x')), 413);
    EXPECT_EQ(refused(head + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x')), 413);
    EXPECT_EQ(refused(head + "X: " + std::string(17'000, 'x') + "\r\n\r\n"), 431);
    EXPECT_EQ(refused("GET /" + std::string(17'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 431);
    EXPECT_EQ(refused(head + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(30'000, 'x')), 400);
    auto connection = connect();
    connection.send(head + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
    EXPECT_EQ(connection.read().status, 201);
    connection.send("GET /" + std::string(9'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(connection.read().status, 414);
    connection.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(connection.read().status, 200);
}

TEST_F(HttpServer, the_limit_of_the_head_holds_for_one_that_comes_in_pieces) {
    start();
    auto connection = connect();
    connection.send("GET /now HTTP/1.1\r\nHost: x\r\n");
    int lines = 0;
    while (lines < 2000 && connection.send("X-Line: " + std::string(90, 'x') + "\r\n")) ++lines;
    EXPECT_EQ(connection.read().status, 431);
}

TEST_F(HttpServer, bodies_of_all_requests_together_have_a_limit) {
    auto options = plain_options();
    options.all_bodies_limit = 1'000'000;
    start(options);
    std::string const head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n";
    // Neither is whole yet, so that both are held at once, however slow this machine is.
    auto first = connect();
    first.send(head + std::string(600'000, 'x'));
    auto second = connect();
    second.send(head + std::string(600'000, 'x'));
    while (!first.has_answer() && !second.has_answer()) std::this_thread::sleep_for(1ms);
    // Whichever crossed the line is refused; the other is served.
    auto& refused = first.has_answer() ? first : second;
    auto& served = &refused == &first ? second : first;
    EXPECT_EQ(refused.read().status, 503);
    served.send(std::string(300'000, 'x'));
    EXPECT_EQ(served.read().status, 201);
    first.reset();
    second.reset();
}

TEST_F(HttpServer, a_bad_target_is_refused_and_the_connection_kept) {
    start();
    auto connection = connect();
    for (auto const* target : {"/%zz", "/a?b=%00", "/now#x", "now", "/%ff"}) {
        connection.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        auto const response = connection.read();
        EXPECT_EQ(response.status, 400) << target;
        EXPECT_NE(response.body.find("\"error_code\":\"BAD_REQUEST\""), std::string::npos);
    }
    EXPECT_EQ(stats().connections, 1U);
}

TEST_F(HttpServer, if_none_match_gives_304_with_the_tag_and_no_body) {
    start();
    auto connection = connect();
    auto const ask_with = [&](std::string const& headers) {
        connection.send("GET /big HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
        return connection.read();
    };
    for (auto const* tags : {"\"tag\"", "W/\"tag\"", "\"a\", \"tag\"", "*"}) {
        auto const response = ask_with("If-None-Match: " + std::string(tags) + "\r\n");
        EXPECT_EQ(response.status, 304);
        EXPECT_EQ(response.headers.at("etag"), "\"tag\"");
        EXPECT_EQ(response.headers.at("cache-control"), "public, max-age=5");
        EXPECT_FALSE(response.headers.contains("content-length"));
        EXPECT_FALSE(response.headers.contains("content-type"));
    }
    EXPECT_EQ(ask_with("If-None-Match: \"other\"\r\n").status, 200);
    EXPECT_EQ(ask_with("If-None-Match: \"tag\"\r\nAccept-Encoding: gzip\r\n").status, 200);
    EXPECT_EQ(ask_with("If-None-Match: \"tag-gzip\"\r\nAccept-Encoding: gzip\r\n").status, 304);
}

TEST_F(HttpServer, compresses_for_who_accepts_it_under_a_tag_of_its_own) {
    start();
    auto const response = get("/big", "Accept-Encoding: br, gzip\r\n");
    EXPECT_EQ(response.headers.at("content-encoding"), "gzip");
    EXPECT_EQ(response.headers.at("etag"), "\"tag-gzip\"");
    EXPECT_LT(response.body.size(), 100'000U);
    EXPECT_EQ(gunzip(response.body), std::string(4'000'000, 'x'));
    EXPECT_FALSE(get("/now", "Accept-Encoding: gzip\r\n").headers.contains("content-encoding"));
    EXPECT_FALSE(get("/big", "Accept-Encoding: gzip;q=0\r\n").headers.contains("content-encoding"));
}

TEST_F(HttpServer, other_origins_are_let_in_only_by_name) {
    auto options = plain_options();
    options.cors_origins = {"https://good.example"};
    start(options);
    auto const good = get("/now", "Origin: https://good.example\r\n");
    EXPECT_EQ(good.headers.at("access-control-allow-origin"), "https://good.example");
    EXPECT_NE(good.headers.at("access-control-expose-headers").find("ETag"), std::string::npos);
    EXPECT_FALSE(get("/now", "Origin: https://bad.example\r\n").headers.contains("access-control-allow-origin"));
    auto const preflight =
        ask("OPTIONS /now HTTP/1.1\r\nHost: x\r\nOrigin: https://good.example\r\n"
            "Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n\r\n");
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(preflight.headers.at("access-control-allow-methods"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(preflight.headers.at("access-control-allow-headers"), "authorization");
    EXPECT_EQ(preflight.headers.at("access-control-max-age"), "600");
}

TEST_F(HttpServer, counts_requests_per_client_and_says_when_to_come_back) {
    auto options = plain_options();
    options.rate_limit = http::RateLimit{.requests_per_second = 1, .burst = 2, .max_clients = 100};
    options.rate_limit_exempt = {"/later"};
    start(options);
    auto connection = connect();
    auto const ask_for = [&](std::string const& path) {
        connection.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        return connection.read();
    };
    auto const first = ask_for("/now");
    EXPECT_EQ(first.headers.at("ratelimit-policy"), "\"default\";q=2;w=2");
    EXPECT_EQ(first.headers.at("ratelimit"), "\"default\";r=1;t=1");
    EXPECT_EQ(first.headers.at("x-ratelimit-limit"), "2");
    EXPECT_EQ(first.headers.at("x-ratelimit-remaining"), "1");
    EXPECT_GT(std::stoll(first.headers.at("x-ratelimit-reset")), 1'600'000'000);
    RawResponse refused = ask_for("/now");
    for (int i = 0; i < 10 && refused.status != 429; ++i) refused = ask_for("/now");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.headers.at("retry-after"), "1");
    EXPECT_EQ(refused.headers.at("x-ratelimit-remaining"), "0");
    EXPECT_NE(refused.body.find("RATE_LIMITED"), std::string::npos);
    auto const exempt = ask_for("/later");
    EXPECT_EQ(exempt.status, 200);
    EXPECT_FALSE(exempt.headers.contains("ratelimit"));
}

TEST_F(HttpServer, believes_forwarded_addresses_only_of_trusted_proxies) {
    start();
    EXPECT_EQ(get("/address", "X-Forwarded-For: 1.2.3.4\r\n").body, "127.0.0.1");
}

TEST_F(HttpServer, sees_the_client_behind_a_trusted_proxy_over_all_lines_of_the_header) {
    auto options = plain_options();
    options.trusted_proxies = {"127.0.0.0/8", "10.0.0.0/8"};
    start(options);
    EXPECT_EQ(get("/address", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 1.2.3.4, 10.0.0.7\r\n").body, "1.2.3.4");
}
