#include "http/public_address.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "http/forwarded.hpp"

namespace gem::http {

namespace {

namespace ip = boost::asio::ip;

struct Network4 {
    std::uint32_t base;
    unsigned bits;
};

/// IANA's registry of special-purpose IPv4 addresses, as far as they are not globally reachable, and multicast.
constexpr std::array<Network4, 15> special4 = {{{0x00000000, 8},   // this network
                                                {0x0A000000, 8},   // private
                                                {0x64400000, 10},  // shared
                                                {0x7F000000, 8},   // loopback
                                                {0xA9FE0000, 16},  // link-local
                                                {0xAC100000, 12},  // private
                                                {0xC0000000, 24},  // protocol assignments
                                                {0xC0000200, 24},  // documentation
                                                {0xC0586300, 24},  // 6to4 relays
                                                {0xC0A80000, 16},  // private
                                                {0xC6120000, 15},  // benchmarks
                                                {0xC6336400, 24},  // documentation
                                                {0xCB007100, 24},  // documentation
                                                {0xE0000000, 4},   // multicast
                                                {0xF0000000, 4}}}; // reserved, broadcast

bool is_public4(std::uint32_t address) {
    return std::ranges::none_of(
        special4, [&](Network4 const& network) { return ((address ^ network.base) >> (32 - network.bits)) == 0; });
}

bool is_public6(ip::address_v6 const& address) {
    auto const bytes = address.to_bytes();
    auto const word = [&](std::size_t at) {
        return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 |
               std::uint32_t{bytes[at + 3]};
    };
    if (word(0) == 0x0064FF9B && word(4) == 0 && word(8) == 0) return is_public4(word(12)); // NAT64
    if (word(0) >> 16 == 0x2002) return is_public4(word(2));                                // 6to4
    if (word(0) == 0x20010DB8 || word(0) >> 9 == 0x20010000 >> 9) return false;             // documentation, protocols
    return bytes[0] >> 5 == 1;                                                              // 2000::/3, global unicast
}

ip::address address_of(sockaddr const& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, &address, sizeof four);
        return ip::address_v4(ntohl(four.sin_addr.s_addr));
    }
    if (address.sa_family != AF_INET6) return {};
    sockaddr_in6 six{};
    std::memcpy(&six, &address, sizeof six);
    ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
    return ip::address_v6(bytes);
}

curl_socket_t open_public(void* refused, curlsocktype, curl_sockaddr* to) {
    if (!is_public_address(address_of(to->addr))) {
        *static_cast<std::atomic<bool>*>(refused) = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

} // namespace

bool is_public_address(ip::address const& address) {
    auto const plain = unmapped(address);
    return plain.is_v4() ? is_public4(plain.to_v4().to_uint()) : is_public6(plain.to_v6());
}

std::function<void(void*)> public_addresses_only(std::shared_ptr<std::atomic<bool>> refused) {
    return [refused = std::move(refused)](void* easy) {
        curl_easy_setopt(static_cast<CURL*>(easy), CURLOPT_OPENSOCKETFUNCTION, &open_public);
        curl_easy_setopt(static_cast<CURL*>(easy), CURLOPT_OPENSOCKETDATA, refused.get());
    };
}

} // namespace gem::http
