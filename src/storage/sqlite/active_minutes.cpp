#include "storage/sqlite/active_minutes.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace gem::sqlite {

namespace {

/// Whether a kind is of the type asked for; asks for each kind once.
class TypeFilter {
  public:
    TypeFilter(Handle& handle, Kinds& kinds, std::optional<std::string> const& type)
        : handle_(handle), kinds_(kinds), type_(type) {}

    bool passes(std::uint16_t kind) {
        if (!type_) return true;
        if (kind >= known_.size()) known_.resize(kind + 1U);
        auto& known = known_[kind];
        if (!known) known = kinds_.of(handle_, kind)->type == *type_;
        return *known;
    }

  private:
    Handle& handle_;
    Kinds& kinds_;
    std::optional<std::string> const& type_;
    std::vector<std::optional<bool>> known_;
};

/// Who was active in each minute of an hour.
using HourOfRepos = std::array<std::vector<std::uint32_t>, 60>;

HourOfRepos active_repos(std::vector<std::shared_ptr<PackedPage const>> const& parts, TypeFilter& filter) {
    HourOfRepos active;
    for (auto const& page : parts) {
        for (auto const& span : page->spans()) {
            page->for_each_row(span, [&](PageRow const& row) {
                if (filter.passes(row.kind)) active[row.minute].push_back(row.repo);
            });
        }
    }
    for (auto& repos : active) {
        std::ranges::sort(repos);
        repos.erase(std::ranges::unique(repos).begin(), repos.end());
    }
    return active;
}

/// The outermost hour with a page in [first, last).
std::optional<std::int64_t> next_hour(Handle& handle, std::int64_t first, std::int64_t last, MinuteOrder order) {
    auto& find = order == MinuteOrder::newest_first
                     ? handle.prepare("SELECT max(hour) FROM hour_pages WHERE hour >= ?1 AND hour < ?2")
                     : handle.prepare("SELECT min(hour) FROM hour_pages WHERE hour >= ?1 AND hour < ?2");
    find.bind(1, first).bind(2, last);
    Rows rows(find);
    if (!rows.next()) return std::nullopt;
    return rows->optional_integer(0);
}

} // namespace

std::int64_t first_hour_with_events(Handle& handle) {
    return handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'raw_from'), 0)") / 3600;
}

Result<void> visit_active_minutes(Handle& handle, PageCache& pages, Kinds& kinds, TimeWindow const& window,
                                  std::optional<std::string> const& type, MinuteOrder order,
                                  MinuteVisitor const& visit) {
    if (window.empty()) return {};
    TypeFilter filter(handle, kinds, type);
    auto first = std::max(to_unix(window.from) / 3600, first_hour_with_events(handle));
    auto last = (to_unix(window.to) + 3599) / 3600;
    while (auto const hour = next_hour(handle, first, last, order)) {
        (order == MinuteOrder::newest_first ? last : first) = *hour + (order == MinuteOrder::newest_first ? 0 : 1);
        auto const parts = pages.load(handle, *hour);
        if (!parts) return fail(parts.error());
        auto const active = active_repos(*parts, filter);
        for (int i = 0; i < 60; ++i) {
            int const minute = order == MinuteOrder::newest_first ? 59 - i : i;
            auto const from = from_unix(*hour * 3600 + minute * 60);
            TimeWindow const at{.from = from, .to = from + minutes(1)};
            auto const& repos = active[static_cast<std::size_t>(minute)];
            if (repos.empty() || intersection(at, window).empty()) continue;
            if (!visit(at, repos)) return {};
        }
    }
    return {};
}

Result<std::optional<UtcTime>> outermost_event(Handle& handle, PageCache& pages, Kinds& kinds, MinuteOrder order) {
    bool const newest = order == MinuteOrder::newest_first;
    auto& find = newest ? handle.prepare("SELECT max(created_at) FROM event_rows WHERE repo = ?1 AND created_at >= ?2 "
                                         "AND created_at < ?3")
                        : handle.prepare("SELECT min(created_at) FROM event_rows WHERE repo = ?1 AND created_at >= ?2 "
                                         "AND created_at < ?3");
    std::optional<std::int64_t> found;
    auto const visited = visit_active_minutes(
        handle, pages, kinds, all_time(), std::nullopt, order,
        [&](TimeWindow const& minute, std::span<std::uint32_t const> repos) {
            for (auto const repo : repos) {
                find.bind(1, static_cast<std::int64_t>(repo)).bind(2, to_unix(minute.from)).bind(3, to_unix(minute.to));
                Rows rows(find);
                auto const time = rows.next() ? rows->optional_integer(0) : std::nullopt;
                if (time && (!found || (newest ? *time > *found : *time < *found))) found = time;
            }
            return !found;
        });
    if (!visited) return fail(visited.error());
    if (!found) return std::optional<UtcTime>();
    return std::optional(from_unix(*found));
}

} // namespace gem::sqlite
