// Questions across repositories, answered from the hours' pages.
#pragma once

#include <memory>
#include <vector>

#include "storage/database_interface.hpp"
#include "storage/sqlite/page_cache.hpp"
#include "storage/sqlite/registry.hpp"

namespace gem::sqlite {

Result<std::vector<RepoActivity>> find_busiest(Handle& handle, PageCache& pages, Kinds& kinds, TimeWindow const& window,
                                               std::size_t limit, bool with_rows);

/// Everything about one repository in the window.
Result<RepoActivity> find_activity(Handle& handle, PageCache& pages, Kinds& kinds, TimeWindow const& window,
                                   RepoName const& repo);

} // namespace gem::sqlite
