// Raw events that this process has read, by minute. The log tells how many events a repository key has in each minute:
// a minute of which as many were found as are logged cannot have changed while that number stands, but by an event that
// is taken back, which raises the epoch of its hour. So a question about raw events reads only what is new since.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/dynamodb/attribute_value.hpp"

namespace gem::dynamodb {

/// A minute of a repository key, since the epoch.
struct KeyMinute {
    std::string key;
    std::int64_t minute = 0;
};

/// What the log says of a minute of a key: two that are equal mean the same events.
struct MinuteLogged {
    std::int64_t events = 0;
    std::int64_t epoch = 0; ///< sum over the heads of its hour
    friend bool operator==(MinuteLogged const&, MinuteLogged const&) = default;
};

/// Whether events of that type are remembered with their payloads, of the others all but these.
bool keeps_payload(std::string_view type);

/// The least recently used hours go first. Thread-safe.
class EventMemory {
  public:
    explicit EventMemory(std::size_t most_bytes = std::size_t{96} << 20) : most_bytes_(most_bytes) {}

    /// The items of that minute, ascending; nothing if they are not known for what is logged.
    std::optional<std::vector<Item>> find(KeyMinute const& place, MinuteLogged const& logged);
    /// `items` must be all of that minute, and as many as are logged.
    void keep(KeyMinute const& place, MinuteLogged const& logged, std::vector<Item const*> const& items);
    void clear();

  private:
    using Name = std::pair<std::string, std::int64_t>; ///< key and hour
    struct Minute {
        MinuteLogged logged;
        std::string packed;
    };
    struct Hour {
        std::map<std::int64_t, Minute> minutes;
        std::size_t bytes = 0;
        std::list<Name>::iterator place;
    };
    Minute const* look(KeyMinute const& place, MinuteLogged const& logged);

    std::mutex mutex_;
    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    std::list<Name> order_; ///< most recently used first
    std::map<Name, Hour> hours_;
};

} // namespace gem::dynamodb
