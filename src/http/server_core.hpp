// What the sessions of one server share. Private to server.cpp and session.cpp.
#pragma once

#include <string>
#include <string_view>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>

#include "http/forwarded.hpp"
#include "http/rate_limiter.hpp"
#include "http/server.hpp"

namespace gem::http {

// The io_context's own executor in place of the type-erased one: a quarter less work a request.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

class Session;
using SessionHook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

struct ServerCore {
    using Sessions = boost::intrusive::list<Session, boost::intrusive::base_hook<SessionHook>,
                                            boost::intrusive::constant_time_size<false>>;

    ServerCore(asio::io_context& io_context, Service& asked, Clock const& time, Log& logger, ServerOptions chosen);

    /// The lines every response has; made anew once a second.
    std::string_view common_lines();
    /// The time of the last common_lines().
    [[nodiscard]] UtcTime second() const { return second_; }

    asio::io_context& context;
    Service& service;
    Clock const& clock;
    Log& log;
    ServerOptions const options;
    TrustedProxies proxies;
    std::optional<RateLimiter> limiter;
    Acceptor acceptor;
    Timer sweeper; ///< wakes to look for sessions whose time is up
    Timer drain;   ///< run() waits on it for the last session
    Sessions sessions;
    ServerStats stats;
    std::uint64_t body_bytes = 0; ///< held by all sessions
    bool stopping = false;
    bool aborting = false; ///< the grace period is over
    bool sweeping = false;

  private:
    UtcTime second_{};
    std::string common_;
};

} // namespace gem::http
