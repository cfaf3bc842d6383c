// From answers of analytics to charts: what is drawn of them, under which name, and what is not covered.
#pragma once

#include "analytics/event_counts.hpp"
#include "analytics/heatmap.hpp"
#include "analytics/trending.hpp"
#include "analytics/work_items.hpp"
#include "charts/bar_chart.hpp"
#include "charts/heatmap_chart.hpp"
#include "charts/time_chart.hpp"

namespace gem::charts {

inline constexpr Size usual_chart{.width = 800, .height = 400};
inline constexpr Size usual_heatmap{.width = 800, .height = 340};

/// The five types with the most events stacked, and the rest of them.
TimeChart chart_of(Windowed<EventSeries> const& answer);
/// Pull requests opened, merged and closed without a merge on each day.
TimeChart chart_of(Windowed<PrTimeline> const& answer);
/// A bar a repository, of the five types with the most events in all of them, and the rest.
BarChart chart_of(Windowed<Trending> const& answer);
HeatmapChart chart_of(Windowed<ActivityHeatmap> const& answer);

/// The gaps as windows that do not overlap, in order.
std::vector<TimeWindow> uncovered_of(Coverage const& coverage);

/// Why there is nothing, in a sentence: there was nothing, or nobody can know.
std::string why_nothing(Coverage const& coverage);

} // namespace gem::charts
