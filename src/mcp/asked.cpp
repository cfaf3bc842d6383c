#include "mcp/asked.hpp"

namespace gem::mcp {

Async<Outcome> Asked::ask(std::string method, Object params, std::function<void(std::string)> send) {
    if (waiting_.size() >= most) co_return refuse(code::internal_error, "too many questions to the client at once");
    auto const id = ++last_;
    waiting_.emplace(id, std::nullopt);
    struct Entry {
        std::map<std::int64_t, std::optional<Outcome>>& all;
        std::int64_t id;
        ~Entry() { all.erase(id); }
    } const entry{.all = waiting_, .id = id};
    send(request_text(id, method, std::move(params)));
    auto const deadline = std::chrono::steady_clock::now() + patience;
    while (true) {
        if (auto& answer = waiting_.at(id)) co_return std::move(*answer);
        auto const left = deadline - std::chrono::steady_clock::now();
        if (gone_ || left <= std::chrono::steady_clock::duration::zero())
            co_return refuse(code::internal_error, "the client did not answer");
        co_await changed_.wait(left);
    }
}

void Asked::answered(Message const& response) {
    auto const* const id = response.id.if_int64();
    auto const found = id == nullptr ? waiting_.end() : waiting_.find(*id);
    if (found == waiting_.end()) return;
    if (auto const* const result = get_object(response.body, "result")) {
        found->second = Outcome(*result);
    } else {
        auto const* const error = get_object(response.body, "error");
        auto const message = error != nullptr ? get_string(*error, "message") : std::nullopt;
        found->second = Outcome(refuse(code::internal_error, std::string(message.value_or("the client refused"))));
    }
    changed_.set();
}

void Asked::give_up() {
    gone_ = true;
    changed_.set();
}

} // namespace gem::mcp
