#include "mcp/stdio.hpp"

#include <cerrno>
#include <cstring>

#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mcp/asked.hpp"
#include "mcp/batch.hpp"
#include "mcp/tasks.hpp"

namespace gem::mcp {

namespace {

constexpr std::size_t piece_size = 64 * 1024;

/// Waits for bytes of `input` or for `stopped`; empty at the end, or when it was stopped.
std::string read_piece(int input, int stopped) {
    while (true) {
        std::array<pollfd, 2> wanted{pollfd{.fd = input, .events = POLLIN, .revents = 0},
                                     pollfd{.fd = stopped, .events = POLLIN, .revents = 0}};
        if (::poll(wanted.data(), wanted.size(), -1) < 0 && errno != EINTR) return {};
        if (wanted[1].revents != 0) return {};
        if (wanted[0].revents == 0) continue;
        std::string bytes(piece_size, '\0');
        auto const count = ::read(input, bytes.data(), bytes.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return bytes;
    }
}

/// Whether all of it was taken.
bool write_whole(int output, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const count = ::write(output, bytes.data(), bytes.size());
        if (count < 0 && errno == EAGAIN) {
            pollfd wanted{.fd = output, .events = POLLOUT, .revents = 0};
            ::poll(&wanted, 1, -1);
        } else if (count < 0 && errno != EINTR) {
            return false;
        }
        if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

} // namespace

class StdioServer::Connection {
  public:
    Connection(Engine& engine, Log& log, int input, int output, StdioOptions options)
        : engine_(engine), log_(log), input_(input), output_(output), stop_event_(::eventfd(0, EFD_CLOEXEC)),
          options_(options) {
        legacy_.may_write = options.may_write;
    }
    ~Connection() { ::close(stop_event_); }

    Async<void> run() {
        auto const executor = co_await asio::this_coro::executor;
        Tasks tasks(executor, log_);
        tasks_ = &tasks;
        Tasks writing(executor, log_);
        asio::thread_pool reader(1);
        asio::thread_pool writer(1);
        Hub::Subscription subscription(
            engine_.hub(), {.tools = engine_.catalog().lists_change, .prompts = engine_.catalog().lists_change},
            [this](std::string_view method, Object params) {
                if (legacy_.initialized) put(notification_text(method, std::move(params)));
            });
        subscription_ = &subscription;
        writing.spawn(write_all(writer));
        while (!stopping_ && !broken_) {
            auto piece = co_await run_on(reader, [this] { return read_piece(input_, stop_event_); });
            if (piece.empty()) break;
            for (std::string_view rest = piece; !rest.empty() && !stopping_ && !broken_;) {
                rest = take(rest);
                while (!stopping_ && !broken_ && too_much()) co_await changed_.wait();
            }
        }
        if (!partial_.empty() && !stopping_) take("\n"); // a last line without its end
        co_await finish(tasks);
        closing_ = true;
        changed_.set();
        co_await writing.wait();
        reader.join();
        writer.join();
        tasks_ = nullptr;
    }

    void stop() {
        stopping_ = true;
        std::uint64_t const one = 1;
        if (::write(stop_event_, &one, sizeof one) < 0) log_.warn("mcp_stop_failed", {{"error", errno}});
        changed_.set();
    }

  private:
    /// One request under way.
    struct Request final : Channel {
        Request(Connection& whose, Message what, std::shared_ptr<Batch> of)
            : connection(whose), message(std::move(what)), batch(std::move(of)) {}
        void send(std::string text) override { connection.put(std::move(text)); }
        Async<Outcome> ask(std::string method, Object params) override {
            co_return co_await connection.asked_.ask(std::move(method), std::move(params),
                                                     [this](std::string text) { send(std::move(text)); });
        }
        Async<void> until_ending() override {
            while (!connection.ending_) co_await connection.ended_.wait();
        }
        /// A subscription lasts; it must not keep others from being read.
        [[nodiscard]] bool counts() const { return message.method != "subscriptions/listen"; }
        Connection& connection;
        Message message;
        std::shared_ptr<Batch> batch; ///< null: it came alone
        std::optional<Client> modern;
        Tasks::Handle task;
        std::string reply; ///< empty: none, it was cancelled
        bool cancelled = false;
    };
    using RequestPtr = std::shared_ptr<Request>;
    using BatchPtr = std::shared_ptr<Batch>;

    [[nodiscard]] bool too_much() const {
        return unsent_ > options_.most_unsent || (busy_ >= options_.most_requests && asked_.size() == 0);
    }

    void put(std::string text) {
        if (broken_) return;
        unsent_ += text.size() + 1;
        out_ += text;
        out_ += '\n';
        changed_.set();
    }

    Async<void> write_all(asio::thread_pool& pool) {
        while (!broken_) {
            if (out_.empty()) {
                if (closing_) co_return;
                co_await changed_.wait();
                continue;
            }
            auto const bytes = std::exchange(out_, {});
            if (!co_await run_on(pool, [this, &bytes] { return write_whole(output_, bytes); })) {
                broken_ = true;
                stop(); // nobody is there to answer
            }
            unsent_ -= bytes.size();
            changed_.set();
        }
    }

    /// Takes a line, or the beginning of one; what is left.
    std::string_view take(std::string_view piece) {
        auto const end = piece.find('\n');
        if (!skipping_) partial_ += piece.substr(0, end);
        if (partial_.size() > options_.longest_line && !skipping_) {
            skipping_ = true;
            std::string().swap(partial_);
            put(error_text({}, {.code = code::invalid_request,
                                .message = fmt::format("a message may have {} bytes", options_.longest_line)}));
        }
        if (end == std::string_view::npos) return {};
        if (!skipping_) handle(std::exchange(partial_, {}));
        skipping_ = false;
        return piece.substr(end + 1);
    }

    void handle(std::string line) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.find_first_not_of(" \t") == std::string::npos) return;
        if (legacy_.version == batch_version && is_list(line))
            handle_batch(line);
        else
            handle_one(parse_message(line), {});
    }

