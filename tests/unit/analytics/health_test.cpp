// Health and security scores on cases worked out by hand; the arithmetic stands beside them.
#include <gtest/gtest.h>

#include "analytics/health.hpp"
#include "unit/analytics/facts_maker.hpp"

namespace gem::test {
namespace {

constexpr UtcTime noon = from_unix(1'768'478'400); // 2026-01-15T12:00:00Z: reviews are told of
constexpr TimeWindow week{.from = noon, .to = noon + days(7)};

Signal const& signal(std::vector<Signal> const& signals, std::string_view name) {
    auto const found = std::ranges::find(signals, name, &Signal::signal);
    if (found == signals.end()) throw std::runtime_error("no signal " + std::string(name));
    return *found;
}

double points(std::vector<Signal> const& signals, std::string_view name) {
    auto const& found = signal(signals, name);
    return found.points ? found.points->value : -1;
}

SecurityMonitoring secure(std::vector<EventFactsRow> const& rows, std::vector<Release> const& releases = {},
                          std::vector<Deployment> const& deployments = {}) {
    return measure_security({.rows = rows, .window = week, .releases = releases, .deployments = deployments});
}

Release release(std::string tag, std::optional<bool> with_signature) {
    return {.event_id = "r" + tag,
            .tag_name = std::move(tag),
            .type = "release",
            .published_at = noon,
            .signed_ = with_signature};
}

TEST(GrowthPoints, are_logarithmic_up_to_the_target) {
    // ln 39 / ln 101 = 3.66356 / 4.61512 = 0.79382; ln 8 / ln 51 = 2.07944 / 3.93183 = 0.52888
    EXPECT_NEAR(growth_points(38, 100), 79.382, 1e-3);
    EXPECT_NEAR(growth_points(7, 50), 52.888, 1e-3);
    EXPECT_EQ(growth_points(0, 50), 0);
    EXPECT_EQ(growth_points(1000, 50), 100);
}

TEST(QuicknessPoints, fall_with_the_logarithm_of_time) {
    // 26 hours between 1 and 30 days: 1 − ln(26/24) / ln 30 = 1 − 0.080043 / 3.401197 = 0.976466
    EXPECT_NEAR(quickness_points(hours(26), days(1), days(30)), 97.6466, 1e-3);
    EXPECT_EQ(quickness_points(hours(24), days(1), days(30)), 100);
    EXPECT_EQ(quickness_points(seconds(0), days(1), days(30)), 100);
    EXPECT_EQ(quickness_points(days(30), days(1), days(30)), 0);
    EXPECT_EQ(quickness_points(days(99), days(1), days(30)), 0);
}

TEST(Weigh, scales_the_weights_of_what_is_known) {
    std::vector<Signal> signals = {{.signal = "a", .value = 1.0, .weight = 0.3, .points = 60.0, .sentence = {}},
                                   left_out("b", "nothing to see"),
                                   {.signal = "c", .value = 1.0, .weight = 0.1, .points = 100.0, .sentence = {}}};
    // (0.3·60 + 0.1·100) / 0.4 = 28 / 0.4 = 70
    EXPECT_NEAR(*weigh(signals), 70, 1e-9);
    EXPECT_NEAR(signals[0].weight.value, 0.75, 1e-9);
    EXPECT_EQ(signals[1].weight.value, 0);
    EXPECT_NEAR(signals[2].weight.value, 0.25, 1e-9);
    std::vector<Signal> nothing = {left_out("b", "nothing to see")};
    EXPECT_FALSE(weigh(nothing));
}

TEST(Health, of_a_week_is_made_of_its_parts) {
    std::vector<EventFactsRow> const rows = {
        fact("PushEvent", noon + hours(1)).by("ada", 1).ref("refs/heads/feature"),
        fact("PullRequestEvent", noon + hours(2)).by("ada", 1).action("opened").number(1),
        fact("PullRequestReviewEvent", noon + hours(3)).by("ben", 2).action("created").number(1).state("approved"),
        fact("PullRequestEvent", noon + hours(28)).by("ben", 2).action("merged").number(1),
        fact("IssuesEvent", noon + hours(2)).by("cho", 3).action("opened").number(2),
        fact("IssueCommentEvent", noon + hours(3)).by("ada", 1).action("created").number(2).flag(false),
        fact("PushEvent", noon + hours(4)).by("ci-bot", 4).ref("refs/heads/feature"),
    };
    auto const health = measure_health({.rows = rows, .window = week, .seen = true, .security = 50.0});
    auto const& why = health.explanation;
    // one of each a week, three people: ln 2/ln 101 = 0.15019; ln 2/ln 51 = 0.17629; ln 4/ln 21 = 0.45534
    EXPECT_NEAR(points(why, "pushes_per_week"), 15.019, 1e-3);
    EXPECT_NEAR(points(why, "pull_requests_per_week"), 17.629, 1e-3);
    EXPECT_NEAR(points(why, "issues_per_week"), 17.629, 1e-3);
    EXPECT_NEAR(points(why, "contributors"), 45.534, 1e-3);
    EXPECT_NEAR(health.activity_score->value, (15.019 + 2 * 17.629 + 45.534) / 4, 1e-3); // 23.953
    // reviewed 1 of 1; answered after an hour: 100; one review for one pull request: ln 2/ln 9 = 0.31546
    EXPECT_NEAR(health.collaboration_score->value, (100 + 100 + 31.546) / 3, 1e-3); // 77.182
    // closed 1 for 2 opened: 50; merged in 26 hours: 97.6466; no release: 0; a push in the one week: 100
    EXPECT_NEAR(health.maintenance_score->value, (50 + 97.6466 + 0 + 100) / 4, 1e-3); // 61.912
    // 0.3·23.953 + 0.25·77.182 + 0.25·61.912 + 0.2·50 = 7.186 + 19.296 + 15.478 + 10 = 51.959
    EXPECT_NEAR(health.health_score->value, 51.959, 2e-3);
    EXPECT_NEAR(points(why, "activity_score"), 7.186, 1e-3) << "the receipt of the whole adds up";
    EXPECT_EQ(why.size(), 4U + 4U + 3U + 4U);
    auto const with_bots =
        measure_health({.rows = rows, .window = week, .bots = Bots::include, .seen = true, .security = {}});
    EXPECT_NEAR(points(with_bots.explanation, "pushes_per_week"), 100 * std::log(3.0) / std::log(101.0), 1e-9);
}

TEST(Health, of_nothing_is_unknown_and_says_why) {
    auto const health = measure_health({.rows = {}, .window = week, .seen = false, .security = {}});
    EXPECT_FALSE(health.health_score);
    EXPECT_FALSE(health.activity_score);
    EXPECT_FALSE(health.collaboration_score);
    EXPECT_FALSE(health.maintenance_score);
    EXPECT_FALSE(health.security_score);
    for (auto const& each : health.explanation) EXPECT_TRUE(each.sentence.starts_with("left out: ")) << each.sentence;
}

TEST(Health, of_a_week_that_was_seen_to_be_quiet_has_no_activity) {
    auto const health = measure_health({.rows = {}, .window = week, .seen = true, .security = {}});
    ASSERT_TRUE(health.activity_score);
    EXPECT_EQ(health.activity_score->value, 0);
    EXPECT_FALSE(health.health_score) << "without pull requests or issues nobody can tell";
}

TEST(Health, leaves_a_waiting_time_out_that_most_have_not_reached) {
    std::vector<EventFactsRow> const rows = {fact("IssuesEvent", noon).by("ada").action("opened").number(1),
                                             fact("PullRequestEvent", noon).by("ada").action("opened").number(2)};
    auto const health = measure_health({.rows = rows, .window = week, .seen = true, .security = {}});
    EXPECT_EQ(points(health.explanation, "first_response_seconds"), -1);
    EXPECT_EQ(points(health.explanation, "merge_time_seconds"), -1);
    EXPECT_EQ(points(health.explanation, "reviews_and_comments_per_pr"), 0);
}

TEST(Health, does_not_blame_anybody_for_reviews_that_no_event_told_of) {
    std::vector<EventFactsRow> const rows = {fact("PullRequestEvent", test::noon).by("ada").action("merged").number(1)};
    TimeWindow const in_2015{.from = test::noon, .to = test::noon + days(7)};
    auto const health = measure_health({.rows = rows, .window = in_2015, .seen = true, .security = {}});
    EXPECT_EQ(points(health.explanation, "reviewed_merges"), -1);
    auto const security = measure_security({.rows = rows, .window = in_2015, .releases = {}, .deployments = {}});
    EXPECT_EQ(points(security.explanation, "code_review"), -1);
}

TEST(HealthBand, goes_by_the_score) {
    EXPECT_EQ(health_band(80), "healthy");
    EXPECT_EQ(health_band(79.9), "warning");
    EXPECT_EQ(health_band(59.9), "critical");
    EXPECT_EQ(health_band(std::nullopt), "unknown");
}

TEST(Security, of_nothing_is_unknown) {
    auto const answer = secure({});
    EXPECT_FALSE(answer.security_score);
    EXPECT_EQ(answer.risk_level, "unknown");
    EXPECT_EQ(answer.explanation.size(), 8U);
    EXPECT_TRUE(answer.findings.empty());
    EXPECT_EQ(answer.security_events.at("force_pushes"), 0);
}

TEST(Security, weighs_its_checks_by_risk) {
    std::vector<EventFactsRow> const rows = {
        fact("PullRequestEvent", noon).by("ada").action("opened").number(1),
        fact("PullRequestReviewEvent", noon).by("ben").action("created").number(1).state("approved"),
        fact("PullRequestEvent", noon + hours(1)).by("ben").action("merged").number(1),
        fact("PushEvent", noon + hours(1) + seconds(2)).by("ben").ref("refs/heads/main"), // the merge
        fact("PushEvent", noon + hours(9)).by("ada").ref("refs/heads/main"),              // direct
        fact("MemberEvent", noon + hours(2)).by("ada").action("added"),
    };
    auto const answer = secure(rows, {release("v1", true), release("v2", false)});
    auto const& why = answer.explanation;
    EXPECT_EQ(points(why, "code_review"), 100);
    EXPECT_EQ(points(why, "ci_tests"), -1);
    EXPECT_EQ(points(why, "signed_releases"), 50);
    EXPECT_EQ(points(why, "dependency_update_tool"), 0);
    EXPECT_EQ(points(why, "direct_pushes"), 50);
    EXPECT_EQ(points(why, "protected_branches"), 100);
    EXPECT_EQ(points(why, "access_changes"), 80);
    EXPECT_EQ(points(why, "deployment_failures"), -1);
    // (7.5·100 + 7.5·50 + 7.5·0 + 7.5·50 + 10·100 + 5·80) / 45 = (750 + 375 + 375 + 1000 + 400) / 45 = 64.4444
    EXPECT_NEAR(answer.security_score->value, 64.4444, 1e-4);
    EXPECT_EQ(answer.risk_level, "medium");
    ASSERT_EQ(answer.findings.size(), 3U); // signed releases, update tool, direct pushes
    EXPECT_EQ(answer.findings[0].event_ids, std::vector<std::string>{"rv2"});
    EXPECT_EQ(answer.findings[2].event_ids, std::vector<std::string>{EventFactsRow(rows[4]).id});
    EXPECT_EQ(answer.recommendations.size(), 3U);
    EXPECT_EQ(answer.security_events.at("member_changes"), 1);
    EXPECT_EQ(answer.security_events.at("force_pushes"), std::nullopt) << "no push tells";
}

TEST(Security, sees_what_happens_to_protected_branches) {
    auto const score_of = [](std::vector<EventFactsRow> const& rows) {
        return points(secure(rows).explanation, "protected_branches");
    };
    EXPECT_EQ(score_of({fact("PushEvent", noon).ref("refs/heads/main").flag()}), 50);
    EXPECT_EQ(score_of({fact("PushEvent", noon).ref("refs/heads/my-idea").flag()}), 100);
    EXPECT_EQ(score_of({fact("DeleteEvent", noon).ref("release/1.2").ref_type("branch")}), 50);
    EXPECT_EQ(score_of({fact("DeleteEvent", noon).ref("main").ref_type("tag")}), -1);
    EXPECT_EQ(score_of({fact("PushEvent", noon).ref("refs/heads/main").flag(),
                        fact("PushEvent", noon).ref("refs/heads/main").flag(),
                        fact("PushEvent", noon).ref("refs/heads/main").flag()}),
              0);
    EXPECT_TRUE(looks_protected("refs/heads/master"));
    EXPECT_FALSE(looks_protected("mainline"));
}

TEST(Security, takes_the_last_outcome_of_each_check_run) {
    auto const run = [](UtcTime at, std::string name, std::string state) {
        return fact("CheckRunEvent", at)
            .action(state.empty() ? "created" : "completed")
            .name(std::move(name))
            .head("abc")
            .state(std::move(state));
    };
    std::vector<EventFactsRow> const rows = {
        run(noon, "build", "failure"), run(noon + hours(1), "build", "success"),
        run(noon, "lint", "failure"),  run(noon, "docs", "skipped"),
        run(noon, "old", "cancelled"), fact("CheckSuiteEvent", noon).action("completed").state("failure")};
    EXPECT_NEAR(points(secure(rows).explanation, "ci_tests"), 100.0 * 2 / 3, 1e-9); // build, docs of build, docs, lint
}

TEST(Security, counts_updates_by_a_tool_before_the_window_too) {
    std::vector<EventFactsRow> const rows = {
        fact("PullRequestEvent", noon - days(20)).by("dependabot[bot]").action("opened").number(3)};
    EXPECT_EQ(points(secure(rows).explanation, "dependency_update_tool"), 100);
    EXPECT_EQ(points(secure(rows).explanation, "access_changes"), -1) << "nothing happened in the window";
}

} // namespace
} // namespace gem::test
