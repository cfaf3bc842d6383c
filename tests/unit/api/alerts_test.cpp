// Alert rules and alerts over the API: what is taken, what is shown, what is refused.
#include "alerts/alert_store.hpp"
#include "support/run_async.hpp"
#include "unit/api/api_fixture.hpp"

using namespace gem;
using gem::test::ApiTest;
using gem::test::wait_ok;

namespace {

class AlertApi : public ApiTest {
  protected:
    http::Response send_as(std::string method, std::string target) {
        return send(request(std::move(method), std::move(target)));
    }
    std::string add(std::string const& rule) {
        auto const response = post("/alerts/rules", rule);
        EXPECT_EQ(response.status, 201U) << response.body->bytes();
        return std::string(json_of(response).at("id").as_string());
    }
    void refuses(std::string const& rule, unsigned status, std::string_view code, std::string_view about) {
        auto const response = post("/alerts/rules", rule);
        EXPECT_EQ(response.status, status) << rule;
        auto const problem = json_of(response);
        EXPECT_EQ(problem.at("error_code").as_string(), code) << rule;
        EXPECT_NE(problem.at("detail").as_string().find(about), std::string::npos) << text(problem);
    }
    http::Response patch(std::string target, std::string change) {
        auto asked = request("PATCH", std::move(target));
        asked.headers.emplace_back("content-type", "application/json");
        asked.body = std::move(change);
        return send(std::move(asked));
    }
    void put_alert(std::string const& id, UtcTime fired, std::string repo, std::string state,
                   std::string rule = "r-1") {
        alerts::AlertRecord record;
        record.id = id;
        record.rule_id = std::move(rule);
        record.repo = std::move(repo);
        record.cause = id;
        record.state = std::move(state);
        record.fired_at = fired;
        wait_ok(alerts::AlertStore(database).put_standing(std::move(record), 0));
    }
};

TEST_F(AlertApi, keeps_rules_and_never_shows_their_secret_nor_the_path_of_their_url) {
    auto const response = post("/alerts/rules", R"({"kind":"silence","repo":"Octo-org/hello-world","hours":"12",)"
                                                R"("url":"https://hooks.example.com/T0?k=1","secret":"hush"})");
    ASSERT_EQ(response.status, 201U);
    auto const rule = json_of(response);
    auto const id = std::string(rule.at("id").as_string());
    EXPECT_EQ(header(response, "Location"), "/alerts/rules/" + id);
    EXPECT_EQ(rule.at("repo").as_string(), "Octo-org/hello-world");
    EXPECT_EQ(rule.at("hours").as_int64(), 12);
    EXPECT_EQ(rule.at("url").as_string(), "https://hooks.example.com/…");
    EXPECT_TRUE(rule.at("signed").as_bool());
    EXPECT_TRUE(rule.at("enabled").as_bool());
    EXPECT_EQ(rule.at("cool_down_minutes").as_int64(), 60);
    for (auto const& target : {std::string("/alerts/rules"), "/alerts/rules/" + id}) {
        auto const shown = get(target).body->bytes();
        EXPECT_EQ(shown.find("hush"), std::string::npos);
        EXPECT_EQ(shown.find("T0"), std::string::npos);
    }
    EXPECT_EQ(body("/alerts/rules").at("count").as_int64(), 1);
    EXPECT_EQ(send_as("DELETE", "/alerts/rules/" + id).status, 204U);
    expect_refused("/alerts/rules/" + id, 404, "ALERT_RULE_NOT_FOUND", "There is no alert rule " + id);
    EXPECT_EQ(send_as("DELETE", "/alerts/rules/" + id).status, 404U);
    EXPECT_EQ(body("/alerts/rules").at("count").as_int64(), 0);
}

TEST_F(AlertApi, changes_what_is_named_of_a_rule_and_leaves_the_rest) {
    auto const id = add(R"({"kind":"health_below","repo":"octo-org/hello-world","threshold":70,"cool_down_minutes":5,)"
                        R"("url":"https://hooks.example.com/T0","secret":"hush"})");
    auto const target = "/alerts/rules/" + id;
    auto const changed = patch(target, R"({"threshold":50,"name":"worse than ever"})");
    ASSERT_EQ(changed.status, 200U) << changed.body->bytes();
    for (auto const& rule : {json_of(changed), body(target)}) {
        EXPECT_EQ(rule.at("threshold").as_int64(), 50);
        EXPECT_EQ(rule.at("name").as_string(), "worse than ever");
        EXPECT_EQ(rule.at("cool_down_minutes").as_int64(), 5);
        EXPECT_EQ(rule.at("hours").as_int64(), 168);
        EXPECT_EQ(rule.at("repo").as_string(), "octo-org/hello-world");
        EXPECT_TRUE(rule.at("signed").as_bool());
        EXPECT_TRUE(rule.at("enabled").as_bool());
    }
    EXPECT_EQ(wait_ok(alerts::AlertStore(database).rule(id))->url, "https://hooks.example.com/T0");
    EXPECT_EQ(patch(target, "{}").status, 200U);
    EXPECT_EQ(patch(target, R"({"threshold":101})").status, 422U);
    EXPECT_EQ(patch(target, R"({"severity":"low"})").status, 422U);
    EXPECT_EQ(patch(target, R"({"kind":"silence"})").status, 422U);
    EXPECT_EQ(patch("/alerts/rules/r-0", "{}").status, 404U);
    EXPECT_EQ(body(target).at("threshold").as_int64(), 50);
}

TEST_F(AlertApi, a_rule_that_nobody_named_is_called_after_what_it_is_about_now) {
    auto const id = add(R"({"kind":"silence","repo":"octo-org/secret"})");
    EXPECT_EQ(body("/alerts/rules/" + id).at("name").as_string(), "silence of octo-org/secret");
    EXPECT_EQ(patch("/alerts/rules/" + id, R"({"repo":"octo-org/open"})").status, 200U);
    EXPECT_EQ(body("/alerts/rules/" + id).at("name").as_string(), "silence of octo-org/open");
    EXPECT_EQ(patch("/alerts/rules/" + id, R"({"name":"quiet"})").status, 200U);
    EXPECT_EQ(patch("/alerts/rules/" + id, R"({"repo":"octo-org/tool"})").status, 200U);
    EXPECT_EQ(body("/alerts/rules/" + id).at("name").as_string(), "quiet");
}

TEST_F(AlertApi, a_rule_that_judges_otherwise_than_before_closes_what_it_found) {
    auto const id = add(R"({"kind":"silence","repo":"octo-org/hello-world"})");
    put_alert("a-1", clock.now() - hours(1), "octo-org/hello-world", "open", id);
    EXPECT_EQ(patch("/alerts/rules/" + id, R"({"name":"quiet","cool_down_minutes":0})").status, 200U);
    EXPECT_EQ(body("/alerts").at("alerts").at(0).at("state").as_string(), "open");
    EXPECT_EQ(patch("/alerts/rules/" + id, R"({"hours":48})").status, 200U);
    EXPECT_EQ(body("/alerts").at("alerts").at(0).at("state").as_string(), "resolved");
}

TEST_F(AlertApi, forgetting_a_repository_removes_the_rules_and_alerts_about_it_and_no_others) {
    add(R"({"kind":"silence","repo":"Octo-org/hello-world"})");
    add(R"({"kind":"silence","repo":"octo-org/other"})");
    add(R"({"kind":"silence"})");
    put_alert("a-1", clock.now() - hours(2), "octo-org/hello-world", "open");
    put_alert("a-2", clock.now() - hours(1), "octo-org/other", "open");
    alerts::AlertRecord past;
    past.id = "a-0";
    past.repo = "octo-org/Hello-World";
    wait_ok(alerts::AlertStore(database).put_past(past));
    auto const repo = RepoName::parse("octo-org/HELLO-world").value();
    EXPECT_EQ(wait_ok(alerts::AlertStore(database).forget_repository(repo)), 3);
    EXPECT_EQ(body("/alerts/rules").at("count").as_int64(), 2);
    EXPECT_EQ(body("/alerts").at("count").as_int64(), 1);
    EXPECT_EQ(body("/alerts").at("alerts").at(0).at("id").as_string(), "a-2");
    EXPECT_EQ(wait_ok(alerts::AlertStore(database).forget_repository(repo)), 0);
}

TEST_F(AlertApi, switches_rules) {
    auto const id = add(R"({"kind":"anomaly","enabled":false})");
    EXPECT_FALSE(body("/alerts/rules/" + id).at("enabled").as_bool());
    EXPECT_TRUE(json_of(send_as("POST", "/alerts/rules/" + id + "/enable")).at("enabled").as_bool());
    EXPECT_TRUE(body("/alerts/rules/" + id).at("enabled").as_bool());
    EXPECT_FALSE(json_of(send_as("POST", "/alerts/rules/" + id + "/disable")).at("enabled").as_bool());
    EXPECT_EQ(send_as("POST", "/alerts/rules/r-0/disable").status, 404U);
}

TEST_F(AlertApi, tells_what_a_rule_must_be_like) {
    refuses("{}", 422, "MISSING_PARAMETER", "`kind` is missing");
    refuses(R"({"kind":"mood"})", 422, "INVALID_PARAMETER", "one of anomaly, health_below");
    refuses(R"({"kind":"silence","repo":"hello"})", 422, "INVALID_REPO_FORMAT", "owner/name");
    refuses(R"({"kind":"silence","threshold":4})", 422, "INVALID_PARAMETER", "`threshold` belongs to kinds");
    refuses(R"({"kind":"silence","severity":"low"})", 422, "INVALID_PARAMETER", "`severity` belongs to kind anomaly");
    refuses(R"({"kind":"health_below","threshold":101})", 422, "INVALID_PARAMETER", "from 1 to 100, got 101");
    refuses(R"({"kind":"silence","hours":2.5})", 422, "INVALID_PARAMETER", "a string, an integer");
    refuses(R"({"kind":"silence","treshold":4})", 422, "UNKNOWN_PARAMETER", "did you mean `threshold`?");
    refuses(R"({"kind":"silence","url":"ftp://example.com/"})", 422, "INVALID_PARAMETER", "http or https");
    refuses(R"({"kind":"silence","url":"http://169.254.169.254/"})", 422, "INVALID_PARAMETER", "private address");
    refuses(R"({"kind":"silence","cool_down_minutes":-1})", 422, "INVALID_PARAMETER", "from 0 to 10080");
    refuses("{", 400, "MALFORMED_JSON", "not JSON");
    for (std::size_t i = 0; i < alerts::most_rules; ++i) add(R"({"kind":"silence"})");
    refuses(R"({"kind":"silence"})", 409, "CONFLICT", "remove one first");
}

TEST_F(AlertApi, asks_for_an_admin_token_where_others_can_connect) {
    options.access.loopback_only = false;
    EXPECT_EQ(post("/alerts/rules", R"({"kind":"silence"})").status, 401U);
    EXPECT_EQ(send_as("DELETE", "/alerts/rules/r-1").status, 401U);
    EXPECT_EQ(patch("/alerts/rules/r-1", "{}").status, 401U);
    EXPECT_EQ(send_as("POST", "/alerts/rules/r-1/disable").status, 401U);
    EXPECT_EQ(get("/alerts").status, 200U);
}

TEST_F(AlertApi, lists_alerts_newest_first_by_repository_and_state_page_by_page) {
    auto const noon = clock.now();
    put_alert("a-1", noon - hours(5), "octo-org/hello-world", "resolved");
    put_alert("a-2", noon - hours(3), "octo-org/hello-world", "open");
    put_alert("a-3", noon - hours(3), "octo-org/other", "open");
    put_alert("a-4", noon - hours(1), "octo-org/hello-world", "open");
    auto const ids = [](boost::json::value const& answer) {
        std::string all;
        for (auto const& alert : answer.at("alerts").as_array()) all += std::string(alert.at("id").as_string()) + " ";
        return all;
    };
    EXPECT_EQ(ids(body("/alerts")), "a-4 a-3 a-2 a-1 ");
    EXPECT_EQ(ids(body("/alerts?repo=OCTO-ORG/hello-world&state=open")), "a-4 a-2 ");
    auto const first = body("/alerts?limit=2");
    EXPECT_EQ(ids(first), "a-4 a-3 ");
    auto const cursor = std::string(first.at("next_cursor").as_string());
    auto const second = body("/alerts?limit=2&cursor=" + cursor);
    EXPECT_EQ(ids(second), "a-2 a-1 ");
    EXPECT_TRUE(second.at("next_cursor").is_null());
    expect_refused("/alerts?state=open&cursor=" + cursor, 422, "INVALID_PARAMETER", "cursor");
    expect_refused("/alerts?cursor=x", 422, "INVALID_PARAMETER", "cursor");
    expect_refused("/alerts?limit=1001", 422, "INVALID_PARAMETER", "from 1 to 1000");
}

} // namespace
