#include "http/message.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/json_text.hpp"
#include "http/response_head.hpp"

using namespace gem::http;

namespace {
std::string gunzip(std::string const& bytes) {
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    std::string out(1 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}
} // namespace

TEST(Body, is_compressed_once_and_comes_back_whole) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += std::to_string(i * 7919) + ',';
    Body const body(text);
    auto const& compressed = body.gzip();
    EXPECT_LT(compressed.size(), text.size());
    EXPECT_EQ(&compressed, &body.gzip());
    EXPECT_EQ(gunzip(compressed), text);
    EXPECT_EQ(gunzip(Body("").gzip()), "");
}

TEST(Problem, is_what_rfc_9457_says_with_our_code_and_time) {
    auto const response = problem(404, "COMMIT_NOT_FOUND", "no commit \"abc\"", gem::from_unix(1'420'128'000));
    EXPECT_EQ(response.status, 404U);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(response.cache_control, "no-store");
    EXPECT_EQ(response.body->bytes(),
              R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no commit \"abc\"",)"
              R"("error_code":"COMMIT_NOT_FOUND","timestamp":"2015-01-01T16:00:00Z"})");
    EXPECT_TRUE(gem::is_json(response.body->bytes()));
}

TEST(Request, gives_its_first_header_of_a_name) {
    Request request;
    request.headers = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
    EXPECT_EQ(request.header("a"), "1");
    EXPECT_EQ(request.header("c"), std::nullopt);
}

TEST(ResponseHead, has_the_date_in_the_form_of_http) {
    auto const lines = common_head("x", gem::from_unix(784'111'777));
    EXPECT_NE(lines.find("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), std::string::npos) << lines;
}

TEST(ResponseHead, a_value_cannot_begin_a_header_of_its_own) {
    Request const request{
        .method = "GET", .target = "/", .path = "/", .query = {}, .headers = {}, .body = {}, .remote_address = {}};
    auto response = Response::of(200, "text/plain", "x");
    response.headers.emplace_back("Link", "a\r\nSet-Cookie: b");
    std::string out;
    append_head(out, request, response, 1, {});
    EXPECT_NE(out.find("Link: aSet-Cookie: b\r\n"), std::string::npos) << out;
}
