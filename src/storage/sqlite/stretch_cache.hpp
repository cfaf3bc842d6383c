// Rows of busy repositories, as they were read: one reading of thousands of rows answers many questions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/database_interface.hpp"
#include "storage/sqlite/registry.hpp"

namespace gem::sqlite {

/// All rows under one key in a stretch of time, in the order of their kind.
template <class Row>
struct Stretch {
    TimeWindow window;
    std::shared_ptr<std::vector<Row> const> rows = std::make_shared<std::vector<Row> const>();
};

/// Thread-safe; bounded by the bytes of what it keeps, the least recently used goes first. What was kept under another
/// generation of the store is not given out: any write may have changed it. `Kind` tells of its rows: `Row`, `time_of`,
/// `bytes_of`, and whether they come `newest_first`.
template <class Kind>
class StretchCache {
  public:
    using Row = typename Kind::Row;

    explicit StretchCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    std::optional<Stretch<Row>> find(std::string const& key, std::uint64_t generation) {
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

    /// In place of what was kept under the key. What would take half of all is not kept: the next stretch begins anew.
    void keep(std::string const& key, std::uint64_t generation, Stretch<Row> stretch) {
        std::size_t bytes = sizeof(Kept) + key.size();
        for (auto const& row : *stretch.rows) bytes += Kind::bytes_of(row);
        std::scoped_lock const lock(mutex_);
        if (auto const found = places_.find(key); found != places_.end()) remove(found->second);
        if (bytes > most_bytes_ / 2) return;
        kept_.push_front({.key = key, .generation = generation, .stretch = std::move(stretch), .bytes = bytes});
        places_[key] = kept_.begin();
        bytes_ += bytes;
        while (bytes_ > most_bytes_) remove(std::prev(kept_.end()));
    }

  private:
    struct Kept {
        std::string key;
        std::uint64_t generation = 0;
        Stretch<Row> stretch;
        std::size_t bytes = 0;
    };

    void remove(typename std::list<Kept>::iterator place) {
        bytes_ -= place->bytes;
        places_.erase(place->key);
        kept_.erase(place);
    }

    std::mutex mutex_;
    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    std::list<Kept> kept_; ///< most recently used first
    std::map<std::string, typename std::list<Kept>::iterator, std::less<>> places_;
};

/// What a text takes beside the row that it stands in; a short one stands in the row itself.
inline std::size_t bytes_beside(std::string const& text) { return text.capacity() > 15 ? text.capacity() + 16 : 0; }
inline std::size_t bytes_beside(std::optional<std::string> const& text) { return text ? bytes_beside(*text) : 0; }

template <class Kind>
SharedRows<typename Kind::Row> part_of(Stretch<typename Kind::Row> const& stretch, TimeWindow const& window) {
    auto const& rows = *stretch.rows;
    auto const before = [](UtcTime time) {
        return [time](auto const& row) { return (Kind::time_of(row) < time) != Kind::newest_first; };
    };
    auto const first = std::ranges::partition_point(rows, before(Kind::newest_first ? window.to : window.from));
    auto const last =
        std::ranges::partition_point(first, rows.end(), before(Kind::newest_first ? window.from : window.to));
    return {stretch.rows, static_cast<std::size_t>(first - rows.begin()), static_cast<std::size_t>(last - first)};
}

/// Both windows together, with what `known` has already not read again; `window` alone where they do not touch.
template <class Kind, class Read>
Stretch<typename Kind::Row> read_beside(Stretch<typename Kind::Row> const& known, TimeWindow const& window,
                                        Read const& read) {
    using Rows = std::vector<typename Kind::Row>;
    constexpr std::size_t most_rows = 100'000; // a stretch with more is not made longer
    auto const read_some = [&](UtcTime from, UtcTime to) {
        Rows rows;
        if (from < to) read(TimeWindow{.from = from, .to = to}, rows);
        return rows;
    };
    bool const touch = window.from <= known.window.to && known.window.from <= window.to;
    if (!touch || known.rows->size() > most_rows) {
        return {.window = window, .rows = std::make_shared<Rows const>(read_some(window.from, window.to))};
    }
    TimeWindow const whole{.from = std::min(window.from, known.window.from),
                           .to = std::max(window.to, known.window.to)};
    auto rows = read_some(whole.from, known.window.from);
    auto later = read_some(known.window.to, whole.to);
    if (rows.empty() && later.empty()) return {.window = whole, .rows = known.rows};
    if constexpr (Kind::newest_first) std::swap(rows, later);
    rows.reserve(rows.size() + known.rows->size() + later.size());
    rows.insert(rows.end(), known.rows->begin(), known.rows->end());
    std::ranges::move(later, std::back_inserter(rows));
    return {.window = whole, .rows = std::make_shared<Rows const>(std::move(rows))};
}

/// The rows of the window out of the cache; what is missing there `read(window, rows)` appends. `generation` is the
/// store's, asked for before the transaction of `read` began.
template <class Kind, class Read>
SharedRows<typename Kind::Row> rows_within(StretchCache<Kind>& cache, std::string const& key, std::uint64_t generation,
                                           TimeWindow const& window, Read const& read) {
    constexpr std::size_t least_kept = 200; // fewer rows are read faster than they are worth being kept
    auto const known = cache.find(key, generation);
    if (known && known->window.from <= window.from && window.to <= known->window.to)
        return part_of<Kind>(*known, window);
    auto stretch = read_beside<Kind>(
        known.value_or(Stretch<typename Kind::Row>{.window = {.from = window.from, .to = window.from}}), window, read);
    if (stretch.rows->size() >= least_kept) cache.keep(key, generation, stretch);
    return part_of<Kind>(stretch, window);
}

} // namespace gem::sqlite
