// An HTTP/1.1 server that asks a Service for its answers. Its rules: HTTP_API.md, "Rules for every endpoint".
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "http/message.hpp"

namespace gem::http {

/// How often one client may ask. `requests_per_second` and `burst` are at least 1.
struct RateLimit {
    double requests_per_second = 100;
    unsigned burst = 200;
    std::size_t max_clients = 65'536; ///< remembered at once
};

struct ServerOptions {
    std::string host = "127.0.0.1"; ///< an address or a name
    std::uint16_t port = 8000;      ///< 0: any free one
    std::string server_name = "github-events-monitor";

    std::uint32_t header_limit = 16 * 1024;
    std::uint64_t body_limit = 25 * 1024 * 1024;
    std::uint64_t all_bodies_limit = 256 * 1024 * 1024; ///< of all requests being read or answered; beyond it: 503
    std::size_t target_limit = 8 * 1024;                ///< longer ones: 414
    std::size_t max_connections = 4'096; ///< beyond it the one idle longest is closed; if none is idle: 503

    std::chrono::milliseconds header_timeout{10'000};  ///< from the first byte to the end of the head
    std::chrono::milliseconds body_timeout{60'000};    ///< from the end of the head to the end of the body
    std::chrono::milliseconds idle_timeout{75'000};    ///< between two requests
    std::chrono::milliseconds answer_timeout{120'000}; ///< then the answer is cancelled: 503
    std::chrono::milliseconds write_timeout{30'000};   ///< for a client that takes no more bytes
    std::chrono::milliseconds linger_timeout{2'000};   ///< after the last response, for the client to have read it
    std::chrono::milliseconds shutdown_grace{10'000};  ///< when run() is cancelled

    std::vector<std::string> cors_origins;             ///< `*`: all
    std::vector<std::string> trusted_proxies;          ///< addresses and CIDRs whose X-Forwarded-For is believed
    std::optional<RateLimit> rate_limit = RateLimit{}; ///< nothing: off
    /// Decoded paths that are not counted.
    std::vector<std::string> rate_limit_exempt{"/health", "/health/live", "/health/ready", "/metrics", "/webhook"};
};

/// Counts since the start, and what is open now.
struct ServerStats {
    std::uint64_t connections = 0;
    std::uint64_t open_connections = 0;
    std::uint64_t requests = 0; ///< read whole
    std::uint64_t answers_at_hand = 0;
    std::uint64_t rate_limited = 0;
    std::uint64_t refused = 0; ///< by the server itself: unparsable, too large, too slow, …
    std::uint64_t failed = 0;  ///< the service threw
};

struct ServerCore;

/// Lives on one thread, that of `context`. What is referenced outlives it.
class Server {
  public:
    Server(asio::io_context& context, Service& service, Clock const& clock, Log& log, ServerOptions options);
    ~Server();
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;

    /// Binds and listens; connections wait until run(). `conflict`: the port is taken; `unauthorized`: it is not ours
    /// to take; `invalid_argument`: the host is no address of this machine, or an option cannot be read.
    Result<void> listen();

    /// The port listened on, also after `port = 0`.
    [[nodiscard]] std::uint16_t port() const;

    /// Serves until shutdown() was called or it is cancelled, and returns when the last session has ended: no more is
    /// accepted, idle connections are closed at once, what is in flight is finished, and aborted after the grace
    /// period.
    Async<void> run();

    /// Begins the end of run(). A second call may shorten the grace period.
    void shutdown(std::chrono::steady_clock::duration grace);

    [[nodiscard]] ServerStats stats() const;

  private:
    std::shared_ptr<ServerCore> core_; // sessions share it: an io_context may outlive the server
};

} // namespace gem::http
