#include "http/session.hpp"

#include <algorithm>
#include <cstring>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "http/negotiation.hpp"
#include "http/response_head.hpp"
#include "http/target.hpp"

namespace gem::http {

namespace {

namespace http_error = boost::beast::http;
using ErrorValue = boost::system::error_code;

constexpr std::size_t first_buffer = 4 * 1024;
constexpr std::size_t buffer_beyond_head = 4 * 1024;
constexpr std::size_t kept_body_capacity = 64 * 1024;
constexpr std::size_t most_drained = 1024 * 1024;

Session::Time now() { return std::chrono::steady_clock::now(); }

} // namespace

Session::Session(std::shared_ptr<ServerCore> core, Socket socket, asio::ip::address peer)
    : core_(std::move(core)), socket_(std::move(socket)), peer_(std::move(peer)), in_(first_buffer) {
    core_->sessions.push_back(*this);
    ++core_->stats.connections;
    ++core_->stats.open_connections;
}

Session::~Session() {
    core_->body_bytes -= charged_;
    --core_->stats.open_connections;
    unlink();
    if (core_->stopping && core_->sessions.empty()) core_->drain.cancel();
}

void Session::start() {
    ErrorValue ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    next_request();
    deadline_ = now() + std::min(core_->options.header_timeout, core_->options.idle_timeout);
    read_more();
}

void Session::next_request() {
    stage_ = Stage::receiving;
    begun_ = head_checked_ = counted_ = false;
    keep_alive_ = true;
    forget_body();
    parser_.emplace(request_, spare_headers_, core_->options.header_limit, core_->options.body_limit);
    deadline_ = now() + core_->options.idle_timeout;
}

void Session::forget_body() {
    core_->body_bytes -= std::exchange(charged_, 0);
    if (request_.body.capacity() > kept_body_capacity)
        std::string().swap(request_.body);
    else
        request_.body.clear();
}

/// Works through what was received until it has to wait for the network or for the service.
void Session::advance() {
    while (stage_ == Stage::receiving) {
        if (auto const refusal = parse()) {
            refuse(*refusal);
        } else if (parser_->is_done()) {
            serve();
        } else {
            read_more();
            return;
        }
    }
}

void Session::read_more() {
    if (reading_) return;
    if (in_begin_ == in_end_) {
        in_begin_ = in_end_ = 0;
    } else if (in_end_ == in_.size() && in_begin_ > 0) {
        std::memmove(in_.data(), in_.data() + in_begin_, in_end_ - in_begin_);
        in_end_ -= in_begin_;
        in_begin_ = 0;
    }
    if (in_end_ == in_.size() || (head_checked_ && in_.size() == first_buffer))
        in_.resize(std::size_t{core_->options.header_limit} + buffer_beyond_head);
    reading_ = true;
    socket_.async_read_some(
        asio::buffer(in_.data() + in_end_, in_.size() - in_end_),
        [self = shared_from_this()](ErrorValue error, std::size_t count) { self->received(error, count); });
}

void Session::received(ErrorValue error, std::size_t count) {
    reading_ = false;
    if (stage_ == Stage::closed) return;
    if (response_.stream && (stage_ == Stage::streaming || stage_ == Stage::writing)) {
        // Only to learn of the client's end; what it sends is its next request.
        in_end_ += count;
        if (error)
            abort();
        else if (in_end_ < in_.size())
            read_more();
        return;
    }
    if (stage_ == Stage::lingering) {
        drained_ += count;
        in_begin_ = in_end_ = 0;
        if (error || drained_ > most_drained)
            abort();
        else
            read_more();
        return;
    }
    if (too_slow_) {
        refuse({.status = 408,
                .error_code = "REQUEST_TIMEOUT",
                .detail = "the request did not arrive whole in time; send it faster, or again"});
    } else if (!error) {
        in_end_ += count;
    } else if (error == asio::error::eof && begun_) {
        refuse({.status = 400,
                .error_code = "BAD_REQUEST",
                .detail = "the connection's other end was closed before the request was complete"});
    } else {
        abort();
    }
    advance();
}

std::optional<Session::Refusal> Session::parse() {
    // Some clients send an empty line after a body; RFC 9112 asks to overlook it.
    while (!begun_ && in_begin_ < in_end_ && (in_[in_begin_] == '\r' || in_[in_begin_] == '\n')) ++in_begin_;
    if (in_begin_ == in_end_) return std::nullopt;
    if (!begun_) {
        begun_ = true;
        deadline_ = now() + core_->options.header_timeout;
    }
    ErrorValue error;
    std::size_t const pending = in_end_ - in_begin_;
    std::size_t const used = parser_->put(asio::const_buffer(in_.data() + in_begin_, pending), error);
    in_begin_ += used;
    if (error && error != http_error::error::need_more) return refusal_for(error);
    if (!parser_->is_header_done()) return std::nullopt;
    if (!head_checked_) {
        head_checked_ = true;
        deadline_ = now() + core_->options.body_timeout;
        if (auto refusal = check_head()) return refusal;
    }
    if (used == 0 && pending >= core_->options.header_limit)
        return Refusal{.status = 400, .error_code = "BAD_REQUEST", .detail = "a chunk of the body has too long a head"};
    return check_body_budget();
}

std::optional<Session::Refusal> Session::refusal_for(ErrorValue error) const {
    using enum http_error::error;
    auto const& options = core_->options;
    if (error == header_limit)
        return Refusal{.status = 431,
                       .error_code = "HEADERS_TOO_LARGE",
                       .detail = fmt::format("the head of a request may have {} bytes", options.header_limit)};
    if (error == body_limit)
        return Refusal{.status = 413,
                       .error_code = "PAYLOAD_TOO_LARGE",
                       .detail = fmt::format("the body of a request may have {} bytes", options.body_limit)};
    if (error == bad_version) {
        // Beast also says so of a line that ends wrongly; another version of HTTP is recognised by its name.
        std::string_view const rest(in_.data() + in_begin_, in_end_ - in_begin_);
        auto const name = rest.substr(0, rest.find('\r')).rfind(" HTTP/");
        if (name != std::string_view::npos && !rest.substr(name).starts_with(" HTTP/1."))
            return Refusal{
                .status = 400, .error_code = "BAD_REQUEST", .detail = "this server speaks HTTP/1.1 and HTTP/1.0"};
    }
    return Refusal{.status = 400,
                   .error_code = "BAD_REQUEST",
                   .detail = "this is not an HTTP request that can be read: " + error.message()};
}

std::optional<Session::Refusal> Session::check_body_budget() {
    if (request_.body.size() == charged_) return std::nullopt;
    core_->body_bytes += request_.body.size() - charged_;
    charged_ = request_.body.size();
    if (core_->body_bytes <= core_->options.all_bodies_limit) return std::nullopt;
    return Refusal{
        .status = 503, .error_code = "OVERLOADED", .detail = "too many large requests at once; try again soon"};
}

std::optional<Session::Refusal> Session::check_head() {
    if (parser_->unknown_transfer())
        return Refusal{
            .status = 400, .error_code = "BAD_REQUEST", .detail = "the only Transfer-Encoding taken is chunked"};
    if (parser_->chunked() && !parser_->is_http11())
        return Refusal{.status = 400, .error_code = "BAD_REQUEST", .detail = "HTTP/1.0 has no Transfer-Encoding"};
    if (parser_->host_headers() > 1 || (parser_->is_http11() && parser_->host_headers() == 0))
        return Refusal{.status = 400, .error_code = "BAD_REQUEST", .detail = "a request has exactly one Host header"};
    find_client();
    if (request_.target.size() > core_->options.target_limit)
        return Refusal{.status = 414,
                       .error_code = "TARGET_TOO_LONG",
                       .detail = fmt::format("a request target may have {} bytes", core_->options.target_limit),
                       .fatal = false};
    if (auto const parsed = parse_target(request_); !parsed)
        return Refusal{.status = 400, .error_code = "BAD_REQUEST", .detail = parsed.error().message, .fatal = false};
    if (auto refusal = check_rate()) return refusal;
    if (parser_->expects_the_unknown())
        return Refusal{.status = 417,
                       .error_code = "BAD_REQUEST",
                       .detail = "the only expectation met is 100-continue",
                       .fatal = false};
    bool const body_to_come = !parser_->is_done() && request_.body.empty();
    if (parser_->expects_continue() && parser_->is_http11() && body_to_come) send_continue();
    return std::nullopt;
}

void Session::find_client() {
    if (core_->proxies.empty()) {
        if (request_.remote_address.empty()) request_.remote_address = unmapped(peer_).to_string();
        return;
    }
    std::string chain;
    for (auto const& [name, value] : request_.headers) {
        if (name != "x-forwarded-for") continue;
        if (!chain.empty()) chain += ',';
        chain += value;
    }
    request_.remote_address = core_->proxies.client_of(peer_, chain).to_string();
}

std::optional<Session::Refusal> Session::check_rate() {
    if (!core_->limiter) return std::nullopt;
    if (std::ranges::find(core_->options.rate_limit_exempt, request_.path) != core_->options.rate_limit_exempt.end())
        return std::nullopt;
    rate_ = core_->limiter->take(rate_key(request_.remote_address), now());
    counted_ = true;
    if (rate_.allowed) return std::nullopt;
    ++core_->stats.rate_limited;
    return Refusal{.status = 429,
                   .error_code = "RATE_LIMITED",
                   .detail =
                       fmt::format("more than {} requests at once, or {} a second; try again in {} s", rate_.limit,
                                   core_->options.rate_limit->requests_per_second, rate_.retry_in.count()),
                   .fatal = false};
}

void Session::send_continue() {
    static constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
    // A hint only: where the socket has no room for these bytes, the client sends its body after a while all the same.
    ErrorValue ignored;
    socket_.write_some(asio::buffer(line), ignored);
}

void Session::serve() {
    ++core_->stats.requests;
    try {
        if (auto at_hand = core_->service.answer_now(request_)) {
            ++core_->stats.answers_at_hand;
            respond(std::move(*at_hand));
            return;
        }
        stage_ = Stage::answering;
        deadline_ = now() + core_->options.answer_timeout;
        asio::co_spawn(core_->context, core_->service.answer(request_),
                       asio::bind_cancellation_slot(
                           cancel_.slot(), [self = shared_from_this()](std::exception_ptr thrown, Response response) {
                               self->answered(std::move(thrown), std::move(response));
                           }));
    } catch (...) {
        failed(std::current_exception());
    }
}

void Session::answered(std::exception_ptr thrown, Response response) {
    if (stage_ == Stage::closed) return;
    if (thrown)
        failed(std::move(thrown));
    else
        respond(std::move(response));
    advance();
}

void Session::failed(std::exception_ptr thrown) {
    std::string what = "an exception of unknown type";
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::operation_aborted && too_slow_) {
            refuse({.status = 503,
                    .error_code = "TIMED_OUT",
                    .detail = "the answer took too long; ask for less",
                    .fatal = false});
            return;
        }
        what = error.what();
    } catch (std::exception const& error) {
        what = error.what();
    } catch (...) {
    }
    ++core_->stats.failed;
    core_->log.error("request_failed", {{"method", request_.method}, {"path", request_.path}, {"error", what}});
    auto const detail = "the server failed to answer this request; its log tells why";
    respond(problem(500, "INTERNAL_ERROR", detail, core_->clock.now()));
}

