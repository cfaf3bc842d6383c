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

/// Everything in the window about these repositories, in the order asked for.
Result<std::vector<RepoActivity>> find_activity(Handle& handle, PageCache& pages, Kinds& kinds,
                                                TimeWindow const& window, std::vector<RepoName> const& repos);

} // namespace gem::sqlite
