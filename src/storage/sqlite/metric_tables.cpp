#include "storage/sqlite/metric_tables.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

namespace gem::sqlite {

namespace {

std::optional<double> number(std::optional<Score> const& score) {
    if (!score) return std::nullopt;
    return score->value;
}

std::optional<Score> score_at(Rows const& row, int column) {
    if (row->is_null(column)) return std::nullopt;
    return Score(row->real(column));
}

std::optional<std::int64_t> unix_or_null(std::optional<UtcTime> const& time) {
    if (!time) return std::nullopt;
    return to_unix(*time);
}

/// `sql` has ?1 key, ?2 from, ?3 to.
template <class Row, class Read>
void read_all(Handle& handle, std::string const& key, TimeWindow const& window, char const* sql, Read read,
              std::vector<Row>& found) {
    auto& list = handle.prepare(sql);
    list.bind(1, key).bind(2, to_unix(window.from)).bind(3, to_unix(window.to));
    Rows rows(list);
    while (rows.next()) found.push_back(read(rows));
}

} // namespace

void read_rows(Handle& handle, std::string const& key, TimeWindow const& window, std::vector<HealthSnapshot>& found) {
    read_all(
        handle, key, window,
        "SELECT repo_name, window_hours, day, health_score, activity_score, collaboration_score, "
        "maintenance_score, security_score, detail "
        "FROM repository_health_metrics WHERE repo_key = ?1 AND day >= ?2 AND day < ?3",
        [](Rows const& row) {
            return HealthSnapshot{.repo_name = std::string(row->text(0)),
                                  .window_hours = row->integer(1),
                                  .day = from_unix(row->integer(2)),
                                  .health_score = score_at(row, 3),
                                  .activity_score = score_at(row, 4),
                                  .collaboration_score = score_at(row, 5),
                                  .maintenance_score = score_at(row, 6),
                                  .security_score = score_at(row, 7),
                                  .detail = JsonText::already_validated(std::string(row->text(8)))};
        },
        found);
}

void put_row(Handle& handle, std::string const& key, HealthSnapshot const& row) {
    auto& put = handle.prepare(
        "INSERT OR REPLACE INTO repository_health_metrics VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    put.bind(1, key).bind(2, row.window_hours).bind(3, to_unix(row.day)).bind(4, row.repo_name);
    put.bind(5, number(row.health_score)).bind(6, number(row.activity_score)).bind(7, number(row.collaboration_score));
    put.bind(8, number(row.maintenance_score)).bind(9, number(row.security_score)).bind(10, row.detail.text()).run();
}

void sort_rows(std::vector<HealthSnapshot>& found) {
    std::ranges::sort(found, [](HealthSnapshot const& a, HealthSnapshot const& b) {
        return std::tie(a.window_hours, a.day) < std::tie(b.window_hours, b.day);
    });
}

void read_rows(Handle& handle, std::string const& key, TimeWindow const& window, std::vector<DeveloperDay>& found) {
    read_all(
        handle, key, window,
        "SELECT repo_name, day, actor_login, total_events, pushes, commits, "
        "prs_opened, prs_merged, issues_opened, issues_closed, "
        "reviews_given, comments_made, releases FROM developer_metrics WHERE "
        "repo_key = ?1 AND day >= ?2 AND day < ?3",
        [](Rows const& row) {
            DeveloperDay day;
            day.repo_name = row->text(0);
            day.day = from_unix(row->integer(1));
            day.actor_login = row->text(2);
            std::int64_t* const counts[] = {
                &day.total_events,  &day.pushes,        &day.commits,       &day.prs_opened,    &day.prs_merged,
                &day.issues_opened, &day.issues_closed, &day.reviews_given, &day.comments_made, &day.releases};
            int column = 3;
            for (auto* const count : counts) *count = row->integer(column++);
            return day;
        },
        found);
}

void put_row(Handle& handle, std::string const& key, DeveloperDay const& row) {
    auto& put = handle.prepare("INSERT OR REPLACE INTO developer_metrics VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, "
                               "?8, ?9, ?10, ?11, ?12, ?13, ?14)");
    put.bind(1, key)
        .bind(2, to_unix(row.day))
        .bind(3, row.actor_login)
        .bind(4, row.repo_name)
        .bind(5, row.total_events);
    put.bind(6, row.pushes)
        .bind(7, row.commits)
        .bind(8, row.prs_opened)
        .bind(9, row.prs_merged)
        .bind(10, row.issues_opened);
    put.bind(11, row.issues_closed)
        .bind(12, row.reviews_given)
        .bind(13, row.comments_made)
        .bind(14, row.releases)
        .run();
}

void sort_rows(std::vector<DeveloperDay>& found) {
    std::ranges::sort(found, [](DeveloperDay const& a, DeveloperDay const& b) {
        return std::tie(a.day, a.actor_login) < std::tie(b.day, b.actor_login);
    });
}

void read_rows(Handle& handle, std::string const& key, TimeWindow const& window, std::vector<SecurityMetric>& found) {
    read_all(
        handle, key, window,
        "SELECT repo_name, metric_type, day, score, risk_level, detail FROM security_metrics "
        "WHERE repo_key = ?1 AND day >= ?2 AND day < ?3",
        [](Rows const& row) {
            return SecurityMetric{.repo_name = std::string(row->text(0)),
                                  .metric_type = std::string(row->text(1)),
                                  .day = from_unix(row->integer(2)),
                                  .score = score_at(row, 3),
                                  .risk_level = std::string(row->text(4)),
                                  .detail = JsonText::already_validated(std::string(row->text(5)))};
        },
        found);
}

void put_row(Handle& handle, std::string const& key, SecurityMetric const& row) {
    auto& put = handle.prepare("INSERT OR REPLACE INTO security_metrics VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    put.bind(1, key)
        .bind(2, to_unix(row.day))
        .bind(3, row.metric_type)
        .bind(4, row.repo_name)
        .bind(5, number(row.score));
    put.bind(6, row.risk_level).bind(7, row.detail.text()).run();
}

void sort_rows(std::vector<SecurityMetric>& found) {
    std::ranges::sort(found, [](SecurityMetric const& a, SecurityMetric const& b) {
        return std::tie(a.metric_type, a.day) < std::tie(b.metric_type, b.day);
    });
}

void read_rows(Handle& handle, std::string const& key, TimeWindow const& window, std::vector<EventPattern>& found) {
    read_all(
        handle, key, window,
        "SELECT repo_name, kind, event_type, bucket_start, severity, expected, threshold, "
        "actual_value, confidence, detected_at, resolved_at "
        "FROM anomalies WHERE repo_key = ?1 AND bucket_start >= ?2 AND bucket_start < ?3",
        [](Rows const& row) {
            EventPattern pattern{.repo_name = std::string(row->text(0)),
                                 .kind = std::string(row->text(1)),
                                 .event_type = std::string(row->text(2)),
                                 .bucket_start = from_unix(row->integer(3)),
                                 .severity = std::string(row->text(4)),
                                 .expected = row->real(5),
                                 .threshold = row->real(6),
                                 .actual_value = row->integer(7),
                                 .confidence = row->real(8),
                                 .detected_at = from_unix(row->integer(9)),
                                 .resolved_at = std::nullopt};
            if (!row->is_null(10)) pattern.resolved_at = from_unix(row->integer(10));
            return pattern;
        },
        found);
}

void put_row(Handle& handle, std::string const& key, EventPattern const& row) {
    auto& put =
        handle.prepare("INSERT OR REPLACE INTO anomalies VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    put.bind(1, key)
        .bind(2, row.event_type)
        .bind(3, to_unix(row.bucket_start))
        .bind(4, row.kind)
        .bind(5, row.repo_name);
    put.bind(6, row.severity).bind(7, row.expected.value).bind(8, row.threshold.value).bind(9, row.actual_value);
    put.bind(10, row.confidence.value).bind(11, to_unix(row.detected_at)).bind(12, unix_or_null(row.resolved_at)).run();
}

void sort_rows(std::vector<EventPattern>& found) {
    std::ranges::sort(found, [](EventPattern const& a, EventPattern const& b) {
        return std::tie(a.event_type, a.bucket_start, a.kind) < std::tie(b.event_type, b.bucket_start, b.kind);
    });
}

void read_rows(Handle& handle, std::string const& key, TimeWindow const& window, std::vector<DeploymentMetric>& found) {
    read_all(
        handle, key, window,
        "SELECT repo_name, deployment_id, environment, status, sha, ref, created_at, finished_at, detail FROM "
        "deployment_metrics "
        "WHERE repo_key = ?1 AND created_at >= ?2 AND created_at < ?3",
        [](Rows const& row) {
            DeploymentMetric deployment{.repo_name = std::string(row->text(0)),
                                        .deployment_id = std::string(row->text(1)),
                                        .environment = std::string(row->text(2)),
                                        .status = std::string(row->text(3)),
                                        .sha = std::string(row->text(4)),
                                        .ref = std::string(row->text(5)),
                                        .created_at = from_unix(row->integer(6)),
                                        .finished_at = std::nullopt,
                                        .detail = JsonText::already_validated(std::string(row->text(8)))};
            if (!row->is_null(7)) deployment.finished_at = from_unix(row->integer(7));
            return deployment;
        },
        found);
}

void put_row(Handle& handle, std::string const& key, DeploymentMetric const& row) {
    auto& put =
        handle.prepare("INSERT OR REPLACE INTO deployment_metrics VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    put.bind(1, key)
        .bind(2, row.deployment_id)
        .bind(3, row.repo_name)
        .bind(4, row.environment)
        .bind(5, row.status)
        .bind(6, row.sha);
    put.bind(7, row.ref)
        .bind(8, to_unix(row.created_at))
        .bind(9, unix_or_null(row.finished_at))
        .bind(10, row.detail.text())
        .run();
}

void sort_rows(std::vector<DeploymentMetric>& found) { std::ranges::sort(found, {}, &DeploymentMetric::deployment_id); }

} // namespace gem::sqlite
