// The five metrics tables: each put replaces what stood under its key, each find answers ascending by key.
#include "contract/contract_test.hpp"

namespace gem::test {

class Metrics : public ContractTest {
  protected:
    static UtcTime day(int number) { return ten_o_clock - hours(10) + days(number); }
    static TimeWindow days_between(int from, int to) { return {.from = day(from), .to = day(to)}; }
    static HealthSnapshot health(int on, std::int64_t window_hours = 168, std::string name = "acme/tool") {
        return {.repo_name = std::move(name),
                .window_hours = window_hours,
                .day = day(on),
                .health_score = 87.5,
                .activity_score = 0.0,
                .security_score = 99.9,
                .detail = JsonText::already_validated(R"({ "explanation":[ "ü" ],"a":1,"a":2 })")};
    }
    static DeveloperDay developer(int on, std::string login, std::int64_t total) {
        return {.repo_name = "acme/tool",
                .day = day(on),
                .actor_login = std::move(login),
                .total_events = total,
                .pushes = 1,
                .commits = 2,
                .prs_opened = 3,
                .prs_merged = 4,
                .issues_opened = 5,
                .issues_closed = 6,
                .reviews_given = 7,
                .comments_made = 8,
                .releases = 9};
    }
    static SecurityMetric security(std::string type, int on) {
        return {.repo_name = "acme/tool",
                .metric_type = std::move(type),
                .day = day(on),
                .score = 66.6,
                .risk_level = "medium",
                .detail = JsonText::already_validated("[1]")};
    }
    static EventPattern pattern(std::string type, UtcTime bucket, std::string kind) {
        return {.repo_name = "acme/tool",
                .kind = std::move(kind),
                .event_type = std::move(type),
                .bucket_start = bucket,
                .severity = "high",
                .expected = 1.25,
                .threshold = 7.0,
                .actual_value = 31,
                .confidence = 0.9999,
                .detected_at = bucket + hours(1)};
    }
    static DeploymentMetric deployment(std::string id, UtcTime created) {
        return {.repo_name = "acme/tool",
                .deployment_id = std::move(id),
                .environment = "production",
                .status = "pending",
                .sha = std::string(40, 'a'),
                .ref = "main",
                .created_at = created,
                .detail = JsonText::already_validated("{\"x\":null}")};
    }
};
GEM_CONTRACT(Metrics);

TEST_P(Metrics, health_is_kept_by_window_and_day) {
    for (auto const& row : {health(3), health(1), health(2), health(1, 24), health(1, 168, "acme/other")})
        wait_ok(metrics().put_health(row));
    EXPECT_EQ(wait_ok(metrics().find_health(repo("Acme/Tool"), 168, days_between(0, 9))),
              (std::vector<HealthSnapshot>{health(1), health(2), health(3)}));
    EXPECT_EQ(wait_ok(metrics().find_health(repo("acme/tool"), 24, days_between(0, 9))),
              (std::vector<HealthSnapshot>{health(1, 24)}));
    EXPECT_EQ(wait_ok(metrics().find_health(repo("acme/tool"), 168, days_between(1, 3))).size(), 2U)
        << "the end is left out";
    EXPECT_TRUE(wait_ok(metrics().find_health(repo("acme/none"), 168, days_between(0, 9))).empty());
}

TEST_P(Metrics, a_later_health_replaces_and_null_stays_null) {
    wait_ok(metrics().put_health(health(1)));
    auto changed = health(1);
    changed.health_score.reset();
    changed.maintenance_score = 12.3;
    changed.detail = JsonText();
    wait_ok(metrics().put_health(changed));
    EXPECT_EQ(wait_ok(metrics().find_health(repo("acme/tool"), 168, days_between(0, 9))),
              (std::vector<HealthSnapshot>{changed}));
}

TEST_P(Metrics, developer_days_are_kept_by_day_and_login) {
    wait_ok(metrics().put_developer_days({developer(2, "ada", 1), developer(1, "zoe", 2), developer(1, "ada", 3)}));
    wait_ok(metrics().put_developer_days({}));
    EXPECT_EQ(wait_ok(metrics().find_developer_days(repo("ACME/TOOL"), days_between(0, 9))),
              (std::vector<DeveloperDay>{developer(1, "ada", 3), developer(1, "zoe", 2), developer(2, "ada", 1)}));
    wait_ok(metrics().put_developer_days({developer(1, "ada", 30), developer(1, "ada", 31)}));
    EXPECT_EQ(wait_ok(metrics().find_developer_days(repo("acme/tool"), days_between(1, 2))),
              (std::vector<DeveloperDay>{developer(1, "ada", 31), developer(1, "zoe", 2)}));
}

TEST_P(Metrics, security_is_kept_by_type_and_day) {
    for (auto const& row : {security("overall", 2), security("ci_tests", 3), security("overall", 1)})
        wait_ok(metrics().put_security(row));
    EXPECT_EQ(wait_ok(metrics().find_security(repo("acme/Tool"), days_between(0, 9))),
              (std::vector<SecurityMetric>{security("ci_tests", 3), security("overall", 1), security("overall", 2)}));
    auto changed = security("overall", 1);
    changed.score.reset();
    changed.risk_level = "unknown";
    wait_ok(metrics().put_security(changed));
    EXPECT_EQ(wait_ok(metrics().find_security(repo("acme/tool"), days_between(1, 2))),
              (std::vector<SecurityMetric>{changed}));
}

TEST_P(Metrics, patterns_are_kept_by_type_bucket_and_kind) {
    auto const late = ten_o_clock + hours(1);
    wait_ok(metrics().put_patterns({pattern("PushEvent", late, "spike"), pattern("PushEvent", ten_o_clock, "spike"),
                                    pattern("PushEvent", ten_o_clock, "drop"), pattern("ForkEvent", late, "silence")}));
    EXPECT_EQ(
        wait_ok(metrics().find_patterns(repo("acme/Tool"), days_between(0, 9))),
        (std::vector<EventPattern>{pattern("ForkEvent", late, "silence"), pattern("PushEvent", ten_o_clock, "drop"),
                                   pattern("PushEvent", ten_o_clock, "spike"), pattern("PushEvent", late, "spike")}));
    auto resolved = pattern("ForkEvent", late, "silence");
    resolved.resolved_at = late + hours(2);
    wait_ok(metrics().put_patterns({resolved}));
    EXPECT_EQ(wait_ok(metrics().find_patterns(repo("acme/tool"), {.from = late, .to = late + seconds(1)})),
              (std::vector<EventPattern>{resolved, pattern("PushEvent", late, "spike")}));
}

TEST_P(Metrics, deployments_are_kept_by_id) {
    wait_ok(metrics().put_deployment(deployment("20", ten_o_clock)));
    wait_ok(metrics().put_deployment(deployment("100", ten_o_clock + hours(1))));
    auto done = deployment("20", ten_o_clock);
    done.status = "success";
    done.finished_at = ten_o_clock + minutes(3);
    wait_ok(metrics().put_deployment(done));
    EXPECT_EQ(wait_ok(metrics().find_deployments(repo("ACME/tool"), all_time())),
              (std::vector<DeploymentMetric>{deployment("100", ten_o_clock + hours(1)), done}));
    EXPECT_EQ(wait_ok(metrics().find_deployments(repo("acme/tool"), window_after_ten(seconds(0), hours(1)))),
              (std::vector<DeploymentMetric>{done}));
}

TEST_P(Metrics, patterns_do_not_mix_with_what_else_lives_in_their_table) {
    insert({make_event("1"), make_event("2").push(1)});
    wait_ok(metrics().put_state({.key = "etag#acme/tool", .value = JsonText(), .version = 0}));
    EXPECT_TRUE(wait_ok(metrics().find_patterns(repo("acme/tool"), all_time())).empty());
}

} // namespace gem::test
