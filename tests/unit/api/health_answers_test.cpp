// The bodies of the routes about health, security, anomalies, delivery and comparison.
#include "unit/api/model_fixture.hpp"

namespace gem::test {
namespace {

using HealthAnswers = ModelApiTest;

TEST_F(HealthAnswers, about_an_unknown_repository_are_nulls_with_reasons) {
    auto const health = body("/metrics/repository-health?repo=a/b");
    EXPECT_TRUE(health.at("health_score").is_null());
    EXPECT_TRUE(health.at("activity_score").is_null());
    EXPECT_EQ(health.at("total_events").as_int64(), 0);
    EXPECT_EQ(health.at("explanation").at(0).at("sentence").as_string(),
              "left out: nothing is known about this repository");
    EXPECT_EQ(body("/metrics/security-monitoring?repo=a/b").at("risk_level").as_string(), "unknown");
    EXPECT_TRUE(body("/metrics/event-anomalies?repo=a/b").at("anomalies").as_array().empty());
    auto const delivery = body("/metrics/release-deployment?repo=a/b");
    EXPECT_TRUE(delivery.at("deployments").at("success_rate").is_null());
    EXPECT_TRUE(delivery.at("deployment_lead_time").is_null());
    EXPECT_TRUE(body("/metrics/dora?repo=a/b").at("basis").is_null());
    auto const compared = body("/comparison/repositories?repos=a/b,c/d");
    EXPECT_EQ(compared.at("repositories").as_array().size(), 2U);
    EXPECT_TRUE(compared.at("ranking").at("health_score").as_array().empty());
    EXPECT_EQ(compared.at("window").at("to").as_string(), "2026-01-15T12:01:00Z");
}

TEST_F(HealthAnswers, ask_for_what_they_need) {
    for (auto const* path : {"/metrics/repository-health", "/metrics/security-monitoring", "/metrics/event-anomalies",
                             "/metrics/release-deployment", "/metrics/dora", "/comparison/repositories"})
        EXPECT_EQ(get(path).status, 422U) << path;
    EXPECT_EQ(get("/comparison/repositories?repos=a/b").status, 422U);
    EXPECT_EQ(get("/metrics/dora?repo=a/b&environment=" + std::string(101, 'x')).status, 422U);
}

TEST_F(HealthAnswers, tell_health_with_its_receipt) {
    put({event("PushEvent").push(1), event("PushEvent").push(1).by("ci-bot", 9),
         event("IssuesEvent").facts({.action = "opened", .number = 1}),
         event("IssueCommentEvent")
             .facts({.action = "created", .number = 1, .flag = false})
             .after(hours(1))
             .by("ben", 1002)});
    auto const answer = body("/metrics/repository-health?repo=acme/tool");
    EXPECT_EQ(answer.at("total_events").as_int64(), 4);
    EXPECT_EQ(answer.at("bots_excluded").as_int64(), 1);
    EXPECT_FALSE(answer.at("health_score").is_null());
    EXPECT_FALSE(answer.at("security_score").is_null()) << "two pushes to main without a pull request";
    EXPECT_EQ(text(answer.at("security_score")),
              text(body("/metrics/security-monitoring?repo=acme/tool").at("security_score")));
    double whole = 0;
    for (int i = 0; i < 4; ++i) whole += answer.at("explanation").at(i).at("points").to_number<double>();
    EXPECT_NEAR(whole, answer.at("health_score").to_number<double>(), 0.2);
}

TEST_F(HealthAnswers, find_an_hour_that_stands_out_only_where_it_was_covered) {
    auto const start = ten_o_clock - days(30);
    std::vector<Event> events;
    for (auto hour = start; hour < ten_o_clock; hour += hours(1)) {
        for (int i = 0; i < 3; ++i) events.push_back(event("PushEvent").push(1).at(hour + minutes(10 * i)));
    }
    for (int i = 0; i < 60; ++i) events.push_back(event("PushEvent").push(1).at(ten_o_clock + seconds(30 * i)));
    put(std::move(events));
    EXPECT_TRUE(body("/metrics/event-anomalies?repo=acme/tool&hours=167").at("anomalies").as_array().empty())
        << "nobody vouches for these hours";
    vouch("acme/tool", start, ten_o_clock + hours(1));
    auto const found = body("/metrics/event-anomalies?repo=acme/tool").at("anomalies").as_array();
    ASSERT_EQ(found.size(), 1U) << text(found);
    EXPECT_EQ(found[0].at("type").as_string(), "spike");
    EXPECT_EQ(found[0].at("event_type").as_string(), "PushEvent");
    EXPECT_EQ(found[0].at("severity").as_string(), "high");
    EXPECT_EQ(found[0].at("actual_value").as_int64(), 60);
    EXPECT_EQ(found[0].at("bucket_start").as_string(), "2026-01-15T10:00:00Z");
    EXPECT_EQ(found[0].at("detected_at").as_string(), "2026-01-15T11:00:00Z");
    EXPECT_EQ(found[0].at("description").as_string(), "60 PushEvents in one hour where 3.0 were expected");
    EXPECT_TRUE(get("/metrics/event-anomalies?repo=acme/tool&format=csv").body->bytes().starts_with("type,event_type"));
}

TEST_F(HealthAnswers, tell_deployments_of_events_and_of_the_table) {
    put({event("DeploymentEvent")
             .payload(
                 R"({"deployment":{"id":5,"environment":"production","sha":"abc","ref":"v1","created_at":"2026-01-15T10:00:00Z"}})"),
         event("DeploymentStatusEvent")
             .after(minutes(10))
             .payload(
                 R"({"deployment":{"id":5,"environment":"production","created_at":"2026-01-15T10:00:00Z"},"deployment_status":{"state":"success"}})"),
         event("ReleaseEvent")
             .facts({.action = "published", .name = "v1"})
             .after(-minutes(50))
             .payload(R"({"release":{"name":"One"}})")});
    wait_ok(database.metrics().put_deployment({.repo_name = "acme/tool",
                                               .deployment_id = "9",
                                               .environment = "staging",
                                               .status = "failure",
                                               .created_at = ten_o_clock,
                                               .finished_at = ten_o_clock + minutes(1),
                                               .detail = JsonText::already_validated("{}")}));
    auto const answer = body("/metrics/release-deployment?repo=acme/tool");
    EXPECT_EQ(text(answer.at("deployments").at("environments")), R"({"production":1,"staging":1})");
    EXPECT_EQ(answer.at("deployments").at("success_rate").to_number<double>(), 0.5);
    EXPECT_EQ(answer.at("deployment_lead_time").to_number<double>(), 1.0); // 9:10 to 10:10
    EXPECT_EQ(answer.at("releases").at("recent_releases").at(0).at("name").as_string(), "One");
    auto const dora = body("/metrics/dora?repo=acme/tool");
    EXPECT_EQ(dora.at("basis").as_string(), "deployments");
    EXPECT_EQ(dora.at("deployments").as_int64(), 1);
    EXPECT_EQ(body("/metrics/dora?repo=acme/tool&environment=staging").at("basis").as_string(), "releases");
}

TEST_F(HealthAnswers, compare_by_the_figures_of_the_single_questions) {
    put({event("WatchEvent"), event("WatchEvent").of("acme/other", 8),
         event("WatchEvent").of("acme/other", 8).by("ben", 2), event("PushEvent").push(1)});
    auto const answer = body("/comparison/repositories?repos=acme/tool,acme/other");
    EXPECT_EQ(text(answer.at("ranking").at("stars")), R"(["acme/other","acme/tool"])");
    EXPECT_EQ(text(answer.at("ranking").at("push_events")), R"(["acme/tool","acme/other"])");
    EXPECT_EQ(answer.at("repositories").at(1).at("stars").as_int64(), 2);
    EXPECT_EQ(text(answer.at("repositories").at(0).at("activity_score")),
              text(body("/metrics/repository-activity?repo=acme/tool&hours=168").at("activity_score")));
    EXPECT_EQ(answer.at("coverage").at("gaps").as_array().size(), 2U);
}

} // namespace
} // namespace gem::test
