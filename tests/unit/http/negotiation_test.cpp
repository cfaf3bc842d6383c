#include "http/negotiation.hpp"

#include <gtest/gtest.h>

using namespace gem::http;

TEST(AcceptEncoding, gzip_is_sent_to_who_takes_it) {
    for (auto const* text : {"gzip", "GZIP", "deflate, gzip;q=1.0, *;q=0.5", "gzip;q=0.001", "*", "br, *;q=0.1",
                             "x-gzip", "gzip ; q=0.5 , identity;q=0.5", "identity;q=0, gzip"})
        EXPECT_TRUE(accepts_gzip(text)) << text;
}

TEST(AcceptEncoding, gzip_is_not_sent_to_who_does_not_or_likes_plain_bytes_better) {
    for (auto const* text : {"", "identity", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0, *", "gzip;q=x",
                             "identity, gzip;q=0.5", "gzipped", ",,;"})
        EXPECT_FALSE(accepts_gzip(text)) << text;
}

TEST(IfNoneMatch, compares_lists_weakly_and_knows_the_star) {
    EXPECT_TRUE(matches_etag("\"a\"", "a", ""));
    EXPECT_TRUE(matches_etag("W/\"a\"", "a", ""));
    EXPECT_TRUE(matches_etag("\"x\", W/\"y,z\" , \"a-gzip\"", "a", "-gzip"));
    EXPECT_TRUE(matches_etag(" * ", "a", ""));
    EXPECT_TRUE(matches_etag("\"y,z\"", "y,z", ""));
    EXPECT_FALSE(matches_etag("\"a\"", "a", "-gzip"));
    EXPECT_FALSE(matches_etag("\"a-gzip\"", "a", ""));
    EXPECT_FALSE(matches_etag("a", "a", ""));
    EXPECT_FALSE(matches_etag("\"a", "a", ""));
    EXPECT_FALSE(matches_etag("", "a", ""));
}

TEST(Compressible, text_is_and_pictures_and_streams_are_not) {
    for (auto const* type : {"application/json", "application/problem+json", "text/html; charset=utf-8",
                             "image/svg+xml", "text/javascript", "application/javascript"})
        EXPECT_TRUE(compressible(type)) << type;
    for (auto const* type : {"image/png", "text/event-stream", "application/octet-stream", ""})
        EXPECT_FALSE(compressible(type)) << type;
}

namespace {
Request get_with(std::string name, std::string value) {
    return {.method = "GET",
            .target = "/",
            .path = "/",
            .query = {},
            .headers = {{std::move(name), std::move(value)}},
            .body = {},
            .remote_address = {}};
}
} // namespace

TEST(Representation, small_bodies_and_those_with_an_encoding_of_their_own_stay_as_they_are) {
    auto const request = get_with("accept-encoding", "gzip");
    EXPECT_FALSE(choose_representation(request, Response::of(200, "application/json", std::string(255, ' '))).gzip);
    EXPECT_TRUE(choose_representation(request, Response::of(200, "application/json", std::string(256, ' '))).gzip);
    auto encoded = Response::of(200, "application/json", std::string(1000, ' '));
    encoded.headers.emplace_back("content-encoding", "br");
    EXPECT_FALSE(choose_representation(request, encoded).gzip);
}

TEST(Representation, only_successful_reads_with_a_tag_are_conditional) {
    auto request = get_with("if-none-match", "*");
    auto response = Response::of(200, "application/json", "{}");
    EXPECT_FALSE(choose_representation(request, response).not_modified);
    response.etag = "a";
    EXPECT_TRUE(choose_representation(request, response).not_modified);
    request.method = "HEAD";
    EXPECT_TRUE(choose_representation(request, response).not_modified);
    request.method = "POST";
    EXPECT_FALSE(choose_representation(request, response).not_modified);
    request.method = "GET";
    response.status = 404;
    EXPECT_FALSE(choose_representation(request, response).not_modified);
}

TEST(Cors, an_origin_is_allowed_by_name_or_by_the_star) {
    EXPECT_EQ(allowed_origin("https://a.example", {}), "");
    EXPECT_EQ(allowed_origin("https://a.example", {"https://b.example"}), "");
    EXPECT_EQ(allowed_origin("https://a.example", {"https://b.example", "https://A.example"}), "https://a.example");
    EXPECT_EQ(allowed_origin("https://a.example", {"*"}), "*");
}

TEST(Cors, requested_headers_are_echoed_only_if_they_are_names) {
    EXPECT_TRUE(is_token_list("Authorization, content-type"));
    EXPECT_FALSE(is_token_list(""));
    EXPECT_FALSE(is_token_list("a b"));
    EXPECT_FALSE(is_token_list("a,,b"));
}
