// What was consumed in a month, by all processes together: an item of `event_patterns` to which each adds its share.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/json_text.hpp"
#include "storage/dynamodb/capacity.hpp"
#include "storage/dynamodb/client.hpp"

namespace gem::dynamodb {

/// For one event loop. A process that is killed loses what it counted since it last saved; an addition whose answer is
/// lost may be counted twice: these are figures for a person, not for an invoice.
class UsageLedger {
  public:
    UsageLedger(Client& client, CapacityMeter const& meter, Clock const& clock)
        : client_(client), meter_(meter), clock_(clock), saved_at_(clock.now()) {}

    /// Five minutes have passed since it was saved, and there is something to save.
    [[nodiscard]] bool due() const;
    /// Adds what was consumed since it last succeeded to this month's item. One or two write units.
    Async<Outcome<void>> save();
    /// Of a month (`usage#2026-11`): what was saved, and of the present one what this process has not saved yet.
    Async<Outcome<CapacitySnapshot>> month(std::string key);

    /// A Usage (storage/usage.hpp).
    static JsonText as_json(CapacitySnapshot const& use);

  private:
    [[nodiscard]] CapacitySnapshot unsaved() const;
    Client& client_;
    CapacityMeter const& meter_;
    Clock const& clock_;
    UtcTime saved_at_;
    CapacitySnapshot saved_;
    bool saving_ = false;
};

} // namespace gem::dynamodb
