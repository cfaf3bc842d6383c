// The parts that judge alert rules and deliver what they found, put together.
#pragma once

#include "alerts/alert_engine.hpp"
#include "app/children.hpp"
#include "app/settings.hpp"
#include "collector/watch_list.hpp"

namespace gem {

/// For one event loop. What it is given outlives it; what it has under way does not.
class Alerting {
  public:
    Alerting(DatabaseService& database, WatchList& watch_list, Settings const& settings, Clock const& clock, Log& log);

    [[nodiscard]] alerts::AlertEngine const& engine() const { return engine_; }
    /// Its two jobs; none where the settings say so.
    void spawn_into(Children& children);

  private:
    bool on_;
    http::CurlClient client_;
    alerts::AlertEngine engine_;
};

} // namespace gem
