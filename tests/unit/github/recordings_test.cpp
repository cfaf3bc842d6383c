// GitHub's own answers, recorded by others, through the client.
#include <gtest/gtest.h>
#include <simdjson.h>

#include "domain/repo_name.hpp"
#include "github/client.hpp"
#include "support/manual_clock.hpp"
#include "support/scripted_http_client.hpp"
#include "support/shared_data.hpp"

namespace gem::github {
namespace {

struct RecordedAnswer {
    std::string url;
    http::ClientResponse response;
};

std::vector<RecordedAnswer> recordings(std::filesystem::path const& file) {
    std::vector<RecordedAnswer> all;
    simdjson::dom::parser parser;
    for (auto const& line : test::read_gzip_lines(file)) {
        simdjson::dom::element row;
        if (parser.parse(line).get(row) != simdjson::SUCCESS) {
            ADD_FAILURE() << "unreadable recording";
            continue;
        }
        RecordedAnswer recording;
        recording.url = std::string_view(row["url"]);
        recording.response.status = static_cast<unsigned>(std::int64_t(row["status"]));
        recording.response.body = std::string_view(row["body"]);
        for (auto const [name, value] : simdjson::dom::object(row["response_headers"])) {
            std::string lower = ascii_lower(name);
            recording.response.headers.emplace_back(std::move(lower), std::string_view(value));
        }
        all.push_back(std::move(recording));
    }
    return all;
}

EventsPage through_the_client(RecordedAnswer const& recording, UtcTime now) {
    test::ManualClock const clock(now);
    test::ScriptedHttpClient http;
    http.will_answer(recording.response);
    GitHubClient client(http, clock, {});
    return run_to_end(client.events({.target = EventTarget::everybody()}));
}

TEST(Recordings, of_events_are_read_with_their_headers) {
    auto const data = test::shared_data();
    if (!data) GTEST_SKIP() << "the recorded data is not there (GEM_SHARED_DATA)";
    auto const all = recordings(*data / "events_api/recordings_events.ndjson.gz");
    ASSERT_EQ(all.size(), 52U);
    std::size_t pages = 0;
    std::size_t next = 0;
    std::size_t intervals = 0;
    for (auto const& recording : all) {
        auto const page = through_the_client(recording, from_unix(1'571'695'000));
        // Some bodies were damaged by whoever recorded them; these must be told as such and not crash.
        simdjson::dom::parser parser;
        bool const whole = parser.parse(recording.response.body).error() == simdjson::SUCCESS;
        EXPECT_EQ(page.status, whole ? PageStatus::fresh : PageStatus::unavailable) << recording.url << page.message;
        // One event of one recording belongs to no repository.
        EXPECT_EQ(page.bad_events.size(), recording.url == "/users/jacquev6/events/orgs/BeaverSoftware" ? 1U : 0U);
        EXPECT_FALSE(page.etag.empty());
        pages += whole ? 1 : 0;
        next += page.next_page ? 1 : 0;
        intervals += page.poll_interval ? 1 : 0;
        if (recording.url == "/events?page=9") {
            EXPECT_EQ(page.next_page, 10);
            EXPECT_EQ(page.events.size(), 30U);
            EXPECT_EQ(page.rate.remaining, 4965);
            EXPECT_EQ(page.poll_interval, seconds(60));
        }
        if (recording.url == "/events?page=10") {
            EXPECT_EQ(page.next_page, std::nullopt);
        }
    }
    EXPECT_GE(pages, 50U);
    EXPECT_GE(next, 20U);
    EXPECT_EQ(intervals, 41U);
}

TEST(Recordings, of_refusals_are_told_apart) {
    auto const data = test::shared_data();
    if (!data) GTEST_SKIP() << "the recorded data is not there (GEM_SHARED_DATA)";
    auto const all = recordings(*data / "events_api/recordings_non2xx.ndjson.gz");
    ASSERT_EQ(all.size(), 292U);
    std::map<unsigned, std::map<PageStatus, int>> seen;
    auto const now = from_unix(1'700'000'000);
    for (auto const& recording : all) {
        auto const page = through_the_client(recording, now);
        ++seen[page.http_status][page.status];
        bool const speaks = page.status != PageStatus::not_modified && page.status != PageStatus::moved;
        EXPECT_EQ(page.message.empty(), !speaks) << recording.url;
        EXPECT_EQ(page.message.find_first_of("\r\n"), std::string::npos);
        EXPECT_LT(page.message.size(), 600U);
        if (page.status == PageStatus::rate_limited) {
            EXPECT_GT(page.retry_at, now);
        }
    }
    using enum PageStatus;
    EXPECT_EQ(seen[304], (std::map<PageStatus, int>{{not_modified, 29}}));
    EXPECT_EQ(seen[404], (std::map<PageStatus, int>{{gone, 131}}));
    EXPECT_EQ(seen[422], (std::map<PageStatus, int>{{refused, 34}}));
    EXPECT_EQ(seen[401], (std::map<PageStatus, int>{{refused, 13}}));
    EXPECT_EQ(seen[429], (std::map<PageStatus, int>{{rate_limited, 4}}));
    // Nine of the 24 are about the rate: 3 with Retry-After, 2 secondary limits, 3 with nothing left, 1 abuse
    // detection.
    EXPECT_EQ(seen[403], (std::map<PageStatus, int>{{rate_limited, 9}, {refused, 15}}));
    // Two of the 13 were recorded from a server that is not api.github.com's form; all lead to it.
    EXPECT_EQ(seen[301], (std::map<PageStatus, int>{{moved, 13}}));
    EXPECT_EQ(seen[500][unavailable] + seen[502][unavailable] + seen[503][unavailable], 4);
}

} // namespace
} // namespace gem::github
