// Who may ask: API_TOKENS, their scopes, and what a browser on another site must not do.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/problems.hpp"
#include "base/result.hpp"
#include "http/message.hpp"

namespace gem::api {

/// Whether a route needs a token, and of what scope.
enum class Access {
    open,  ///< never asks for one: health
    read,  ///< asks for one when there are any
    admin, ///< changes state: asks for an admin token when there are any, or when others than this machine can connect
};

/// The configured tokens. Kept as digests, compared in constant time, never shown.
class TokenList {
  public:
    /// Comma-separated `read:TOKEN`, `admin:TOKEN` or `TOKEN` (admin). invalid_argument for an empty or odd one; the
    /// message does not repeat it.
    static Result<TokenList> parse(std::string_view comma_separated);

    [[nodiscard]] bool empty() const { return tokens_.empty(); }
    /// The scope of `token`; nothing if it is none of ours.
    [[nodiscard]] std::optional<Access> scope_of(std::string_view token) const;

  private:
    using Digest = std::array<unsigned char, 32>;
    struct Token {
        Digest digest;
        Access scope;
    };
    static Digest digest_of(std::string_view token);
    std::vector<Token> tokens_;
};

/// Who is let in where.
struct AccessRules {
    TokenList tokens;
    bool loopback_only = true; ///< only this machine can connect
    std::vector<std::string> cors_origins;
};

/// Nothing if the request may go on to a route of that access; else the problem: 401 without a valid token, 403 with
/// one that does not suffice or from a page of another site.
std::optional<Problem> refuse(AccessRules const& rules, Access access, http::Request const& request);

/// Whether it may come from another machine and has no valid token: what is private is not for him.
bool is_stranger(AccessRules const& rules, http::Request const& request);

} // namespace gem::api
