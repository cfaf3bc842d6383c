// Asks a running server how it is: what a container's or a load balancer's check needs.
#pragma once

#include <string>

#include "app/settings.hpp"
#include "base/async.hpp"

namespace gem {

/// Where a server with these settings listens, as seen from this machine: 0.0.0.0 and :: are 127.0.0.1 and ::1.
std::string server_url(Settings const& settings);

struct ServerHealth {
    bool healthy = false; ///< it answered with 200
    std::string body;     ///< as it came: JSON
};

/// `GET /health` below `url`, without a proxy. Errors: unavailable, timed_out after `deadline`, invalid_argument (the
/// URL).
Async<Result<ServerHealth>> ask_health(std::string url, seconds deadline);

} // namespace gem
