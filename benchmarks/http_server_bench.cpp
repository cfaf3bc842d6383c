// A server with one cached answer, to be measured with wrk: http_server_bench [PORT] [limited]
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <csignal>

#include <boost/asio/signal_set.hpp>

#include "http/server.hpp"

namespace {

using namespace gem;

class OneAnswer final : public http::Service {
  public:
    std::optional<http::Response> answer_now(http::Request const& request) override {
        if (request.path != "/slow") return response_;
        return std::nullopt;
    }
    Async<http::Response> answer(http::Request const& /*request*/) override { co_return response_; }

  private:
    http::Response response_{.status = 200,
                             .content_type = "application/json",
                             .cache_control = "public, max-age=5",
                             .etag = "0123456789abcdef",
                             .headers = {},
                             .body =
                                 std::make_shared<http::Body const>("{\"counts\":\"" + std::string(200, 'x') + "\"}")};
};

} // namespace

int main(int argc, char** argv) {
    SystemClock const clock;
    Log log(clock, LogLevel::warn, LogFormat::text, Log::to_stderr());
    OneAnswer service;
    asio::io_context context(1);
    http::ServerOptions options;
    if (argc > 1) options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    if (argc <= 2 || std::string_view(argv[2]) != "limited")
        options.rate_limit.reset();
    else
        options.rate_limit = http::RateLimit{.requests_per_second = 1e9, .burst = 1'000'000'000, .max_clients = 1000};
    http::Server server(context, service, clock, log, options);
    if (auto const listening = server.listen(); !listening) {
        std::fprintf(stderr, "%s\n", listening.error().message.c_str());
        return 1;
    }
    std::printf("listening on 127.0.0.1:%u\n", server.port());
    std::fflush(stdout);
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](auto, int) { server.shutdown(std::chrono::seconds(1)); });
    asio::co_spawn(context, server.run(), [&](std::exception_ptr) { signals.cancel(); });
    context.run();
    auto const stats = server.stats();
    std::printf("%llu requests on %llu connections\n", static_cast<unsigned long long>(stats.requests),
                static_cast<unsigned long long>(stats.connections));
}
