#include "mcp/headers.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "domain/repo_name.hpp"

namespace gem::mcp {

namespace {

RpcError mismatch(std::string message) { return {.code = code::header_mismatch, .message = std::move(message)}; }

/// What a header value stands for: `=?base64?…?=` is decoded. Nothing if that cannot be.
std::optional<std::string> decoded(std::string_view value) {
    constexpr std::string_view begin = "=?base64?";
    constexpr std::string_view end = "?=";
    value = trimmed(value);
    if (!value.starts_with(begin) || !value.ends_with(end) || value.size() < begin.size() + end.size())
        return std::string(value);
    return from_base64(value.substr(begin.size(), value.size() - begin.size() - end.size()));
}

/// The parameter that Mcp-Name mirrors; empty if the method has none.
std::string_view named_by(std::string_view method) {
    if (method == "tools/call" || method == "prompts/get") return "name";
    if (method == "resources/read") return "uri";
    return {};
}

/// A primitive as a header says it; nothing for what no header can say.
std::optional<std::string> as_header(Value const& value) {
    if (value.is_string()) return std::string(std::string_view(value.get_string()));
    if (value.is_bool() || value.is_number()) return to_text(value);
    return std::nullopt;
}

/// `host` without its port.
std::string_view name_of(std::string_view host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.find(':'));
}

} // namespace

std::expected<Era, RpcError> era_of(http::Request const& request, Message const& message) {
    auto const given = request.header("mcp-protocol-version");
    auto const header = given ? std::optional(trimmed(*given)) : std::nullopt;
    auto const* const meta = get_object(message.params, "_meta");
    auto const* const claim = meta == nullptr ? nullptr : meta->if_contains(key::protocol_version);
    if (claim != nullptr) {
        auto const version = get_string(*meta, key::protocol_version);
        if (!version) return Era::modern; // what is wrong with it is said where `_meta` is read
        if (!header && message.kind == Message::Kind::request)
            return std::unexpected(mismatch("the header MCP-Protocol-Version is missing"));
        if (header && *header != *version)
            return std::unexpected(mismatch("the header MCP-Protocol-Version and `_meta` name different versions"));
        if (!is_legacy_version(*version)) return Era::modern;
        return Era::legacy;
    }
    if (!header || is_legacy_version(*header)) return Era::legacy;
    if (*header == modern_version) return Era::modern;
    return std::unexpected(unsupported_version(*header));
}

std::optional<RpcError> check_mirrored(http::Request const& request, Message const& message) {
    auto const method = request.header("mcp-method");
    if (!method) return mismatch("the header Mcp-Method is missing");
    if (trimmed(*method) != message.method) return mismatch("the header Mcp-Method is not the body's `method`");
    auto const parameter = named_by(message.method);
    auto const named = parameter.empty() ? std::nullopt : get_string(message.params, parameter);
    if (!named) return std::nullopt;
    auto const name = request.header("mcp-name");
    if (!name) return mismatch(fmt::format("the header Mcp-Name is missing; it mirrors `{}`", parameter));
    auto const said = decoded(*name);
    if (!said || *said != *named) return mismatch(fmt::format("the header Mcp-Name is not the body's `{}`", parameter));
    return std::nullopt;
}

std::optional<RpcError> check_parameters(http::Request const& request, Message const& message, Tool const& tool) {
    auto const* const properties = get_object(tool.input_schema, "properties");
    if (properties == nullptr) return std::nullopt;
    auto const* const arguments = get_object(message.params, "arguments");
    for (auto const& property : *properties) {
        auto const* const schema = property.value().if_object();
        auto const suffix = schema == nullptr ? std::nullopt : get_string(*schema, "x-mcp-header");
        if (!suffix) continue;
        auto const* const argument = arguments == nullptr ? nullptr : arguments->if_contains(property.key());
        auto const wanted = argument == nullptr ? std::nullopt : as_header(*argument);
        auto const header = request.header("mcp-param-" + ascii_lower(*suffix));
        if (!header && !wanted) continue;
        auto const said = header ? decoded(*header) : std::nullopt;
        if (!said || said != wanted) {
            return mismatch(fmt::format("the header Mcp-Param-{} does not say what the argument `{}` says", *suffix,
                                        std::string_view(property.key())));
        }
    }
    return std::nullopt;
}

bool origin_allowed(http::Request const& request, std::vector<std::string> const& allowed) {
    auto const origin = request.header("origin");
    if (!origin || std::ranges::find(allowed, *origin) != allowed.end()) return true;
    auto const scheme_end = origin->find("://");
    if (scheme_end == std::string_view::npos) return false;
    auto const host = origin->substr(scheme_end + 3);
    if (host != request.header("host").value_or(std::string_view{})) return false;
    auto const name = name_of(host); // a name that somebody pointed at this machine is foreign too
    return name == "localhost" || name == "[::1]" || name.starts_with("127.");
}

bool accepts(http::Request const& request, std::string_view type) {
    auto const header = request.header("accept");
    if (!header) return true;
    auto const lower = ascii_lower(*header);
    auto const group = std::string(type.substr(0, type.find('/') + 1)) + '*';
    for (std::size_t at = 0; at <= lower.size();) {
        auto const comma = std::min(lower.find(',', at), lower.size());
        auto const range = trimmed(std::string_view(lower).substr(at, comma - at));
        auto const name = trimmed(range.substr(0, range.find(';')));
        if (name == type || name == group || name == "*/*") return true;
        at = comma + 1;
    }
    return false;
}

} // namespace gem::mcp