    void handle_batch(std::string const& line) {
        auto messages = parse_batch(line);
        if (!messages) {
            put(error_text({}, messages.error()));
            return;
        }
        auto const batch = std::make_shared<Batch>(messages->size(), [this](std::string replies) {
            if (!replies.empty()) put(std::move(replies));
        });
        for (auto& message : *messages) handle_one(std::move(message), batch);
    }

    void handle_one(std::expected<Message, RpcError> message, BatchPtr const& batch) {
        if (!message) {
            settle(batch, error_text({}, message.error()));
            return;
        }
        if (message->kind == Message::Kind::request) {
            begin(std::make_shared<Request>(*this, std::move(*message), batch));
            return;
        }
        if (message->kind == Message::Kind::response)
            asked_.answered(*message);
        else if (message->method == "notifications/cancelled")
            cancel(*message);
        settle(batch, {});
    }

    /// The reply to a message that came alone or in a batch; empty: it gets none.
    void settle(BatchPtr const& batch, std::string reply) {
        if (batch)
            batch->settle(std::move(reply));
        else if (!reply.empty())
            put(std::move(reply));
    }

    void begin(RequestPtr const& request) {
        auto const& message = request->message;
        auto const id = to_text(message.id);
        if (requests_.contains(id)) {
            settle(request->batch,
                   error_text(message.id, {.code = code::invalid_request, .message = "this id is in use already"}));
            return;
        }
        auto const* const meta = get_object(message.params, "_meta");
        bool const claims = meta != nullptr && meta->contains(key::protocol_version);
        bool const modern_only =
            knows_method(Era::modern, message.method) && !knows_method(Era::legacy, message.method);
        if (claims || modern_only) {
            auto client = modern_client(message.params);
            if (!client) {
                settle(request->batch, error_text(message.id, client.error()));
                return;
            }
            client->may_write = options_.may_write;
            request->modern = std::move(*client);
        }
        requests_.emplace(id, request);
        if (request->counts()) ++busy_;
        request->task = tasks_->spawn(answer(request));
    }

    Async<void> answer(RequestPtr request) {
        struct End {
            Connection& connection;
            RequestPtr request;
            std::string id;
            ~End() {
                if (request->counts()) --connection.busy_;
                connection.requests_.erase(id);
                connection.settle(request->batch, std::move(request->reply));
                connection.changed_.set();
            }
        } const end{.connection = *this, .request = request, .id = to_text(request->message.id)};
        auto& client = request->modern ? *request->modern : legacy_;
        auto const outcome = co_await engine_.answer(client, request->message, *request);
        if (request->cancelled) co_return;
        if (!request->modern) subscription_->interest.uris = legacy_.subscribed;
        auto const& id = request->message.id;
        request->reply = outcome ? result_text(id, *outcome) : error_text(id, outcome.error());
    }

    void cancel(Message const& notification) {
        auto const* const id = notification.params.if_contains("requestId");
        auto const found = id == nullptr ? requests_.end() : requests_.find(to_text(*id));
        if (found == requests_.end() || found->second->message.method == "initialize") return;
        found->second->cancelled = true;
        tasks_->cancel(found->second->task);
    }

    /// What came is answered, as long as it takes no longer than it may; subscriptions end.
    Async<void> finish(Tasks& tasks) {
        ending_ = true;
        ended_.set();
        asked_.give_up();
        auto const deadline = std::chrono::steady_clock::now() + options_.patience_at_end;
        while (!requests_.empty() && !broken_) {
            auto const left = deadline - std::chrono::steady_clock::now();
            if (stopping_ || left <= std::chrono::steady_clock::duration::zero()) break;
            co_await changed_.wait(left);
        }
        tasks.cancel_all();
        co_await tasks.wait();
    }

    Engine& engine_;
    Log& log_;
    int input_;
    int output_;
    int stop_event_;
    StdioOptions options_;
    Client legacy_;
    Asked asked_;
    Tasks* tasks_ = nullptr;
    Hub::Subscription* subscription_ = nullptr;
    std::map<std::string, RequestPtr> requests_;
    std::size_t busy_ = 0;
    std::string partial_;
    bool skipping_ = false;
    std::string out_;
    std::size_t unsent_ = 0;
    Wakeup changed_;
    Wakeup ended_;
    bool stopping_ = false;
    bool broken_ = false;
    bool closing_ = false;
    bool ending_ = false;
};

StdioServer::StdioServer(Engine& engine, Log& log, int input, int output, StdioOptions options)
    : connection_(std::make_unique<Connection>(engine, log, input, output, options)) {}

StdioServer::~StdioServer() = default;

Async<void> StdioServer::run() { return connection_->run(); }

void StdioServer::stop() { connection_->stop(); }

} // namespace gem::mcp
