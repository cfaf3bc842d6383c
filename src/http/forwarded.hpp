// Who really asks, when proxies that we trust stand between.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "base/result.hpp"

namespace gem::http {

/// The addresses and networks whose X-Forwarded-For is believed.
class TrustedProxies {
  public:
    /// Addresses and CIDRs (`10.0.0.0/8`, `::1`); `invalid_argument` names the one that cannot be read.
    static Result<TrustedProxies> parse(std::vector<std::string> const& texts);

    [[nodiscard]] bool contains(boost::asio::ip::address const& address) const;
    [[nodiscard]] bool empty() const { return networks_.empty(); }

    /// The client behind `peer`: the last address of `forwarded_for` (all X-Forwarded-For lines joined by commas,
    /// oldest first) that is no trusted proxy. What an untrusted peer sends is not looked at, and what follows an entry
    /// that is no address counts.
    [[nodiscard]] boost::asio::ip::address client_of(boost::asio::ip::address const& peer,
                                                     std::string_view forwarded_for) const;

  private:
    struct Network {
        boost::asio::ip::address_v6 base; // IPv4 in its mapped form
        unsigned bits;
    };
    std::vector<Network> networks_;
};

/// IPv4 addresses that came mapped into IPv6 (`::ffff:1.2.3.4`) as IPv4.
boost::asio::ip::address unmapped(boost::asio::ip::address const& address);

/// The name under which a client is counted: the address, of IPv6 the /64 network, since one client has a whole one.
std::string rate_key(std::string_view address);

} // namespace gem::http
