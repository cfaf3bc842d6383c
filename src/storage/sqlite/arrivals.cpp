#include "storage/sqlite/arrivals.hpp"

#include <algorithm>

#include "storage/database_interface.hpp"

namespace gem::sqlite {

void Arrivals::note(std::uint32_t repo, Event const& event) {
    Noted const noted{.repo = repo, .event = &event};
    if (noted_.size() < arrivals_kept_of_a_batch)
        noted_.push_back(noted);
    else
        noted_[count_ % arrivals_kept_of_a_batch] = noted;
    ++count_;
}

void Arrivals::write(Handle& handle) {
    auto const before = handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'arrivals'), 0)");
    auto const last = before + static_cast<std::int64_t>(count_);
    auto& add = handle.prepare("INSERT INTO arrivals VALUES(?1, ?2, ?3, ?4, ?5)");
    for (auto i = count_ - noted_.size(); i < count_; ++i) {
        auto const& noted = noted_[i % arrivals_kept_of_a_batch];
        add.bind(1, before + static_cast<std::int64_t>(i) + 1).bind(2, static_cast<std::int64_t>(noted.repo));
        add.bind(3, to_unix(noted.event->created_at)).bind(4, noted.event->type).bind(5, noted.event->id).run();
    }
    handle.prepare("DELETE FROM arrivals WHERE number <= ?1")
        .bind(1, last - static_cast<std::int64_t>(arrivals_kept))
        .run();
    handle.prepare("INSERT OR REPLACE INTO counters VALUES('arrivals', ?1)").bind(1, last).run();
}

} // namespace gem::sqlite
