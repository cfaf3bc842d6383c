// Shas in columns: 40 lower-case hex digits are stored as 20 bytes, anything else as the text it is.
#pragma once

#include <optional>
#include <string>

#include "storage/sqlite/handle.hpp"

namespace gem::sqlite {

/// `scratch` must live until the statement is reset.
void bind_sha(Statement& statement, int index, std::optional<std::string> const& sha, std::string& scratch);
std::optional<std::string> read_sha(Statement const& row, int column);

} // namespace gem::sqlite
