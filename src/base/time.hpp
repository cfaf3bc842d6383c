// Points in time as the program keeps them: whole seconds and minutes of UTC, and their RFC 3339 form.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gem {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A moment in UTC, to the second.
using UtcTime = std::chrono::sys_seconds;

constexpr UtcTime from_unix(std::int64_t unix_seconds) { return UtcTime(seconds(unix_seconds)); }
constexpr std::int64_t to_unix(UtcTime time) { return time.time_since_epoch().count(); }

/// `2015-01-01T15:00:00Z`
std::string format_time(UtcTime time);
/// `2015-01-01`
std::string format_day(UtcTime time);

/// Reads RFC 3339 as GitHub and people write it: `2015-01-01T15:00:00Z`, with a fraction (cut off) or an offset
/// (`-07:00`), a blank in place of the `T`; also the offset-less `2024/05/21 10:00:00 -0700` of old archives.
/// Nothing if it is not a time between the years 1970 and 9999.
std::optional<UtcTime> parse_time(std::string_view text);

} // namespace gem
