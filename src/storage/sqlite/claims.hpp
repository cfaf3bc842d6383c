// Which event a happening is stored as, when several sources bring it: the rows of event_claims. On the writer's thread
// only, inside its transaction.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "domain/time_window.hpp"
#include "storage/natural_key.hpp"
#include "storage/sqlite/handle.hpp"

namespace gem::sqlite {

/// Only repositories that webhooks tell of have claims: all their events from some time on. What is older is read from
/// the events when a delivery comes that it could match.
class Claims {
  public:
    /// At the start of a transaction.
    void begin(Handle& handle);
    /// What is remembered may not be so any more.
    void forget() { known_ = false; }

    /// Whether `event` of the repository numbered `repo` is to be judged before it is stored.
    [[nodiscard]] bool concerns(std::uint32_t repo, Event const& event) const {
        return is_delivery(event) || since_.contains(repo);
    }
    /// Whether this transaction has changed claims in a way that has to be kept though no event is stored.
    [[nodiscard]] bool changed() const { return changed_; }
    /// Whether any repository has claims.
    [[nodiscard]] bool any() const { return !since_.empty(); }

    /// Whether the happening is stored already. If it is stored as another event, that is noted, so that the same
    /// answer comes again and no third one matches.
    bool is_known(Handle& handle, std::uint32_t repo, Event const& event, NaturalKey const& key);
    /// After the event was stored.
    void record(Handle& handle, std::uint32_t repo, Event const& event, NaturalKey const& key);

  private:
    void reach_back(Handle& handle, std::uint32_t repo, UtcTime delivered);

    bool known_ = false;
    bool changed_ = false;
    std::unordered_map<std::uint32_t, std::int64_t> since_; ///< by repository
};

/// Removes the claims that no event can match that is taken still.
void remove_old_claims(Handle& handle, UtcTime oldest_taken);

/// Removes the claims of events of a repository from this time, and the events from the arrivals.
void forget_claims_of_repo(Handle& handle, std::uint32_t repo, TimeWindow const& window);
/// Removes the claims of the events of a row of `actors`, which are still there.
void forget_claims_of_actor(Handle& handle, std::int64_t actor);

} // namespace gem::sqlite
