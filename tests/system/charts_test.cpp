// Charts, badges and the report of a real hour, from the built program.
#include <gtest/gtest.h>

#include "system/real_hour_fixture.hpp"

namespace gem::tests {
namespace {

class RealHourDrawn : public RealHour {
  protected:
    static std::string read(std::string const& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    static bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }
};

TEST_F(RealHourDrawn, is_served_as_svg_and_png) {
    auto const server = serve();
    auto const bars = get(server.port, std::string("/visualization/trending-chart?hours=1&") + until);
    EXPECT_TRUE(bars.starts_with("200 <svg ")) << bars.substr(0, 300);
    EXPECT_TRUE(has(bars, "KenanSulayman/heartbeat: ")) << bars.substr(0, 900);
    EXPECT_FALSE(has(bars, "not fully covered")) << "the archive vouches for its hour";
    for (std::string const path : {"trending-chart?", "event-counts-timeseries?", "pr-timeline?repo=zendframework/zf2&",
                                   "activity-heatmap?repo=zendframework/zf2&"}) {
        for (std::string const theme : {"light", "dark"}) {
            auto const png =
                get(server.port, fmt::format("/visualization/{}format=png&theme={}&{}", path, theme, until));
            EXPECT_TRUE(png.starts_with("200 \x89PNG")) << path << png.substr(0, 300);
        }
    }
    auto const badge = get(server.port, std::string("/badge/zendframework/zf2/events.svg?hours=1&") + until);
    EXPECT_TRUE(has(badge, ">64</text>")) << badge;
    EXPECT_TRUE(get(server.port, "/badge/zendframework/zf2/nothing.svg").starts_with("404 "));
}

TEST_F(RealHourDrawn, is_reported_in_every_format) {
    std::vector<std::string> const common = {"report", "--repo",  "zendframework/zf2",   "--hours",
                                             "1",      "--until", "2015-01-01T16:00:00Z"};
    auto const with = [&](std::vector<std::string> const& more) {
        auto arguments = common;
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(std::move(arguments));
    };
    auto const markdown = with({});
    EXPECT_EQ(markdown.status, 0) << markdown.err;
    EXPECT_TRUE(has(markdown.out, "| Events | 64 |")) << markdown.out;
    EXPECT_TRUE(has(markdown.out, "Every event of the window was seen."));
    EXPECT_EQ(number(with({"--format", "json"}).out, "total_events"), 64);
    EXPECT_EQ(with({"--output", path("zf2.md")}).status, 0);
    EXPECT_TRUE(has(read(path("zf2.md")), "](zf2-events.svg)"));
    EXPECT_TRUE(has(read(path("zf2-events.svg")), "prefers-color-scheme"));
    EXPECT_EQ(with({"--format", "html", "--output", path("zf2.html")}).status, 0);
    EXPECT_TRUE(has(read(path("zf2.html")), "<h1>Report on zendframework/zf2</h1>"));
}

TEST_F(RealHourDrawn, is_not_reported_where_nothing_is_stored_or_written) {
    EXPECT_EQ(run({"report", "--repo", "no/thing"}).status, 1);
    EXPECT_EQ(run({"report", "--repo", "nothing"}).status, 2);
    EXPECT_EQ(run({"report", "--repo", "a/b", "--until", "yesterday"}).status, 2);
    EXPECT_EQ(run({"report", "--repo", "zendframework/zf2", "--output", path("no/such/folder.md")}).status, 1);
}

} // namespace
} // namespace gem::tests
