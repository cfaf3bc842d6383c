// The last events in the order in which they were stored: rows of `arrivals` that name them.
#pragma once

#include <cstdint>
#include <vector>

#include "domain/event.hpp"
#include "storage/sqlite/handle.hpp"

namespace gem::sqlite {

/// What one transaction stores, on its way into the table. On the writer's thread only.
class Arrivals {
  public:
    void begin() {
        noted_.clear();
        count_ = 0;
    }
    /// `event` lives until write().
    void note(std::uint32_t repo, Event const& event);
    void write(Handle& handle);

  private:
    struct Noted {
        std::uint32_t repo = 0;
        Event const* event = nullptr;
    };
    std::vector<Noted> noted_; ///< a ring: the last arrivals_kept_of_a_batch
    std::size_t count_ = 0;
};

} // namespace gem::sqlite
