#include "api/server_metrics.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

namespace gem::api {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::array<std::string_view, 7> methods = {"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "other"};

std::size_t method_place(std::string_view method) {
    auto const* const found = std::ranges::find(methods, method);
    return static_cast<std::size_t>(std::min(found, methods.end() - 1) - methods.begin());
}

MetricFamily family(std::string name, std::string help, MetricType type) {
    MetricFamily result;
    result.name = std::move(name);
    result.help = std::move(help);
    result.type = type;
    return result;
}

template <class Number>
void add(MetricFamily& target, Labels labels, Number value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (target.type == MetricType::Counter)
        metric.counter.value = static_cast<double>(value);
    else
        metric.gauge.value = static_cast<double>(value);
    target.metric.push_back(std::move(metric));
}

template <class Number>
MetricFamily single(std::string name, std::string help, MetricType type, Number value) {
    auto result = family(std::move(name), std::move(help), type);
    add(result, {}, value);
    return result;
}

/// A histogram of which each bucket (the last one beyond all bounds) has counted its own.
template <std::size_t N>
void add_buckets(ClientMetric& metric, std::array<double, N> const& bounds,
                 std::array<std::uint64_t, N + 1> const& buckets, double sum) {
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < N; ++i) {
        cumulative += buckets[i];
        metric.histogram.bucket.push_back({.cumulative_count = cumulative, .upper_bound = bounds[i]});
    }
    cumulative += buckets[N];
    metric.histogram.bucket.push_back(
        {.cumulative_count = cumulative, .upper_bound = std::numeric_limits<double>::infinity()});
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = sum;
}

/// Resident memory in bytes, as the kernel tells it.
std::optional<double> resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double pages = 0;
    double resident = 0;
    if (!(file >> pages >> resident)) return std::nullopt;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto const seconds_of = [](timeval time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

void add_store(std::vector<MetricFamily>& families, StoreFigures const& store, std::string_view provider) {
    auto up = family("gem_database_up", "Whether the database answered when this was asked.", MetricType::Gauge);
    add(up, {{"provider", std::string(provider)}}, store.up ? 1 : 0);
    families.push_back(std::move(up));
    if (store.totals) {
        families.push_back(single("gem_events_stored_total", "Events acknowledged and not forgotten.",
                                  MetricType::Counter, store.totals->events));
        families.push_back(single("gem_repositories", "Repositories with stored events.", MetricType::Gauge,
                                  store.totals->repositories));
    }
    auto rows = family("gem_database_table_rows", "Rows of a table, where somebody has counted.", MetricType::Gauge);
    auto bytes = family("gem_database_table_bytes", "Size of a table.", MetricType::Gauge);
    std::int64_t size = 0;
    for (auto const& table : store.tables) {
        if (table.rows) add(rows, {{"table", table.name}}, *table.rows);
        if (table.bytes) add(bytes, {{"table", table.name}}, *table.bytes);
        size += table.bytes.value_or(0);
    }
    if (!rows.metric.empty()) families.push_back(std::move(rows));
    if (!bytes.metric.empty()) {
        families.push_back(std::move(bytes));
        families.push_back(single("gem_database_bytes", "Size of all tables.", MetricType::Gauge, size));
    }
}

void add_figures(std::vector<MetricFamily>& families, std::vector<CollectorFigure> const& figures) {
    for (auto const& figure : figures) {
        if (families.empty() || families.back().name != figure.name)
            families.push_back(
                family(figure.name, figure.help, figure.counter ? MetricType::Counter : MetricType::Gauge));
        Labels labels;
        for (auto const& [name, value] : figure.labels) labels.push_back({name, value});
        add(families.back(), std::move(labels), figure.value);
    }
}

/// What a store that charges by use charged for in this month, by all processes: back to zero when a month begins.
void add_usage(std::vector<MetricFamily>& families, Usage const& usage) {
    if (usage.rows.empty()) return;
    auto units = family("gem_database_units_total", "Read and write units consumed this month, by all processes.",
                        MetricType::Counter);
    auto requests = family("gem_database_requests_total", "Requests to the database this month, by all processes.",
                           MetricType::Counter);
    auto cost = family("gem_database_cost_dollars_total", "Price of this month's units in us-east-1, without storage.",
                       MetricType::Counter);
    double dollars = 0;
    for (auto const& row : usage.rows) {
        Labels const about{{"table", row.table}, {"index", row.index}, {"operation", row.operation}};
        auto const add_units = [&](std::string const& kind, double number) {
            if (number <= 0) return;
            auto labels = about;
            labels.push_back({"kind", kind});
            add(units, std::move(labels), number);
        };
        add_units("read", row.read_units.value);
        add_units("write", row.write_units.value);
        if (row.requests > 0) add(requests, {about[0], about[2]}, row.requests);
        dollars += price_of(row.read_units.value, row.write_units.value);
    }
    add(cost, {}, dollars);
    families.push_back(std::move(units));
    families.push_back(std::move(requests));
    families.push_back(std::move(cost));
}

void add_process(std::vector<MetricFamily>& families, UtcTime started, UtcTime now) {
    auto build = family("gem_build_info", "Which version runs.", MetricType::Gauge);
    add(build, {{"version", GEM_VERSION}}, 1);
    families.push_back(std::move(build));
    families.push_back(single("process_start_time_seconds", "Start of the process since the Unix epoch.",
                              MetricType::Gauge, to_unix(started)));
    families.push_back(single("gem_uptime_seconds", "How long the process has been running.", MetricType::Gauge,
                              (now - started).count()));
    families.push_back(
        single("process_cpu_seconds_total", "User and system time spent.", MetricType::Counter, cpu_seconds()));
    if (auto const resident = resident_bytes())
        families.push_back(single("process_resident_memory_bytes", "Resident memory.", MetricType::Gauge, *resident));
}

} // namespace

ServerMetrics::ServerMetrics(std::vector<std::string> routes, UtcTime started) : started_(started) {
    routes.emplace_back("other");
    for (auto& label : routes) routes_.emplace_back().label = std::move(label);
}

void ServerMetrics::count(std::size_t route, std::string_view method, unsigned status,
                          std::chrono::nanoseconds duration) {
    auto& figures = routes_[std::min(route, routes_.size() - 1)];
    ++figures.requests[{method_place(method), status}];
    auto const time = std::chrono::duration<double>(duration).count();
    auto const* const bound = std::ranges::lower_bound(bounds, time);
    ++figures.buckets[static_cast<std::size_t>(bound - bounds.begin())];
    figures.seconds += time;
}

void ServerMetrics::set_cache_size(std::size_t entries, std::size_t bytes) {
    cache_entries_ = entries;
    cache_bytes_ = bytes;
}

void ServerMetrics::count_delivery(std::string_view outcome, std::optional<seconds> lag) {
    ++deliveries_.try_emplace(std::string(outcome)).first->second;
    if (!lag) return;
    auto const time = static_cast<double>(lag->count());
    ++lag_buckets_[static_cast<std::size_t>(std::ranges::lower_bound(lag_bounds, time) - lag_bounds.begin())];
    lag_seconds_ += time;
}

void ServerMetrics::add_webhooks(std::vector<MetricFamily>& families) const {
    if (deliveries_.empty()) return;
    auto deliveries =
        family("gem_webhook_deliveries_total", "Webhook deliveries by what became of them.", MetricType::Counter);
    for (auto const& [outcome, number] : deliveries_) add(deliveries, {{"outcome", outcome}}, number);
    families.push_back(std::move(deliveries));
    auto lag =
        family("gem_webhook_lag_seconds", "From what happened at GitHub to its being stored.", MetricType::Histogram);
    ClientMetric metric;
    add_buckets(metric, lag_bounds, lag_buckets_, lag_seconds_);
    lag.metric.push_back(std::move(metric));
    families.push_back(std::move(lag));
}

std::string ServerMetrics::text(StoreFigures const& store, std::string_view provider, UtcTime now) const {
    std::vector<MetricFamily> families;
    add_store(families, store, provider);
    add_figures(families, store.collector);
    add_usage(families, store.usage);
    auto requests = family("gem_http_requests_total", "Requests answered.", MetricType::Counter);
    auto durations = family("gem_http_request_seconds", "Time to an answer.", MetricType::Histogram);
    for (auto const& route : routes_) {
        std::uint64_t total = 0;
        for (auto const& [key, number] : route.requests) {
            add(requests,
                {{"route", route.label},
                 {"method", std::string(methods[key.first])},
                 {"status", std::to_string(key.second)}},
                number);
            total += number;
        }
        if (total == 0) continue;
        ClientMetric metric;
        metric.label = {{"route", route.label}};
        add_buckets(metric, bounds, route.buckets, route.seconds);
        durations.metric.push_back(std::move(metric));
    }
    if (!requests.metric.empty()) {
        families.push_back(std::move(requests));
        families.push_back(std::move(durations));
    }
    families.push_back(
        single("gem_answer_cache_hits_total", "Answers sent from the cache.", MetricType::Counter, cache_hits_));
    families.push_back(
        single("gem_answer_cache_misses_total", "Answers that were computed.", MetricType::Counter, cache_misses_));
    families.push_back(single("gem_answer_cache_shared_total", "Answers shared with an equal question under way.",
                              MetricType::Counter, shared_));
    families.push_back(single("gem_answer_cache_entries", "Answers kept.", MetricType::Gauge, cache_entries_));
    families.push_back(
        single("gem_answer_cache_bytes", "Memory of the answers kept.", MetricType::Gauge, cache_bytes_));
    add_webhooks(families);
    families.push_back(single("gem_event_streams", "Clients that follow /events/stream.", MetricType::Gauge, streams_));
    if (others_) add_figures(families, others_());
    add_process(families, started_, now);
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return out.str();
}

} // namespace gem::api
