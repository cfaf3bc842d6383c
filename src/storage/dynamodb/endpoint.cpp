#include "storage/dynamodb/endpoint.hpp"

#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

namespace gem::dynamodb {

Result<Endpoint> parse_endpoint(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> const parts(curl_url(), curl_url_cleanup);
    bool const is_url = parts && curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
    auto const part = [&](CURLUPart which) {
        char* text = nullptr;
        if (!is_url || curl_url_get(parts.get(), which, &text, 0) != CURLUE_OK) return std::string();
        std::string copy(text);
        curl_free(text);
        return copy;
    };
    auto const scheme = part(CURLUPART_SCHEME);
    auto const host = part(CURLUPART_HOST);
    if ((scheme != "http" && scheme != "https") || host.empty() || part(CURLUPART_PATH) != "/" ||
        !part(CURLUPART_QUERY).empty() || !part(CURLUPART_FRAGMENT).empty() || !part(CURLUPART_USER).empty()) {
        return fail(ErrorCode::invalid_argument,
                    "DYNAMODB_ENDPOINT_URL: expected a URL such as http://127.0.0.1:8000, without a path");
    }
    bool const loopback =
        host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || host.starts_with("127.");
    return Endpoint{.url = std::move(url), .plain = scheme == "http", .loopback = loopback};
}

std::string aws_endpoint(std::string_view region) {
    return fmt::format("https://dynamodb.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : "");
}

} // namespace gem::dynamodb
