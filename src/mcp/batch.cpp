#include "mcp/batch.hpp"

#include <fmt/format.h>

namespace gem::mcp {

bool is_list(std::string_view text) {
    auto const begin = text.find_first_not_of(" \t\r\n");
    return begin != std::string_view::npos && text[begin] == '[';
}

std::expected<std::vector<std::expected<Message, RpcError>>, RpcError> parse_batch(std::string_view text) {
    auto parsed = parse_value(text);
    if (!parsed) return std::unexpected(parsed.error());
    auto* const list = parsed->if_array();
    if (list == nullptr || list->empty() || list->size() > most_batched)
        return refuse(code::invalid_request, fmt::format("a batch is a list of 1 to {} messages", most_batched));
    std::vector<std::expected<Message, RpcError>> messages;
    for (auto& each : *list) {
        auto message = read_message(std::move(each));
        if (message && message->method == "initialize")
            message = refuse(code::invalid_request, "`initialize` cannot be part of a batch");
        messages.push_back(std::move(message));
    }
    return messages;
}

void Batch::settle(std::string reply) {
    if (!reply.empty()) {
        replies_ += replies_.empty() ? '[' : ',';
        replies_ += reply;
    }
    if (--open_ > 0) return;
    if (!replies_.empty()) replies_ += ']';
    send_(std::move(replies_));
}

} // namespace gem::mcp
