// The engine and the HTTP transport of the product with the conformance suite's own tools: `mcp_fixture`, prints its
// URL and serves until a signal.
#include <csignal>
#include <cstdio>

#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include "fixture_catalog.hpp"
#include "http/server.hpp"
#include "mcp/http_transport.hpp"

int main() {
    using namespace gem;
    SystemClock const clock;
    Log log(clock, LogLevel::warn, LogFormat::text, Log::to_stderr());
    asio::io_context context(1);
    mcp::Hub hub;
    auto const catalog = mcp::fixture::catalog(hub);
    mcp::Engine engine(catalog, hub, log);
    mcp::HttpTransport transport(engine, nullptr, clock, log, {});
    http::ServerOptions options;
    options.port = 0;
    options.rate_limit.reset();
    http::Server server(context, transport, clock, log, std::move(options));
    if (auto const listening = server.listen(); !listening) {
        std::fputs((listening.error().message + "\n").c_str(), stderr);
        return 1;
    }
    std::fputs(fmt::format("http://127.0.0.1:{}/mcp\n", server.port()).c_str(), stdout);
    std::fflush(stdout);
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code error, int) {
        if (!error) server.shutdown(std::chrono::seconds(1));
    });
    asio::co_spawn(
        context,
        [&]() -> Async<void> {
            co_await server.run();
            co_await transport.finish();
            signals.cancel();
        },
        asio::detached);
    context.run();
    return 0;
}
