#include "storage/hour_page.hpp"

#include <algorithm>
#include <tuple>

namespace gem {

namespace {

constexpr char page_version = 1;

// First byte of a row after the repository's delta: the minute, and which fields follow that mostly are not needed.
constexpr std::uint8_t minute_mask = 0x3F;
constexpr std::uint8_t has_count = 0x40;
constexpr std::uint8_t has_commits = 0x80;

void put(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

class Reader {
  public:
    explicit Reader(std::string_view data) : at_(data.data()), end_(data.data() + data.size()) {}

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            auto const next = byte();
            value |= static_cast<std::uint64_t>(next & 0x7F) << shift;
            if ((next & 0x80) == 0) return value;
        }
        good_ = false;
        return 0;
    }

    std::uint8_t byte() {
        if (at_ == end_) {
            good_ = false;
            return 0;
        }
        return static_cast<std::uint8_t>(*at_++);
    }

    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] bool at_end() const { return at_ == end_; }
    [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  private:
    char const* at_;
    char const* end_;
    bool good_ = true;
};

auto key_of(PageRow const& row) { return std::tie(row.repo, row.minute, row.kind, row.actor); }

} // namespace

std::span<PageRow const> HourPage::of(std::uint32_t repo) const {
    auto const found = std::ranges::lower_bound(spans, repo, {}, &PageSpan::repo);
    if (found == spans.end() || found->repo != repo) return {};
    return std::span(rows).subspan(found->begin, found->end - found->begin);
}

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
        out += static_cast<char>(row.minute | (counted ? has_count : 0) | (commits ? has_commits : 0));
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

Result<HourPage> decode_hour_page(std::string_view data) {
    auto const damaged = [] {
        return fail(ErrorCode::corrupt, "an hour page is damaged; `db rebuild` makes it again");
    };
    Reader in(data);
    if (in.byte() != page_version) return damaged();
    auto const count = in.number();
    if (!in.good() || count > in.left()) return damaged();
    HourPage page;
    page.rows.resize(count);
    std::uint32_t repo = 0;
    for (auto& row : page.rows) {
        repo += static_cast<std::uint32_t>(in.number());
        auto const head = in.byte();
        row.repo = repo;
        row.minute = head & minute_mask;
        row.kind = static_cast<std::uint16_t>(in.number());
        row.actor = static_cast<std::uint32_t>(in.number());
        row.events = (head & has_count) != 0 ? static_cast<std::uint32_t>(in.number()) : 1;
        if ((head & has_commits) != 0) {
            row.commits = static_cast<std::uint32_t>(in.number());
            row.commits_unknown = static_cast<std::uint32_t>(in.number());
        }
        if (row.minute > 59) return damaged();
        auto const index = static_cast<std::uint32_t>(&row - page.rows.data());
        if (page.spans.empty() || page.spans.back().repo != repo)
            page.spans.push_back({.repo = repo, .begin = index, .end = index, .events = 0});
        page.spans.back().end = index + 1;
        page.spans.back().events += row.events;
    }
    if (!in.good() || !in.at_end()) return damaged();
    return page;
}

} // namespace gem
