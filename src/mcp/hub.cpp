#include "mcp/hub.hpp"

#include <algorithm>

#include <boost/system/system_error.hpp>

namespace gem::mcp {

Hub::Subscription::Subscription(Hub& hub, Interest what, Deliver how)
    : interest(std::move(what)), deliver(std::move(how)), hub_(hub),
      place_(hub.subscriptions_.insert(hub.subscriptions_.end(), this)) {}

Hub::Subscription::~Subscription() { hub_.subscriptions_.erase(place_); }

void Hub::tell(std::string_view method, Object const& params, bool (*wanted)(Interest const&)) {
    for (auto* const subscription : subscriptions_) {
        if (wanted(subscription->interest)) subscription->deliver(method, params);
    }
}

void Hub::tools_changed() {
    tell("notifications/tools/list_changed", {}, [](Interest const& interest) { return interest.tools; });
}

void Hub::prompts_changed() {
    tell("notifications/prompts/list_changed", {}, [](Interest const& interest) { return interest.prompts; });
}

void Hub::resource_changed(std::string const& uri) {
    for (auto* const subscription : subscriptions_) {
        if (subscription->interest.uris.contains(uri))
            subscription->deliver("notifications/resources/updated", Object{{"uri", uri}});
    }
}

std::size_t Hub::size() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        subscriptions_, [](Subscription const* subscription) { return subscription->interest.any(); }));
}

std::set<std::string> Hub::watched() const {
    std::set<std::string> uris;
    for (auto const* const subscription : subscriptions_)
        uris.insert(subscription->interest.uris.begin(), subscription->interest.uris.end());
    return uris;
}

Async<void> begin_watching(Hub& hub, Catalog const& catalog, std::set<std::string> uris) {
    if (!catalog.fingerprint) co_return;
    for (auto const& uri : uris) {
        if (hub.prints.contains(uri)) continue;
        auto print = co_await catalog.fingerprint(uri);
        hub.prints.emplace(uri, std::move(print));
    }
}

Async<void> watch_resources(Hub& hub, Catalog const& catalog, std::function<Async<std::uint64_t>()> generation,
                            std::chrono::milliseconds interval, Log& log) {
    std::optional<std::uint64_t> seen;
    while (true) {
        co_await sleep_for(interval);
        auto const uris = hub.watched();
        std::erase_if(hub.prints, [&](auto const& entry) { return !uris.contains(entry.first); });
        if (uris.empty() || !catalog.fingerprint) continue;
        auto const now = co_await generation();
        if (seen == now) continue;
        seen = now;
        for (auto const& uri : uris) {
            try {
                auto print = co_await catalog.fingerprint(uri);
                auto& known = hub.prints[uri];
                if (!print || print == known) continue;
                known = std::move(print);
                hub.resource_changed(uri);
            } catch (boost::system::system_error const& error) {
                if (error.code() == asio::error::operation_aborted) throw;
                log.warn("mcp_watch_failed", {{"uri", uri}, {"error", error.what()}});
            }
        }
    }
}

} // namespace gem::mcp
