// Batches of JSON-RPC: several messages in one list, answered by one list. Only 2025-03-26 has them.
#pragma once

#include <functional>
#include <vector>

#include "mcp/protocol.hpp"

namespace gem::mcp {

inline constexpr std::string_view batch_version = "2025-03-26";
inline constexpr std::size_t most_batched = 100;

/// Whether the text is a list, if it is anything.
bool is_list(std::string_view text);

/// The messages of a list, each by itself right or wrong; `initialize` is wrong here. -32700 for what is not JSON,
/// -32600 for no list, an empty one and one longer than most_batched.
std::expected<std::vector<std::expected<Message, RpcError>>, RpcError> parse_batch(std::string_view text);

/// Gathers the replies to one batch.
class Batch {
  public:
    /// `send` is called once, when each of `messages` has been settled: with the list of replies, or with nothing if
    /// there are none.
    Batch(std::size_t messages, std::function<void(std::string)> send) : open_(messages), send_(std::move(send)) {}

    /// One message has its reply; empty: it gets none.
    void settle(std::string reply);

  private:
    std::size_t open_;
    std::string replies_;
    std::function<void(std::string)> send_;
};

} // namespace gem::mcp
