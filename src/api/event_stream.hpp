// GET /events/stream as a body that goes on: each client follows the store by itself, from a position of its own, so
// that a slow one holds back nothing and nothing piles up for it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "http/message.hpp"
#include "storage/database_service.hpp"

namespace gem::api {

/// How many clients follow the store, and how many may.
class EventStreams {
  public:
    explicit EventStreams(std::size_t most) : most_(most) {}
    [[nodiscard]] std::size_t open() const { return static_cast<std::size_t>(count_.use_count() - 1); }
    [[nodiscard]] bool full() const { return open() >= most_; }
    /// Held by each stream.
    [[nodiscard]] std::shared_ptr<void const> ticket() const { return count_; }

  private:
    std::size_t most_;
    std::shared_ptr<int const> count_ = std::make_shared<int const>(0);
};

/// What a client wants to hear of.
struct StreamFilter {
    std::optional<RepoName> repo; ///< by the name that the event bears
    std::optional<std::string> type;
    bool public_only = false;
    [[nodiscard]] bool takes(Event const& event) const;
};

/// One server-sent event: `id` (unless empty), `event` and the lines of `data`.
std::string server_sent(std::string_view id, std::string_view name, std::string_view data);

class EventStream final : public http::BodyStream {
  public:
    /// `after`: the Last-Event-ID of a client that was here before, else empty. What is referenced outlives it.
    EventStream(DatabaseService& database, Clock const& clock, StreamFilter filter, std::string after,
                std::shared_ptr<void const> ticket);

    /// Events as soon as they are stored, by whichever process; a tick with the number of stored events every 15
    /// seconds. `event: reset` where events were missed that are no longer to be had in order.
    Async<std::optional<std::string>> next() override;
    void finish() override { finished_ = true; }

    /// How often the store is asked whether something was written.
    static constexpr std::chrono::milliseconds patience{100};
    static constexpr std::chrono::seconds between_ticks{15};

  private:
    using Steady = std::chrono::steady_clock;
    Async<std::string> look();
    Async<std::string> tick();

    DatabaseService& database_;
    Clock const& clock_;
    StreamFilter filter_;
    std::string position_;
    std::shared_ptr<void const> ticket_;
    bool finished_ = false;
    bool greeted_ = false;
    bool more_ = true; ///< a look may bring something without a write since
    std::uint64_t generation_ = 0;
    Steady::time_point next_tick_;
};

} // namespace gem::api
