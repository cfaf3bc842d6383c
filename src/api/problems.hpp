// From what went wrong to the problem that a client is told: one table for errors, one type for refusals.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

namespace gem::api {

/// A request that is refused, or that failed, as the client is told of it.
struct Problem {
    unsigned status = 500;
    std::string error_code = "INTERNAL_ERROR"; ///< one of HTTP_API.md's closed list
    std::string detail;
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string inner{}; ///< for the log only

    [[nodiscard]] http::Response response(UtcTime now) const;
};

/// The table of ErrorCode to status and error_code. `outside` names who is meant when something is not reachable:
/// `DATABASE_UNAVAILABLE` or `GITHUB_UNAVAILABLE`. The message of corrupt
/// and internal errors is for the log alone.
Problem problem_of(Error const& error, std::string_view outside = "DATABASE_UNAVAILABLE");

/// For strangers who ask about a private repository.
Problem hidden_repository(std::string_view repo);

/// For what only a process with a collector does; `detail` says what is missing here.
Problem collector_unavailable(std::string detail);

/// The candidate that is nearest to `name` by edit distance; empty if none is near (more than half of it differs).
std::string_view nearest(std::string_view name, std::vector<std::string_view> const& candidates);

} // namespace gem::api
