// The last events that this process stored, in memory: EventsRepository::arrivals() for a provider whose store keeps no
// order of arrival.
#pragma once

#include <deque>
#include <string>

#include "storage/database_interface.hpp"

namespace gem {

/// One thread, or the caller's lock.
class RecentArrivals {
  public:
    /// `epoch`: letters and digits that no other store or process uses, so that positions are not taken for others'.
    /// Holds at most arrivals_kept events, and no more than `most_bytes` of payloads.
    explicit RecentArrivals(std::string epoch, std::size_t most_bytes = std::size_t{32} << 20)
        : epoch_(std::move(epoch)), most_bytes_(most_bytes) {}

    void add(Event event);
    /// Counts events that are not kept: a gap, and nothing before it is held any more.
    void skip(std::size_t count);
    [[nodiscard]] ArrivalPage after(std::string const& position, std::size_t limit) const;

  private:
    std::string epoch_;
    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    std::int64_t before_first_ = 0; ///< number of the event before the first one held
    std::deque<Event> events_;
};

/// `<epoch>-<number>`.
std::string arrival_position(std::string_view epoch, std::int64_t number);
/// The number; nothing if the position is of another epoch or no position.
std::optional<std::int64_t> arrival_number(std::string_view position, std::string_view epoch);

} // namespace gem
