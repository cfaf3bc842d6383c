#include "mcp/http_transport.hpp"

#include <charconv>

#include <fmt/format.h>
#include <sys/random.h>

#include "domain/repo_name.hpp"
#include "mcp/headers.hpp"
#include "mcp/http_replies.hpp"
#include "mcp/http_session.hpp"

namespace gem::mcp {

namespace {

constexpr std::size_t streams_kept = 32; // of a session: those that a client may come back to

std::string new_session_id() {
    std::array<unsigned char, 16> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw std::runtime_error("no random bytes");
    std::string id;
    for (auto const byte : bytes) id += fmt::format("{:02x}", byte);
    return id;
}

using SteadyTime = std::chrono::steady_clock::time_point;

SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

} // namespace

class HttpTransport::State {
  public:
    State(Engine& engine, http::Service* others, Clock const& clock, Log& log, HttpOptions options)
        : engine_(engine), others_(others), clock_(clock), log_(log), options_(std::move(options)) {}

    Async<http::Response> answer(http::Request const& request);
    Async<void> finish();
    [[nodiscard]] bool is_ours(http::Request const& request) const { return request.path == options_.path; }
    [[nodiscard]] http::Service* others() const { return others_; }
    [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
    [[nodiscard]] Clock const& clock() const { return clock_; }

  private:
    using Exchange = HttpExchange;
    using ExchangePtr = std::shared_ptr<Exchange>;
    using Session = HttpSession;
    using SessionPtr = std::shared_ptr<Session>;

    Async<http::Response> post(http::Request const& request);
    Async<http::Response> post_modern(http::Request const& request, Message message);
    Async<http::Response> post_legacy(http::Request const& request, Message message);
    Async<http::Response> post_batch(http::Request const& request, SessionPtr session);
    Async<http::Response> begin_session(http::Request const& request, Message message);
    http::Response get(http::Request const& request);
    http::Response remove(http::Request const& request);

    ExchangePtr begin_exchange(SessionPtr const& session);
    std::optional<RpcError> place(Session& session, Message const& message, ExchangePtr const& exchange) const;
    Async<http::Response> start(http::Request const& request, ExchangePtr exchange);
    Async<http::Response> respond(http::Request const& request, ExchangePtr exchange);
    Async<void> work(ExchangePtr exchange);
    http::Response stream_of(ExchangePtr const& exchange);
    void take(Session& session, Message const& message);
    void cancel(Session& session, Message const& notification);
    [[nodiscard]] std::expected<SessionPtr, http::Response> find_session(http::Request const& request);
    void forget_old_sessions();
    void end_session(SessionPtr const& session);
    [[nodiscard]] bool may_write(http::Request const& request) const {
        return options_.may_write && (!options_.refuse || !options_.refuse(request, true));
    }
    Tasks& tasks(asio::any_io_executor const& executor) {
        if (!tasks_) tasks_.emplace(executor, log_);
        return *tasks_;
    }

    Engine& engine_;
    http::Service* others_;
    Clock const& clock_;
    Log& log_;
    HttpOptions options_;
    std::optional<Tasks> tasks_;
    std::map<std::string, SessionPtr, std::less<>> sessions_;
};

Async<http::Response> HttpTransport::State::answer(http::Request const& request) {
    if (!origin_allowed(request, options_.allowed_origins)) {
        co_return error_response(
            403, {.code = code::server_error,
                  .message = "a page of another site may not ask here; CORS_ORIGINS names those that may"});
    }
    if (request.method == "OPTIONS") {
        auto response = empty_response(204);
        response.headers.emplace_back("Allow", "POST, GET, DELETE, OPTIONS");
        co_return response;
    }
    if (options_.refuse) {
        if (auto refusal = options_.refuse(request, false)) co_return std::move(*refusal);
    }
    if (request.method == "POST") co_return co_await post(request);
    bool const has_session = request.header("mcp-session-id").has_value();
    if (request.method == "GET" && has_session) co_return get(request);
    if (request.method == "DELETE" && has_session) co_return remove(request);
    auto response = error_response(
        405, {.code = code::server_error, .message = "send messages by POST; GET and DELETE belong to a session"});
    response.headers.emplace_back("Allow", "POST, GET, DELETE, OPTIONS");
    co_return response;
}

Async<http::Response> HttpTransport::State::post(http::Request const& request) {
    auto const type = ascii_lower(request.header("content-type").value_or(std::string_view{}));
    if (!type.starts_with("application/json")) {
        co_return error_response(415, {.code = code::server_error, .message = "the body must be application/json"});
    }
    if (!accepts(request, "application/json") && !accepts(request, "text/event-stream")) {
        co_return error_response(
            406, {.code = code::server_error, .message = "accept application/json and text/event-stream"});
    }
    if (request.body.size() > options_.longest_message) {
        co_return error_response(413,
                                 {.code = code::invalid_request,
                                  .message = fmt::format("a message may have {} bytes", options_.longest_message)});
    }
    if (is_list(request.body)) {
        auto const found = find_session(request);
        if (found && (*found)->client.version == batch_version) co_return co_await post_batch(request, *found);
    }
    auto message = parse_message(request.body);
    if (!message) co_return error_response(400, message.error());
    auto const era = era_of(request, *message);
    if (!era) co_return error_response(400, era.error(), message->id);
    if (*era == Era::modern) co_return co_await post_modern(request, std::move(*message));
    co_return co_await post_legacy(request, std::move(*message));
}

// ---------------------------------------------------------------------------------------------------------------------
// Modern

Async<http::Response> HttpTransport::State::post_modern(http::Request const& request, Message message) {
    if (message.kind == Message::Kind::response) {
        co_return error_response(
            400, {.code = code::invalid_request, .message = "in this version the server asks nothing of its own"});
    }
    if (message.kind == Message::Kind::notification) co_return empty_response(202);
    auto client = modern_client(message.params);
    if (!client) co_return error_response(400, client.error(), message.id);
    if (auto const problem = check_mirrored(request, message)) co_return error_response(400, *problem, message.id);
    if (!knows_method(Era::modern, message.method)) {
        co_return error_response(404, {.code = code::method_not_found, .message = "no such method"}, message.id);
    }
    if (message.method == "subscriptions/listen" && !accepts(request, "text/event-stream")) {
        co_return error_response(406, {.code = code::server_error, .message = "accept text/event-stream"}, message.id);
    }
    client->may_write = may_write(request);
    if (message.method == "tools/call") {
        auto const* const tool = engine_.find_tool(*client, get_string(message.params, "name").value_or(""));
        auto const problem = tool == nullptr ? std::nullopt : check_parameters(request, message, *tool);
        if (problem) co_return error_response(400, *problem, message.id);
    }
    auto exchange = std::make_shared<Exchange>();
    exchange->message = std::move(message);
    exchange->modern = std::move(*client);
    exchange->log = std::make_shared<EventLog>(false);
    co_return co_await start(request, std::move(exchange));
}

// ---------------------------------------------------------------------------------------------------------------------
// Legacy

Async<http::Response> HttpTransport::State::post_legacy(http::Request const& request, Message message) {
    if (message.method == "initialize" && message.kind == Message::Kind::request)
        co_return co_await begin_session(request, std::move(message));
    auto found = find_session(request);
    if (!found) co_return std::move(found.error());
    auto const& session = *found;
    if (message.kind != Message::Kind::request) {
        take(*session, message);
        co_return empty_response(202);
    }
    session->client.may_write = may_write(request);
    auto exchange = begin_exchange(session);
    if (auto const problem = place(*session, message, exchange)) co_return error_response(400, *problem, message.id);
    exchange->message = std::move(message);
    co_return co_await start(request, std::move(exchange));
}

/// What gets no reply.
void HttpTransport::State::take(Session& session, Message const& message) {
    if (message.kind == Message::Kind::response)
        session.asked.answered(message);
    else if (message.method == "notifications/cancelled")
        cancel(session, message);
}

HttpTransport::State::ExchangePtr HttpTransport::State::begin_exchange(SessionPtr const& session) {
    auto exchange = std::make_shared<Exchange>();
    exchange->session = session;
    exchange->log = std::make_shared<EventLog>(true);
    exchange->stream = ++session->last_stream;
    return exchange;
}

/// Puts it among those under way, unless one of that id is.
std::optional<RpcError> HttpTransport::State::place(Session& session, Message const& message,
                                                    ExchangePtr const& exchange) const {
    auto& same = session.under_way[to_text(message.id)];
    if (!same.expired()) return RpcError{.code = code::invalid_request, .message = "this id is in use already"};
    same = exchange;
    return std::nullopt;
}

/// One exchange carries the whole; each request is one of its own, which hands its reply to the batch.
Async<http::Response> HttpTransport::State::post_batch(http::Request const& request, SessionPtr session) {
    auto messages = parse_batch(request.body);
    if (!messages) co_return error_response(400, messages.error());
    session->client.may_write = may_write(request);
    auto const whole = begin_exchange(session);
    auto const batch = std::make_shared<Batch>(
        messages->size(), [whole](std::string replies) { whole->done(replies, replies.empty() ? 202 : 200); });
    auto& all = tasks(co_await asio::this_coro::executor);
    if (all.size() + messages->size() > options_.most_requests) co_return too_busy({});
    for (auto& message : *messages) {
        if (!message || message->kind != Message::Kind::request) {
            if (message) take(*session, *message);
            batch->settle(message ? std::string() : error_text({}, message.error()));
            continue;
        }
        auto exchange = std::make_shared<Exchange>();
        if (auto const problem = place(*session, *message, exchange)) {
            batch->settle(error_text(message->id, *problem));
            continue;
        }
        exchange->message = std::move(*message);
        exchange->session = session;
        exchange->log = whole->log;
        exchange->batch = batch;
        exchange->task = all.spawn(work(exchange));
    }
    co_return co_await respond(request, whole);
}

Async<http::Response> HttpTransport::State::begin_session(http::Request const& request, Message message) {
    auto exchange = std::make_shared<Exchange>();
    exchange->log = std::make_shared<EventLog>(false);
    Client client{.may_write = may_write(request)};
    auto const outcome = co_await engine_.answer(client, message, *exchange);
    if (!outcome) co_return error_response(200, outcome.error(), message.id);
    forget_old_sessions();
    auto const session = std::make_shared<Session>(engine_.hub(), new_session_id(), engine_.catalog().lists_change);
    session->client = std::move(client);
    sessions_.emplace(session->id, session);
    auto response = json_response(200, result_text(message.id, *outcome));
    response.headers.emplace_back("Mcp-Session-Id", session->id);
    co_return response;
}

std::expected<HttpTransport::State::SessionPtr, http::Response>
HttpTransport::State::find_session(http::Request const& request) {
    auto const id = request.header("mcp-session-id");
    if (!id) {
        return std::unexpected(error_response(
            400, {.code = code::server_error,
                  .message = fmt::format("no session: send `initialize` first and then its Mcp-Session-Id, or speak {} "
                                         "with MCP-Protocol-Version",
                                         modern_version)}));
    }
    auto const found = sessions_.find(*id);
    if (found == sessions_.end()) {
        return std::unexpected(error_response(
            404, {.code = code::server_error, .message = "this session has ended; send `initialize` again"}));
    }
    found->second->used = steady_now();
    return found->second;
}

void HttpTransport::State::cancel(Session& session, Message const& notification) {
    auto const* const id = notification.params.if_contains("requestId");
    auto const found = id == nullptr ? session.under_way.end() : session.under_way.find(to_text(*id));
    if (found == session.under_way.end()) return;
    auto const exchange = found->second.lock();
    if (!exchange || exchange->finished) return;
    exchange->cancelled = true;
    tasks_->cancel(exchange->task);
}

http::Response HttpTransport::State::get(http::Request const& request) {
    auto const found = find_session(request);
    if (!found) return found.error();
    if (!request.header("accept") || !accepts(request, "text/event-stream"))
        return error_response(406, {.code = code::server_error, .message = "accept text/event-stream"});
    auto const& session = *found;
    auto log = session->notices;
    EventStreamOptions options{.id_prefix = "0", .keep_alive = options_.keep_alive};
    if (auto const last = request.header("last-event-id")) {
        auto const dash = last->find('-');
        std::uint64_t stream = 0;
        std::uint64_t number = 0;
        auto const read = [](std::string_view text, std::uint64_t& to) {
            return std::from_chars(text.data(), text.data() + text.size(), to).ptr == text.data() + text.size();
        };
        bool const readable = dash != std::string_view::npos && read(last->substr(0, dash), stream) &&
                              read(last->substr(dash + 1), number);
        auto const kept =
            std::ranges::find(session->streams, stream, &std::pair<std::uint64_t, std::shared_ptr<EventLog>>::first);
        if (!readable || (stream != 0 && kept == session->streams.end())) {
            return error_response(
                404, {.code = code::server_error, .message = "the stream of this Last-Event-ID is not kept any more"});
        }
        if (stream != 0) log = kept->second;
        options.id_prefix = std::to_string(stream);
        options.from = number;
        options.resumed = true;
    }
    auto response = http::Response::of(200, "text/event-stream", {});
    response.cache_control = "no-cache, no-transform";
    response.body.reset();
    response.stream = read_events(std::move(log), std::move(options));
    return response;
}

http::Response HttpTransport::State::remove(http::Request const& request) {
    auto const found = find_session(request);
    if (!found) return found.error();
    end_session(*found);
    return empty_response(204);
}

void HttpTransport::State::end_session(SessionPtr const& session) {
    session->asked.give_up();
    for (auto const& [id, weak] : session->under_way) {
        auto const exchange = weak.lock();
        if (!exchange || exchange->finished) continue;
        exchange->cancelled = true;
        tasks_->cancel(exchange->task);
    }
    session->notices->end();
    sessions_.erase(session->id);
}

void HttpTransport::State::forget_old_sessions() {
    auto const now = steady_now();
    std::vector<SessionPtr> old;
    SessionPtr oldest;
    for (auto const& [id, session] : sessions_) {
        std::erase_if(session->under_way, [](auto const& entry) { return entry.second.expired(); });
        bool const busy = !session->under_way.empty() || session->notices.use_count() > 2;
        if (busy) continue;
        if (now - session->used > options_.session_idle) old.push_back(session);
        if (!oldest || session->used < oldest->used) oldest = session;
    }
    if (old.empty() && sessions_.size() >= options_.most_sessions && oldest) old.push_back(oldest);
    for (auto const& session : old) end_session(session);
}

// ---------------------------------------------------------------------------------------------------------------------
// Requests under way

Async<void> HttpTransport::State::work(ExchangePtr exchange) {
    struct End { // however it ends, nobody waits for ever
        ExchangePtr const& exchange;
        ~End() {
            if (!exchange->finished) exchange->done({}, 202);
            if (exchange->session) exchange->session->under_way.erase(to_text(exchange->message.id));
        }
    } const end{.exchange = exchange};
    auto const session = exchange->session;
    auto& client = session ? session->client : exchange->modern;
    auto const outcome = co_await engine_.answer(client, exchange->message, *exchange);
    if (session) session->subscription.interest.uris = client.subscribed;
    if (exchange->cancelled) co_return;
    auto const& id = exchange->message.id;
    if (outcome)
        exchange->done(result_text(id, *outcome), 200);
    else
        exchange->done(error_text(id, outcome.error()), session ? 200 : status_of(outcome.error()));
}

Async<http::Response> HttpTransport::State::start(http::Request const& request, ExchangePtr exchange) {
    auto& all = tasks(co_await asio::this_coro::executor);
    if (all.size() >= options_.most_requests) co_return too_busy(exchange->message.id);
    exchange->task = all.spawn(work(exchange));
    co_return co_await respond(request, std::move(exchange));
}

/// The reply when it is there; a stream when there is something to tell before, or it takes long.
Async<http::Response> HttpTransport::State::respond(http::Request const& request, ExchangePtr exchange) {
    bool const may_stream = accepts(request, "text/event-stream");
    struct Leaving { // in the modern era a client that goes takes its request with it
        State& state;
        ExchangePtr const& exchange;
        bool armed = true;
        ~Leaving() {
            if (!armed || exchange->finished || exchange->session) return;
            exchange->cancelled = true;
            state.tasks_->cancel(exchange->task);
        }
    } leaving{.state = *this, .exchange = exchange};
    auto const deadline = steady_now() + options_.patience;
    while (!exchange->finished) {
        if (may_stream && (!exchange->log->empty() || exchange->streaming)) break;
        auto const left = deadline - steady_now();
        if (may_stream && left <= SteadyTime::duration::zero()) break;
        co_await exchange->log->changed().wait(may_stream ? left : Wakeup::for_ever);
    }
    leaving.armed = false;
    bool const silent = exchange->finished && !exchange->streaming && (exchange->log->empty() || !may_stream);
    if (!silent) co_return stream_of(exchange);
    if (exchange->reply.empty()) co_return empty_response(exchange->status); // cancelled by the client
    co_return json_response(exchange->status, exchange->reply);
}

http::Response HttpTransport::State::stream_of(ExchangePtr const& exchange) {
    EventStreamOptions options{.keep_alive = options_.keep_alive};
    if (!exchange->streaming || exchange->finished) {
        bool const told = exchange->streaming; // then the reply is in the log already
        exchange->streaming = true;
        if (exchange->finished && !told && !exchange->reply.empty()) exchange->log->put_last(exchange->reply);
    }
    if (exchange->session) {
        auto& session = *exchange->session;
        session.streams.emplace_back(exchange->stream, exchange->log);
        if (session.streams.size() > streams_kept) session.streams.pop_front();
        // Older clients take an event without data for a message.
        if (session.client.version >= "2025-11-25") {
            options.id_prefix = std::to_string(exchange->stream);
            options.primed = true;
        }
    } else {
        options.gone = [this, exchange] {
            if (exchange->finished) return;
            exchange->cancelled = true;
            tasks_->cancel(exchange->task);
        };
    }
    options.finish = [exchange] { exchange->ending = true; };
    auto response = http::Response::of(200, "text/event-stream", {});
    response.cache_control = "no-cache, no-transform";
    response.headers.emplace_back("X-Accel-Buffering", "no");
    response.body.reset();
    response.stream = read_events(exchange->log, std::move(options));
    return response;
}

Async<void> HttpTransport::State::finish() {
    if (!tasks_) co_return;
    for (auto const& [id, session] : sessions_) session->asked.give_up();
    tasks_->cancel_all();
    co_await tasks_->wait();
    sessions_.clear();
}

HttpTransport::HttpTransport(Engine& engine, http::Service* others, Clock const& clock, Log& log, HttpOptions options)
    : state_(std::make_unique<State>(engine, others, clock, log, std::move(options))) {}

HttpTransport::~HttpTransport() = default;

std::optional<http::Response> HttpTransport::answer_now(http::Request const& request) {
    if (state_->is_ours(request) || state_->others() == nullptr) return std::nullopt;
    return state_->others()->answer_now(request);
}

Async<http::Response> HttpTransport::answer(http::Request const& request) {
    if (state_->is_ours(request)) return state_->answer(request);
    if (state_->others() != nullptr) return state_->others()->answer(request);
    return [](UtcTime now) -> Async<http::Response> {
        co_return http::problem(404, "NOT_FOUND", "there is nothing here", now);
    }(state_->clock().now());
}

Async<void> HttpTransport::finish() { return state_->finish(); }

std::size_t HttpTransport::sessions() const { return state_->sessions(); }

} // namespace gem::mcp
