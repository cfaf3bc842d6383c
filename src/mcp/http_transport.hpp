// MCP over Streamable HTTP: one path, POST for messages; GET and DELETE for sessions of the legacy era.
#pragma once

#include "http/message.hpp"
#include "mcp/engine.hpp"

namespace gem::mcp {

struct HttpOptions {
    std::string path = "/mcp";
    std::vector<std::string> allowed_origins{}; ///< of pages beside those of this very server on this machine
    /// Nothing if the request may go on; else the answer. With `to_write`: to use tools that change something.
    std::function<std::optional<http::Response>(http::Request const&, bool to_write)> refuse{};
    bool may_write = false; ///< tools that change something are offered at all
    std::size_t longest_message = 4 * 1024 * 1024;
    std::size_t most_sessions = 10'000;           ///< beyond it the one unused longest goes
    std::size_t most_requests = 2'048;            ///< under way; beyond it: 503
    std::chrono::seconds session_idle{3600};      ///< then a session is forgotten
    std::chrono::milliseconds patience{1'000};    ///< after which an answer becomes a stream
    std::chrono::milliseconds keep_alive{15'000}; ///< a comment on a silent stream
};

/// Answers requests to its path and hands all others on. On the server's one thread.
class HttpTransport final : public http::Service {
  public:
    /// `others` may be null: then other paths are 404. Everything outlives it.
    HttpTransport(Engine& engine, http::Service* others, Clock const& clock, Log& log, HttpOptions options);
    ~HttpTransport() override;

    std::optional<http::Response> answer_now(http::Request const& request) override;
    Async<http::Response> answer(http::Request const& request) override;

    /// Cancels what is under way and waits for it; before it is destroyed, when the server has ended.
    Async<void> finish();

    [[nodiscard]] std::size_t sessions() const;

  private:
    class State;
    std::unique_ptr<State> state_;
};

} // namespace gem::mcp
