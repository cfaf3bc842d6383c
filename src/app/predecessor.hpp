// Imports the SQLite file of the Python program that this one follows.
#pragma once

#include <string>

#include "storage/database_service.hpp"
#include "storage/import.hpp"

namespace gem {

/// Whether `file` is an SQLite database: an export is none.
bool is_predecessor(std::string const& file);

/// Its events (source `import`), commits, their files and summaries; its other tables hold figures that this program
/// reckons for itself. Idempotent. Rows that cannot be stored are counted as rejected. invalid_argument for the
/// database of another program.
Async<Result<ImportReport>> import_predecessor(DatabaseService& database, ImportOptions options, std::string file);

} // namespace gem
