// The rows of the five metrics tables by repository key.
#pragma once

#include <string>
#include <vector>

#include "domain/metrics.hpp"
#include "domain/time_window.hpp"
#include "storage/sqlite/handle.hpp"

namespace gem::sqlite {

/// The rows under `key` whose day (bucket, creation) lies in `window`, appended to `found` in no particular order.
void read_rows(Handle& handle, std::string const& key, TimeWindow const& window, std::vector<HealthSnapshot>& found);
void read_rows(Handle& handle, std::string const& key, TimeWindow const& window, std::vector<DeveloperDay>& found);
void read_rows(Handle& handle, std::string const& key, TimeWindow const& window, std::vector<SecurityMetric>& found);
void read_rows(Handle& handle, std::string const& key, TimeWindow const& window, std::vector<EventPattern>& found);
void read_rows(Handle& handle, std::string const& key, TimeWindow const& window, std::vector<DeploymentMetric>& found);

/// Replaces what stood under the same key.
void put_row(Handle& handle, std::string const& key, HealthSnapshot const& row);
void put_row(Handle& handle, std::string const& key, DeveloperDay const& row);
void put_row(Handle& handle, std::string const& key, SecurityMetric const& row);
void put_row(Handle& handle, std::string const& key, EventPattern const& row);
void put_row(Handle& handle, std::string const& key, DeploymentMetric const& row);

/// Ascending by key.
void sort_rows(std::vector<HealthSnapshot>& found);
void sort_rows(std::vector<DeveloperDay>& found);
void sort_rows(std::vector<SecurityMetric>& found);
void sort_rows(std::vector<EventPattern>& found);
void sort_rows(std::vector<DeploymentMetric>& found);

} // namespace gem::sqlite
