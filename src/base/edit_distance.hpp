// How much two words differ: for "did you mean …?".
#pragma once

#include <cstddef>
#include <string_view>

namespace gem {

/// Levenshtein's distance in bytes: the fewest insertions, removals and exchanges that make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b);

} // namespace gem
