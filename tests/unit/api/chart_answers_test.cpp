// The routes of charts and badges.
#include "unit/api/model_fixture.hpp"

namespace gem::test {
namespace {

class ChartAnswers : public ModelApiTest {
  protected:
    std::string image(std::string const& target, std::string const& type = "image/svg+xml") {
        auto const response = get(target);
        EXPECT_EQ(response.status, 200U) << target << ": " << response.body->bytes();
        EXPECT_EQ(response.content_type, type) << target;
        EXPECT_FALSE(response.etag.empty()) << target;
        return std::string(response.body->bytes());
    }
    /// The detail of a refusal.
    std::string refused(std::string const& target, unsigned status) {
        auto const response = get(target);
        EXPECT_EQ(response.status, status) << target;
        EXPECT_EQ(response.content_type, "application/problem+json") << target;
        return std::string(boost::json::parse(response.body->bytes()).at("detail").as_string());
    }
    void put_a_day() {
        EventFacts const opened{.action = "opened", .number = 1};
        EventFacts const merged{.action = "closed", .number = 1, .merged = true};
        put({event("PushEvent").push(3), event("WatchEvent").after(minutes(5)), event("PullRequestEvent").facts(opened),
             event("PullRequestEvent").facts(merged).after(hours(1))});
    }
    static bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }
};

TEST_F(ChartAnswers, are_drawings_of_what_is_stored) {
    put_a_day();
    vouch("acme/tool", ten_o_clock - days(60), ten_o_clock + hours(3));
    EXPECT_TRUE(has(image("/visualization/trending-chart"), "acme/tool: 4"));
    EXPECT_TRUE(has(image("/visualization/event-counts-timeseries?repo=Acme/Tool"), "1 pushes"));
    EXPECT_TRUE(has(image("/visualization/pr-timeline?repo=acme/tool"), "1 opened, 1 merged"));
    EXPECT_TRUE(has(image("/visualization/activity-heatmap?repo=acme/tool"), "Thu from 10:00 UTC"));
}

TEST_F(ChartAnswers, are_png_dark_and_of_the_size_asked_for) {
    put_a_day();
    auto const png = image("/visualization/trending-chart?format=png&width=500&height=300&scale=2", "image/png");
    EXPECT_TRUE(png.starts_with("\x89PNG"));
    EXPECT_EQ(png.substr(16, 8), std::string("\0\0\x03\xe8\0\0\x02\x58", 8)) << "1000 x 600";
    auto const dark = image("/visualization/event-counts-timeseries?theme=dark&width=320&height=240");
    EXPECT_TRUE(has(dark, "width=\"320\" height=\"240\""));
    EXPECT_TRUE(has(dark, "#0d1117"));
}

TEST_F(ChartAnswers, without_events_are_drawings_that_say_why) {
    EXPECT_TRUE(has(image("/visualization/trending-chart"), "No events in this window"));
    EXPECT_TRUE(has(image("/visualization/event-counts-timeseries?repo=no/thing"), "not fully covered"));
    EXPECT_TRUE(has(image("/visualization/pr-timeline?repo=no/thing&days=30"), "No pull requests in this window"));
    EXPECT_TRUE(has(image("/visualization/activity-heatmap?repo=no/thing"), "No events in this window"));
}

TEST_F(ChartAnswers, keep_their_tag_until_something_changes) {
    put_a_day();
    auto const target = "/visualization/event-counts-timeseries?repo=acme/tool";
    auto const first = get(target);
    EXPECT_EQ(get(target).etag, first.etag);
    put({event("WatchEvent").by("eve", 77)});
    EXPECT_NE(get(target).etag, first.etag);
}

TEST_F(ChartAnswers, refuse_what_cannot_be_drawn) {
    EXPECT_TRUE(has(refused("/visualization/trending-chart?format=gif", 422), "svg, png"));
    EXPECT_TRUE(has(refused("/visualization/trending-chart?width=99999", 422), "320 to 1600"));
    EXPECT_TRUE(has(refused("/visualization/trending-chart?height=1", 422), "240 to 1600"));
    EXPECT_TRUE(has(refused("/visualization/pr-timeline", 422), "repo"));
    EXPECT_TRUE(has(refused("/visualization/pr-timeline?repo=a/b&days=7&hours=3", 422), "give one of them"));
    EXPECT_TRUE(has(refused("/visualization/activity-heatmap?repo=%3Cscript%3E", 422), "owner/name"));
}

TEST_F(ChartAnswers, have_badges_for_every_metric) {
    put_a_day();
    vouch("acme/tool", ten_o_clock - days(400), ten_o_clock + hours(3));
    for (auto const* metric : {"events", "stars", "commits", "contributors", "release", "health", "activity",
                               "security", "merge-time", "first-response"}) {
        auto const svg = image(fmt::format("/badge/acme/tool/{}.svg", metric));
        EXPECT_TRUE(svg.starts_with("<svg")) << metric;
        EXPECT_TRUE(has(svg, "acme/tool")) << metric;
    }
    EXPECT_TRUE(has(image("/badge/acme/tool/events.svg"), ">events (24 h)</text>"));
    EXPECT_TRUE(has(image("/badge/acme/tool/commits.svg?hours=168"), ">3</text>"));
    EXPECT_TRUE(has(image("/badge/acme/tool/merge-time.svg"), ">1.0 h</text>"));
    EXPECT_TRUE(has(image("/badge/acme/tool/stars.svg?hours=336&label=new%20%3Cb%3E"), ">new &lt;b&gt;</text>"));
}

TEST_F(ChartAnswers, have_badges_that_do_not_know_more_than_is_stored) {
    EXPECT_TRUE(has(image("/badge/no/thing/events.svg"), ">unknown</text>"));
    EXPECT_TRUE(has(image("/badge/no/thing/health.svg"), ">unknown</text>"));
    put_a_day();
    EXPECT_TRUE(has(image("/badge/acme/tool/events.svg"), ">≥ 4</text>")) << "nobody vouches for the day";
}

TEST_F(ChartAnswers, list_the_badges_when_one_is_not_known) {
    auto const detail = refused("/badge/acme/tool/helth.svg", 404);
    EXPECT_TRUE(has(detail, "Did you mean health?")) << detail;
    EXPECT_TRUE(has(detail, "merge-time")) << detail;
    refused("/badge/acme/tool/health", 404);
    refused("/badge/acme/tool/.svg", 404);
    refused("/badge/a.b/tool/health.svg", 422);
}

} // namespace
} // namespace gem::test
