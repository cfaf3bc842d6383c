// Raw events out of the store: pages newest first, facts oldest first.
#pragma once

#include "storage/database_interface.hpp"
#include "storage/database_transfer.hpp"
#include "storage/sqlite/handle.hpp"

namespace gem::sqlite {

Result<EventPage> find_event_page(Handle& handle, EventQuery const& query);
Result<std::vector<EventFactsRow>> find_event_facts(Handle& handle, RepoName const& repo, TimeWindow const& window,
                                                    std::vector<std::string> const& types);
/// Raw events of one repository key, oldest first, after `after`, at most `limit`.
Result<std::vector<Event>> events_under(Handle& handle, std::string const& key, std::optional<EventPlace> const& after,
                                        std::size_t limit);

} // namespace gem::sqlite
