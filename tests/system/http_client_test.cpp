// The HTTP client against a real socket that behaves well and badly.
#include "http/client.hpp"

#include <filesystem>
#include <fstream>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>
#include <zlib.h>

#include "support/socket_server.hpp"

namespace gem::http {
namespace {

using std::chrono::milliseconds;
using test::SocketReply;
using test::SocketRequest;
using test::SocketServer;

Result<ClientResponse> ask(HttpClient& client, ClientRequest request) {
    return run_to_end(client.send(std::move(request)));
}

std::string gzip(std::string const& text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(text.size() + 100, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

struct HttpClientTest : testing::Test {
    CurlClient client{{.connect_deadline = std::chrono::seconds(60), .use_proxy = false}};
};

TEST_F(HttpClientTest, sends_method_headers_and_body_and_gives_back_what_came) {
    SocketRequest seen;
    SocketServer server([&](SocketRequest const& request) {
        seen = request;
        return SocketReply::of(201, "X-Thing: one\r\nx-thing:  two \r\nEmpty:\r\n", "answer");
    });
    auto const response = ask(client, {.method = "POST",
                                       .url = server.url() + "/path?q=1",
                                       .headers = {{"X-Mine", "yes"}, {"X-Void", ""}},
                                       .body = "hello"});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(seen.target(), "/path?q=1");
    EXPECT_TRUE(seen.head.starts_with("POST "));
    EXPECT_EQ(seen.header("x-mine"), "yes");
    EXPECT_EQ(seen.body, "hello");
    EXPECT_TRUE(seen.header("User-Agent").starts_with("github-events-monitor/"));
    EXPECT_EQ(response->status, 201U);
    EXPECT_EQ(response->body, "answer");
    EXPECT_EQ(response->headers,
              (HeaderList{{"content-length", "6"}, {"x-thing", "one"}, {"x-thing", "two"}, {"empty", ""}}));
    EXPECT_EQ(response->header("x-thing"), "one");
    EXPECT_EQ(response->header("nothing"), std::nullopt);
}

TEST_F(HttpClientTest, uses_a_connection_again) {
    SocketServer server([](SocketRequest const&) { return SocketReply::of(200, "", "x"); });
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask(client, {.url = server.url()}));
    EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HttpClientTest, asks_for_gzip_and_unpacks_it_unless_told_otherwise) {
    std::string const text(5000, 'a');
    auto const packed = gzip(text);
    std::string accepted;
    SocketServer server([&](SocketRequest const& request) {
        accepted = request.header("Accept-Encoding");
        return SocketReply::of(200, "Content-Encoding: gzip\r\n", packed);
    });
    EXPECT_EQ(ask(client, {.url = server.url()})->body, text);
    EXPECT_EQ(accepted, "gzip");
    EXPECT_EQ(ask(client, {.url = server.url(), .accept_gzip = false})->body, packed);
    EXPECT_EQ(accepted, "");
}

TEST_F(HttpClientTest, bounds_the_body_after_unpacking) {
    auto const packed = gzip(std::string(1 << 20, 'a'));
    SocketServer server(
        [&](SocketRequest const&) { return SocketReply::of(200, "Content-Encoding: gzip\r\n", packed); });
    auto const response = ask(client, {.url = server.url(), .max_body = 100'000});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::corrupt);
    EXPECT_NE(response.error().message.find("larger than 100000 bytes"), std::string::npos);
}

TEST_F(HttpClientTest, does_not_follow_redirects) {
    SocketServer server([](SocketRequest const&) { return SocketReply::of(301, "Location: /elsewhere\r\n", ""); });
    auto const response = ask(client, {.url = server.url()});
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 301U);
    EXPECT_EQ(response->header("location"), "/elsewhere");
}

TEST_F(HttpClientTest, keeps_the_headers_of_the_last_head_only) {
    SocketServer server([](SocketRequest const&) {
        return SocketReply{
            .bytes = "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    });
    EXPECT_EQ(ask(client, {.url = server.url()})->headers, (HeaderList{{"content-length", "0"}}));
}

TEST_F(HttpClientTest, names_the_host_and_never_the_rest_of_the_url_when_nobody_listens) {
    unsigned port = 0;
    {
        SocketServer const server([](SocketRequest const&) { return SocketReply{}; });
        port = server.port();
    }
    auto const response = ask(client, {.url = fmt::format("http://user:pass@127.0.0.1:{}/x?token=secret", port)});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(response.error().retryable);
    EXPECT_TRUE(response.error().message.starts_with(fmt::format("127.0.0.1:{}: cannot connect", port)))
        << response.error().message;
    EXPECT_EQ(response.error().message.find("secret"), std::string::npos);
    EXPECT_EQ(response.error().message.find("pass"), std::string::npos);
}

TEST_F(HttpClientTest, tells_a_name_that_cannot_be_resolved) {
    auto const response = ask(client, {.url = "http://nobody.invalid/"});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(response.error().message.starts_with("nobody.invalid: cannot resolve")) << response.error().message;
}

TEST_F(HttpClientTest, keeps_its_deadline_with_a_body_that_never_ends) {
    SocketServer server([](SocketRequest const&) {
        return SocketReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome",
                           .then = SocketReply::Then::stall};
    });
    auto const response = ask(client, {.url = server.url(), .deadline = milliseconds(150)});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::timed_out);
}

TEST_F(HttpClientTest, tells_connections_that_break) {
    using Then = SocketReply::Then;
    for (auto const& reply :
         {SocketReply{.bytes = "", .then = Then::close}, SocketReply{.bytes = "", .then = Then::reset},
          SocketReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome", .then = Then::close},
          SocketReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome", .then = Then::reset},
          SocketReply{.bytes = "SSH-2.0-OpenSSH\r\n", .then = Then::close}}) {
        SocketServer server([&](SocketRequest const&) { return reply; });
        auto const response = ask(client, {.url = server.url(), .deadline = std::chrono::seconds(60)});
        ASSERT_FALSE(response) << reply.bytes;
        EXPECT_EQ(response.error().code, ErrorCode::unavailable) << reply.bytes << response.error().message;
    }
}

TEST_F(HttpClientTest, refuses_what_is_no_request) {
    for (std::string_view const url : {"", "nonsense", "file:///etc/hostname", "ftp://127.0.0.1/x", "http://"}) {
        auto const response = ask(client, {.url = std::string(url)});
        ASSERT_FALSE(response) << url;
        EXPECT_EQ(response.error().code, ErrorCode::invalid_argument) << url << ": " << response.error().message;
    }
    auto const response = ask(client, {.url = "http://127.0.0.1/", .headers = {{"X", "a\r\nY: b"}}});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::invalid_argument);
}

TEST_F(HttpClientTest, lets_go_of_a_transfer_that_is_cancelled) {
    SocketServer server([](SocketRequest const& request) {
        if (request.target() == "/quick") return SocketReply::of(200, "", "ok");
        return SocketReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", .then = SocketReply::Then::stall};
    });
    asio::io_context context(1);
    asio::cancellation_signal stop;
    std::exception_ptr ended;
    bool done = false;
    asio::co_spawn(context, client.send({.url = server.url() + "/slow"}),
                   asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, auto) {
                       ended = error;
                       done = true;
                   }));
    asio::co_spawn(
        context,
        [&]() -> Async<void> {
            EXPECT_TRUE(co_await client.send({.url = server.url() + "/quick"}));
            stop.emit(asio::cancellation_type::terminal);
        },
        asio::detached);
    context.run();
    EXPECT_TRUE(done);
    ASSERT_TRUE(ended);
    EXPECT_THROW(std::rethrow_exception(ended), boost::system::system_error);
}

TEST_F(HttpClientTest, carries_many_requests_at_once) {
    SocketServer server([](SocketRequest const& request) { return SocketReply::of(200, "", request.target()); });
    asio::io_context context(1);
    int right = 0;
    for (int i = 0; i < 200; ++i) {
        asio::co_spawn(
            context,
            [&, i]() -> Async<void> {
                auto const response = co_await client.send({.url = fmt::format("{}/{}", server.url(), i)});
                right += response && response->body == fmt::format("/{}", i) ? 1 : 0;
            },
            asio::detached);
    }
    context.run();
    EXPECT_EQ(right, 200);
    EXPECT_LE(server.connections(), 32U);
}

struct DownloadTest : HttpClientTest {
    std::filesystem::path folder = std::filesystem::temp_directory_path() / fmt::format("gem_download_{}", ::getpid());
    std::string file = (folder / "hour.json.gz").string();
    DownloadTest() { std::filesystem::create_directories(folder); }
    ~DownloadTest() override { std::filesystem::remove_all(folder); }
    Result<std::int64_t> fetch(std::string url) {
        return run_to_end(download(client, std::move(url), file, std::chrono::seconds(60)));
    }
    std::string content() {
        std::ifstream stream(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
};

TEST_F(DownloadTest, puts_the_bytes_into_the_file_as_they_are) {
    std::string const bytes = gzip(std::string(3 << 20, 'b')) + std::string(3 << 20, '\0');
    SocketServer server([&](SocketRequest const& request) {
        if (request.target() == "/old") return SocketReply::of(302, "Location: /new\r\n", "see there");
        return SocketReply::of(200, "Content-Encoding: gzip\r\n", bytes);
    });
    auto const size = fetch(server.url() + "/old");
    ASSERT_TRUE(size) << size.error().message;
    EXPECT_EQ(*size, static_cast<std::int64_t>(bytes.size()));
    EXPECT_EQ(content(), bytes);
    EXPECT_FALSE(std::filesystem::exists(file + ".part"));
}

TEST_F(DownloadTest, leaves_nothing_behind_when_it_fails) {
    SocketServer server([&](SocketRequest const& request) {
        if (request.target() == "/404") return SocketReply::of(404, "", "<html>no</html>");
        if (request.target() == "/500") return SocketReply::of(500, "", "no");
        if (request.target() == "/round") return SocketReply::of(302, "Location: /round\r\n", "");
        return SocketReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome",
                           .then = SocketReply::Then::close};
    });
    EXPECT_EQ(fetch(server.url() + "/404").error().code, ErrorCode::not_found);
    for (std::string_view const path : {"/500", "/round", "/cut"}) {
        EXPECT_EQ(fetch(server.url() + std::string(path)).error().code, ErrorCode::unavailable) << path;
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder));
    file = (folder / "missing" / "x").string();
    EXPECT_NE(fetch(server.url() + "/cut").error().message.find("missing"), std::string::npos);
}

} // namespace
} // namespace gem::http
