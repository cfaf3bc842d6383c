#include "storage/sqlite/facts_cache.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "storage/sqlite/event_reader.hpp"

namespace gem::sqlite {

namespace {

/// Fewer rows are read faster than they are worth being kept.
constexpr std::size_t least_kept = 200;
/// A stretch with more is not made longer.
constexpr std::size_t most_rows = 100'000;

using FactsRows = std::vector<EventFactsRow>;

std::size_t bytes_of(EventFactsRow const& row) {
    // Short strings stand in the row itself.
    auto const of = [](std::string const& text) { return text.capacity() > 15 ? text.capacity() + 16 : 0; };
    auto const of_optional = [&](std::optional<std::string> const& text) { return text ? of(*text) : 0; };
    auto const& facts = row.facts;
    return sizeof row + of(row.id) + of(row.type) + of(row.actor_login) + of_optional(facts.action) +
           of_optional(facts.ref) + of_optional(facts.ref_type) + of_optional(facts.head) + of_optional(facts.before) +
           of_optional(facts.state) + of_optional(facts.name) + of_optional(facts.author_login);
}

EventFactsList part_of(FactsStretch const& stretch, TimeWindow const& window) {
    auto const& rows = *stretch.rows;
    auto const first = std::ranges::lower_bound(rows, window.from, {}, &EventFactsRow::created_at);
    auto const last = std::ranges::lower_bound(first, rows.end(), window.to, {}, &EventFactsRow::created_at);
    return EventFactsList(stretch.rows, static_cast<std::size_t>(first - rows.begin()),
                          static_cast<std::size_t>(last - first));
}

/// Both windows together, with what `known` has already not read again; `window` alone where they do not touch.
FactsStretch read_beside(Handle& handle, Slice const& slice, FactsStretch const& known, TimeWindow const& window,
                         std::vector<std::string> const& types) {
    bool const touch = window.from <= known.window.to && known.window.from <= window.to;
    if (!touch || known.rows->size() > most_rows) {
        FactsRows rows;
        read_facts_of(handle, slice.repo, window, types, rows);
        return {.window = window, .rows = std::make_shared<FactsRows const>(std::move(rows))};
    }
    FactsRows rows;
    TimeWindow const whole{.from = std::min(window.from, known.window.from),
                           .to = std::max(window.to, known.window.to)};
    if (window.from < known.window.from)
        read_facts_of(handle, slice.repo, {.from = window.from, .to = known.window.from}, types, rows);
    rows.insert(rows.end(), known.rows->begin(), known.rows->end());
    if (window.to > known.window.to)
        read_facts_of(handle, slice.repo, {.from = known.window.to, .to = window.to}, types, rows);
    return {.window = whole, .rows = std::make_shared<FactsRows const>(std::move(rows))};
}

/// Of a name that several keys have borne: each in its part of time, put in order.
EventFactsList merge(Handle& handle, std::vector<Slice> const& slices, TimeWindow const& asked,
                     std::vector<std::string> const& types) {
    std::vector<std::pair<std::string_view, EventFactsRow>> found; // with the key of the repository
    for (auto const& slice : slices) {
        FactsRows rows;
        auto const window = intersection(asked, slice.window);
        if (!window.empty()) read_facts_of(handle, slice.repo, window, types, rows);
        for (auto& row : rows) found.emplace_back(slice.key, std::move(row));
    }
    std::ranges::sort(found, [](auto const& a, auto const& b) {
        return std::tie(a.second.created_at, a.second.type, a.second.id, a.first) <
               std::tie(b.second.created_at, b.second.type, b.second.id, b.first);
    });
    FactsRows rows;
    rows.reserve(found.size());
    for (auto& [key, row] : found) rows.push_back(std::move(row));
    return rows;
}

} // namespace

std::optional<FactsStretch> FactsCache::find(std::string const& key, std::uint64_t generation) {
    std::scoped_lock const lock(mutex_);
    auto const found = places_.find(key);
    if (found == places_.end()) return std::nullopt;
    if (found->second->generation != generation) {
        remove(found->second);
        return std::nullopt;
    }
    kept_.splice(kept_.begin(), kept_, found->second);
    return found->second->stretch;
}

void FactsCache::keep(std::string const& key, std::uint64_t generation, FactsStretch stretch) {
    std::size_t bytes = sizeof(Kept) + key.size();
    for (auto const& row : *stretch.rows) bytes += bytes_of(row);
    if (bytes > most_bytes_ / 2) return;
    std::scoped_lock const lock(mutex_);
    if (auto const found = places_.find(key); found != places_.end()) remove(found->second);
    kept_.push_front({.key = key, .generation = generation, .stretch = std::move(stretch), .bytes = bytes});
    places_[key] = kept_.begin();
    bytes_ += bytes;
    while (bytes_ > most_bytes_) remove(std::prev(kept_.end()));
}

void FactsCache::remove(std::list<Kept>::iterator place) {
    bytes_ -= place->bytes;
    places_.erase(place->key);
    kept_.erase(place);
}

EventFactsList find_event_facts(Handle& handle, FactsCache& cache, std::uint64_t generation, RepoName const& repo,
                                TimeWindow const& asked, std::vector<std::string> const& types) {
    auto const slices = resolve(handle, repo).slices;
    if (slices.size() != 1) return merge(handle, slices, asked, types);
    auto const& slice = slices.front();
    auto const window = intersection(asked, slice.window);
    if (window.empty()) return {};
    auto const key = fmt::format("{} {}", slice.repo, fmt::join(types, " "));
    auto known = cache.find(key, generation);
    if (known && known->window.from <= window.from && window.to <= known->window.to) return part_of(*known, window);
    if (!known)
        known = FactsStretch{.window = {.from = window.from, .to = window.from},
                             .rows = std::make_shared<FactsRows const>()};
    auto stretch = read_beside(handle, slice, *known, window, types);
    if (stretch.rows->size() >= least_kept) cache.keep(key, generation, stretch);
    return part_of(stretch, window);
}

} // namespace gem::sqlite
