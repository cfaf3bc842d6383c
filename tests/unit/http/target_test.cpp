#include "http/target.hpp"

#include <gtest/gtest.h>

using namespace gem::http;
using Query = std::vector<std::pair<std::string, std::string>>;

namespace {
Request with(std::string target, std::string method = "GET") {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    return request;
}
} // namespace

TEST(Target, is_split_and_decoded) {
    auto request = with("/repositories/a%20b+c?repo=Octo%2FHello+World&flag&empty=&&x=1=2&x=%C3%A9");
    ASSERT_TRUE(parse_target(request));
    EXPECT_EQ(request.path, "/repositories/a b+c");
    EXPECT_EQ(request.query,
              (Query{{"repo", "Octo/Hello World"}, {"flag", ""}, {"empty", ""}, {"x", "1=2"}, {"x", "\xC3\xA9"}}));
}

TEST(Target, may_be_absolute_or_a_star_for_options) {
    auto absolute = with("http://host:80/a?b=c");
    ASSERT_TRUE(parse_target(absolute));
    EXPECT_EQ(absolute.path, "/a");
    EXPECT_EQ(absolute.query, (Query{{"b", "c"}}));
    auto bare = with("http://host");
    ASSERT_TRUE(parse_target(bare));
    EXPECT_EQ(bare.path, "/");
    auto star = with("*", "OPTIONS");
    ASSERT_TRUE(parse_target(star));
    EXPECT_EQ(star.path, "*");
}

TEST(Target, that_cannot_be_read_is_refused_with_a_reason) {
    for (auto const* target : {"*", "a", "host:80", "", "/a#b", "/%", "/%4", "/%zz", "/%00", "/a?b=%0a", "/a?%7f",
                               "/%ff", "/%c0%80", "/%ed%a0%80", "/%f5%80%80%80", "/%c3", "/a?b=%e2%82", "?a=b"}) {
        auto request = with(target);
        auto const parsed = parse_target(request);
        ASSERT_FALSE(parsed) << target;
        EXPECT_EQ(parsed.error().code, gem::ErrorCode::invalid_argument);
        EXPECT_FALSE(parsed.error().message.empty());
    }
}
