// The messages of one stream of server-sent events, numbered, for a reader that may go and come back.
#pragma once

#include <deque>

#include "http/message.hpp"
#include "mcp/tasks.hpp"

namespace gem::mcp {

/// For one event loop.
class EventLog {
  public:
    /// Without `keeping` what was read is forgotten.
    explicit EventLog(bool keeping) : keeping_(keeping) {}

    void put(std::string message);
    /// The same after the end: a reply that came before anybody read.
    void put_last(std::string message);
    /// Nothing will be put any more.
    void end();
    /// Readers end now, and may come back.
    void suspend();

    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] bool empty() const { return events_.empty(); }
    [[nodiscard]] std::uint64_t suspensions() const { return suspensions_; }
    /// The number of the last message; the first is 1.
    [[nodiscard]] std::uint64_t last() const { return first_ + events_.size() - 1; }
    /// The first message after `number` that is still there, with its number; null if there is none.
    [[nodiscard]] std::pair<std::uint64_t, std::string const*> after(std::uint64_t number) const;
    void forget_up_to(std::uint64_t number);
    Wakeup& changed() { return changed_; }

  private:
    static constexpr std::size_t most = 1024;
    bool keeping_;
    std::deque<std::string> events_;
    std::uint64_t first_ = 1; // the number of events_.front()
    std::uint64_t suspensions_ = 0;
    bool ended_ = false;
    Wakeup changed_;
};

struct EventStreamOptions {
    std::string id_prefix{};        ///< of event ids, `PREFIX-NUMBER`; empty: events have none
    std::uint64_t from = 0;         ///< the last number that the reader has
    bool resumed = false;           ///< the reader was here before
    bool primed = false;            ///< begins with an id and a retry time, so that the reader can come back
    std::function<void()> gone{};   ///< called when the reader left before the end
    std::function<void()> finish{}; ///< called when the server is about to stop
    std::chrono::milliseconds keep_alive{15'000};
};

/// What a reader of `log` gets. Ends with the log, or when it is suspended.
std::shared_ptr<http::BodyStream> read_events(std::shared_ptr<EventLog> log, EventStreamOptions options);

} // namespace gem::mcp
