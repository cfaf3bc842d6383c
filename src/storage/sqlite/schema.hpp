// The tables, and how older files become of today's form.
#pragma once

#include "base/result.hpp"
#include "storage/sqlite/handle.hpp"

namespace gem::sqlite {

/// What PRAGMA user_version says of a file of this form.
inline constexpr int schema_version = 3;

/// Sets journal mode and durability, then creates or migrates, all in one transaction. A file of a later version, or of
/// another program, is refused with a message and not touched.
Result<void> prepare_schema(Handle& handle, std::string const& path);

/// How many of the nine tables (or readable views) are there.
int count_tables(Handle& handle);

} // namespace gem::sqlite
