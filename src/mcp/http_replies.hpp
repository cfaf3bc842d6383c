// Replies of the HTTP transport.
#pragma once

#include "http/message.hpp"
#include "mcp/protocol.hpp"

namespace gem::mcp {

http::Response json_response(unsigned status, std::string body);
http::Response error_response(unsigned status, RpcError const& error, Value const& id = {});
/// Without a body.
http::Response empty_response(unsigned status);
/// 503: more is under way than may be.
http::Response too_busy(Value const& id);
/// The HTTP status of an error where the modern era wants one of its own.
unsigned status_of(RpcError const& error);

} // namespace gem::mcp