void Session::refuse(Refusal const& refusal) {
    ++core_->stats.refused;
    auto response = problem(refusal.status, refusal.error_code, refusal.detail, core_->clock.now());
    if (refusal.status == 429) response.headers.emplace_back("Retry-After", std::to_string(rate_.retry_in.count()));
    if (refusal.status == 503) response.headers.emplace_back("Retry-After", "1");
    keep_alive_ = !refusal.fatal;
    forget_body();
    respond(std::move(response));
}

void Session::respond(Response response) {
    response_ = std::move(response);
    too_slow_ = false;
    // What is left of a request that was refused halfway cannot be told from the next one.
    bool const whole = parser_->is_done();
    keep_alive_ = keep_alive_ && whole && parser_->keep_alive() && !core_->stopping;

    HeadContext context{.common = core_->common_lines()};
    context.now = core_->second();
    context.representation = choose_representation(request_, response_);
    context.keep_alive = keep_alive_;
    context.http11 = parser_->is_http11();
    if (counted_) context.rate = &rate_;
    if (request_.method == "HEAD" || !may_have_body(response_.status)) response_.stream.reset();
    context.streamed = response_.stream != nullptr;
    if (context.streamed && !context.http11) context.keep_alive = keep_alive_ = false;
    if (!core_->options.cors_origins.empty()) {
        if (auto const origin = request_.header("origin"))
            context.allow_origin = allowed_origin(*origin, core_->options.cors_origins);
    }
    std::string_view body;
    bool const not_modified = context.representation.not_modified;
    if (response_.body && !not_modified && may_have_body(response_.status))
        body = context.representation.gzip ? response_.body->gzip() : response_.body->bytes();
    head_.clear();
    append_head(head_, request_, response_, body.size(), context);
    if (core_->log.enabled(LogLevel::debug))
        core_->log.debug("http_request", {{"client", request_.remote_address},
                                          {"method", request_.method},
                                          {"path", request_.path},
                                          {"status", not_modified ? 304 : response_.status}});
    if (request_.method == "HEAD") body = {};
    out_ = {asio::buffer(head_), asio::buffer(body)};
    stage_ = Stage::writing;
    send();
}

