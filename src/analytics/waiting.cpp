#include "analytics/waiting.hpp"

#include <algorithm>
#include <cmath>

namespace gem {

std::optional<seconds> kaplan_meier_median(std::span<Wait const> waits) {
    std::vector<Wait> sorted(waits.begin(), waits.end());
    std::ranges::sort(sorted, {}, &Wait::length);
    constexpr double half = 0.5 + 1e-9; // products of fractions miss an exact half by a few ulps
    double surviving = 1;
    for (std::size_t at = 0; at < sorted.size();) {
        auto const length = sorted[at].length;
        auto const waiting = static_cast<double>(sorted.size() - at);
        std::size_t answered = 0;
        for (; at < sorted.size() && sorted[at].length == length; ++at) answered += sorted[at].answered ? 1 : 0;
        surviving *= 1.0 - static_cast<double>(answered) / waiting;
        if (answered > 0 && surviving <= half) return length;
    }
    return std::nullopt;
}

std::optional<seconds> nearest_rank(std::vector<seconds> values, double p) {
    if (values.empty()) return std::nullopt;
    std::ranges::sort(values);
    auto const rank = static_cast<std::size_t>(std::ceil(p * static_cast<double>(values.size()) - 1e-9));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

WaitFigures plain_figures(std::span<Wait const> waits) {
    std::vector<seconds> answered;
    double sum = 0;
    for (auto const& wait : waits) {
        if (!wait.answered) continue;
        answered.push_back(wait.length);
        sum += static_cast<double>(wait.length.count());
    }
    WaitFigures figures;
    figures.count = static_cast<std::int64_t>(answered.size());
    if (answered.empty()) return figures;
    figures.avg_seconds = std::llround(sum / static_cast<double>(answered.size()));
    figures.p50 = nearest_rank(answered, 0.5)->count();
    figures.p90 = nearest_rank(std::move(answered), 0.9)->count();
    return figures;
}

WaitMedian median_figures(std::span<Wait const> waits) {
    WaitMedian figures{.n = static_cast<std::int64_t>(waits.size()),
                       .answered = std::ranges::count(waits, true, &Wait::answered),
                       .median_seconds = {}};
    if (auto const median = kaplan_meier_median(waits)) figures.median_seconds = median->count();
    return figures;
}

} // namespace gem
