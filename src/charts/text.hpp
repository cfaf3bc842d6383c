// How wide texts are, without asking a font, and how they are made to fit; numbers and names as charts write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gem::charts {

/// Width of UTF-8 `text` set in `size` pixels, by the advance widths of DejaVu Sans: wider than most fonts that
/// `system-ui` stands for, so that what fits by it fits.
double text_width(std::string_view text, double size, bool bold = false);

/// `text` if it is not wider than `width`; else its beginning and its end around a `…`. Cuts between code points.
std::string shorten_middle(std::string_view text, double width, double size, bool bold = false);

/// Breaks at blanks into lines that are not wider than `width`, as far as words allow it; at most `most` lines, the
/// last one shortened.
std::vector<std::string> wrap_words(std::string_view text, double width, double size, std::size_t most);

/// Puts pieces side by side, ` · ` between them, as many on a line as fit.
std::vector<std::string> wrap_pieces(std::vector<std::string> const& pieces, double width, double size,
                                     std::size_t most);

/// `1,234,567`
std::string format_count(std::int64_t count);
/// For axes and badges: `950`, `1,200`, `12.5k`, `3M`, `2.1G`; cut down, never rounded up to what was not reached.
std::string format_short(std::int64_t count);

/// `PullRequestEvent` as a chart names it: `pull requests`. A type that is not known: its words without `Event`.
std::string name_of_type(std::string_view type);

/// Valid UTF-8 without control characters, `?` in the place of what is not.
std::string printable(std::string_view text);

} // namespace gem::charts
