#include "storage/sqlite/page_cache.hpp"

namespace gem::sqlite {

std::shared_ptr<PackedPage const> PageCache::find(std::int64_t id) {
    std::scoped_lock const lock(mutex_);
    auto const found = kept_.find(id);
    if (found == kept_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second.place);
    return found->second.page;
}

void PageCache::keep(std::int64_t id, std::shared_ptr<PackedPage const> page) {
    std::scoped_lock const lock(mutex_);
    if (kept_.contains(id) || page->memory() > most_bytes_ / 4) return;
    bytes_ += page->memory();
    order_.push_front(id);
    kept_[id] = {.page = std::move(page), .place = order_.begin()};
    while (bytes_ > most_bytes_) {
        auto const oldest = kept_.find(order_.back());
        bytes_ -= oldest->second.page->memory();
        kept_.erase(oldest);
        order_.pop_back();
    }
}

Result<std::shared_ptr<PackedPage const>> PageCache::fetch(Handle& handle, std::int64_t id) {
    if (auto page = find(id)) return page;
    auto& statement = handle.prepare("SELECT data FROM hour_pages WHERE id = ?1");
    statement.bind(1, id);
    Rows rows(statement);
    if (!rows.next()) return fail(ErrorCode::internal, "an hour page went away while it was read");
    auto packed = PackedPage::read(rows->blob(0));
    if (!packed) return fail(packed.error());
    auto page = std::make_shared<PackedPage const>(std::move(*packed));
    keep(id, page);
    return page;
}

std::vector<std::pair<std::int64_t, std::int64_t>> PageCache::list(Handle& handle, std::int64_t first,
                                                                   std::int64_t last) {
    auto& statement =
        handle.prepare("SELECT hour, id FROM hour_pages WHERE hour >= ?1 AND hour < ?2 ORDER BY hour, id");
    statement.bind(1, first).bind(2, last);
    std::vector<std::pair<std::int64_t, std::int64_t>> ids;
    Rows rows(statement);
    while (rows.next()) ids.emplace_back(rows->integer(0), rows->integer(1));
    return ids;
}

Result<std::vector<std::shared_ptr<PackedPage const>>> PageCache::load(Handle& handle, std::int64_t hour) {
    std::vector<std::shared_ptr<PackedPage const>> pages;
    for (auto const& [at, id] : list(handle, hour, hour + 1)) {
        auto page = fetch(handle, id);
        if (!page) return fail(page.error());
        pages.push_back(std::move(*page));
    }
    return pages;
}

} // namespace gem::sqlite
