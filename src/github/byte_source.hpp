// Where the bytes of an archive come from: a file, standard input, or what somebody else opens (a download).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gem {

/// A stream of bytes that is read once, in order. Blocks; used by one thread at a time.
class ByteSource {
  public:
    virtual ~ByteSource() = default;
    /// Puts 1 to `room` bytes at `out`; 0 only at the end. An error ends the stream.
    virtual Result<std::size_t> read(char* out, std::size_t room) = 0;
    /// How many bytes there will be in all; nothing if that is not known beforehand.
    [[nodiscard]] virtual std::optional<std::uint64_t> size() const = 0;
    /// What tells this content from another under the same name: a size, an ETag; empty if nothing does.
    [[nodiscard]] virtual std::string version() const = 0;
};

/// Opens a file, or standard input for `-`. not_found if there is none; invalid_argument if it is a directory;
/// unavailable if it cannot be read.
Result<std::unique_ptr<ByteSource>> open_file(std::string const& path);

/// Bytes in memory, for tests and small answers.
std::unique_ptr<ByteSource> bytes_in_memory(std::string bytes);

} // namespace gem
