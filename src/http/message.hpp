// Requests and responses as the rest of the program sees them: no Beast, no sockets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"

namespace gem::http {

/// A request that was read whole and is within the limits.
struct Request {
    std::string method; ///< upper case; HEAD arrives as HEAD and is answered as GET without the body
    std::string target; ///< as sent: path and query, percent-encoded
    std::string path;   ///< decoded; begins with `/`
    /// Decoded `name=value` pairs in order; a name without `=` has an empty value.
    std::vector<std::pair<std::string, std::string>> query;
    std::vector<std::pair<std::string, std::string>> headers; ///< names in lower case
    std::string body;
    std::string remote_address; ///< of the client, seen through trusted proxies

    /// The first header of that name (lower case), or nothing.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

/// Bytes that may be sent many times: shared between responses, with the compressed form made at most once.
class Body {
  public:
    explicit Body(std::string bytes) : bytes_(std::move(bytes)) {}
    [[nodiscard]] std::string const& bytes() const { return bytes_; }
    /// The gzip form; made on first use, kept. Only from the server's thread.
    [[nodiscard]] std::string const& gzip() const;

  private:
    std::string bytes_;
    mutable std::optional<std::string> gzip_;
};

/// A body that comes piece by piece, such as server-sent events. Sent chunked and uncompressed.
class BodyStream {
  public:
    virtual ~BodyStream() = default;
    /// The next piece; nothing at the end. Asked for when the socket has taken the one before: a slow reader holds it
    /// up, and is dropped after the server's write_timeout. Cancelled when the client has gone. What it throws breaks
    /// the connection off, so that the client sees that the body is not whole.
    virtual Async<std::optional<std::string>> next() = 0;
    /// The server is about to stop: a stream without an end of its own ends now.
    virtual void finish() {}
};

struct Response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string cache_control = "no-store";
    /// A strong entity tag without quotes; empty: none. The server answers If-None-Match with 304 and gives the
    /// compressed form a tag of its own.
    std::string etag;
    std::vector<std::pair<std::string, std::string>> headers; ///< further ones
    std::shared_ptr<Body const> body;
    std::shared_ptr<BodyStream> stream{}; ///< in place of `body`

    static Response of(unsigned status, std::string content_type, std::string bytes) {
        return {.status = status,
                .content_type = std::move(content_type),
                .cache_control = "no-store",
                .etag = {},
                .headers = {},
                .body = std::make_shared<Body const>(std::move(bytes))};
    }
};

/// RFC 9457. `error_code` is one of HTTP_API.md's closed list.
Response problem(unsigned status, std::string_view error_code, std::string_view detail, UtcTime now);

/// What a server asks for its answers. Called on the server's one thread.
class Service {
  public:
    virtual ~Service() = default;
    /// An answer that is at hand (a cached one), or nothing. Must not block: the fast path.
    virtual std::optional<Response> answer_now(Request const& request) = 0;
    /// The answer. `request` lives until the coroutine ends. What it throws becomes a 500 without details.
    virtual Async<Response> answer(Request const& request) = 0;
};

} // namespace gem::http
