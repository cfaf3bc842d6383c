// MCP over a pair of pipes: a message a line. One client, both eras.
#pragma once

#include "mcp/engine.hpp"

namespace gem::mcp {

struct StdioOptions {
    std::size_t longest_line = 4 * 1024 * 1024;        ///< a longer one is refused and skipped
    std::size_t most_requests = 256;                   ///< under way; then reading waits
    std::size_t most_unsent = 16 * 1024 * 1024;        ///< bytes the client has not taken; then reading waits
    std::chrono::milliseconds patience_at_end{10'000}; ///< for what is under way when the input ends
    bool may_write = false;
};

/// Serves until the input ends and what came is answered, the output is gone, or stop() is called. `input` and `output`
/// are descriptors of files, pipes or terminals; they are left open.
class StdioServer {
  public:
    StdioServer(Engine& engine, Log& log, int input, int output, StdioOptions options = {});
    ~StdioServer();
    Async<void> run();
    /// From the loop's thread, before, during or after run().
    void stop();

  private:
    class Connection;
    std::unique_ptr<Connection> connection_;
};

} // namespace gem::mcp
