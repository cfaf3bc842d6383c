#include "mcp/protocol.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gem::mcp {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t longest_id = 256;
constexpr std::size_t longest_method = 128;

bool is_id(Value const& value) {
    if (value.is_string()) return value.get_string().size() <= longest_id;
    return value.is_int64() || value.is_uint64();
}

std::unexpected<RpcError> no_message(std::string_view what) {
    return refuse(code::invalid_request, fmt::format("not a JSON-RPC 2.0 message: {}", what));
}

std::string message_text(Object message) {
    Object whole{{"jsonrpc", "2.0"}};
    for (auto& member : message) whole.emplace(member.key(), std::move(member.value()));
    return to_text(Value(std::move(whole)));
}

} // namespace

bool is_legacy_version(std::string_view version) {
    return std::ranges::find(legacy_versions, version) != legacy_versions.end();
}

RpcError unsupported_version(std::string_view requested) {
    Object data;
    data["supported"] = Array{Value(modern_version)};
    data["requested"] = requested.substr(0, longest_id);
    return {.code = code::unsupported_version,
            .message = fmt::format("unsupported protocol version; this server speaks {} by request, and {} after "
                                   "`initialize`",
                                   modern_version, fmt::join(legacy_versions, ", ")),
            .data = Value(std::move(data))};
}

RpcError missing_capability(std::string_view capability) {
    Object needed;
    needed[capability] = Object();
    Object data;
    data["requiredCapabilities"] = std::move(needed);
    return {.code = code::missing_capability,
            .message = fmt::format("this needs a client with the capability `{}`", capability),
            .data = Value(std::move(data))};
}

std::expected<Value, RpcError> parse_value(std::string_view text) {
    auto parsed = parse_json(text);
    if (!parsed) return refuse(code::parse_error, "not JSON in UTF-8, or nested too deeply");
    return std::move(*parsed);
}

std::expected<Message, RpcError> parse_message(std::string_view text) {
    auto parsed = parse_value(text);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    return read_message(std::move(*parsed));
}

std::expected<Message, RpcError> read_message(Value value) {
    auto* const object = value.if_object();
    if (object == nullptr)
        return no_message(value.is_array() ? "this version has no batches, send one message at a time"
                                           : "not an object");
    if (get_string(*object, "jsonrpc") != "2.0") return no_message("`jsonrpc` must be \"2.0\"");
    Message message;
    auto const* const id = object->if_contains("id");
    if (id != nullptr && !is_id(*id))
        return no_message(fmt::format("`id` must be an integer or a string of at most {} bytes", longest_id));
    if (id != nullptr) message.id = *id;
    if (auto const* const method = object->if_contains("method")) {
        auto const* const name = method->if_string();
        if (name == nullptr || name->size() > longest_method)
            return no_message(fmt::format("`method` must be a string of at most {} bytes", longest_method));
        message.method = std::string_view(*name);
        if (auto* const params = object->if_contains("params")) {
            if (!params->is_object()) return no_message("`params` must be an object");
            message.params = std::move(params->get_object());
        }
        message.kind = id != nullptr ? Message::Kind::request : Message::Kind::notification;
        return message;
    }
    if (id == nullptr || !(object->contains("result") || object->contains("error")))
        return no_message("neither a method, nor a result or error with its id");
    message.kind = Message::Kind::response;
    message.body = std::move(*object);
    return message;
}

std::string result_text(Value const& id, Object const& result) {
    return message_text(Object{{"id", id}, {"result", result}});
}

std::string error_text(Value const& id, RpcError const& error) {
    Object body;
    body["code"] = error.code;
    body["message"] = error.message;
    if (!error.data.is_null()) body["data"] = error.data;
    return message_text(Object{{"id", id}, {"error", std::move(body)}});
}

std::string notification_text(std::string_view method, Object params) {
    Object message;
    message["method"] = method;
    if (!params.empty()) message["params"] = std::move(params);
    return message_text(std::move(message));
}

std::string request_text(std::int64_t id, std::string_view method, Object params) {
    Object message;
    message["id"] = id;
    message["method"] = method;
    message["params"] = std::move(params);
    return message_text(std::move(message));
}

std::optional<int> log_level_of(std::string_view word) {
    static constexpr std::array<std::string_view, 8> levels = {"debug", "info",     "notice", "warning",
                                                               "error", "critical", "alert",  "emergency"};
    auto const found = std::ranges::find(levels, word);
    if (found == levels.end()) return std::nullopt;
    return static_cast<int>(found - levels.begin());
}

std::string base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto const byte = [&](std::size_t at) {
            return at < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[at])) : 0U;
        };
        unsigned const group = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
        out += alphabet[group >> 18U];
        out += alphabet[group >> 12U & 63U];
        out += i + 1 < bytes.size() ? alphabet[group >> 6U & 63U] : '=';
        out += i + 2 < bytes.size() ? alphabet[group & 63U] : '=';
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 4) {
        bool const last = i + 4 == text.size();
        std::size_t padding = 0;
        if (last && text[i + 3] == '=') padding = text[i + 2] == '=' ? 2 : 1;
        unsigned group = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            auto const place = j >= 4 - padding ? 0 : alphabet.find(text[i + j]);
            if (place == std::string_view::npos) return std::nullopt;
            group = group << 6U | static_cast<unsigned>(place);
        }
        out += static_cast<char>(group >> 16U);
        if (padding < 2) out += static_cast<char>(group >> 8U & 255U);
        if (padding < 1) out += static_cast<char>(group & 255U);
    }
    if (base64(out) != text) return std::nullopt;
    return out;
}

} // namespace gem::mcp
