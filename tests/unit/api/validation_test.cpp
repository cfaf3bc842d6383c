#include "unit/api/api_fixture.hpp"

using namespace gem;
using gem::test::ApiTest;

using Validation = ApiTest;

TEST_F(Validation, an_unknown_parameter_is_refused_and_the_nearest_named) {
    expect_refused("/metrics/trending?hour=3", 422, "UNKNOWN_PARAMETER", "did you mean `hours`?");
    expect_refused("/health?x=1", 422, "UNKNOWN_PARAMETER", "none is taken here");
}

TEST_F(Validation, a_repeated_parameter_is_refused_by_its_aliases_too) {
    expect_refused("/metrics/stars?hours=1&hours=1", 422, "INVALID_PARAMETER", "more than once");
    expect_refused("/metrics/event-counts?offset_minutes=1&offsetMinutes=1", 422, "INVALID_PARAMETER",
                   "more than once");
}

TEST_F(Validation, what_is_no_number_is_400_and_what_is_out_of_range_422) {
    expect_refused("/metrics/stars?hours=abc", 400, "INVALID_PARAMETER",
                   "`hours` must be an integer from 1 to 8760, got \"abc\"");
    expect_refused("/metrics/stars?hours=1.5", 400, "INVALID_PARAMETER", "got \"1.5\"");
    expect_refused("/metrics/stars?hours=", 400, "INVALID_PARAMETER", "got \"\"");
    expect_refused("/metrics/stars?hours=0", 422, "INVALID_PARAMETER", "from 1 to 8760");
    expect_refused("/metrics/stars?hours=8761", 422, "INVALID_PARAMETER", "got \"8761\"");
    expect_refused("/metrics/stars?hours=99999999999999999999", 422, "INVALID_PARAMETER", "from 1 to 8760");
    expect_refused("/metrics/trending?limit=101", 422, "INVALID_PARAMETER", "from 1 to 100");
    EXPECT_EQ(get("/metrics/stars?hours=8760").status, 200U);
}

TEST_F(Validation, two_ways_to_name_the_window_are_one_too_many) {
    expect_refused("/metrics/stars?hours=1&offset_minutes=5", 422, "INVALID_PARAMETER", "both name the window");
    auto const answer = body("/metrics/stars?offset_minutes=90&until=2026-01-15T10:00:00Z");
    EXPECT_EQ(text(answer.at("window")), R"({"from":"2026-01-15T08:30:00Z","to":"2026-01-15T10:00:00Z"})");
    EXPECT_TRUE(answer.at("hours").is_null());
}

TEST_F(Validation, repositories_times_and_choices_are_told_how_they_must_be) {
    expect_refused("/metrics/stars?repo=hello", 422, "INVALID_REPO_FORMAT", "owner/name");
    expect_refused("/metrics/stars?until=yesterday", 400, "INVALID_PARAMETER", "RFC 3339");
    expect_refused("/metrics/stars?until=9999-12-31T23:59:30Z", 422, "INVALID_PARAMETER", "years 1970 to 9999");
    expect_refused("/metrics/trending?order=best", 422, "INVALID_PARAMETER", "one of events, score");
    expect_refused("/metrics/repository-activity", 422, "MISSING_PARAMETER", "`repo` is missing");
    expect_refused("/events?type=Push-Event", 422, "INVALID_PARAMETER", "letters");
    expect_refused("/events?actor=octo-ana", 422, "INVALID_PARAMETER", "asks for `repo`");
    EXPECT_EQ(get("/metrics/stars?until=2015-01-01T09:00:00-07:00").status, 200U);
    EXPECT_EQ(get("/metrics/stars?until=2015-01-01T09:00:00+07:00").status, 200U);
}

TEST_F(Validation, events_of_everybody_are_asked_for_a_day_at_most) {
    expect_refused("/events?since=2026-01-14T11:59:59Z", 422, "INVALID_PARAMETER", "24 hours");
    expect_refused("/events?since=2026-01-15T13:00:00Z", 422, "INVALID_PARAMETER", "must not be after");
    EXPECT_EQ(get("/events?since=2026-01-14T12:00:00Z").status, 200U);
    EXPECT_EQ(get("/events?since=2026-01-14T10:00:30Z&until=2026-01-15T10:00:30Z").status, 200U);
    EXPECT_EQ(get("/events?repo=a/b&since=1999-01-01T00:00:00Z").status, 200U);
}

TEST_F(Validation, unknown_paths_and_methods_are_told_what_there_is) {
    expect_refused("/metrics/starz", 404, "NOT_FOUND", "did you mean /metrics/stars?");
    expect_refused("/metrics/", 404, "NOT_FOUND", "nothing at");
    auto const response = send(request("PUT", "/repositories"));
    EXPECT_EQ(response.status, 405U);
    EXPECT_EQ(header(response, "Allow"), "GET, HEAD, POST, OPTIONS");
    auto const options_answer = send(request("OPTIONS", "/repositories/a/b"));
    EXPECT_EQ(options_answer.status, 204U);
    EXPECT_EQ(header(options_answer, "Allow"), "GET, HEAD, DELETE, OPTIONS");
    EXPECT_EQ(send(request("HEAD", "/metrics/stars")).status, 200U);
}

TEST_F(Validation, a_body_must_be_a_json_object_of_known_members) {
    EXPECT_EQ(post("/repositories", R"({"repo":"a/b"})").status, 201U);
    EXPECT_EQ(post("/repositories", R"({"repo":"A/B"})").status, 200U);
    EXPECT_EQ(post("/repositories", R"({"repo":"a/b"})", "text/plain").status, 415U);
    EXPECT_EQ(post("/repositories", R"({"repo":)").status, 400U);
    EXPECT_EQ(post("/repositories", R"([1])").status, 422U);
    EXPECT_EQ(post("/repositories", R"({"repo":"a"})").status, 422U);
    EXPECT_EQ(post("/repositories", R"({"repository":"a/b"})").status, 422U);
    EXPECT_EQ(post("/repositories", R"({"repo":["a/b"]})").status, 422U);
    EXPECT_EQ(post("/repositories", "{}").status, 422U);
    EXPECT_EQ(post("/repositories?repo=a/b", "{}").status, 422U);
    EXPECT_EQ(post("/repositories", std::string(70'000, ' ')).status, 413U);
    EXPECT_EQ(post("/collect", "x", "text/plain").status, 415U);
}
