#include "http/client_errors.hpp"

#include <memory>

#include <fmt/format.h>

namespace gem::http {

std::string host_of(std::string const& url) {
    std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> const parts(curl_url(), curl_url_cleanup);
    if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return "(no host)";
    std::string host;
    char* text = nullptr;
    if (curl_url_get(parts.get(), CURLUPART_HOST, &text, 0) == CURLUE_OK) {
        host = text;
        curl_free(text);
    }
    if (curl_url_get(parts.get(), CURLUPART_PORT, &text, 0) == CURLUE_OK) {
        host += ':';
        host += text;
        curl_free(text);
    }
    return host.empty() ? "(no host)" : host;
}

Error client_error(CURLcode code, std::string_view host, std::string_view detail) {
    auto const make = [&](ErrorCode kind, std::string_view what) {
        auto message = fmt::format("{}: {}", host, what);
        if (!detail.empty()) message += fmt::format(" ({})", detail);
        return fail(kind, std::move(message)).error();
    };
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return make(ErrorCode::unavailable, "cannot resolve the host name");
    case CURLE_COULDNT_RESOLVE_PROXY:
        return make(ErrorCode::unavailable, "cannot resolve the proxy's host name");
    case CURLE_COULDNT_CONNECT:
        return make(ErrorCode::unavailable, "cannot connect");
    case CURLE_OPERATION_TIMEDOUT:
        return make(ErrorCode::timed_out, "did not answer in time");
    case CURLE_GOT_NOTHING:
        return make(ErrorCode::unavailable, "closed the connection without an answer");
    case CURLE_PARTIAL_FILE:
        return make(ErrorCode::unavailable, "closed the connection before the answer was whole");
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return make(ErrorCode::unavailable, "the connection broke");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return make(ErrorCode::unauthorized,
                    "its TLS certificate cannot be trusted; check the name and the CA certificates");
    case CURLE_SSL_CONNECT_ERROR:
        return make(ErrorCode::unavailable, "TLS cannot be agreed on");
    case CURLE_SSL_CACERT_BADFILE:
        return make(ErrorCode::invalid_argument, "the CA certificates cannot be read");
    case CURLE_BAD_CONTENT_ENCODING:
        return make(ErrorCode::corrupt, "the compressed answer is damaged");
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: // HTTP/0.9, which is anything: the URL's scheme was looked at before
        return make(ErrorCode::unavailable, "what it answered is not HTTP");
    case CURLE_URL_MALFORMAT:
        return make(ErrorCode::invalid_argument, "expected an absolute http or https URL");
    case CURLE_OUT_OF_MEMORY:
        return make(ErrorCode::internal, "out of memory");
    default:
        return make(ErrorCode::unavailable, curl_easy_strerror(code));
    }
}

} // namespace gem::http
