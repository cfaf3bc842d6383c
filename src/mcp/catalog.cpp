#include "mcp/catalog.hpp"

namespace gem::mcp {

namespace {

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    auto const digit = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        int const high = digit(text[i + 1]);
        int const low = digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

} // namespace

Call::Call(Client const& client, Channel& channel, Object const& params)
    : client_(client), channel_(channel), params_(params) {
    auto const* const meta = get_object(params, "_meta");
    if (meta == nullptr) return;
    auto const* const token = meta->if_contains("progressToken");
    if (token != nullptr && (token->is_string() || token->is_int64() || token->is_uint64())) progress_token_ = *token;
}

bool Call::client_can(std::string_view capability) const { return client_.capabilities.contains(capability); }

void Call::progress(double done, double total, std::string_view message) {
    if (progress_token_.is_null()) return;
    Object params{{"progressToken", progress_token_}, {"progress", done}};
    if (total > 0) params["total"] = total;
    if (!message.empty()) params["message"] = message;
    channel_.send(notification_text("notifications/progress", std::move(params)));
}

void Call::log(std::string_view level, std::string_view logger, Value data) {
    if (!client_.log_level || log_level_of(level).value_or(0) < *client_.log_level) return;
    Object params{{"level", level}, {"logger", logger}, {"data", std::move(data)}};
    channel_.send(notification_text("notifications/message", std::move(params)));
}

Async<Outcome> Call::ask(std::string method, Object params) {
    if (client_.era == Era::modern) co_return refuse(code::internal_error, "in the modern era a result asks for input");
    co_return co_await channel_.ask(std::move(method), std::move(params));
}

Object const* Call::input(std::string_view name) const {
    auto const* const inputs = get_object(params_, "inputResponses");
    return inputs == nullptr ? nullptr : get_object(*inputs, name);
}

std::optional<std::string_view> Call::request_state() const { return get_string(params_, "requestState"); }

Object text_result(std::string_view text, bool is_error) {
    Object result;
    result["content"] = Array{Value(Object{{"type", "text"}, {"text", text}})};
    if (is_error) result["isError"] = true;
    return result;
}

Object resource_result(std::string_view uri, std::string_view mime_type, std::string_view text) {
    Object result;
    result["contents"] = Array{Value(Object{{"uri", uri}, {"mimeType", mime_type}, {"text", text}})};
    return result;
}

std::optional<Variables> match_template(std::string_view pattern, std::string_view uri) {
    Variables variables;
    while (true) {
        auto const pattern_end = pattern.find('/');
        auto const uri_end = uri.find('/');
        auto const expected = pattern.substr(0, pattern_end);
        auto const segment = uri.substr(0, uri_end);
        if (expected.starts_with('{')) {
            auto value = percent_decode(segment);
            if (!value || value->empty()) return std::nullopt;
            variables.emplace(expected.substr(1, expected.size() - 2), std::move(*value));
        } else if (expected != segment) {
            return std::nullopt;
        }
        if ((pattern_end == std::string_view::npos) != (uri_end == std::string_view::npos)) return std::nullopt;
        if (pattern_end == std::string_view::npos) return variables;
        pattern.remove_prefix(pattern_end + 1);
        uri.remove_prefix(uri_end + 1);
    }
}

} // namespace gem::mcp
