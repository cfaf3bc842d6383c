// Raw events out of the store: pages newest first, facts oldest first.
#pragma once

#include "storage/database_interface.hpp"
#include "storage/database_transfer.hpp"
#include "storage/sqlite/handle.hpp"
#include "storage/sqlite/page_cache.hpp"
#include "storage/sqlite/registry.hpp"

namespace gem::sqlite {

/// Without a repository the pages tell where to look: an event that they do not know is not found.
Result<EventPage> find_event_page(Handle& handle, PageCache& pages, Kinds& kinds, EventQuery const& query);
/// Appends the facts of one repository's events of these types (all when empty), oldest first.
void read_facts_of(Handle& handle, std::uint32_t repo, TimeWindow const& window, std::vector<std::string> const& types,
                   std::vector<EventFactsRow>& rows);
/// Raw events of one repository key, oldest first, after `after`, at most `limit`.
Result<std::vector<Event>> events_under(Handle& handle, std::string const& key, std::optional<EventPlace> const& after,
                                        std::size_t limit);

Result<ArrivalPage> find_arrivals(Handle& handle, std::string const& after, std::size_t limit);

} // namespace gem::sqlite
