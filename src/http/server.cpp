#include "http/server.hpp"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

#include "http/response_head.hpp"
#include "http/server_core.hpp"
#include "http/session.hpp"

namespace gem::http {

namespace {

using asio::ip::tcp;
using ErrorValue = boost::system::error_code;
using Steady = std::chrono::steady_clock;
constexpr auto quiet_wait = asio::as_tuple(asio::use_awaitable);

std::unexpected<Error> cannot_listen(ServerOptions const& options, ErrorValue error) {
    bool const v6 = options.host.find(':') != std::string::npos;
    auto const where = fmt::format(fmt::runtime(v6 ? "[{}]:{}" : "{}:{}"), options.host, options.port);
    auto code = ErrorCode::invalid_argument;
    std::string advice = error.message() + "; name an address of this machine, like 127.0.0.1 or 0.0.0.0";
    if (error == asio::error::address_in_use) {
        code = ErrorCode::conflict;
        advice = "another program listens there; stop it or choose another port";
    } else if (error == asio::error::access_denied) {
        code = ErrorCode::unauthorized;
        advice = "not permitted; choose a port of 1024 or above";
    }
    return fail(code, fmt::format("cannot listen on {}: {}", where, advice));
}

/// `act` may end the session.
template <class Act>
void for_each_session(ServerCore& core, Act act) {
    for (auto next = core.sessions.begin(); next != core.sessions.end();) act(*next++);
}

/// How often sessions are looked through: a quarter of the shortest time allowed.
Steady::duration sweep_interval(ServerOptions const& options) {
    auto const shortest = std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                                    options.answer_timeout, options.write_timeout, options.linger_timeout});
    return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(500));
}

void sweep_later(std::shared_ptr<ServerCore> const& core) {
    if (core->sweeping || core->sessions.empty()) return;
    core->sweeping = true;
    core->sweeper.expires_after(sweep_interval(core->options));
    core->sweeper.async_wait([core](ErrorValue error) {
        core->sweeping = false;
        if (error) return;
        auto const time = Steady::now();
        for_each_session(*core, [time](Session& session) { session.check_deadline(time); });
        sweep_later(core);
    });
}

/// Makes room for one more connection by closing the one that has been idle longest; false if none is.
bool close_longest_idle(ServerCore& core) {
    Session* oldest = nullptr;
    for (auto& session : core.sessions)
        if (session.idle() && (oldest == nullptr || session.deadline() < oldest->deadline())) oldest = &session;
    if (oldest == nullptr) return false;
    oldest->abort();
    return true;
}

void turn_away(ServerCore& core, Socket& socket) {
    ++core.stats.refused;
    auto const response = problem(503, "OVERLOADED", "too many connections; try again soon", core.clock.now());
    auto const& body = response.body->bytes();
    auto const text = fmt::format("HTTP/1.1 503 Service Unavailable\r\n{}Content-Type: {}\r\nContent-Length: {}\r\n"
                                  "Cache-Control: no-store\r\nRetry-After: 1\r\nConnection: close\r\n\r\n{}",
                                  core.common_lines(), response.content_type, body.size(), body);
    ErrorValue ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

void welcome(std::shared_ptr<ServerCore> const& core, Socket socket) {
    ErrorValue error;
    auto const peer = socket.remote_endpoint(error);
    if (error) return; // gone already
    bool const full = core->stats.open_connections >= core->options.max_connections;
    if (full && !close_longest_idle(*core)) {
        turn_away(*core, socket);
        return;
    }
    std::make_shared<Session>(core, std::move(socket), peer.address())->start();
    sweep_later(core);
}

void begin_stopping(ServerCore& core, Steady::duration grace) {
    if (core.aborting) return;
    auto const end = Steady::now() + grace;
    if (!core.stopping || end < core.drain.expiry()) core.drain.expires_at(end);
    if (std::exchange(core.stopping, true)) return;
    ErrorValue ignored;
    core.acceptor.close(ignored);
    for_each_session(core, [](Session& session) { session.finish(); });
}

} // namespace

