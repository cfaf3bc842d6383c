// Which addresses belong to everybody's internet, and a request that is kept to them: for URLs that a stranger named.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include <boost/asio/ip/address.hpp>

namespace gem::http {

/// False for loopback, link-local, private, shared, multicast, reserved and unspecified addresses, also where they
/// stand inside of an IPv6 address (mapped, NAT64, 6to4).
bool is_public_address(boost::asio::ip::address const& address);

/// For ClientRequest::configure: the address that a connection would be made to is looked at, not the name; one that is
/// not public is not connected to, and sets `refused`. The client must use no proxy, or it is the proxy's address.
std::function<void(void*)> public_addresses_only(std::shared_ptr<std::atomic<bool>> refused);

} // namespace gem::http
