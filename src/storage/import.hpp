// An export into a store: checked block by block before anything of a block is stored, idempotent, resumed where it was
// interrupted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "storage/export.hpp"

namespace gem {

struct ImportReport {
    std::int64_t lines = 0;                       ///< read and checked
    std::int64_t skipped = 0;                     ///< of these: stored by an import that was interrupted
    std::int64_t inserted = 0;                    ///< events
    std::int64_t duplicates = 0;                  ///< events that were there
    std::int64_t expired = 0;                     ///< events from before this store's retention horizon
    std::int64_t rejected = 0;                    ///< rows of a predecessor that cannot be stored; an export has none
    std::map<std::string, std::int64_t> counts{}; ///< lines of each kind
    bool stopped = false;                         ///< asked to; the same stream given again goes on here
    bool finished = false;                        ///< the whole stream was read and stored
};

struct ImportOptions {
    std::function<void(ImportReport const&)> on_progress{}; ///< after each block
    std::function<bool()> stop_requested{};                 ///< asked after each block
};

/// Reads the stream to its end. corrupt for a stream that is damaged, cut short or none of ours: what was stored before
/// is whole, every count right, and the message says up to where. invalid_argument for a later version's stream.
Async<Result<ImportReport>> import_database(DatabaseManager& database, ImportOptions options, ByteFeed feed);

} // namespace gem
