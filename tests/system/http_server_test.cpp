// The server over real sockets: every transport rule of HTTP_API.md, in-process on a thread of its own.
#include "http/server.hpp"

#include <future>
#include <sys/resource.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/redirect_error.hpp>
#include <gtest/gtest.h>
#include <zlib.h>

#include "system/raw_connection.hpp"

namespace {

using namespace gem;
using namespace std::chrono_literals;
using tests::RawConnection;
using tests::RawResponse;

/// `/now…` at hand, `/later` from a coroutine, `/gate` when opened, `/throw`, `/stuck` until cancelled, `/echo`.
class TestService final : public http::Service {
  public:
    explicit TestService(asio::io_context& context) : gate_(context) {
        gate_.expires_at(asio::steady_timer::time_point::max());
    }

    std::optional<http::Response> answer_now(http::Request const& request) override {
        if (request.method == "OPTIONS") {
            http::Response response{
                .status = 204, .content_type = "", .cache_control = "no-store", .etag = {}, .headers = {}, .body = {}};
            response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
            return response;
        }
        if (request.path == "/now") return small;
        if (request.path == "/big") return big;
        if (request.path == "/throw-now") throw std::runtime_error("secret");
        if (request.path == "/address") return http::Response::of(200, "text/plain", request.remote_address);
        return std::nullopt;
    }

    Async<http::Response> answer(http::Request const& request) override {
        if (request.path == "/later") co_return http::Response::of(200, "text/plain", "later");
        if (request.path == "/echo") co_return http::Response::of(201, "text/plain", request.body);
        if (request.path == "/throw") throw std::runtime_error("secret");
        if (request.path == "/gate") {
            waiting.set_value();
            boost::system::error_code error;
            co_await gate_.async_wait(asio::redirect_error(asio::use_awaitable, error));
            co_return http::Response::of(200, "text/plain", "opened");
        }
        if (request.path == "/stuck") co_await sleep_for(1h);
        co_return http::problem(404, "NOT_FOUND", "no such path", from_unix(0));
    }

    void open() { gate_.cancel(); }

    std::promise<void> waiting;
    http::Response small{.status = 200,
                         .content_type = "application/json",
                         .cache_control = "public, max-age=5",
                         .etag = "tag",
                         .headers = {},
                         .body = std::make_shared<http::Body const>("{}")};
    http::Response big{.status = 200,
                       .content_type = "application/json",
                       .cache_control = "public, max-age=5",
                       .etag = "tag",
                       .headers = {},
                       .body = std::make_shared<http::Body const>(std::string(4'000'000, 'x'))};

  private:
    asio::steady_timer gate_;
};

http::ServerOptions plain_options() {
    http::ServerOptions options;
    options.port = 0;
    options.rate_limit.reset();
    return options;
}

class HttpServer : public testing::Test {
  protected:
    void start(http::ServerOptions options = plain_options()) {
        server_ = std::make_unique<http::Server>(context_, service_, clock_, log_, std::move(options));
        ASSERT_TRUE(server_->listen());
        port_ = server_->port();
        asio::co_spawn(context_, server_->run(),
                       asio::bind_cancellation_slot(cancel_.slot(), [this](std::exception_ptr thrown) {
                           failed_ = static_cast<bool>(thrown);
                           ended_.set_value();
                       }));
        thread_ = std::thread([this] { context_.run(); });
    }

    void TearDown() override {
        if (!thread_.joinable()) return;
        shutdown(0ms);
        EXPECT_EQ(ended_.get_future().wait_for(10s), std::future_status::ready);
        EXPECT_FALSE(failed_);
        thread_.join();
        EXPECT_EQ(server_->stats().open_connections, 0U);
    }

    void shutdown(std::chrono::milliseconds grace) {
        asio::post(context_, [this, grace] { server_->shutdown(grace); });
    }

    http::ServerStats stats() {
        std::promise<http::ServerStats> answer;
        asio::post(context_, [&] { answer.set_value(server_->stats()); });
        return answer.get_future().get();
    }

    RawConnection connect() { return RawConnection(port_); }

    RawResponse ask(std::string const& request, bool to_head = false) {
        auto connection = connect();
        connection.send(request);
        return connection.read(to_head);
    }

    RawResponse get(std::string const& target, std::string const& headers = {}) {
        return ask("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
    }

    /// What the server says to bytes that are no good request, after which it must close.
    int refused(std::string const& bytes) {
        auto connection = connect();
        connection.send(bytes);
        auto const response = connection.read();
        EXPECT_EQ(response.headers.at("content-type"), "application/problem+json");
        EXPECT_EQ(response.headers.at("connection"), "close");
        EXPECT_EQ(response.headers.at("cache-control"), "no-store");
        EXPECT_TRUE(connection.at_end());
        return response.status;
    }

    asio::io_context context_{1};
    SystemClock clock_;
    std::mutex logged_mutex_;
    std::string logged_;
    Log log_{clock_, LogLevel::debug, LogFormat::text, [this](std::string_view line) {
                 std::scoped_lock const lock(logged_mutex_);
                 logged_ += line;
             }};
    TestService service_{context_};
    std::unique_ptr<http::Server> server_;
    asio::cancellation_signal cancel_;
    std::promise<void> ended_;
    bool failed_ = false;
    std::thread thread_;
    std::uint16_t port_ = 0;
};

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
    EXPECT_EQ(refused("GET /now HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
    EXPECT_EQ(refused("GET /now HTTP/1.1\r\nHost: a\r\nBad\x01: b\r\n\r\n"), 400);
    EXPECT_EQ(refused(std::string("GET /now HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 43)), 400);
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
    EXPECT_EQ(refused(head + "Transfer-Encoding: gzip\r\n\r\nGET /now HTTP/1.1\r\n"), 501);
    EXPECT_EQ(refused(head + "Transfer-Encoding: chunked, gzip\r\n\r\n"), 501);
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
    auto first = connect();
    first.send(head + std::string(800'000, 'x'));
    auto second = connect();
    second.send(head + std::string(800'000, 'x'));
    // Whichever crossed the line was refused; the other is served.
    first.send(std::string(100'000, 'x'));
    second.send(std::string(100'000, 'x'));
    auto const a = first.read();
    auto const b = second.read();
    EXPECT_EQ(std::min(a.status, b.status), 201);
    EXPECT_EQ(std::max(a.status, b.status), 503);
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

TEST_F(HttpServer, slow_clients_are_told_so_and_silent_ones_hung_up_on) {
    auto options = plain_options();
    options.header_timeout = options.body_timeout = options.idle_timeout = 60ms;
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
