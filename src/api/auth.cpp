#include "api/auth.hpp"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/text.hpp"
#include "domain/repo_name.hpp"

namespace gem::api {

namespace {

std::string_view bearer_of(http::Request const& request) {
    auto const header = request.header("authorization");
    if (!header) return {};
    auto const text = trimmed(*header);
    if (ascii_lower(text.substr(0, 7)) != "bearer ") return {};
    return trimmed(text.substr(7));
}

/// `host` without its port.
std::string_view name_of(std::string_view host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.find(':'));
}

/// A page of another site must not make a browser change something here, though the browser is on this machine.
bool is_foreign_page(AccessRules const& rules, http::Request const& request) {
    auto const origin = request.header("origin");
    if (!origin) return false;
    if (std::ranges::find(rules.cors_origins, *origin) != rules.cors_origins.end()) return false;
    auto const host = request.header("host").value_or(std::string_view{});
    auto const scheme_end = origin->find("://");
    if (scheme_end == std::string_view::npos || origin->substr(scheme_end + 3) != host) return true;
    auto const name = name_of(host); // a name that somebody pointed at this machine is foreign too
    return name != "localhost" && name != "[::1]" && !name.starts_with("127.");
}

Problem unauthorized(std::string detail) {
    return {.status = 401,
            .error_code = "UNAUTHORIZED",
            .detail = std::move(detail),
            .headers = {{"WWW-Authenticate", "Bearer"}}};
}

} // namespace

TokenList::Digest TokenList::digest_of(std::string_view token) {
    Digest digest{};
    SHA256(reinterpret_cast<unsigned char const*>(token.data()), token.size(), digest.data());
    return digest;
}

Result<TokenList> TokenList::parse(std::string_view comma_separated) {
    TokenList list;
    auto rest = trimmed(comma_separated);
    if (rest.empty()) return list;
    while (true) {
        auto const comma = rest.find(',');
        auto text = trimmed(rest.substr(0, comma));
        auto scope = Access::admin;
        if (text.starts_with("read:")) {
            scope = Access::read;
            text.remove_prefix(5);
        } else if (text.starts_with("admin:")) {
            text.remove_prefix(6);
        }
        bool const printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
        if (text.empty() || !printable) {
            return fail(ErrorCode::invalid_argument,
                        "API_TOKENS must be tokens separated by commas, each TOKEN, read:TOKEN or admin:TOKEN, of "
                        "printable ASCII without blanks; one of them is not");
        }
        list.tokens_.push_back({.digest = digest_of(text), .scope = scope});
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    return list;
}

std::optional<Access> TokenList::scope_of(std::string_view token) const {
    auto const digest = digest_of(token);
    std::optional<Access> scope;
    for (auto const& known : tokens_) { // all of them, always
        bool const same = CRYPTO_memcmp(known.digest.data(), digest.data(), digest.size()) == 0;
        if (same && scope != Access::admin) scope = known.scope;
    }
    return scope;
}

bool is_stranger(AccessRules const& rules, http::Request const& request) {
    return !rules.loopback_only && !rules.tokens.scope_of(bearer_of(request));
}

std::optional<Problem> refuse(AccessRules const& rules, Access access, http::Request const& request) {
    if (access == Access::open) return std::nullopt;
    if (rules.tokens.empty()) {
        if (access == Access::read) return std::nullopt;
        if (!rules.loopback_only) {
            return unauthorized("This changes something and the server can be reached from other machines: it needs a "
                                "token of scope admin, and API_TOKENS names none.");
        }
        if (is_foreign_page(rules, request)) {
            return Problem{.status = 403,
                           .error_code = "FORBIDDEN",
                           .detail = "A page of another site may not change something here."};
        }
        return std::nullopt;
    }
    auto const token = bearer_of(request);
    if (token.empty()) return unauthorized("This needs a token: send Authorization: Bearer and one of API_TOKENS.");
    auto const scope = rules.tokens.scope_of(token);
    if (!scope) return unauthorized("This token is none of API_TOKENS.");
    if (access == Access::admin && *scope != Access::admin) {
        return Problem{.status = 403,
                       .error_code = "FORBIDDEN",
                       .detail = "This token may read; changing something needs one of scope admin."};
    }
    return std::nullopt;
}

} // namespace gem::api
