#include "http/forwarded.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <fmt/format.h>

namespace gem::http {

namespace ip = boost::asio::ip;

namespace {

ip::address_v6 as_v6(ip::address const& address) {
    return address.is_v6() ? address.to_v6() : ip::make_address_v6(ip::v4_mapped, address.to_v4());
}

/// An entry of X-Forwarded-For: an address, perhaps with a port (`1.2.3.4:80`, `[::1]:80`).
std::optional<ip::address> parse_entry(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    if (text.starts_with('[')) {
        auto const close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        text = text.substr(1, close - 1);
    } else if (std::ranges::count(text, ':') == 1) {
        text = text.substr(0, text.find(':'));
    }
    boost::system::error_code error;
    auto const address = ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    return unmapped(address);
}

} // namespace

ip::address unmapped(ip::address const& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

Result<TrustedProxies> TrustedProxies::parse(std::vector<std::string> const& texts) {
    TrustedProxies proxies;
    for (auto const& text : texts) {
        auto const slash = text.find('/');
        boost::system::error_code error;
        auto const address = ip::make_address(text.substr(0, slash), error);
        auto const unreadable = [&] {
            return fail(
                ErrorCode::invalid_argument,
                fmt::format("trusted proxy \"{}\": expected an address or a network, like 10.0.0.0/8 or ::1", text));
        };
        if (error) return unreadable();
        unsigned const most = address.is_v4() ? 32 : 128;
        unsigned bits = most;
        if (slash != std::string::npos) {
            auto const* const last = text.data() + text.size();
            auto const [end, problem] = std::from_chars(text.data() + slash + 1, last, bits);
            if (problem != std::errc() || end != last || bits > most) return unreadable();
        }
        proxies.networks_.push_back({.base = as_v6(address), .bits = bits + (address.is_v4() ? 96 : 0)});
    }
    return proxies;
}

bool TrustedProxies::contains(ip::address const& address) const {
    auto const bytes = as_v6(address).to_bytes();
    return std::ranges::any_of(networks_, [&](Network const& network) {
        auto const base = network.base.to_bytes();
        unsigned const whole = network.bits / 8;
        unsigned const rest = network.bits % 8;
        if (!std::equal(bytes.begin(), bytes.begin() + whole, base.begin())) return false;
        return rest == 0 || (bytes[whole] >> (8 - rest)) == (base[whole] >> (8 - rest));
    });
}

ip::address TrustedProxies::client_of(ip::address const& peer, std::string_view forwarded_for) const {
    ip::address client = unmapped(peer);
    while (!forwarded_for.empty() && contains(client)) {
        auto const comma = forwarded_for.rfind(',');
        auto const entry = comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1);
        forwarded_for = comma == std::string_view::npos ? std::string_view{} : forwarded_for.substr(0, comma);
        auto const address = parse_entry(entry);
        if (!address) break;
        client = *address;
    }
    return client;
}

std::string rate_key(std::string_view address) {
    if (address.find(':') == std::string_view::npos) return std::string(address);
    boost::system::error_code error;
    auto const parsed = ip::make_address_v6(std::string(address), error);
    if (error) return std::string(address);
    auto bytes = parsed.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return ip::address_v6(bytes).to_string() + "/64";
}

} // namespace gem::http
