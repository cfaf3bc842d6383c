// Cursors of pages: where the last page ended, and which question it answered. The same on every provider.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace gem {

/// FNV-1a over the parts of a question, each ended, so that ("a","b") differs from ("ab","").
std::uint64_t hash_question(std::vector<std::string_view> const& parts);

/// An opaque text safe in a URL. `fields` may hold any bytes.
std::string encode_cursor(std::uint64_t question, std::vector<std::string> const& fields);

/// The fields again; invalid_argument if `cursor` is damaged, of another question, or has not `count` fields.
Result<std::vector<std::string>> decode_cursor(std::uint64_t question, std::string_view cursor, std::size_t count);

} // namespace gem
