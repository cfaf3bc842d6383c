// The words of the protocol: its versions, eras, errors and the keys of `_meta`.
#pragma once

#include <array>
#include <expected>
#include <string>
#include <string_view>

#include "mcp/json.hpp"

namespace gem::mcp {

/// Legacy: a handshake and a session. Modern: each request stands for itself and says in `_meta` who asks.
enum class Era { legacy, modern };

inline constexpr std::string_view modern_version = "2026-07-28";
/// Newest first.
inline constexpr std::array<std::string_view, 3> legacy_versions = {"2025-11-25", "2025-06-18", "2025-03-26"};
bool is_legacy_version(std::string_view version);

namespace key {
inline constexpr std::string_view protocol_version = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view client_capabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view log_level = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view server_info = "io.modelcontextprotocol/serverInfo";
inline constexpr std::string_view subscription_id = "io.modelcontextprotocol/subscriptionId";
} // namespace key

namespace code {
inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int server_error = -32000;       ///< of the transport: no session, not acceptable …
inline constexpr int resource_not_found = -32002; ///< legacy; invalid_params in the modern era
inline constexpr int header_mismatch = -32020;
inline constexpr int missing_capability = -32021;
inline constexpr int unsupported_version = -32022;
} // namespace code

struct RpcError {
    int code = code::internal_error;
    std::string message;
    Value data{}; ///< null: none
};

/// The result of a request, or why there is none.
using Outcome = std::expected<Object, RpcError>;

inline std::unexpected<RpcError> refuse(int code, std::string message, Value data = {}) {
    return std::unexpected(RpcError{.code = code, .message = std::move(message), .data = std::move(data)});
}

/// -32022 with the versions there are.
RpcError unsupported_version(std::string_view requested);
/// -32021: the client would have to be capable of `capability`.
RpcError missing_capability(std::string_view capability);

/// A message off the wire.
struct Message {
    enum class Kind { request, notification, response };
    Kind kind = Kind::notification;
    Value id{}; ///< string or integer; null of a notification
    std::string method{};
    Object params{};
    Object body{}; ///< of a response: with `result` or `error`
};

/// -32700 for what is not JSON, -32600 for what is no message. A batch is no message.
std::expected<Message, RpcError> parse_message(std::string_view text);
/// The two steps of it.
std::expected<Value, RpcError> parse_value(std::string_view text);
std::expected<Message, RpcError> read_message(Value value);

std::string result_text(Value const& id, Object const& result);
/// `id` null: the request could not be read so far.
std::string error_text(Value const& id, RpcError const& error);
std::string notification_text(std::string_view method, Object params);
std::string request_text(std::int64_t id, std::string_view method, Object params);

/// `debug` … `emergency` to 0 … 7; nothing for another word.
std::optional<int> log_level_of(std::string_view word);

std::string base64(std::string_view bytes);
/// Strict: canonical padding, no other characters. Nothing if it is not base64.
std::optional<std::string> from_base64(std::string_view text);

} // namespace gem::mcp
