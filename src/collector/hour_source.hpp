// GH Archive keeps one file an hour; this is where they come from and what they are called.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "github/byte_source.hpp"

namespace gem {

/// `2015-01-01-15.json.gz`; the hour has no leading zero. `hour` must be a whole hour.
std::string hour_file_name(UtcTime hour);

/// Reads an hour as people write it: `2015-01-01T15`, `2015-01-01-15`, `2015-01-01` (its first), or a whole RFC 3339
/// time on the hour. Nothing if it is none.
std::optional<UtcTime> parse_hour(std::string_view text);

/// Where hour files are: a directory, or a web site (made by whoever has an HTTP client). Used by several threads at
/// once.
class HourSource {
  public:
    virtual ~HourSource() = default;
    /// Opens a file by its name; may block. not_found if there is no such hour.
    virtual Result<std::unique_ptr<ByteSource>> open(std::string const& file_name) = 0;
    /// How long the file is, if that can be told at once.
    [[nodiscard]] virtual std::optional<std::uint64_t> size(std::string const& file_name) const = 0;
};

std::unique_ptr<HourSource> hours_in_directory(std::string directory);

} // namespace gem
