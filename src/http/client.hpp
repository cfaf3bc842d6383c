// HTTP from this side: asking other servers. The rest of the program sees requests and responses, never libcurl.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "base/result.hpp"

namespace gem::http {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct ClientRequest {
    std::string method = "GET";
    std::string url;      ///< http or https, absolute; secrets belong into headers
    HeaderList headers{}; ///< sent as they are
    std::string body{};
    std::chrono::milliseconds deadline = std::chrono::seconds(30); ///< for all of it, from the call to the last byte
    std::size_t max_body = std::size_t{32} << 20;                  ///< bytes after decompression
    bool accept_gzip = true; ///< false: no Accept-Encoding, and the body is taken byte for byte
    /// Takes the body of a 2xx answer piece by piece, on the client's own thread, in place of ClientResponse::body;
    /// false ends the transfer with an error. max_body does not bound it.
    std::function<bool(std::string_view piece)> body_sink{};
    /// Last word on libcurl's easy handle (a `CURL*`), on the client's own thread: for request signing.
    std::function<void(void* easy_handle)> configure{};
};

struct ClientResponse {
    unsigned status = 0;
    HeaderList headers; ///< names in lower case, in order, repeated ones kept
    std::string body;

    /// The first header of that name (lower case), or nothing.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

/// Sends requests. Any number at once.
class HttpClient {
  public:
    virtual ~HttpClient() = default;
    /// Whatever status the server answered with is a response; redirects are not followed. Errors name the host and
    /// nothing else of the URL: unavailable (cannot resolve, refused, reset, cut short), timed_out, unauthorized (TLS:
    /// not who it says it is), corrupt (body too large or not what its encoding says), invalid_argument (URL, headers).
    /// Cancelling lets go of the transfer and throws operation_aborted. The client outlives every send under way.
    virtual Async<Result<ClientResponse>> send(ClientRequest request) = 0;
};

struct ClientOptions {
    std::string user_agent = "github-events-monitor/" GEM_VERSION;
    std::size_t connections_per_host = 32;
    std::chrono::milliseconds connect_deadline = std::chrono::seconds(10);
    std::string ca_file{}; ///< PEM; empty: the system's
    bool use_proxy = true; ///< what libcurl finds in http_proxy, https_proxy, no_proxy
};

/// HttpClient on libcurl: one thread of its own that drives all transfers, connections kept and shared, TLS verified.
class CurlClient final : public HttpClient {
  public:
    explicit CurlClient(ClientOptions options = {});
    /// Ends what is still under way with `unavailable`.
    ~CurlClient() override;
    CurlClient(CurlClient const&) = delete;
    CurlClient& operator=(CurlClient const&) = delete;

    Async<Result<ClientResponse>> send(ClientRequest request) override;

  private:
    struct Loop;
    std::unique_ptr<Loop> loop_;
};

/// Fetches `url` into `file` byte for byte: written as `<file>.part`, put in place when whole, removed when not. At
/// most three redirects (https never to http). Returns the bytes written; not_found for 404 and 410.
Async<Result<std::int64_t>> download(HttpClient& client, std::string url, std::string file,
                                     std::chrono::milliseconds deadline);

} // namespace gem::http
