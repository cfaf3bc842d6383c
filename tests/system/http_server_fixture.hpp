// A server on a thread of its own, with a service whose answers a test can hold back, and ways to ask it.
#pragma once

#include "http/server.hpp"

#include <future>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/redirect_error.hpp>
#include <gtest/gtest.h>

#include "system/raw_connection.hpp"

namespace gem::tests {

using namespace std::chrono_literals;

/// No end of pieces.
class FloodStream final : public http::BodyStream {
  public:
    Async<std::optional<std::string>> next() override {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        co_return std::string(100'000, 'x');
    }
};

/// Three pieces, or pieces until it is told to finish; `ended` tells whether it was cancelled.
class TestStream final : public http::BodyStream {
  public:
    TestStream(asio::io_context& context, bool endless, std::promise<bool>& ended)
        : wait_(context), endless_(endless), ended_(ended) {
        wait_.expires_at(asio::steady_timer::time_point::max());
    }
    ~TestStream() override { ended_.set_value(cancelled_); }
    Async<std::optional<std::string>> next() override {
        if (count_ == 3 && !endless_) co_return std::nullopt;
        if (count_ < 3) co_return "piece " + std::to_string(++count_) + "\n";
        if (finished_) co_return std::nullopt;
        boost::system::error_code error;
        co_await wait_.async_wait(asio::redirect_error(asio::use_awaitable, error));
        if (finished_) co_return std::nullopt;
        cancelled_ = true;
        throw boost::system::system_error(error);
    }
    void finish() override {
        finished_ = true;
        wait_.cancel();
    }

  private:
    asio::steady_timer wait_;
    bool endless_;
    std::promise<bool>& ended_;
    int count_ = 0;
    bool finished_ = false;
    bool cancelled_ = false;
};

/// `/now…` at hand, `/later` from a coroutine, `/gate` when opened, `/throw`, `/stuck` until cancelled,
/// `/echo`, `/stream` and `/endless` piece by piece, `/flood` without end.
class TestService final : public http::Service {
  public:
    explicit TestService(asio::io_context& context) : context_(context), gate_(context) {
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
        if (request.path == "/stream" || request.path == "/endless") {
            auto response = http::Response::of(200, "text/event-stream", {});
            response.body.reset();
            response.stream = std::make_shared<TestStream>(context_, request.path == "/endless", stream_ended);
            co_return response;
        }
        if (request.path == "/flood") {
            auto response = http::Response::of(200, "text/event-stream", {});
            response.stream = std::make_shared<FloodStream>();
            co_return response;
        }
        if (request.path == "/stuck") co_await sleep_for(1h);
        co_return http::problem(404, "NOT_FOUND", "no such path", from_unix(0));
    }

    static http::Response streamed(std::shared_ptr<http::BodyStream> stream) {
        auto response = http::Response::of(200, "text/event-stream", {});
        response.stream = std::move(stream);
        return response;
    }

    void open() { gate_.cancel(); }

    std::promise<void> waiting;
    std::promise<bool> stream_ended; ///< whether the one stream was cancelled
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
    asio::io_context& context_;
    asio::steady_timer gate_;
};

inline http::ServerOptions plain_options() {
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

} // namespace gem::tests