/// Writes at once what the socket takes, which is nearly always everything, and waits for room for the rest.
void Session::send() {
    while (true) {
        ErrorValue error;
        std::size_t count = socket_.write_some(out_, error);
        if (error == asio::error::would_block || error == asio::error::try_again) break;
        if (error) {
            abort();
            return;
        }
        for (auto& part : out_) {
            auto const taken = std::min(count, part.size());
            part += taken;
            count -= taken;
        }
        if (out_[0].size() + out_[1].size() == 0) {
            sent();
            return;
        }
    }
    deadline_ = now() + core_->options.write_timeout;
    socket_.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](ErrorValue error) {
        if (self->stage_ == Stage::closed) return;
        if (error)
            self->abort();
        else
            self->send();
        self->advance();
    });
}

void Session::sent() {
    response_.body.reset();
    if (response_.stream) {
        next_piece();
        return;
    }
    if (keep_alive_)
        next_request();
    else
        linger();
}

void Session::next_piece() {
    stage_ = Stage::streaming;
    deadline_ = Time::max();
    if (core_->stopping) response_.stream->finish();
    read_more();
    asio::co_spawn(
        core_->context, response_.stream->next(),
        asio::bind_cancellation_slot(cancel_.slot(), [self = shared_from_this(), stream = response_.stream](
                                                         std::exception_ptr thrown, std::optional<std::string> piece) {
            self->piece_came(std::move(thrown), std::move(piece));
        }));
}

