#include "storage/dynamodb/metric_rows.hpp"

#include <algorithm>
#include <tuple>

namespace gem::dynamodb {

namespace {

template <class Row, class Key>
void sort_by(std::vector<Row>& rows, Key key) {
    std::ranges::sort(rows, [&](Row const& a, Row const& b) { return key(a) < key(b); });
}

} // namespace

void sort_rows(std::vector<HealthSnapshot>& rows) {
    sort_by(rows, [](HealthSnapshot const& row) { return std::tie(row.window_hours, row.day); });
}

void sort_rows(std::vector<DeveloperDay>& rows) {
    sort_by(rows, [](DeveloperDay const& row) { return std::tie(row.day, row.actor_login); });
}

void sort_rows(std::vector<SecurityMetric>& rows) {
    sort_by(rows, [](SecurityMetric const& row) { return std::tie(row.metric_type, row.day); });
}

void sort_rows(std::vector<EventPattern>& rows) {
    sort_by(rows, [](EventPattern const& row) { return std::tie(row.event_type, row.bucket_start, row.kind); });
}

void sort_rows(std::vector<DeploymentMetric>& rows) {
    sort_by(rows, [](DeploymentMetric const& row) { return std::tie(row.deployment_id); });
}

} // namespace gem::dynamodb
