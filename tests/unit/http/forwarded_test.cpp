#include "http/forwarded.hpp"

#include <gtest/gtest.h>

using namespace gem::http;

namespace {

boost::asio::ip::address address(char const* text) { return boost::asio::ip::make_address(text); }

std::string client(std::vector<std::string> const& trusted, char const* peer, char const* forwarded) {
    return TrustedProxies::parse(trusted).value().client_of(address(peer), forwarded).to_string();
}

} // namespace

TEST(TrustedProxies, hold_addresses_and_networks_of_both_families) {
    auto const proxies = TrustedProxies::parse({"10.0.0.0/8", "192.168.1.128/25", "::1", "fd00::/9"}).value();
    for (auto const* inside : {"10.1.2.3", "::ffff:10.1.2.3", "192.168.1.200", "::1", "fd7f::1"})
        EXPECT_TRUE(proxies.contains(address(inside))) << inside;
    for (auto const* outside : {"11.0.0.1", "192.168.1.127", "::2", "fd80::1", "127.0.0.1"})
        EXPECT_FALSE(proxies.contains(address(outside))) << outside;
    EXPECT_TRUE(TrustedProxies::parse({"0.0.0.0/0"}).value().contains(address("1.2.3.4")));
}

TEST(TrustedProxies, that_cannot_be_read_are_named) {
    for (auto const* text : {"", "nonsense", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "::/129", "10.0.0.0/-1"}) {
        auto const proxies = TrustedProxies::parse({text});
        ASSERT_FALSE(proxies) << text;
        EXPECT_NE(proxies.error().message.find('"' + std::string(text) + '"'), std::string::npos);
    }
}

TEST(TrustedProxies, the_client_is_the_last_address_that_is_no_proxy) {
    EXPECT_EQ(client({"10.0.0.0/8"}, "10.0.0.1", "1.1.1.1, 2.2.2.2"), "2.2.2.2");
    EXPECT_EQ(client({"10.0.0.0/8"}, "10.0.0.1", "1.1.1.1,10.0.0.2 , 10.0.0.3"), "1.1.1.1");
    EXPECT_EQ(client({"10.0.0.0/8"}, "10.0.0.1", "2.2.2.2:4711"), "2.2.2.2");
    EXPECT_EQ(client({"10.0.0.0/8"}, "10.0.0.1", "[2001:db8::1]:4711"), "2001:db8::1");
    EXPECT_EQ(client({"10.0.0.0/8"}, "::ffff:10.0.0.1", "::ffff:3.3.3.3"), "3.3.3.3");
}

TEST(TrustedProxies, what_strangers_forward_is_not_believed) {
    EXPECT_EQ(client({"10.0.0.0/8"}, "9.9.9.9", "1.1.1.1"), "9.9.9.9");
    EXPECT_EQ(client({}, "10.0.0.1", "1.1.1.1"), "10.0.0.1");
    EXPECT_EQ(client({"10.0.0.0/8"}, "10.0.0.1", ""), "10.0.0.1");
    EXPECT_EQ(client({"10.0.0.0/8"}, "10.0.0.1", "1.1.1.1, unknown"), "10.0.0.1");
}

TEST(RateKey, of_ipv6_is_the_network_that_one_client_has) {
    EXPECT_EQ(rate_key("1.2.3.4"), "1.2.3.4");
    EXPECT_EQ(rate_key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(rate_key("2001:db8:1:2:ffff::1"), rate_key("2001:db8:1:2::9"));
}
