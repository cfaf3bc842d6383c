// What a caller may meet (bad input, missing, throttled, unreachable) is a Result; exceptions mean a bug, a broken
// start-up or cancellation.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace gem {

/// The closed list of what can go wrong. Three tables turn it into an HTTP status, an MCP error and an exit status.
enum class ErrorCode {
    invalid_argument, ///< the caller's input is wrong; the message says what was expected
    not_found,        ///< a single named thing is not there
    conflict,         ///< somebody else changed it first
    unauthorized,     ///< credentials are missing, wrong or do not suffice
    rate_limited,     ///< asked too often; see retry_after
    unavailable,      ///< the other side cannot be reached or is not able to answer
    timed_out,        ///< the deadline passed
    corrupt,          ///< data is not what it must be
    internal,         ///< a bug of ours
};

std::string_view to_string(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::internal;
    /// For a person: what happened, with what, and what to do about it.
    std::string message;
    /// Whether the same call may succeed later.
    bool retryable = false;
    /// When to try again, if the other side told.
    std::optional<std::chrono::seconds> retry_after{};

    /// The same error with "context: " put before the message; used on the way up.
    [[nodiscard]] Error within(std::string_view context) const;
};

template <class T>
using Result = std::expected<T, Error>;

/// `return fail(ErrorCode::not_found, "no commit {} in {}", sha, repo)` with the text already formatted.
inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
    bool const retryable =
        code == ErrorCode::rate_limited || code == ErrorCode::unavailable || code == ErrorCode::timed_out;
    return std::unexpected(Error{.code = code, .message = std::move(message), .retryable = retryable});
}

inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

} // namespace gem
