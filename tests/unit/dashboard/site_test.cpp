// The dashboard's files: which form goes to whom, how long it may be kept, and what is handed on.
#include "dashboard/site.hpp"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "base/async.hpp"

namespace gem::dashboard {

namespace {

/// Answers 404 and tells that it was asked.
class Others final : public http::Service {
  public:
    std::optional<http::Response> answer_now(http::Request const&) override {
        ++asked;
        return std::nullopt;
    }
    Async<http::Response> answer(http::Request const&) override { co_return http::Response::of(404, "text/plain", ""); }
    int asked = 0;
};

constexpr std::array<Asset, 2> two_files{{{.path = "/",
                                           .content_type = "text/html; charset=utf-8",
                                           .etag = "e1",
                                           .hashed_name = false,
                                           .bytes = "page",
                                           .gzip = "smaller page"},
                                          {.path = "/assets/a-12345678.js",
                                           .content_type = "text/javascript; charset=utf-8",
                                           .etag = "e2",
                                           .hashed_name = true,
                                           .bytes = "script",
                                           .gzip = "smaller script"}}};

http::Request get(std::string path, std::string accept_encoding = {}) {
    http::Request request{
        .method = "GET", .target = path, .path = path, .query = {}, .headers = {}, .body = {}, .remote_address = {}};
    if (!accept_encoding.empty()) request.headers.emplace_back("accept-encoding", std::move(accept_encoding));
    return request;
}

std::string header_of(http::Response const& response, std::string_view name) {
    auto const found = std::ranges::find(response.headers, name, &std::pair<std::string, std::string>::first);
    return found == response.headers.end() ? "" : found->second;
}

} // namespace

TEST(Site, sends_the_page_with_a_policy_that_allows_only_this_server) {
    Others others;
    Site site(others, two_files);
    auto const page = site.answer_now(get("/"));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->status, 200u);
    EXPECT_EQ(page->body->bytes(), "page");
    EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
    auto const policy = header_of(*page, "Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
}

TEST(Site, keeps_hashed_names_for_ever_and_asks_again_for_the_page) {
    Others others;
    Site site(others, two_files);
    EXPECT_EQ(site.answer_now(get("/"))->cache_control, "no-cache");
    EXPECT_EQ(site.answer_now(get("/assets/a-12345678.js"))->cache_control, "public, max-age=31536000, immutable");
}

TEST(Site, sends_the_ready_made_gzip_with_a_tag_of_its_own_to_whom_takes_it) {
    Others others;
    Site site(others, two_files);
    auto const compressed = site.answer_now(get("/assets/a-12345678.js", "gzip, br"));
    EXPECT_EQ(compressed->body->bytes(), "smaller script");
    EXPECT_EQ(header_of(*compressed, "Content-Encoding"), "gzip");
    EXPECT_EQ(compressed->etag, "e2-gzip");
    auto const plain = site.answer_now(get("/assets/a-12345678.js", "gzip;q=0"));
    EXPECT_EQ(plain->body->bytes(), "script");
    EXPECT_EQ(plain->etag, "e2");
}

TEST(Site, hands_on_what_is_not_its_own) {
    Others others;
    Site site(others, two_files);
    auto post = get("/");
    post.method = "POST";
    EXPECT_FALSE(site.answer_now(post));
    EXPECT_FALSE(site.answer_now(get("/assets")));
    EXPECT_FALSE(site.answer_now(get("/health")));
    EXPECT_EQ(others.asked, 3);
    auto const missing = get("/assets/none.js");
    EXPECT_EQ(run_to_end(site.answer(missing)).status, 404u);
}

TEST(Site, without_files_leaves_everything_to_the_others) {
    Others others;
    Site site(others, {});
    EXPECT_FALSE(site.answer_now(get("/")));
    EXPECT_EQ(others.asked, 1);
}

// HTTP_API.md and docs/DASHBOARD.md promise it: what a first visit loads.
TEST(Site, needs_at_most_120_kilobytes_for_the_first_visit) {
    if (assets().empty()) GTEST_SKIP() << "built without the dashboard: script/bootstrap build, then configure again";
    std::size_t bytes = 0;
    bool page = false;
    for (auto const& asset : assets()) {
        page = page || asset.path == "/";
        if (!asset.path.ends_with(".txt")) bytes += asset.gzip.size();
    }
    EXPECT_TRUE(page);
    EXPECT_LE(bytes, 120u * 1024u);
}

} // namespace gem::dashboard
