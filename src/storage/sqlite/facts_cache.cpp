#include "storage/sqlite/facts_cache.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "storage/sqlite/event_reader.hpp"

namespace gem::sqlite {

namespace {

/// Of a name that several keys have borne: each in its part of time, put in order.
EventFactsList merge(Handle& handle, std::vector<Slice> const& slices, TimeWindow const& asked,
                     std::vector<std::string> const& types) {
    std::vector<std::pair<std::string_view, EventFactsRow>> found; // with the key of the repository
    for (auto const& slice : slices) {
        std::vector<EventFactsRow> rows;
        auto const window = intersection(asked, slice.window);
        if (!window.empty()) read_facts_of(handle, slice.repo, window, types, rows);
        for (auto& row : rows) found.emplace_back(slice.key, std::move(row));
    }
    std::ranges::sort(found, [](auto const& a, auto const& b) {
        return std::tie(a.second.created_at, a.second.type, a.second.id, a.first) <
               std::tie(b.second.created_at, b.second.type, b.second.id, b.first);
    });
    std::vector<EventFactsRow> rows;
    rows.reserve(found.size());
    for (auto& [key, row] : found) rows.push_back(std::move(row));
    return rows;
}

} // namespace

std::size_t FactsKind::bytes_of(Row const& row) {
    auto const& facts = row.facts;
    return sizeof row + bytes_beside(row.id) + bytes_beside(row.type) + bytes_beside(row.actor_login) +
           bytes_beside(facts.action) + bytes_beside(facts.ref) + bytes_beside(facts.ref_type) +
           bytes_beside(facts.head) + bytes_beside(facts.before) + bytes_beside(facts.state) +
           bytes_beside(facts.name) + bytes_beside(facts.author_login);
}

EventFactsList find_event_facts(Handle& handle, FactsCache& cache, std::uint64_t generation, RepoName const& repo,
                                TimeWindow const& asked, std::vector<std::string> const& types) {
    auto const slices = resolve(handle, repo).slices;
    if (slices.size() != 1) return merge(handle, slices, asked, types);
    auto const& slice = slices.front();
    auto const window = intersection(asked, slice.window);
    if (window.empty()) return {};
    auto const key = fmt::format("{} {}", slice.repo, fmt::join(types, " "));
    return rows_within(cache, key, generation, window, [&](TimeWindow const& gap, std::vector<EventFactsRow>& rows) {
        read_facts_of(handle, slice.repo, gap, types, rows);
    });
}

} // namespace gem::sqlite
