// A text that is known to be JSON, kept byte for byte as it came.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gem {

/// Holds JSON that somebody has validated. Empty-constructed it is `{}`.
class JsonText {
  public:
    JsonText() : text_("{}") {}

    /// Validates `text` (RFC 8259, UTF-8, at most 1,024 levels deep); `invalid_argument` tells what is wrong.
    static Result<JsonText> parse(std::string text);

    /// For parsers that have just validated the document that `text` was cut from.
    static JsonText already_validated(std::string text) { return JsonText(std::move(text)); }

    [[nodiscard]] std::string const& text() const& { return text_; }
    [[nodiscard]] std::string&& text() && { return std::move(text_); }

    friend bool operator==(JsonText const&, JsonText const&) = default;

  private:
    explicit JsonText(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// Whether `text` is one JSON value and nothing else but white space. Thread-safe.
bool is_json(std::string_view text);

} // namespace gem
