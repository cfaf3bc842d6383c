// Deployments, releases and the four keys on cases worked out by hand.
#include <gtest/gtest.h>

#include "analytics/dora.hpp"
#include "unit/analytics/facts_maker.hpp"

namespace gem::test {
namespace {

constexpr TimeWindow four_weeks{.from = noon, .to = noon + days(28)};

Event event(std::string type, UtcTime at, std::string payload) {
    static int next = 1;
    Event made;
    made.id = "e" + std::to_string(next++);
    made.type = std::move(type);
    made.created_at = at;
    made.payload = JsonText::already_validated(std::move(payload));
    return made;
}

Event deployed(int id, UtcTime at, std::string const& environment = "production") {
    return event(
        "DeploymentEvent", at,
        fmt::format(R"({{"deployment":{{"id":{},"environment":"{}","sha":"abc","ref":"main","created_at":"{}"}}}})", id,
                    environment, format_time(at)));
}

Event status(int id, UtcTime at, std::string const& state, UtcTime created) {
    return event("DeploymentStatusEvent", at,
                 fmt::format(R"({{"deployment":{{"id":{},"environment":"production","created_at":"{}"}},)"
                             R"("deployment_status":{{"state":"{}"}}}})",
                             id, format_time(created), state));
}

/// A deployment to production that succeeded at once.
Deployment success(UtcTime at, std::optional<UtcTime> failed_again = {}) {
    Deployment made{.deployment_id = std::to_string(to_unix(at)), .environment = "production", .created_at = at};
    made.apply("success", at, "s");
    if (failed_again) made.apply("failure", *failed_again, "f");
    return made;
}

Release release(UtcTime at, std::string type = "release") {
    return {.tag_name = format_time(at), .type = std::move(type), .published_at = at};
}

Dora measure(std::vector<Deployment> const& deployments, std::vector<Release> const& releases = {},
             std::map<std::int64_t, PullRequest> const& pull_requests = {}, std::vector<Incident> const& incidents = {},
             std::vector<UtcTime> const& reverts = {}) {
    return measure_dora({.window = four_weeks,
                         .environment = "production",
                         .deployments = deployments,
                         .releases = releases,
                         .pull_requests = pull_requests,
                         .incidents = incidents,
                         .reverts = reverts});
}

TEST(Deployments, are_put_together_out_of_their_statuses) {
    std::vector<Event> const events = {
        status(1, noon + hours(1), "success", noon),          deployed(1, noon),
        status(1, noon + minutes(5), "in_progress", noon),    status(1, noon + hours(2), "failure", noon),
        status(2, noon + hours(9), "error", noon + hours(8)), deployed(3, noon + hours(10), "staging")};
    auto const found = deployments_from(events);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].sha, "abc");
    EXPECT_EQ(found[0].status, "failure");
    EXPECT_EQ(found[0].succeeded_at, noon + hours(1));
    EXPECT_EQ(found[0].finished_at, noon + hours(1));
    EXPECT_EQ(found[0].failed_again_at, noon + hours(2));
    EXPECT_EQ(found[1].created_at, noon + hours(8)) << "as its status describes it";
    EXPECT_EQ(found[2].status, "pending");
    EXPECT_FALSE(found[2].finished_at);
    EXPECT_NEAR(*success_rate(found), 0, 1e-9);
    EXPECT_FALSE(success_rate({}));
    EXPECT_EQ(count_environments(found), (std::map<std::string, std::int64_t>{{"production", 2}, {"staging", 1}}));
}

TEST(Deployments, that_failed_and_then_succeeded_are_successes) {
    Deployment made;
    made.apply("failure", noon, "1");
    made.apply("success", noon + hours(1), "2");
    made.apply("inactive", noon + hours(2), "3");
    EXPECT_EQ(made.status, "inactive");
    EXPECT_NEAR(*success_rate(std::vector{made}), 1, 1e-9);
    EXPECT_FALSE(made.failed_again_at);
}

TEST(Deployments, without_a_readable_payload_are_passed_over) {
    EXPECT_TRUE(deployments_from(std::vector{event("DeploymentEvent", noon, "{}"),
                                             event("DeploymentEvent", noon, R"({"deployment":{"id":"x"}})")})
                    .empty());
}

