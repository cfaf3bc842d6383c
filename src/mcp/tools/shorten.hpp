// The size contract: an answer has at most so many bytes, is shortened by whole items, and says how to go on.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "mcp/json.hpp"

namespace gem::mcp {

/// Where an earlier, shortened answer stopped. As text `UNTIL|/path=COUNT|…`; UNTIL is the end of the window it was
/// about (so that the rest is of the same window), empty where there is none.
struct ListCursor {
    std::string until{};
    std::map<std::string, std::size_t> seen{}; ///< by the list's path: how many of its items were shown

    [[nodiscard]] std::string text() const;
    static std::optional<ListCursor> parse(std::string_view text);
};

/// A list inside of an answer: reached through objects, not through other lists.
struct ListPlace {
    std::string path; ///< `/results/a~1b/commits`
    Array* items = nullptr;
};
std::vector<ListPlace> find_lists(Object& answer);

/// Leaves out what an earlier answer showed. False if `cursor` names a list that is not there.
bool skip_seen(Object& answer, ListCursor const& cursor);

/// Keeps only these members of the items of all lists (of objects). False if no item has any of them.
bool keep_fields(Object& answer, std::vector<std::string> const& fields);

/// The names that items of the lists have, sorted.
std::vector<std::string> item_fields(Object& answer);

enum class Fit {
    whole,     ///< nothing had to go
    shortened, ///< items went; `truncated` and `cursor` tell so
    too_small, ///< not even one item fits
};

/// Makes the answer's text at most `max_bytes` long: items go from the end of the longest lists, and `truncated: true`
/// and `cursor` come at the end. `cursor` is where this answer began, and afterwards where the next begins.
Fit fit(Object& answer, std::size_t max_bytes, ListCursor& cursor);

} // namespace gem::mcp
