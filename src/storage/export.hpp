// A whole store as one stream of lines (transfer_lines.hpp), the same bytes from every provider.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "storage/database_interface.hpp"
#include "storage/database_transfer.hpp"
#include "storage/transfer_stream.hpp"

namespace gem {

struct TransferProgress {
    std::int64_t lines = 0;
    std::map<std::string, std::int64_t> counts{}; ///< by kind of line
    bool finished = false;
};

struct ExportOptions {
    bool compress = false; ///< zstd
    /// Leaves out that events are counted whose raw form retention has taken; without it that is refused.
    bool without_expired = false;
    std::int64_t lines_a_block = 1000;                          ///< between two checksums
    std::function<void(TransferProgress const&)> on_progress{}; ///< after each block
};

/// Header; events by (repository key, time, type, id); commits by key; metrics by key; state entries but those that
/// mean nothing elsewhere (poll positions with their ETags, leases, imports under way); footer. While others write,
/// what they write may or may not be in it. invalid_argument if something would be missing: see `without_expired`.
Async<Result<TransferProgress>> export_database(DatabaseManager& database, ExportOptions options, ByteSink sink);

/// Whether a state entry belongs to this store alone.
bool stays_behind(std::string_view state_key);

} // namespace gem
