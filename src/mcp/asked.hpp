// Requests of ours that a client of the legacy era has not answered yet.
#pragma once

#include <functional>

#include "mcp/protocol.hpp"
#include "mcp/tasks.hpp"

namespace gem::mcp {

/// For one client and one event loop.
class Asked {
  public:
    /// Hands the request to `send` and waits for the answer; an error after `patience`, or when the client has gone.
    Async<Outcome> ask(std::string method, Object params, std::function<void(std::string)> send);
    /// A response that came in; one to nothing is overlooked.
    void answered(Message const& response);
    /// Nobody will answer any more.
    void give_up();
    [[nodiscard]] std::size_t size() const { return waiting_.size(); }

  private:
    static constexpr std::chrono::minutes patience{5}; // a person may have to answer
    static constexpr std::size_t most = 64;
    std::int64_t last_ = 0;
    std::map<std::int64_t, std::optional<Outcome>> waiting_;
    bool gone_ = false;
    Wakeup changed_;
};

} // namespace gem::mcp
