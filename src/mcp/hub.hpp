// Who wants to hear of changes, and the changes: subscriptions of both eras meet here.
#pragma once

#include <list>
#include <map>
#include <set>
#include <string>

#include "base/async.hpp"
#include "base/log.hpp"
#include "mcp/catalog.hpp"

namespace gem::mcp {

/// What a subscriber wants to hear of.
struct Interest {
    bool tools = false;
    bool prompts = false;
    bool resources = false; ///< that the list of resources changed
    std::set<std::string> uris{};
    [[nodiscard]] bool any() const { return tools || prompts || resources || !uris.empty(); }
};

/// On one thread. Outlives its subscriptions.
class Hub {
  public:
    using Deliver = std::function<void(std::string_view method, Object params)>;

    /// Ends when it is destroyed.
    class Subscription {
      public:
        Subscription(Hub& hub, Interest interest, Deliver deliver);
        ~Subscription();
        Subscription(Subscription const&) = delete;
        Subscription& operator=(Subscription const&) = delete;
        Interest interest; ///< may be changed any time
        Deliver deliver;

      private:
        Hub& hub_;
        std::list<Subscription*>::iterator place_;
    };

    void tools_changed();
    void prompts_changed();
    void resource_changed(std::string const& uri);

    /// How many want to hear of anything; a session that subscribed to nothing does not.
    [[nodiscard]] std::size_t size() const;
    /// Every URI that somebody watches.
    [[nodiscard]] std::set<std::string> watched() const;
    /// Fingerprints of watched resources: what a change is measured against.
    std::map<std::string, std::optional<std::string>> prints;

  private:
    friend class Subscription;
    void tell(std::string_view method, Object const& params, bool (*wanted)(Interest const&));
    std::list<Subscription*> subscriptions_;
};

/// Takes the fingerprints of `uris` that nobody watched before: changes from now on are told.
Async<void> begin_watching(Hub& hub, Catalog const& catalog, std::set<std::string> uris);

/// Looks every `interval` whether watched resources changed, and says so: by their fingerprint, taken only when
/// `generation` (the store's, cheap) moved on. Until cancelled.
Async<void> watch_resources(Hub& hub, Catalog const& catalog, std::function<Async<std::uint64_t>()> generation,
                            std::chrono::milliseconds interval, Log& log);

} // namespace gem::mcp
