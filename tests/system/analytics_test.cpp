// Every question about a repository over a real hour: the built program reads the archive and serves, and what it says
// agrees with figures that were counted from the file by other means.
#include <gtest/gtest.h>
#include <simdjson.h>

#include "system/real_hour_fixture.hpp"

namespace gem::tests {
namespace {

class RealHourAsked : public RealHour {
  protected:
    void SetUp() override {
        RealHour::SetUp();
        if (!IsSkipped() && !HasFatalFailure()) server_ = serve();
    }

    simdjson::dom::element ask(std::string const& target) {
        auto const answer = get(server_.port, target);
        EXPECT_TRUE(answer.starts_with("200 ")) << target << ": " << answer.substr(0, 400);
        auto parsed = parser_.parse(answer.substr(4));
        EXPECT_EQ(parsed.error(), simdjson::SUCCESS) << target;
        return parsed.value();
    }
    static std::int64_t number(simdjson::dom::element body, std::string_view key) {
        return body[key].get_int64().value();
    }

    Served server_;
    simdjson::dom::parser parser_;
};

TEST_F(RealHourAsked, tells_waiting_times_as_counted_by_hand) {
    // Six pull requests of gocardless/activejob-retry were opened and merged, after 107, 129, 660, 277, 913 and 5
    // seconds: 2091 / 6 = 348.5; sorted 5, 107, 129, 277, 660, 913. The first and the last were opened 3033 s apart.
    auto merge = ask(std::string("/metrics/pr-merge-time?repo=gocardless/activejob-retry&") + until);
    EXPECT_EQ(number(merge, "count"), 6);
    EXPECT_EQ(number(merge, "n"), 6);
    EXPECT_EQ(number(merge, "avg_seconds"), 349);
    EXPECT_EQ(number(merge, "p50"), 129);
    EXPECT_EQ(number(merge, "p90"), 913);
    EXPECT_EQ(number(merge, "median_seconds"), 129);
    auto interval = ask(std::string("/metrics/pr-interval?repo=gocardless/activejob-retry&") + until);
    EXPECT_EQ(number(interval, "total_prs"), 6);
    EXPECT_EQ(number(interval, "count"), 5);
    EXPECT_EQ(number(interval, "avg_seconds"), 607); // 606.6
    // Two issues were answered after 986 and 1326 seconds.
    auto response = ask(std::string("/metrics/issue-first-response?repo=izuzero/xe-module-ajaxboard-plugins&") + until);
    EXPECT_EQ(number(response, "count"), 2);
    EXPECT_EQ(number(response, "p50"), 986);
    EXPECT_EQ(number(response, "avg_seconds"), 1156);
}

TEST_F(RealHourAsked, is_answered_by_every_question_about_a_repository) {
    for (std::string const repo :
         {"zendframework/zf2", "KenanSulayman/heartbeat", "cachethq/Cachet", "no-such/thing"}) {
        for (std::string const path :
             {"/metrics/repository-health", "/metrics/security-monitoring", "/metrics/event-anomalies",
              "/metrics/developer-productivity", "/metrics/community-engagement", "/metrics/release-deployment",
              "/metrics/dora", "/metrics/pr-interval", "/metrics/pr-merge-time", "/metrics/issue-first-response",
              "/commits/recent", "/commits/summary", "/enhanced/commits/recent", "/enhanced/repository/change-summary",
              "/monitoring/commits/categories", "/monitoring/commits/authors", "/monitoring/commits/impact"}) {
            for (std::string const hours : {"1", "168", "8760"}) {
                auto body = ask(fmt::format("{}?repo={}&hours={}&{}", path, repo, hours, until));
                EXPECT_EQ(std::string(body["window"]["to"].get_string().value()), "2015-01-01T16:00:00Z") << path;
                EXPECT_EQ(body["coverage"]["complete"].get_bool().value(), hours == "1") << "one hour was stored whole";
            }
        }
    }
    auto health = ask(std::string("/metrics/repository-health?repo=zendframework/zf2&") + until);
    EXPECT_EQ(number(health, "total_events"), 64);
    EXPECT_TRUE(health["health_score"].is_double());
    auto compared = ask(std::string("/comparison/repositories?repos=zendframework/zf2,cachethq/Cachet&") + until);
    EXPECT_EQ(std::string(compared["ranking"]["stars"].at(0).get_string().value()), "cachethq/Cachet"); // 18 to none
    EXPECT_EQ(number(compared["repositories"].at(1).value(), "stars"), 18);
}

} // namespace
} // namespace gem::tests
