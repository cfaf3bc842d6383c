// SQLiteManager: the SQLite provider, whole.
#pragma once

#include <memory>

#include "storage/database_factory.hpp"

namespace gem {

/// Does not open anything yet: initialize() does. `clock` and `log` must outlive the manager.
Result<std::unique_ptr<DatabaseManager>> make_sqlite_manager(DatabaseConfig const& config, Clock const& clock,
                                                             Log& log);

} // namespace gem
