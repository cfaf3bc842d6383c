// Hour pages, kept by their id: a part never changes and no id comes twice, so nothing is ever stale.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "storage/hour_page.hpp"
#include "storage/sqlite/handle.hpp"

namespace gem::sqlite {

/// Thread-safe; bounded by the bytes of what it keeps, the least recently used goes first.
class PageCache {
  public:
    explicit PageCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    /// The parts of the hour `hour` (unix seconds / 3600). Throws SqliteError; corrupt when a page is damaged.
    Result<std::vector<std::shared_ptr<PackedPage const>>> load(Handle& handle, std::int64_t hour);

    /// Calls `visit(hour, page)` for the parts of [first, last), by hour; holds one at a time.
    template <class Visit>
    Result<void> for_each(Handle& handle, std::int64_t first, std::int64_t last, Visit visit);

  private:
    std::shared_ptr<PackedPage const> find(std::int64_t id);
    void keep(std::int64_t id, std::shared_ptr<PackedPage const> page);
    Result<std::shared_ptr<PackedPage const>> fetch(Handle& handle, std::int64_t id);
    std::vector<std::pair<std::int64_t, std::int64_t>> list(Handle& handle, std::int64_t first, std::int64_t last);

    struct Kept {
        std::shared_ptr<PackedPage const> page;
        std::list<std::int64_t>::iterator place;
    };
    std::mutex mutex_;
    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    std::list<std::int64_t> order_; ///< most recently used first
    std::unordered_map<std::int64_t, Kept> kept_;
};

template <class Visit>
Result<void> PageCache::for_each(Handle& handle, std::int64_t first, std::int64_t last, Visit visit) {
    for (auto const& [hour, id] : list(handle, first, last)) {
        auto page = fetch(handle, id);
        if (!page) return fail(page.error());
        visit(hour, **page);
    }
    return {};
}

} // namespace gem::sqlite
