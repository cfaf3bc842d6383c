// Hour pages: what was active in one hour across repositories, packed. They answer questions that go across
// repositories (trending, edges of windows, distinct actors) without touching raw events, and outlive them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace gem {

/// Events of one repository, kind and actor within one minute. Numbers are the store's own (dictionaries), not
/// GitHub's.
struct PageRow {
    std::uint32_t repo = 0;
    std::uint32_t actor = 0; ///< twice the person's number, plus one for a bot; 0: unknown
    std::uint16_t kind = 0;  ///< of (type, counted action, source)
    std::uint8_t minute = 0; ///< 0–59
    std::uint32_t events = 1;
    std::uint32_t commits = 0;         ///< sum of distinct_size of pushes that told it
    std::uint32_t commits_unknown = 0; ///< pushes that did not
    friend bool operator==(PageRow const&, PageRow const&) = default;
};

/// All of one repository within a page: rows [begin, end).
struct PageSpan {
    std::uint32_t repo = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t events = 0; ///< sum over its rows
};

/// A page read back: rows by (repo, minute, kind, actor), and where each repository's are.
struct HourPage {
    std::vector<PageRow> rows;
    std::vector<PageSpan> spans; ///< ascending by repo

    /// The rows of one repository; empty if it is not in the page.
    [[nodiscard]] std::span<PageRow const> of(std::uint32_t repo) const;
    [[nodiscard]] std::size_t memory() const { return rows.size() * sizeof(PageRow) + spans.size() * sizeof(PageSpan); }
};

/// Sorts rows and adds up those that agree in (repo, minute, kind, actor).
void normalize_page_rows(std::vector<PageRow>& rows);

/// Packs normalised rows.
std::string encode_hour_page(std::span<PageRow const> rows);
/// corrupt if `data` is not what encode_hour_page() made.
Result<HourPage> decode_hour_page(std::string_view data);

} // namespace gem
