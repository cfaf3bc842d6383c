// Facts of the events of busy repositories, kept as they were read.
#pragma once

#include "storage/sqlite/handle.hpp"
#include "storage/sqlite/stretch_cache.hpp"

namespace gem::sqlite {

/// Oldest first.
struct FactsKind {
    using Row = EventFactsRow;
    static constexpr bool newest_first = false;
    static UtcTime time_of(Row const& row) { return row.created_at; }
    static std::size_t bytes_of(Row const& row);
};
using FactsCache = StretchCache<FactsKind>;

/// As the contract's event_facts(). `generation` is the store's, asked for before the transaction began.
EventFactsList find_event_facts(Handle& handle, FactsCache& cache, std::uint64_t generation, RepoName const& repo,
                                TimeWindow const& window, std::vector<std::string> const& types);

} // namespace gem::sqlite
