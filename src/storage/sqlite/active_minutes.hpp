// The way from time to events: raw events stand in order of repository, and pages tell which of these were active when.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "domain/time_window.hpp"
#include "storage/sqlite/page_cache.hpp"
#include "storage/sqlite/registry.hpp"

namespace gem::sqlite {

enum class MinuteOrder { newest_first, oldest_first };

/// Given a minute, which lies at least partly in the window, and the repositories that were active in it, ascending.
/// Returns whether to go on.
using MinuteVisitor = std::function<bool(TimeWindow const& minute, std::span<std::uint32_t const> repos)>;

/// Visits the minutes of the window in which anything happened, or only events of `type`. Events whose raw rows
/// retention has removed are left out where whole hours of them are gone. corrupt when a page is damaged.
Result<void> visit_active_minutes(Handle& handle, PageCache& pages, Kinds& kinds, TimeWindow const& window,
                                  std::optional<std::string> const& type, MinuteOrder order,
                                  MinuteVisitor const& visit);

/// When the first or last raw event happened; nothing when there is none.
Result<std::optional<UtcTime>> outermost_event(Handle& handle, PageCache& pages, Kinds& kinds, MinuteOrder order);

/// Raw events from before this hour (unix seconds / 3600) are gone, all of them.
std::int64_t first_hour_with_events(Handle& handle);

} // namespace gem::sqlite
