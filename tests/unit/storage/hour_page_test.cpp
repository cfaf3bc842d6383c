// Hour pages: what is packed comes back, row by row, by repository and summed by minute; what is damaged is refused.
#include "storage/hour_page.hpp"

#include <map>

#include <gtest/gtest.h>

namespace gem {
namespace {

/// Rows with every field used, small and large numbers, repositories and kinds far apart; normalised.
std::vector<PageRow> made_rows(int count) {
    std::vector<PageRow> rows;
    std::uint32_t state = 4711;
    auto const below = [&state](std::uint32_t limit) {
        state = state * 1'664'525U + 1'013'904'223U;
        return (state >> 8U) % limit;
    };
    for (int i = 0; i < count; ++i) {
        rows.push_back({.repo = below(7) == 0 ? 0xFFFFFF00U + below(200) : 1 + below(40),
                        .actor = below(5) == 0 ? 0 : below(1U << 24U),
                        .kind = static_cast<std::uint16_t>(below(9) == 0 ? 65'535 - below(3) : below(12)),
                        .minute = static_cast<std::uint8_t>(below(60)),
                        .events = below(4) == 0 ? 1 + below(100'000) : 1,
                        .commits = below(3) == 0 ? 0xFFFF0000U + below(1000) : 0,
                        .commits_unknown = below(6) == 0 ? below(300) : 0});
    }
    normalize_page_rows(rows);
    return rows;
}

TEST(HourPage, comes_back_as_it_was_packed) {
    for (int const count : {0, 1, 2, 60, 3000}) {
        auto const rows = made_rows(count);
        auto const back = decode_hour_page(encode_hour_page(rows));
        ASSERT_TRUE(back) << count;
        EXPECT_EQ(*back, rows);
    }
}

TEST(HourPage, gives_the_rows_of_each_repository_without_unpacking_the_others) {
    auto const rows = made_rows(3000);
    auto const page = PackedPage::read(encode_hour_page(rows));
    ASSERT_TRUE(page);
    std::vector<PageRow> seen;
    for (auto const& span : page->spans()) {
        std::uint32_t events = 0;
        std::size_t const before = seen.size();
        page->for_each_row(span.repo, [&](PageRow const& row) {
            events += row.events;
            seen.push_back(row);
        });
        EXPECT_EQ(events, span.events);
        EXPECT_GT(seen.size(), before);
    }
    EXPECT_EQ(seen, rows);
    page->for_each_row(41, [](PageRow const&) { ADD_FAILURE() << "a row of a repository that is not there"; });
}

TEST(HourPage, sums_by_minute_and_kind_what_its_rows_say) {
    auto const rows = made_rows(3000);
    auto const page = PackedPage::read(encode_hour_page(rows));
    ASSERT_TRUE(page);
    using Sums = std::map<std::pair<int, int>, std::tuple<std::int64_t, std::int64_t, std::int64_t>>;
    auto const add = [](Sums& sums, auto const& row) {
        auto& [events, commits, unknown] = sums[{row.minute, row.kind}];
        events += row.events;
        commits += row.commits;
        unknown += row.commits_unknown;
    };
    for (auto const [from, to] : {std::pair(0, 60), std::pair(17, 18), std::pair(59, 60), std::pair(3, 41)}) {
        Sums expected;
        for (auto const& row : rows) {
            if (row.minute >= from && row.minute < to) add(expected, row);
        }
        Sums found;
        for (auto const& sum : page->minutes(from, to)) add(found, sum);
        EXPECT_EQ(found, expected) << from << " to " << to;
    }
    EXPECT_TRUE(page->minutes(20, 20).empty());
}

TEST(HourPage, is_refused_when_it_was_cut_or_lengthened) {
    auto const packed = encode_hour_page(made_rows(60));
    for (std::size_t size = 0; size < packed.size(); ++size) {
        // An exact copy, so that a sanitizer sees a read beyond the end.
        std::vector<char> const cut(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
        std::string_view const text(cut.data(), cut.size());
        EXPECT_FALSE(decode_hour_page(text)) << size;
        EXPECT_FALSE(PackedPage::read(text)) << size;
    }
    EXPECT_FALSE(decode_hour_page(packed + '\0'));
    EXPECT_FALSE(PackedPage::read(packed + '\0'));
}

TEST(HourPage, survives_any_bytes) {
    auto const packed = encode_hour_page(made_rows(200));
    std::uint32_t state = 99;
    for (int round = 0; round < 2000; ++round) {
        auto damaged = packed;
        for (int i = 0; i < 3; ++i) {
            state = state * 1'664'525U + 1'013'904'223U;
            damaged[(state >> 8U) % damaged.size()] = static_cast<char>(state >> 3U);
        }
        auto const rows = decode_hour_page(damaged);
        auto const page = PackedPage::read(damaged);
        EXPECT_EQ(rows.has_value(), page.has_value());
        if (rows) EXPECT_LE(rows->size(), damaged.size());
    }
}

} // namespace
} // namespace gem
