// One connection: reads requests, asks the service, writes responses. A small state machine without a coroutine on the
// fast path. It lives as long as one of its operations is under way; its end unlinks it from the server's list.
#pragma once

#include <array>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "http/request_parser.hpp"
#include "http/server_core.hpp"

namespace gem::http {

class Session final : public std::enable_shared_from_this<Session>, public SessionHook {
  public:
    using Time = std::chrono::steady_clock::time_point;

    Session(std::shared_ptr<ServerCore> core, Socket socket, asio::ip::address peer);
    ~Session();

    void start();
    /// Acts if the time for what is going on is up.
    void check_deadline(Time now);
    /// Ends now when idle, else after the response in flight.
    void finish();
    /// Ends now; an answer in the making is cancelled.
    void abort();
    /// Whether it waits for the first byte of a request.
    [[nodiscard]] bool idle() const { return stage_ == Stage::receiving && !begun_; }
    [[nodiscard]] Time deadline() const { return deadline_; }

  private:
    enum class Stage {
        receiving,
        answering,
        streaming, ///< waits for the next piece of a body
        writing,
        lingering,
        closed
    };
    /// A request that does not reach the service.
    struct Refusal {
        unsigned status;
        std::string_view error_code;
        std::string detail;
        bool fatal = true; ///< where the next request begins is not known
    };

    void advance();
    void next_request();
    void forget_body();
    void read_more();
    void received(boost::system::error_code error, std::size_t count);
    std::optional<Refusal> parse();
    std::optional<Refusal> refusal_for(boost::system::error_code error) const;
    std::optional<Refusal> check_head();
    std::optional<Refusal> check_body_budget();
    void find_client();
    std::optional<Refusal> check_rate();
    void send_continue();
    void serve();
    void answered(std::exception_ptr thrown, Response response);
    void failed(std::exception_ptr thrown);
    void refuse(Refusal const& refusal);
    void respond(Response response);
    void send();
    void sent();
    void next_piece();
    void piece_came(std::exception_ptr thrown, std::optional<std::string> piece);
    void linger();

    std::shared_ptr<ServerCore> core_;
    Socket socket_;
    asio::ip::address peer_;
    Stage stage_ = Stage::receiving;
    Time deadline_{};

    std::vector<char> in_; // received bytes not yet parsed: [in_begin_, in_end_)
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;

    Request request_;
    std::vector<RequestParser::Header> spare_headers_;
    std::optional<RequestParser> parser_;
    bool reading_ = false; // an async_read_some is under way

    bool begun_ = false; // a byte of the request has come
    bool head_checked_ = false;
    bool too_slow_ = false; // the read under way was cancelled by the deadline
    bool keep_alive_ = true;
    bool counted_ = false; // rate_ belongs to this request
    RateLimiter::Decision rate_;
    std::uint64_t charged_ = 0; // of ServerCore::body_bytes
    asio::cancellation_signal cancel_;

    std::string head_;
    Response response_; // keeps the body until it is sent
    std::string piece_; // of a streamed body, framed
    std::array<asio::const_buffer, 2> out_;
    std::size_t drained_ = 0;
};

} // namespace gem::http