TEST(Releases, know_their_kind_and_whether_they_are_signed) {
    auto const published = [](std::string payload) {
        auto made = event("ReleaseEvent", noon, std::move(payload));
        made.facts.action = "published";
        return made;
    };
    auto first = published(
        R"({"release":{"tag_name":"v1","name":"One","author":{"login":"ada"},"assets":[{"name":"a.tar.gz"},{"name":"a.tar.gz.ASC"}]}})");
    first.facts.name = "v1";
    auto second = published(R"({"release":{"tag_name":"v2","prerelease":true,"assets":[]}})");
    second.facts.name = "v2";
    second.facts.flag = true;
    auto third = published(R"({"release":{"tag_name":"v3"}})");
    third.facts.name = "v3";
    auto again = third;
    auto edited = first;
    edited.facts.action = "edited";
    auto const found = releases_from(std::vector{first, second, third, again, edited});
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].name, "One");
    EXPECT_EQ(found[0].author_login, "ada");
    EXPECT_EQ(found[0].signed_, true);
    EXPECT_EQ(found[1].type, "prerelease");
    EXPECT_EQ(found[1].signed_, false);
    EXPECT_EQ(found[2].signed_, std::nullopt) << "a trimmed payload does not tell";
    EXPECT_TRUE(is_signature("x.intoto.jsonl"));
    EXPECT_FALSE(is_signature("signature.txt"));
}

TEST(ReleaseLead, is_the_mean_time_to_the_next_success) {
    // 2 hours and 6 hours: 4; the last release is followed by nothing
    EXPECT_NEAR(*mean_lead_hours(std::vector{release(noon), release(noon + days(1)), release(noon + days(9))},
                                 std::vector{success(noon + hours(2)), success(noon + hours(30))}),
                4, 1e-9);
    EXPECT_FALSE(mean_lead_hours(std::vector{release(noon)}, {}));
}

TEST(Wilson, gives_the_interval_of_a_share) {
    // 1 of 3, z² = 3.841459: middle (1/3 + 0.640243) / 2.280486 = 0.426917;
    // reach 1.959964·√(2/27 + 0.106707) / 2.280486 = 0.365428
    auto const [from, to] = wilson_interval(1, 3);
    EXPECT_NEAR(from, 0.0615, 1e-4);
    EXPECT_NEAR(to, 0.7923, 1e-4);
    EXPECT_EQ(wilson_interval(0, 10).first, 0);
    EXPECT_NEAR(wilson_interval(10, 10).second, 1, 1e-9);
}

TEST(Environment, production_goes_by_its_beginning_and_others_by_name) {
    EXPECT_TRUE(is_environment("Production-EU", "production"));
    EXPECT_TRUE(is_environment("live", "production"));
    EXPECT_FALSE(is_environment("preview", "production"));
    EXPECT_TRUE(is_environment("Staging", "staging"));
    EXPECT_FALSE(is_environment("staging-2", "staging"));
}

TEST(Dora, without_anything_is_null) {
    auto const figures = measure({});
    EXPECT_FALSE(figures.basis);
    EXPECT_FALSE(figures.deployment_frequency.per_week);
    EXPECT_FALSE(figures.lead_time_for_changes.median_seconds);
    EXPECT_FALSE(figures.change_failure_rate.rate);
    EXPECT_FALSE(figures.change_failure_rate.interval);
    EXPECT_FALSE(figures.time_to_restore.median_seconds);
    EXPECT_FALSE(figures.rework_rate.rate);
}

TEST(Dora, goes_by_deployments_else_releases_else_merges) {
    std::map<std::int64_t, PullRequest> const merged = {{1, {.opened = noon, .merged = noon + hours(3)}}};
    std::vector<Release> const released = {release(noon + days(1)), release(noon + days(2), "prerelease")};
    EXPECT_EQ(measure({success(noon + days(1))}, released, merged).basis, "deployments");
    auto const by_releases = measure({}, released, merged);
    EXPECT_EQ(by_releases.basis, "releases");
    EXPECT_EQ(by_releases.deployments, 1);
    EXPECT_EQ(measure({}, {}, merged).basis, "merges");
}

