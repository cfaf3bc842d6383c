// What GitHub's response headers say: rate limit, when to come back, where the next page is. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "http/client.hpp"

namespace gem::github {

/// X-RateLimit-*; what is missing or unreadable is empty.
struct RateLimit {
    std::optional<std::int64_t> limit;
    std::optional<std::int64_t> remaining;
    std::optional<UtcTime> reset;
    std::string resource; ///< `core` where GitHub tells
};
RateLimit parse_rate_limit(http::ClientResponse const& response);

/// The target of the first link with that relation in a Link header (RFC 8288), as written.
std::optional<std::string> link_target(std::string_view header, std::string_view relation);

/// The number of the page that `Link: rel="next"` leads to; nothing on the last page.
std::optional<int> next_page(http::ClientResponse const& response);

/// `Sun, 06 Nov 1994 08:49:37 GMT`
std::optional<UtcTime> parse_http_date(std::string_view text);

/// Retry-After, seconds or a date, as a moment.
std::optional<UtcTime> retry_after(http::ClientResponse const& response, UtcTime now);

/// Whether a 403 or 429 is about having asked too often (by Retry-After, by X-RateLimit-Remaining, by what it says).
bool is_rate_limited(http::ClientResponse const& response, UtcTime now);

/// When to ask again after a rate-limited answer: Retry-After; else the reset when nothing is left; else a minute, as
/// GitHub asks for. Never in the past, never more than a day ahead.
UtcTime rate_limited_until(http::ClientResponse const& response, UtcTime now);

/// What an error body says, for a person: its `message`, the first of its `errors`; or the status alone when the body
/// is empty or HTML. One line, at most 300 bytes.
std::string error_message(http::ClientResponse const& response);

} // namespace gem::github
