// Which addresses a stranger's URL may lead to; signatures as published.
#include "http/public_address.hpp"

#include <gtest/gtest.h>

#include "http/signature.hpp"

namespace gem::http {
namespace {

bool is_public(char const* text) { return is_public_address(boost::asio::ip::make_address(text)); }

TEST(PublicAddress, is_what_the_internet_routes) {
    for (auto const* text : {"1.1.1.1", "8.8.8.8", "140.82.112.3", "100.63.255.255", "100.128.0.1", "172.15.0.1",
                             "172.32.0.1", "192.0.1.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111",
                             "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"})
        EXPECT_TRUE(is_public(text)) << text;
    for (auto const* text : {"0.0.0.0",
                             "0.1.2.3",
                             "10.0.0.1",
                             "100.64.0.1",
                             "127.0.0.1",
                             "127.255.255.255",
                             "169.254.169.254",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.0.0.1",
                             "192.0.2.1",
                             "192.168.0.1",
                             "198.18.0.1",
                             "198.19.255.255",
                             "198.51.100.1",
                             "203.0.113.1",
                             "224.0.0.1",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::7f00:1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "64:ff9b::7f00:1",
                             "64:ff9b::a00:1",
                             "64:ff9b:1::1",
                             "2002:7f00:1::1",
                             "2001:db8::1",
                             "2001::1",
                             "fc00::1",
                             "fd12:3456::1",
                             "fe80::1",
                             "fec0::1",
                             "ff02::1"})
        EXPECT_FALSE(is_public(text)) << text;
}

TEST(Signature, is_the_one_of_the_documentation_of_github) {
    EXPECT_EQ(sha256_signature("It's a Secret to Everybody", "Hello, World!"),
              "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
}

} // namespace
} // namespace gem::http
