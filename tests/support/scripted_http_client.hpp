// An HttpClient that asks nobody: a script answers.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "http/client.hpp"

namespace gem::test {

/// Answers with what was scripted, in order, or by a function; remembers what was asked. Running out is an error that
/// the code under test gets to see.
class ScriptedHttpClient final : public http::HttpClient {
  public:
    using Answer = Result<http::ClientResponse>;

    void will_answer(Answer answer) { script_.push_back(std::move(answer)); }
    void will_answer(unsigned status, http::HeaderList headers, std::string body) {
        script_.push_back(
            http::ClientResponse{.status = status, .headers = std::move(headers), .body = std::move(body)});
    }
    std::function<Answer(http::ClientRequest const&)> by_function;

    Async<Answer> send(http::ClientRequest request) override {
        asked.push_back(request);
        if (by_function) co_return by_function(request);
        if (script_.empty()) co_return fail(ErrorCode::internal, "the script is at its end");
        auto answer = std::move(script_.front());
        script_.pop_front();
        co_return answer;
    }

    [[nodiscard]] bool at_end() const { return script_.empty(); }
    std::vector<http::ClientRequest> asked;

  private:
    std::deque<Answer> script_;
};

/// The value of the first header of that name in a request, or nothing.
inline std::optional<std::string> header_of(http::ClientRequest const& request, std::string_view name) {
    for (auto const& [key, value] : request.headers) {
        if (key == name) return value;
    }
    return std::nullopt;
}

} // namespace gem::test
