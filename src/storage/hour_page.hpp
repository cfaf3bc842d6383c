// Hour pages: what was active in one hour across repositories, packed. They answer questions that go across
// repositories (trending, edges of windows, distinct actors) without touching raw events, and outlive them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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

/// Sums over a page by minute and kind.
struct PageMinute {
    std::int64_t commits = 0;
    std::uint32_t events = 0;
    std::uint32_t commits_unknown = 0;
    std::uint16_t kind = 0;
    std::uint8_t minute = 0;
};

/// All of one repository within a page.
struct PageSpan {
    std::uint32_t repo = 0;
    std::uint32_t events = 0; ///< sum over its rows
    std::uint32_t begin = 0;  ///< where its rows begin in the packed data
};

namespace detail {

/// A row takes less than this many bytes, whatever they are.
inline constexpr std::size_t page_row_most = 64;

// First byte of a row after the repository's delta: the minute, and which fields follow that mostly are not needed.
inline constexpr std::uint8_t page_minute_mask = 0x3F;
inline constexpr std::uint8_t page_has_count = 0x40;
inline constexpr std::uint8_t page_has_commits = 0x80;

/// A varint of at most ten bytes; moves `at` behind it.
inline std::uint64_t page_number(char const*& at) {
    auto const first = static_cast<std::uint8_t>(*at++);
    if (first < 0x80) return first;
    std::uint64_t value = first & 0x7FU;
    for (unsigned shift = 7; shift < 64; shift += 7) {
        auto const next = static_cast<std::uint8_t>(*at++);
        value |= static_cast<std::uint64_t>(next & 0x7FU) << shift;
        if (next < 0x80) break;
    }
    return value;
}

/// Reads the row at `at`, of which page_row_most bytes can be read, and moves behind it. `row.repo` holds the
/// repository of the row before.
inline void page_row(char const*& at, PageRow& row) {
    row.repo += static_cast<std::uint32_t>(page_number(at));
    auto const head = static_cast<std::uint8_t>(*at++);
    row.minute = head & page_minute_mask;
    row.kind = static_cast<std::uint16_t>(page_number(at));
    row.actor = static_cast<std::uint32_t>(page_number(at));
    row.events = (head & page_has_count) != 0 ? static_cast<std::uint32_t>(page_number(at)) : 1;
    bool const commits = (head & page_has_commits) != 0;
    row.commits = commits ? static_cast<std::uint32_t>(page_number(at)) : 0;
    row.commits_unknown = commits ? static_cast<std::uint32_t>(page_number(at)) : 0;
}

} // namespace detail

/// A page kept as it is packed, about half of what its rows would take; where each repository's rows are, and the sums
/// by minute, are found once.
class PackedPage {
  public:
    /// corrupt if `data` is not what encode_hour_page() made.
    static Result<PackedPage> read(std::string_view data);

    /// Ascending by repo.
    [[nodiscard]] std::vector<PageSpan> const& spans() const { return spans_; }
    /// Those of the minutes [from, to), ascending by minute and kind.
    [[nodiscard]] std::span<PageMinute const> minutes(int from, int to) const;
    /// Calls `visit(PageRow const&)` for the rows of a span of this page, by (minute, kind, actor).
    template <class Visit>
    void for_each_row(PageSpan const& span, Visit visit) const;
    /// The same for a repository, which need not be in the page.
    template <class Visit>
    void for_each_row(std::uint32_t repo, Visit visit) const {
        auto const found = std::ranges::lower_bound(spans_, repo, {}, &PageSpan::repo);
        if (found != spans_.end() && found->repo == repo) for_each_row(*found, visit);
    }
    /// In bytes.
    [[nodiscard]] std::size_t memory() const {
        return data_.size() + spans_.size() * sizeof(PageSpan) + minutes_.size() * sizeof(PageMinute);
    }

  private:
    std::string data_; ///< the rows, then page_row_most bytes of nothing
    std::vector<PageSpan> spans_;
    std::vector<PageMinute> minutes_;
};

/// Sorts rows and adds up those that agree in (repo, minute, kind, actor).
void normalize_page_rows(std::vector<PageRow>& rows);

/// Packs normalised rows.
std::string encode_hour_page(std::span<PageRow const> rows);
/// corrupt if `data` is not what encode_hour_page() made.
Result<std::vector<PageRow>> decode_hour_page(std::string_view data);

template <class Visit>
void PackedPage::for_each_row(PageSpan const& span, Visit visit) const {
    auto const next = static_cast<std::size_t>(&span - spans_.data()) + 1;
    auto const* at = data_.data() + span.begin;
    auto const* const end =
        data_.data() + (next < spans_.size() ? spans_[next].begin : data_.size() - detail::page_row_most);
    PageRow row;
    while (at < end) {
        detail::page_row(at, row);
        row.repo = span.repo; // the first row's distance is from the span before
        visit(std::as_const(row));
    }
}

} // namespace gem
