// owner/name of a repository, by GitHub's rules.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gem {

/// Lower case of A–Z; all that GitHub's names need.
std::string ascii_lower(std::string_view text);

/// `owner/name` as somebody wrote it. Compared case-insensitively; `key()` is what it is compared by.
class RepoName {
  public:
    /// Owner: 1–39 characters of letters, digits, `-` and `_`; name: 1–100 of letters, digits, `.`, `-`, `_`, neither
    /// `.` nor `..`. `invalid_argument` tells what was expected.
    static Result<RepoName> parse(std::string_view text);
    static bool valid(std::string_view text);

    [[nodiscard]] std::string const& text() const { return text_; }
    /// Lower case.
    [[nodiscard]] std::string const& key() const { return key_; }

    friend bool operator==(RepoName const& a, RepoName const& b) { return a.key_ == b.key_; }
    friend auto operator<=>(RepoName const& a, RepoName const& b) { return a.key_ <=> b.key_; }

  private:
    explicit RepoName(std::string_view text) : text_(text), key_(ascii_lower(text)) {}
    std::string text_;
    std::string key_;
};

} // namespace gem