TEST(Dora, counts_deployments_and_the_days_that_had_one) {
    // week 1: 3 on two days, week 2: 1, weeks 3 and 4: none; 4 in 4 weeks; median of 0, 0, 1, 2 days = 0.5
    auto const figures =
        measure({success(noon + hours(1)), success(noon + hours(2)), success(noon + days(2)), success(noon + days(8))});
    EXPECT_NEAR(figures.deployment_frequency.per_week->value, 1, 1e-9);
    EXPECT_NEAR(figures.deployment_frequency.median_days_per_week->value, 0.5, 1e-9);
    EXPECT_EQ(figures.deployment_frequency.band, "high");
    std::vector<Deployment> daily;
    for (int day = 0; day < 28; ++day) daily.push_back(success(noon + days(day) + hours(1)));
    EXPECT_EQ(measure(daily).deployment_frequency.band, "elite");
    EXPECT_EQ(measure({success(noon)}).deployment_frequency.band, "medium"); // 0.25 a week
}

TEST(Dora, measures_lead_time_from_the_opening_to_the_next_deployment) {
    std::map<std::int64_t, PullRequest> const merged = {
        {1, {.opened = noon - days(1), .merged = noon + hours(1)}}, // deployed after 24 + 6 = 30 hours
        {2, {.opened = noon, .merged = noon + hours(2)}},           // after 6 hours
        {3, {.merged = noon + hours(2)}},                           // opened nobody knows when
        {4, {.opened = noon, .merged = noon + days(20)}},           // not yet deployed
    };
    auto const figures = measure({success(noon + hours(6))}, {}, merged).lead_time_for_changes;
    EXPECT_EQ(figures.n, 3);
    EXPECT_EQ(figures.answered, 2);
    EXPECT_EQ(figures.median_seconds, 30 * 3600); // S: 2/3 at 6 h, 1/3 at 30 h
    EXPECT_EQ(figures.band, "high");
    EXPECT_EQ(figures.from, "pull_request_opened");
}

TEST(Dora, sees_failures_by_status_incident_or_revert) {
    auto const at = noon + days(1);
    std::vector<Deployment> const four = {success(at, at + hours(1)), success(at + days(1)), success(at + days(2)),
                                          success(at + days(3))};
    std::vector<Incident> const incidents = {
        {.opened = at + days(1) + hours(2), .closed = at + days(1) + hours(5)}, // of the second: restored after 5 h
        {.opened = at + days(11), .closed = {}}};                               // more than 7 days after the last
    auto const figures = measure(four, {}, {}, incidents, {at + days(2) + hours(1)}); // a revert after the third
    EXPECT_EQ(figures.change_failure_rate.failed, 3);
    EXPECT_NEAR(figures.change_failure_rate.rate->value, 0.75, 1e-9);
    EXPECT_EQ(figures.change_failure_rate.band, "low");
    // restored after 24 h (the next deployment), 5 h (incident closed), 24 h: median 24 h
    EXPECT_EQ(figures.time_to_restore.n, 3);
    EXPECT_EQ(figures.time_to_restore.median_seconds, 24 * 3600);
    EXPECT_EQ(figures.time_to_restore.band, "medium") << "a day is not less than a day";
    EXPECT_EQ(figures.rework_rate.rework, 3);
}

TEST(Incidents, are_issues_with_such_a_label) {
    auto const issue = [](UtcTime at, std::int64_t number, std::string action, std::string labels) {
        auto made = event("IssuesEvent", at, R"({"issue":{"labels":[)" + labels + "]}}");
        made.facts.action = std::move(action);
        made.facts.number = number;
        return made;
    };
    auto const found = incidents_from(std::vector{
        issue(noon, 1, "opened", R"({"name":"bug"})"), issue(noon, 2, "opened", ""),
        issue(noon + hours(1), 2, "labeled", R"({"name":"Incident: P1"})"), issue(noon + hours(3), 2, "closed", "")});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].opened, noon);
    EXPECT_EQ(found[0].closed, noon + hours(3));
}

} // namespace
} // namespace gem::test
