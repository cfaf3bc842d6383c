// `export` and `import` with their surroundings: the database, files or the standard streams, and a signal that ends
// it.
#pragma once

#include <string>
#include <vector>

#include "app/settings.hpp"
#include "storage/import.hpp"

namespace gem {

struct ExportJob {
    ExportOptions options;
    std::string file; ///< empty: standard output. Else written as `FILE.part`, mode 0600, and put in place when whole
};

/// A signal ends it: what was written is no whole export, and says so by its missing footer.
Result<TransferProgress> run_export(Settings const& settings, ExportJob job, Clock const& clock, Log& log);

struct ImportJob {
    std::vector<std::string>
        files;             ///< exports, or SQLite files of the Python program before this one; `-`: standard input
    ImportOptions options; ///< `stop_requested` is set here
};

/// One after the other; the report adds them up. A signal stops it between two blocks.
Result<ImportReport> run_import(Settings const& settings, ImportJob job, Clock const& clock, Log& log);

} // namespace gem
