#include "storage/hour_page.hpp"

#include <algorithm>
#include <tuple>

namespace gem {

namespace {

constexpr char page_version = 1;

void put(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

std::unexpected<Error> damaged() {
    return fail(ErrorCode::corrupt, "an hour page is damaged; `db rebuild` makes it again");
}

/// Calls `visit(row, offset)` for each row of a page whose data is followed by page_row_most bytes; false if it is
/// damaged. Offsets count from `start`.
template <class Visit>
bool visit_rows(char const* start, std::size_t size, std::uint64_t count, Visit visit) {
    auto const* at = start;
    auto const* const end = start + size;
    PageRow row;
    for (std::uint64_t i = 0; i < count; ++i) {
        auto const offset = static_cast<std::uint32_t>(at - start);
        detail::page_row(at, row);
        if (at > end || row.minute > 59) return false;
        visit(row, offset);
    }
    return at == end;
}

struct Opened {
    std::string rows; ///< followed by page_row_most bytes
    std::uint64_t count = 0;
};

Result<Opened> open_page(std::string_view data) {
    Opened page;
    page.rows.reserve(data.size() + detail::page_row_most);
    page.rows = data;
    page.rows.append(detail::page_row_most, '\0');
    auto const* at = page.rows.data() + 1;
    page.count = detail::page_number(at);
    auto const header = static_cast<std::size_t>(at - page.rows.data());
    if (header > data.size() || data.front() != page_version || page.count > data.size() - header) return damaged();
    page.rows.erase(0, header);
    return page;
}

auto key_of(PageRow const& row) { return std::tie(row.repo, row.minute, row.kind, row.actor); }

} // namespace

void normalize_page_rows(std::vector<PageRow>& rows) {
    std::ranges::sort(rows, [](PageRow const& a, PageRow const& b) { return key_of(a) < key_of(b); });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (kept > 0 && key_of(rows[kept - 1]) == key_of(rows[i])) {
            rows[kept - 1].events += rows[i].events;
            rows[kept - 1].commits += rows[i].commits;
            rows[kept - 1].commits_unknown += rows[i].commits_unknown;
        } else {
            rows[kept++] = rows[i];
        }
    }
    rows.resize(kept);
}

std::string encode_hour_page(std::span<PageRow const> rows) {
    std::string out;
    out.reserve(16 + rows.size() * 9);
    out += page_version;
    put(out, rows.size());
    std::uint32_t repo = 0;
    for (auto const& row : rows) {
        put(out, row.repo - repo);
        repo = row.repo;
        bool const counted = row.events != 1;
        bool const commits = row.commits != 0 || row.commits_unknown != 0;
        out += static_cast<char>(row.minute | (counted ? detail::page_has_count : 0) |
                                 (commits ? detail::page_has_commits : 0));
        put(out, row.kind);
        put(out, row.actor);
        if (counted) put(out, row.events);
        if (commits) {
            put(out, row.commits);
            put(out, row.commits_unknown);
        }
    }
    return out;
}

Result<std::vector<PageRow>> decode_hour_page(std::string_view data) {
    auto page = open_page(data);
    if (!page) return fail(page.error());
    std::vector<PageRow> rows;
    rows.reserve(page->count);
    bool const good = visit_rows(page->rows.data(), page->rows.size() - detail::page_row_most, page->count,
                                 [&](PageRow const& row, std::uint32_t) { rows.push_back(row); });
    if (!good) return damaged();
    return rows;
}

Result<PackedPage> PackedPage::read(std::string_view data) {
    auto opened = open_page(data);
    if (!opened) return fail(opened.error());
    PackedPage page;
    page.data_ = std::move(opened->rows);
    // Kinds are few: each gets 60 sums in a table, of which those that are not empty are kept.
    constexpr std::uint16_t unknown = 0xFFFF;
    std::vector<std::uint16_t> place_of;
    std::vector<PageMinute> table;
    bool const good = visit_rows(page.data_.data(), page.data_.size() - detail::page_row_most, opened->count,
                                 [&](PageRow const& row, std::uint32_t offset) {
                                     if (page.spans_.empty() || page.spans_.back().repo != row.repo)
                                         page.spans_.push_back({.repo = row.repo, .events = 0, .begin = offset});
                                     page.spans_.back().events += row.events;
                                     if (row.kind >= place_of.size()) place_of.resize(row.kind + 1U, unknown);
                                     auto& place = place_of[row.kind];
                                     if (place == unknown) {
                                         place = static_cast<std::uint16_t>(table.size() / 60);
                                         table.resize(table.size() + 60);
                                     }
                                     auto& sum = table[std::size_t{place} * 60 + row.minute];
                                     sum.events += row.events;
                                     sum.commits += row.commits;
                                     sum.commits_unknown += row.commits_unknown;
                                 });
    if (!good) return damaged();
    for (std::uint8_t minute = 0; minute < 60; ++minute) {
        for (std::size_t kind = 0; kind < place_of.size(); ++kind) {
            if (place_of[kind] == unknown) continue;
            auto& sum = table[std::size_t{place_of[kind]} * 60 + minute];
            if (sum.events == 0) continue;
            sum.kind = static_cast<std::uint16_t>(kind);
            sum.minute = minute;
            page.minutes_.push_back(sum);
        }
    }
    page.spans_.shrink_to_fit();
    page.minutes_.shrink_to_fit();
    return page;
}

std::span<PageMinute const> PackedPage::minutes(int from, int to) const {
    auto const first = std::ranges::lower_bound(minutes_, from, {}, &PageMinute::minute);
    auto const last = std::ranges::lower_bound(first, minutes_.end(), to, {}, &PageMinute::minute);
    return {first, last};
}

} // namespace gem
