// What the process counts about its own answers, and all of it as Prometheus text.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/collector_control.hpp"
#include "base/time.hpp"
#include "storage/database_interface.hpp"
#include "storage/usage.hpp"

namespace prometheus {
struct MetricFamily;
}

namespace gem::api {

/// What is asked of the store for a scrape; what could not be had is empty and its families are left out.
struct StoreFigures {
    bool up = false;
    std::optional<Totals> totals;
    std::vector<TableInfo> tables;
    std::vector<CollectorFigure> collector{}; ///< what the collector counts
    Usage usage;                              ///< this month's
};

/// One thread. Labels are bounded: routes of the table, five methods and `other`, statuses that were sent.
class ServerMetrics {
  public:
    /// `routes`: the label of each place of the route table; what belongs to none is counted as `other`.
    ServerMetrics(std::vector<std::string> routes, UtcTime started);

    static constexpr std::size_t no_route = static_cast<std::size_t>(-1);

    void count(std::size_t route, std::string_view method, unsigned status, std::chrono::nanoseconds duration);
    void count_cache_hit() { ++cache_hits_; }
    void count_cache_miss() { ++cache_misses_; }
    void count_shared() { ++shared_; }
    void set_cache_size(std::size_t entries, std::size_t bytes);

    [[nodiscard]] std::uint64_t cache_hits() const { return cache_hits_; }
    [[nodiscard]] std::uint64_t cache_misses() const { return cache_misses_; }
    /// A webhook delivery and what became of it; `lag`: of a stored one, from the happening to its being stored.
    void count_delivery(std::string_view outcome, std::optional<seconds> lag);
    void set_streams(std::size_t open) { streams_ = open; }

    /// Questions that were answered by another's computation under way.
    [[nodiscard]] std::uint64_t shared() const { return shared_; }

    /// What another face counts; asked at each scrape, so no request may come when it has gone.
    void also_tell(std::function<std::vector<CollectorFigure>()> others) { others_ = std::move(others); }

    /// Prometheus text format 0.0.4.
    [[nodiscard]] std::string text(StoreFigures const& store, std::string_view provider, UtcTime now) const;

  private:
    void add_webhooks(std::vector<prometheus::MetricFamily>& families) const;

    static constexpr std::array<double, 11> bounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                      0.05,   0.1,   0.25,   1.0,   5.0};
    struct RouteFigures {
        std::string label;
        std::map<std::pair<std::size_t, unsigned>, std::uint64_t> requests; ///< by method and status
        std::array<std::uint64_t, bounds.size() + 1> buckets{};
        double seconds = 0;
    };
    std::vector<RouteFigures> routes_; ///< the last one is `other`
    UtcTime started_;
    std::function<std::vector<CollectorFigure>()> others_;
    std::uint64_t cache_hits_ = 0;
    std::uint64_t cache_misses_ = 0;
    std::uint64_t shared_ = 0;
    std::size_t cache_entries_ = 0;
    std::size_t cache_bytes_ = 0;
    std::size_t streams_ = 0;
    static constexpr std::array<double, 7> lag_bounds = {1, 2, 5, 15, 60, 300, 3600};
    std::map<std::string, std::uint64_t, std::less<>> deliveries_; ///< by outcome
    std::array<std::uint64_t, lag_bounds.size() + 1> lag_buckets_{};
    double lag_seconds_ = 0;
};

} // namespace gem::api
