// The head of a response, as bytes.
#pragma once

#include <string>
#include <string_view>

#include "http/negotiation.hpp"
#include "http/rate_limiter.hpp"

namespace gem::http {

/// What is said in a head beside the response itself.
struct HeadContext {
    std::string_view common;                     ///< finished lines that every response has (Server, Date, …)
    std::string_view allow_origin{};             ///< for Access-Control-Allow-Origin; empty: none
    RateLimiter::Decision const* rate = nullptr; ///< null: the request was not counted
    UtcTime now{};
    Representation representation{};
    bool keep_alive = true;
    bool http11 = true;
    bool streamed = false; ///< the body's size is not known: chunked, or ended by the connection's end
};

/// Appends status line, headers and the empty line; `body_size` is what a GET would get.
void append_head(std::string& out, Request const& request, Response const& response, std::size_t body_size,
                 HeadContext const& context);

/// The lines for `HeadContext::common`: Server, Date (RFC 9110's form of `now`), nosniff and Vary.
std::string common_head(std::string_view server_name, UtcTime now);

/// Whether a response of that status has a body (and so a Content-Length and a Content-Type).
constexpr bool may_have_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

} // namespace gem::http
