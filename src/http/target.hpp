// Request targets: percent-decoding, the path and the query.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace gem::http {

/// Decodes `%41` (and `+` as a blank where asked). `invalid_argument` for `%` without two hexadecimal digits, and for
/// what decodes to NUL, to another control character or to something that is not UTF-8.
Result<std::string> percent_decode(std::string_view text, bool plus_is_blank);

/// Fills `path` and `query` from `target`: `/path?query`, `http://host/path?query` or, for OPTIONS, `*` (path `*`).
/// `invalid_argument` says what is wrong with it.
Result<void> parse_target(Request& request);

} // namespace gem::http
