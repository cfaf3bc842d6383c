// Reads the events of one archive file, stream or download, a batch at a time, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "domain/event.hpp"
#include "github/byte_source.hpp"

namespace gem {

/// A record that is no event.
struct BadRecord {
    std::uint64_t line = 0; ///< where it starts, from 1
    std::string reason;     ///< `expected …`
};

struct ArchiveCounts {
    std::uint64_t events = 0;
    std::uint64_t bad = 0;
    std::uint64_t no_repository = 0; ///< left out: they belong to no repository (GistEvent, FollowEvent before 2015)
    std::uint64_t input_bytes = 0;   ///< of the packed input, as far as it was read
};

/// Blocks while it reads; used by one thread at a time. What the input is decides its first bytes, see make_decoder();
/// how it is laid out does RecordSplitter, and how an event looks EventParser.
class ArchiveReader {
  public:
    /// So many bad records are kept with their reasons; the others are counted.
    static constexpr std::size_t bad_records_kept = 20;

    struct Limits {
        std::size_t events = 4000;                ///< of a batch
        std::size_t bytes = std::size_t{8} << 20; ///< of a batch's payloads; the last one may go beyond
        bool stop_at_first_bad = false;
    };

    ArchiveReader(std::unique_ptr<ByteSource> input, EventSource source, Limits limits);
    ArchiveReader(std::unique_ptr<ByteSource> input, EventSource source)
        : ArchiveReader(std::move(input), source, Limits()) {}
    ~ArchiveReader();
    ArchiveReader(ArchiveReader&&) noexcept;
    ArchiveReader& operator=(ArchiveReader&&) noexcept;

    /// The next events, in the order of the file; none at the end. Then problem() tells whether it was a good end.
    std::vector<Event> next_batch();

    /// Why reading ended before the input did: not an archive, cut off, damaged, unreadable, or (if asked for) the
    /// first bad record. What was whole before that has been given.
    [[nodiscard]] std::optional<Error> const& problem() const;
    [[nodiscard]] ArchiveCounts const& counts() const;
    /// The first bad records.
    [[nodiscard]] std::vector<BadRecord> const& bad_records() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace gem
