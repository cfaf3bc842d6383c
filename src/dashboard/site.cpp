#include "dashboard/site.hpp"

#include "http/negotiation.hpp"

namespace gem::dashboard {

namespace {

// Only what this server sends, no inline code or style, no form that leaves, no frame around it.
constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

http::Response response_of(Asset const& asset) {
    auto response = http::Response::of(200, std::string(asset.content_type), std::string(asset.bytes));
    response.cache_control = asset.hashed_name ? "public, max-age=31536000, immutable" : "no-cache";
    response.etag = asset.etag;
    response.headers = {{"Content-Security-Policy", std::string(content_security_policy)},
                        {"Cross-Origin-Opener-Policy", "same-origin"},
                        {"Cross-Origin-Resource-Policy", "same-origin"},
                        {"Referrer-Policy", "no-referrer"}};
    return response;
}

/// Compressed beforehand: the server leaves a body alone that names its encoding.
http::Response gzip_response_of(Asset const& asset) {
    auto response = response_of(asset);
    response.body = std::make_shared<http::Body const>(std::string(asset.gzip));
    response.etag += "-gzip";
    response.headers.emplace_back("Content-Encoding", "gzip");
    return response;
}

} // namespace

Site::Site(http::Service& others, std::span<Asset const> files) : others_(others) {
    for (auto const& asset : files)
        files_.emplace(asset.path, Forms{.plain = response_of(asset), .gzip = gzip_response_of(asset)});
}

std::optional<http::Response> Site::answer_now(http::Request const& request) {
    bool const reads = request.method == "GET" || request.method == "HEAD";
    auto const found = reads ? files_.find(request.path) : files_.end();
    if (found == files_.end()) return others_.answer_now(request);
    auto const& [plain, gzip] = found->second;
    auto const accept = request.header("accept-encoding");
    return accept && http::accepts_gzip(*accept) ? gzip : plain;
}

Async<http::Response> Site::answer(http::Request const& request) { return others_.answer(request); }

} // namespace gem::dashboard
