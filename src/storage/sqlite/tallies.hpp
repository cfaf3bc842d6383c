// Counting from rollups: whole hours from the tallies, what is left at a window's edges from the hours' pages.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "storage/database_interface.hpp"
#include "storage/sqlite/page_cache.hpp"
#include "storage/sqlite/registry.hpp"

namespace gem::sqlite {

struct KindCounts {
    std::int64_t events = 0;
    std::int64_t commits = 0;
    std::int64_t commits_unknown = 0;
};
using TallyByKind = std::map<std::uint16_t, KindCounts>;

/// `window` widened to whole minutes.
TimeWindow whole_minutes(TimeWindow const& window);

/// Counts of everything in the window.
Result<TallyByKind> tally_all(Handle& handle, PageCache& pages, TimeWindow const& window);
/// Counts of these slices in the window.
Result<TallyByKind> tally_slices(Handle& handle, PageCache& pages, TimeWindow const& window,
                                 std::vector<Slice> const& slices);

/// The kinds of events in the window, of these slices or (null) of all; `enough(kind)` is told each as it is found,
/// maybe more than once, and ends the search by returning true.
Result<void> find_kinds(Handle& handle, PageCache& pages, TimeWindow const& window, std::vector<Slice> const* slices,
                        std::function<bool(std::uint16_t)> const& enough);
/// All events of a repository.
std::int64_t count_repository(Handle& handle, std::uint32_t repo);

/// Counts in buckets; the key is the bucket's start in unix seconds. `repo` null: everything.
using TallyByBucket = std::map<std::int64_t, TallyByKind>;
Result<TallyByBucket> tally_buckets(Handle& handle, PageCache& pages, TimeWindow const& window, minutes bucket,
                                    std::vector<Slice> const* slices);

} // namespace gem::sqlite
