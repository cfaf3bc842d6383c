// SQL functions of ours: for `db shell` and for people's own queries.
#pragma once

struct sqlite3;

namespace gem::sqlite {

/// gem_payload(blob): the stored payload as JSON text; NULL if it cannot be read.
void add_functions(sqlite3* database);

} // namespace gem::sqlite
