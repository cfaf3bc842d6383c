// What Streamable HTTP keeps between requests: clients of the legacy era, and requests under way.
#pragma once

#include <deque>
#include <map>

#include "mcp/asked.hpp"
#include "mcp/batch.hpp"
#include "mcp/event_log.hpp"
#include "mcp/hub.hpp"

namespace gem::mcp {

struct HttpExchange;

/// A client of the legacy era.
struct HttpSession {
    HttpSession(Hub& hub, std::string name, bool lists_change)
        : id(std::move(name)), notices(std::make_shared<EventLog>(false)),
          subscription(hub, {.tools = lists_change, .prompts = lists_change},
                       [log = notices](std::string_view method, Object params) {
                           log->put(notification_text(method, std::move(params)));
                       }) {}
    std::string id;
    Client client;
    Asked asked;
    std::shared_ptr<EventLog> notices; ///< what belongs to no request: stream 0; each message goes to one reader
    Hub::Subscription subscription;
    std::deque<std::pair<std::uint64_t, std::shared_ptr<EventLog>>> streams;
    std::uint64_t last_stream = 0;
    std::map<std::string, std::weak_ptr<HttpExchange>> under_way; ///< by the id of the request
    std::chrono::steady_clock::time_point used = std::chrono::steady_clock::now();
};
/// A request under way.
struct HttpExchange final : Channel {
    void send(std::string text) override { log->put(std::move(text)); }
    Async<Outcome> ask(std::string method, Object params) override {
        if (!session) co_return refuse(code::internal_error, "there is no session to ask in");
        co_return co_await session->asked.ask(std::move(method), std::move(params),
                                              [this](std::string text) { send(std::move(text)); });
    }
    void suspend() override {
        if (!session || batch) return;
        streaming = true;
        log->suspend();
    }
    Async<void> until_ending() override {
        while (!ending) co_await log->changed().wait();
    }
    void done(std::string text, unsigned with_status) {
        if (batch) {
            finished = true;
            batch->settle(std::move(text));
            return;
        }
        reply = std::move(text);
        status = with_status;
        if (streaming && !reply.empty()) log->put(reply);
        finished = true;
        log->end();
    }
    Message message;
    Client modern;
    std::shared_ptr<HttpSession> session; ///< legacy
    std::shared_ptr<EventLog> log;
    std::shared_ptr<Batch> batch; ///< that it is a part of; the stream is that of the whole
    std::uint64_t stream = 0;
    Tasks::Handle task;
    std::string reply;
    unsigned status = 200;
    bool streaming = false;
    bool finished = false;
    bool ending = false;
    bool cancelled = false;
};

} // namespace gem::mcp