void Session::piece_came(std::exception_ptr thrown, std::optional<std::string> piece) {
    if (stage_ == Stage::closed) return;
    if (thrown) {
        abort();
        return;
    }
    bool const chunked = parser_->is_http11();
    if (!piece) {
        response_.stream.reset();
        keep_alive_ = keep_alive_ && !core_->stopping;
        piece_ = chunked ? "0\r\n\r\n" : "";
    } else if (piece->empty()) {
        next_piece(); // an empty chunk would be the end
        return;
    } else {
        piece_ = chunked ? fmt::format("{:x}\r\n{}\r\n", piece->size(), *piece) : std::move(*piece);
    }
    out_ = {asio::buffer(piece_), asio::const_buffer()};
    stage_ = Stage::writing;
    send();
    advance();
}

/// Closing with unread bytes in the socket would reset the connection and could take the response from the client:
/// first the end of our side is told, then what still comes is thrown away for a while.
void Session::linger() {
    ErrorValue ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    stage_ = Stage::lingering;
    deadline_ = now() + core_->options.linger_timeout;
    in_begin_ = in_end_ = 0;
    read_more();
}

void Session::check_deadline(Time time) {
    if (time < deadline_) return;
    deadline_ = Time::max();
    if (stage_ == Stage::answering) {
        auto const self = shared_from_this();
        too_slow_ = true;
        cancel_.emit(asio::cancellation_type::terminal);
    } else if (stage_ == Stage::receiving && begun_) {
        too_slow_ = true;
        ErrorValue ignored;
        socket_.cancel(ignored);
    } else {
        abort();
    }
}

void Session::finish() {
    if (idle())
        abort();
    else if (response_.stream)
        response_.stream->finish();
}

void Session::abort() {
    auto const self = shared_from_this(); // the cancelled answer may hold the last share of us
    auto const was = std::exchange(stage_, Stage::closed);
    ErrorValue ignored;
    socket_.close(ignored);
    if (was == Stage::answering || was == Stage::streaming) cancel_.emit(asio::cancellation_type::terminal);
}

} // namespace gem::http
