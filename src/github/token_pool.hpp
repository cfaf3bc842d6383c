// Which of the configured tokens asks next. Is given the time and what GitHub answered; does no I/O.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "github/rate_limit.hpp"

namespace gem::github {

/// A token's name for state and logs: the first 8 hex digits of its SHA-256; `anonymous` for no token.
std::string token_fingerprint(std::string_view token);

/// Without tokens the pool holds one anonymous entry. Not thread-safe.
class TokenPool {
  public:
    explicit TokenPool(std::vector<std::string> tokens);

    struct Entry {
        std::string token; ///< secret; empty: ask without
        std::string fingerprint;
        RateLimit rate{};
        std::optional<UtcTime> paused_until{};
    };

    /// The preferred token (by fingerprint; it has the ETag) if it may ask and no other has four times as much left,
    /// else the one with most left; nothing while all are paused.
    std::optional<std::size_t> choose(UtcTime now, std::string_view preferred) const;
    /// When the first paused one may ask again; `now` if one may already.
    [[nodiscard]] UtcTime next_free(UtcTime now) const;

    /// What an answer said about the token. A token with nothing left pauses until its reset.
    void note(std::size_t index, RateLimit const& rate, UtcTime now);
    void pause(std::size_t index, UtcTime until);

    [[nodiscard]] std::vector<Entry> const& entries() const { return entries_; }

  private:
    std::vector<Entry> entries_;
};

} // namespace gem::github
