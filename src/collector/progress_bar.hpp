// How far a long run is, as text: a bar for a terminal, or a plain line.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace gem {

struct BackfillProgress {
    std::string file{}; ///< what is being read
    std::size_t files_done = 0;
    std::size_t files_total = 0;
    std::uint64_t bytes = 0;                    ///< of packed input, read so far
    std::optional<std::uint64_t> total_bytes{}; ///< if all sizes are known beforehand
    std::uint64_t events = 0;                   ///< acknowledged by the database, new or not
    double events_per_second = 0;
    std::optional<seconds> remaining{}; ///< an estimate; nothing as long as there is no ground for one
    bool finished = false;              ///< the last one of a run

    /// How much is done, 0 to 1: by bytes if they are known, else by files.
    [[nodiscard]] double fraction() const;
};

/// One line without its end, of exactly `width` columns (at least 40):
/// `2015-01-01-15.json.gz [=====>     ]  47%  1.8 of 3.8 MB  104,201 events/s  0:12 left`. What does not fit is left
/// out.
std::string progress_bar(BackfillProgress const& progress, std::size_t width);

/// The same for a log or a pipe: `47% 1.8 of 3.8 MB, 52,000 events, 104,201 events/s, 0:12 left,
/// 2015-01-01-15.json.gz`.
std::string progress_line(BackfillProgress const& progress);

} // namespace gem
