#include "mcp/http_replies.hpp"

namespace gem::mcp {

http::Response json_response(unsigned status, std::string body) {
    return http::Response::of(status, "application/json", std::move(body));
}

http::Response error_response(unsigned status, RpcError const& error, Value const& id) {
    return json_response(status, error_text(id, error));
}

http::Response empty_response(unsigned status) {
    auto response = http::Response::of(status, {}, {});
    response.content_type.clear();
    return response;
}

http::Response too_busy(Value const& id) {
    auto response = error_response(503, {.code = code::internal_error, .message = "too many requests at once"}, id);
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

unsigned status_of(RpcError const& error) {
    switch (error.code) {
    case code::method_not_found:
        return 404;
    case code::header_mismatch:
    case code::missing_capability:
    case code::unsupported_version:
    case code::parse_error:
    case code::invalid_request:
        return 400;
    default:
        return 200;
    }
}

} // namespace gem::mcp
