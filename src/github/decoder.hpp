// Unpacks gzip and zstd, or passes plain JSON on, as the first bytes of the input decide; the name does not matter.
#pragma once

#include <memory>

#include "github/byte_source.hpp"

namespace gem {

/// Bounded memory whatever comes in (zstd: up to 128 MiB if the frame asks for such a window). Not thread-safe.
class Decoder {
  public:
    virtual ~Decoder() = default;
    /// Puts 1 to `room` unpacked bytes at `out`; 0 only at the end. All that is whole comes before an error does:
    /// `corrupt` when the input is cut off or damaged (also when its checksum is wrong), or is nothing we know.
    virtual Result<std::size_t> read(char* out, std::size_t room) = 0;
    /// How much of the input has been taken.
    [[nodiscard]] virtual std::uint64_t input_bytes() const = 0;
};

/// gzip (also of several members), zstd (also of several frames) or JSON text. Anything else fails with `corrupt` and
/// a message that tells what it is instead, an HTML page for instance.
Result<std::unique_ptr<Decoder>> make_decoder(std::unique_ptr<ByteSource> input);

} // namespace gem
