// Rules held against figures made by hand.
#include "alerts/judge.hpp"

#include <gtest/gtest.h>

namespace gem::alerts {
namespace {

constexpr UtcTime noon = from_unix(1'768'478'400); // 2026-01-15T12:00:00Z

AlertRule rule_for(std::string kind) {
    RuleDraft draft;
    draft.kind = std::move(kind);
    draft.repo = "acme/tool";
    auto rule = rule_of(std::move(draft), false).value();
    rule.id = "r-1";
    return rule;
}

RepoFigures figures_of(hours length) {
    RepoFigures figures;
    figures.repo = "acme/tool";
    figures.window = {.from = noon - length, .to = noon};
    return figures;
}

CoverageGap gap(UtcTime from, UtcTime to, std::string reason = "two polls did not overlap") {
    return {.from = from, .to = to, .reason = std::move(reason)};
}

Anomaly anomaly(UtcTime hour, std::string severity, std::string event_type = "PushEvent") {
    return {.type = "spike",
            .event_type = std::move(event_type),
            .severity = std::move(severity),
            .description = "40 PushEvents in one hour where 3.0 were expected",
            .bucket_start = hour,
            .expected = 3.0,
            .threshold = 17.0,
            .actual_value = 40};
}

TEST(AlertJudge, finds_anomalies_of_enough_severity_and_of_the_type_asked_for) {
    auto rule = rule_for("anomaly");
    rule.severity = "medium";
    auto figures = figures_of(hours(3));
    figures.anomalies = {anomaly(noon - hours(2), "high"), anomaly(noon - hours(3), "medium"),
                         anomaly(noon - hours(1), "low"), anomaly(noon - hours(1), "high", "ForkEvent")};
    auto const found = judge(rule, figures, noon).findings;
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].seen_at, noon - hours(2)) << "the end of the hour, oldest first";
    EXPECT_EQ(found[0].cause, "spike PushEvent");
    EXPECT_EQ(found[0].value, 40.0);
    EXPECT_EQ(found[0].threshold, 17.0);
    EXPECT_EQ(found[1].severity, "high");
    rule.event_type = "ForkEvent";
    EXPECT_EQ(judge(rule, figures, noon).findings.size(), 1U);
}

TEST(AlertJudge, knows_of_no_hour_that_is_not_covered_that_a_series_has_returned) {
    auto const rule = rule_for("anomaly");
    auto figures = figures_of(hours(3));
    figures.coverage.gaps = {gap(noon - minutes(10), noon, "not yet polled")};
    EXPECT_EQ(judge(rule, figures, noon).well_until, noon - hours(1));
    figures.coverage.gaps = {gap(noon - minutes(61), noon, "not yet polled")};
    EXPECT_EQ(judge(rule, figures, noon).well_until, noon - hours(2));
    figures.coverage.gaps = {gap(noon - hours(3), noon)};
    EXPECT_EQ(judge(rule, figures, noon).well_until, std::nullopt);
}

TEST(AlertJudge, holds_health_against_the_threshold_and_not_without_score_or_coverage) {
    auto const rule = rule_for("health_below");
    auto figures = figures_of(hours(168));
    EXPECT_TRUE(judge(rule, figures, noon).findings.empty());
    EXPECT_EQ(judge(rule, figures, noon).well_until, std::nullopt) << "unknown is not well";
    figures.health_score = 59.9;
    auto const low = judge(rule, figures, noon);
    ASSERT_EQ(low.findings.size(), 1U);
    EXPECT_EQ(low.findings[0].message, "acme/tool: health_score was 59.9, below 60");
    EXPECT_EQ(low.well_until, std::nullopt);
    figures.health_score = 60;
    EXPECT_TRUE(judge(rule, figures, noon).findings.empty());
    EXPECT_EQ(judge(rule, figures, noon).well_until, noon);
    figures.health_score = 10;
    figures.coverage.gaps = {gap(noon - hours(17), noon)}; // 17 of 168 hours are more than a tenth
    EXPECT_TRUE(judge(rule, figures, noon).findings.empty());
    figures.coverage.gaps = {gap(noon - hours(16), noon)};
    EXPECT_EQ(judge(rule, figures, noon).findings.size(), 1U);
}

TEST(AlertJudge, calls_only_a_covered_stretch_silent) {
    auto const rule = rule_for("silence"); // 24 hours
    auto figures = figures_of(hours(48));
    figures.last_event = noon - hours(30);
    figures.coverage.gaps = {gap(noon - minutes(7), noon, "not yet polled")};
    auto const silent = judge(rule, figures, noon);
    ASSERT_EQ(silent.findings.size(), 1U);
    EXPECT_NE(silent.findings[0].message.find("no event in the 24 hours before 2026-01-15T11:53:00Z"),
              std::string::npos);
    EXPECT_EQ(silent.well_until, std::nullopt);

    figures.coverage.gaps.push_back(gap(noon - hours(10), noon - hours(9)));
    EXPECT_TRUE(judge(rule, figures, noon).findings.empty()) << "something may have happened in the gap";
    EXPECT_EQ(judge(rule, figures, noon).well_until, std::nullopt);

    figures.last_event = noon - hours(20);
    EXPECT_EQ(judge(rule, figures, noon).well_until, noon) << "an event is an event, gap or not";

    figures.last_event = noon - hours(70);
    figures.coverage.gaps = {gap(noon - hours(25), noon, "not yet polled")};
    EXPECT_TRUE(judge(rule, figures, noon).findings.empty()) << "nobody has looked for a day";
    figures.coverage.gaps = {gap(noon - hours(48), noon, "no record says that this time was covered")};
    EXPECT_TRUE(judge(rule, figures, noon).findings.empty());
}

Deployment deployment(std::string id, std::string environment, UtcTime created) {
    Deployment made;
    made.deployment_id = std::move(id);
    made.environment = std::move(environment);
    made.status = "pending";
    made.sha = "0123456789abcdef0123456789abcdef01234567";
    made.created_at = created;
    return made;
}

TEST(AlertJudge, looks_at_the_latest_finished_deployment_of_each_environment) {
    auto const rule = rule_for("failed_deployment");
    auto figures = figures_of(hours(168));
    auto bad = deployment("1", "production", noon - hours(5));
    bad.apply("failure", noon - hours(4), "e1");
    auto staged = deployment("2", "staging", noon - hours(5));
    staged.apply("success", noon - hours(4), "e2");
    figures.deployments = {bad, staged, deployment("3", "production", noon - hours(1))}; // the third is still pending
    auto const failed = judge(rule, figures, noon);
    ASSERT_EQ(failed.findings.size(), 1U);
    EXPECT_EQ(failed.findings[0].cause, "production");
    EXPECT_EQ(failed.findings[0].seen_at, noon - hours(4));
    EXPECT_EQ(failed.findings[0].message, "acme/tool: deployment 1 to production failed at 0123456789ab");
    EXPECT_EQ(failed.well.at("staging"), noon - hours(4));
    EXPECT_EQ(failed.well_until, std::nullopt) << "a failure of long ago is not mended by time";

    figures.deployments[2].apply("success", noon - minutes(30), "e3");
    auto const mended = judge(rule, figures, noon);
    EXPECT_TRUE(mended.findings.empty());
    EXPECT_EQ(mended.well.at("production"), noon - minutes(30));

    auto only_staging = rule;
    only_staging.environment = "staging";
    figures.deployments = {bad};
    EXPECT_TRUE(judge(only_staging, figures, noon).findings.empty());
}

TEST(AlertJudge, counts_minutes_in_gaps_once_and_none_from_before_the_watch) {
    std::vector<CoverageGap> const gaps = {
        gap(noon - hours(3), noon - hours(2)), gap(noon - minutes(150), noon - minutes(90)),
        gap(noon - minutes(5), noon, "not yet polled"), gap(noon - hours(24), noon - hours(20), "not yet watched")};
    EXPECT_EQ(uncovered(gaps, noon - hours(24), noon), minutes(60 + 30 + 5));
    auto const rule = rule_for("coverage_gap"); // more than 60 minutes of 24 hours
    auto figures = figures_of(hours(24));
    figures.coverage.gaps = gaps;
    auto const found = judge(rule, figures, noon);
    ASSERT_EQ(found.findings.size(), 1U);
    EXPECT_EQ(found.findings[0].value, 95.0);
    figures.watched_since = noon - minutes(100);
    EXPECT_TRUE(judge(rule, figures, noon).findings.empty());
    EXPECT_EQ(judge(rule, figures, noon).well_until, noon);
}

// -- Rules ------------------------------------------------------------------------------------------------------------

RuleDraft draft(std::string kind, std::string url = {}) {
    RuleDraft made;
    made.kind = std::move(kind);
    if (!url.empty()) made.url = std::move(url);
    return made;
}

TEST(AlertRules, get_the_defaults_of_their_kind) {
    auto const rule = rule_of(draft("health_below"), false).value();
    EXPECT_EQ(rule.hours, 168);
    EXPECT_EQ(rule.threshold, 60);
    EXPECT_EQ(rule.name, "health_below of every watched repository");
    EXPECT_EQ(rule.severity, std::nullopt);
    EXPECT_EQ(rule_of(draft("anomaly"), false)->severity, "low");
}

TEST(AlertRules, refuse_what_their_kind_has_no_use_for) {
    auto silence = draft("silence");
    silence.threshold = 3;
    EXPECT_NE(rule_of(silence, false).error().message.find("`threshold` belongs to"), std::string::npos);
    auto health = draft("health_below");
    health.hours = 3;
    EXPECT_EQ(rule_of(health, false).error().message,
              "`hours` of kind health_below must be an integer from 24 to 720, got 3");
    health.hours.reset();
    health.environment = "production";
    EXPECT_FALSE(rule_of(health, false));
    auto secret = draft("silence");
    secret.secret = "s";
    EXPECT_FALSE(rule_of(secret, false)) << "a secret signs nothing without a URL";
}

TEST(AlertRules, take_urls_of_the_internet_only) {
    for (auto const* url : {"https://hooks.example.com/T0/B0", "http://example.com:8080", "https://[2606:4700::1]/x"})
        EXPECT_TRUE(rule_of(draft("silence", url), false)) << url;
    for (auto const* url : {"ftp://example.com/", "https://", "https://user:pass@example.com/", "example.com",
                            "https://exa mple.com/", "https://example.com/#part", "file:///etc/passwd"})
        EXPECT_FALSE(rule_of(draft("silence", url), true)) << url;
    for (auto const* url : {"http://localhost/", "http://LOCALHOST.:80/", "http://127.0.0.1:9/", "http://10.1.2.3/",
                            "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
                            "http://[fd00::1]/", "http://0.0.0.0/"}) {
        EXPECT_FALSE(rule_of(draft("silence", url), false)) << url;
        EXPECT_TRUE(rule_of(draft("silence", url), true)) << url;
    }
    EXPECT_EQ(shown_url("https://hooks.example.com/T0/B0?token=x"), "https://hooks.example.com/…");
}

} // namespace
} // namespace gem::alerts