ServerCore::ServerCore(asio::io_context& io_context, Service& asked, Clock const& time, Log& logger,
                       ServerOptions chosen)
    : context(io_context), service(asked), clock(time), log(logger), options(std::move(chosen)), acceptor(io_context),
      sweeper(io_context), drain(io_context) {
    if (options.rate_limit)
        limiter.emplace(options.rate_limit->requests_per_second, options.rate_limit->burst,
                        options.rate_limit->max_clients);
}

std::string_view ServerCore::common_lines() {
    auto const now = clock.now();
    if (now != second_ || common_.empty()) {
        second_ = now;
        common_ = common_head(options.server_name, now);
    }
    return common_;
}

Server::Server(asio::io_context& context, Service& service, Clock const& clock, Log& log, ServerOptions options)
    : core_(std::make_shared<ServerCore>(context, service, clock, log, std::move(options))) {}

Server::~Server() {
    ErrorValue ignored;
    core_->acceptor.close(ignored);
    core_->sweeper.cancel();
}

Result<void> Server::listen() {
    auto const& options = core_->options;
    auto proxies = TrustedProxies::parse(options.trusted_proxies);
    if (!proxies) return fail(std::move(proxies.error()));
    core_->proxies = std::move(*proxies);
    if (options.rate_limit && (options.rate_limit->requests_per_second < 1 || options.rate_limit->burst < 1))
        return fail(ErrorCode::invalid_argument,
                    "a rate limit has at least 1 request a second and a burst of at least 1");

    ErrorValue error;
    tcp::resolver resolver(core_->context);
    auto const found = resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
    if (error) return cannot_listen(options, error);
    for (auto const& entry : found) {
        auto& acceptor = core_->acceptor;
        ErrorValue ignored;
        acceptor.close(ignored);
        acceptor.open(entry.endpoint().protocol(), error);
        if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
        if (!error) acceptor.bind(entry.endpoint(), error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (!error) return {};
        acceptor.close(ignored);
    }
    return cannot_listen(options, error);
}

std::uint16_t Server::port() const {
    ErrorValue error;
    auto const endpoint = core_->acceptor.local_endpoint(error);
    return error ? core_->options.port : endpoint.port();
}

Async<void> Server::run() {
    auto const core = core_;
    co_await asio::this_coro::throw_if_cancelled(false);
    auto const cancelled = [](asio::cancellation_state const& state) {
        return state.cancelled() != asio::cancellation_type::none;
    };
    while (!core->stopping && !cancelled(co_await asio::this_coro::cancellation_state)) {
        auto [error, socket] = co_await core->acceptor.async_accept(quiet_wait);
        if (!error) {
            welcome(core, std::move(socket));
        } else if (!core->stopping && error != asio::error::operation_aborted) {
            // Out of descriptors or memory: what is open must end first. (A connection that broke while it waited in
            // the queue comes here too, and is none of our business.)
            if (error == asio::error::connection_aborted) continue;
            core->log.warn("accept_failed", {{"error", error.message()}});
            Timer pause(core->context, std::chrono::milliseconds(100));
            co_await pause.async_wait(quiet_wait);
        }
    }
    // After a cancellation a coroutine cannot wait for anything unless it says so.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (!core->stopping) begin_stopping(*core, core->options.shutdown_grace);
    while (!core->sessions.empty() && Steady::now() < core->drain.expiry()) co_await core->drain.async_wait(quiet_wait);
    core->aborting = true;
    for_each_session(*core, [](Session& session) { session.abort(); });
    core->drain.expires_at(Steady::time_point::max());
    while (!core->sessions.empty()) co_await core->drain.async_wait(quiet_wait);
    core->sweeper.cancel();
}

void Server::shutdown(std::chrono::steady_clock::duration grace) { begin_stopping(*core_, grace); }

ServerStats Server::stats() const { return core_->stats; }

} // namespace gem::http
