#include "http/response_head.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "http/status.hpp"

namespace gem::http {

namespace {

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 24> digits{};
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

/// A header line. A line break in a value would let whoever chose it write headers of his own: such bytes are left out.
void append_line(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    for (char const c : value)
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') out += c;
    out += "\r\n";
}

void append_rate(std::string& out, RateLimiter::Decision const& rate, UtcTime now) {
    fmt::format_to(std::back_inserter(out),
                   "RateLimit-Policy: \"default\";q={0};w={1}\r\nRateLimit: \"default\";r={2};t={3}\r\n"
                   "X-RateLimit-Limit: {0}\r\nX-RateLimit-Remaining: {2}\r\nX-RateLimit-Reset: {4}\r\n",
                   rate.limit, rate.window.count(), rate.remaining, rate.reset.count(), to_unix(now + rate.reset));
}

void append_cors(std::string& out, Request const& request, Response const& response, std::string_view allow_origin) {
    append_line(out, "Access-Control-Allow-Origin", allow_origin);
    bool const preflight = request.method == "OPTIONS" && request.header("access-control-request-method");
    if (!preflight) {
        out +=
            "Access-Control-Expose-Headers: ETag, Link, Retry-After, RateLimit, RateLimit-Policy, X-RateLimit-Limit, "
            "X-RateLimit-Remaining, X-RateLimit-Reset, Mcp-Session-Id\r\n";
        return;
    }
    for (auto const& [name, value] : response.headers)
        if (name == "Allow" || name == "allow") append_line(out, "Access-Control-Allow-Methods", value);
    auto const wanted = request.header("access-control-request-headers");
    if (wanted && is_token_list(*wanted)) append_line(out, "Access-Control-Allow-Headers", *wanted);
    out += "Access-Control-Max-Age: 600\r\n";
}

} // namespace

std::string common_head(std::string_view server_name, UtcTime now) {
    static constexpr std::array<char const*, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<char const*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto const day = std::chrono::floor<days>(now);
    std::chrono::year_month_day const date(day);
    auto const second = (now - day).count();
    return fmt::format(
        "Server: {}\r\nDate: {}, {:02} {} {:04} {:02}:{:02}:{:02} GMT\r\nX-Content-Type-Options: nosniff\r\n"
        "Vary: Accept-Encoding, Origin, Authorization\r\n",
        server_name, weekdays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
        months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()), second / 3600, second / 60 % 60,
        second % 60);
}

void append_head(std::string& out, Request const& request, Response const& response, std::size_t body_size,
                 HeadContext const& context) {
    auto const& form = context.representation;
    unsigned const status = form.not_modified ? 304 : response.status;
    if (status == 200) {
        out += "HTTP/1.1 200 OK\r\n";
    } else {
        out += "HTTP/1.1 ";
        append_number(out, status);
        out += ' ';
        out += reason_phrase(status);
        out += "\r\n";
    }
    out += context.common;
    if (may_have_body(status)) {
        if (body_size > 0 || context.streamed) append_line(out, "Content-Type", response.content_type);
        if (form.gzip) out += "Content-Encoding: gzip\r\n";
        if (!context.streamed) {
            out += "Content-Length: ";
            append_number(out, body_size);
            out += "\r\n";
        } else if (context.http11) {
            out += "Transfer-Encoding: chunked\r\n";
        }
    }
    if (!response.cache_control.empty()) append_line(out, "Cache-Control", response.cache_control);
    if (!response.etag.empty()) {
        out += "ETag: \"";
        out += response.etag;
        out += form.gzip ? "-gzip\"\r\n" : "\"\r\n";
    }
    if (context.rate != nullptr) append_rate(out, *context.rate, context.now);
    if (!context.allow_origin.empty()) append_cors(out, request, response, context.allow_origin);
    for (auto const& [name, value] : response.headers) append_line(out, name, value);
    if (!context.keep_alive)
        out += "Connection: close\r\n";
    else if (!context.http11)
        out += "Connection: keep-alive\r\n";
    out += "\r\n";
}

} // namespace gem::http
