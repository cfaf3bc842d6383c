// Fills the database from GH Archive: files, standard input, or the hours of a range. COLLECTOR.md section 4.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/result.hpp"
#include "collector/hour_source.hpp"
#include "collector/progress_bar.hpp"
#include "domain/repo_name.hpp"
#include "domain/time_window.hpp"
#include "github/archive_reader.hpp"
#include "storage/database_service.hpp"

namespace gem {

struct BackfillOptions {
    std::vector<std::string> files{};  ///< paths, or `-` for standard input; or else:
    std::optional<TimeWindow> hours{}; ///< [from, to) on whole hours, taken from the HourSource
    std::vector<UtcTime> some_hours{}; ///< or these whole hours, taken from the HourSource as well
    std::vector<RepoName> repos{};     ///< only events of these …
    std::vector<std::string> owners{}; ///< … and of the repositories of these (lower case); of all when both are empty
    std::size_t jobs = 1;              ///< files that are read at the same time, 1 to 8
    bool strict = false;               ///< stop at the first bad record or file
    /// Skip files that a former run has finished. Always so for a range of hours, whose files are known by name and
    /// version; a file that somebody names is read again unless this is set, so that a rerun tells its duplicates.
    bool resume = false;
    /// At most ten times a second, and at the end; may be empty.
    std::function<void(BackfillProgress const&)> on_progress{};
    std::function<bool()> stop_requested{}; ///< asked between batches; may be empty
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now; ///< for rates
};

/// What became of one file.
struct BackfillFile {
    std::string file;
    ArchiveCounts read;         ///< events, bad records, events without a repository
    std::uint64_t filtered = 0; ///< events of other repositories than asked for
    std::uint64_t inserted = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t expired = 0;           ///< older than the retention horizon
    std::uint64_t rejected = 0;          ///< refused by the database
    std::vector<std::string> rejections; ///< the first reasons
    std::vector<BadRecord> bad_records;  ///< the first 20
    std::optional<Error> problem;        ///< why it was not read to its end, or not at all
    bool skipped = false;                ///< finished by a former run
    bool finished = false;               ///< read to its end and all of it acknowledged
};

struct BackfillReport {
    std::vector<BackfillFile> files; ///< in the order asked for; those not begun are absent
    std::size_t files_left = 0;      ///< not begun
    bool cancelled = false;
    std::optional<Error> error; ///< of the database, which ended the run; what was acknowledged before is stored
    bool resumable_by_file = false;

    [[nodiscard]] BackfillFile totals() const;
    /// Everything was read and stored: no bad or rejected record, no damaged or missing file, not stopped.
    [[nodiscard]] bool ok() const;
};

/// Reads, parses and inserts, all at once, in bounded memory: batches of about 4,000 events, up to three of them on
/// their way into the database, one more for each job. Idempotent: what is there already is counted as duplicate.
///
/// To be run on an event loop of one thread. Stops between batches when `stop_requested` says so or the coroutine is
/// cancelled; then it does not throw but waits for the batches under way and returns a report that says `cancelled`.
/// A read from a pipe that brings nothing is not interrupted.
///
/// Fails with invalid_argument for options that make no sense; what goes wrong later is in the report. `hour_source` is
/// asked for only when there are `hours`.
Async<Result<BackfillReport>> backfill(DatabaseService& database, BackfillOptions options, HourSource* hour_source);

/// The report for a person: what was read and stored.
std::string summary_line(BackfillReport const& report);
/// A line for each problem, by file and line, and how to go on if it was stopped.
std::vector<std::string> problem_lines(BackfillReport const& report);

} // namespace gem
