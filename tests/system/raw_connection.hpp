// A plain blocking socket for tests that must say exactly what goes over the wire.
#pragma once

#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/loopback.hpp"

namespace gem::tests {

struct RawResponse {
    int status = 0;
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;
};

/// Connects to 127.0.0.1. Reading waits at most ten seconds, then throws.
class RawConnection {
  public:
    explicit RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        auto const address = test::loopback(port);
        int const on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) {
            ::close(socket_);
            throw std::runtime_error("cannot connect");
        }
    }
    ~RawConnection() {
        if (socket_ >= 0) ::close(socket_);
    }
    RawConnection(RawConnection const&) = delete;
    RawConnection& operator=(RawConnection const&) = delete;
    RawConnection(RawConnection&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), pending_(std::move(other.pending_)) {}

    /// False when the other side is gone.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            auto const count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    void half_close() { ::shutdown(socket_, SHUT_WR); }

    /// Ends with a reset in place of an orderly close.
    void reset() {
        linger const now{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        ::close(std::exchange(socket_, -1));
    }

    /// Reads one response; `to_head`: without a body, whatever Content-Length says. Throws if the connection ends
    /// first.
    RawResponse read(bool to_head = false) {
        auto head_end = pending_.find("\r\n\r\n");
        for (; head_end == std::string::npos; head_end = pending_.find("\r\n\r\n"))
            if (!more()) throw std::runtime_error("the connection ended before a response: " + pending_);
        RawResponse response;
        response.status = std::stoi(pending_.substr(9, 3));
        std::size_t at = pending_.find("\r\n") + 2;
        while (at < head_end + 2) {
            auto const end = pending_.find("\r\n", at);
            auto const colon = pending_.find(": ", at);
            auto name = pending_.substr(at, colon - at);
            for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            response.headers[name] = pending_.substr(colon + 2, end - colon - 2);
            at = end + 2;
        }
        pending_.erase(0, head_end + 4);
        std::size_t const length = to_head || !response.headers.contains("content-length")
                                       ? 0
                                       : std::stoul(response.headers["content-length"]);
        while (pending_.size() < length)
            if (!more()) throw std::runtime_error("the connection ended within a body");
        response.body = pending_.substr(0, length);
        pending_.erase(0, length);
        return response;
    }

    /// What comes up to and with `text`; empty if the connection ends first. Throws after ten seconds of silence.
    std::string read_until(std::string_view text) {
        auto at = pending_.find(text);
        for (; at == std::string::npos; at = pending_.find(text))
            if (!more()) return {};
        auto found = pending_.substr(0, at + text.size());
        pending_.erase(0, at + text.size());
        return found;
    }

    /// The next `count` bytes as they came.
    std::string take(std::size_t count) {
        while (pending_.size() < count)
            if (!more()) throw std::runtime_error("the connection ended before its time: " + pending_);
        auto const taken = pending_.substr(0, count);
        pending_.erase(0, count);
        return taken;
    }

    /// Whether something has come, or the end, without waiting for it.
    bool has_answer() {
        pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
        return !pending_.empty() || ::poll(&waiting, 1, 0) > 0;
    }

    /// Whether the other side ends the connection without another byte.
    bool at_end() { return pending_.empty() && !more(); }

  private:
    /// False at the end; throws after ten seconds of silence.
    bool more() {
        pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, 10'000) == 0) throw std::runtime_error("the server says nothing");
        char bytes[16'384];
        auto const count = ::recv(socket_, bytes, sizeof bytes, 0);
        if (count <= 0) return false;
        pending_.append(bytes, static_cast<std::size_t>(count));
        return true;
    }

    int socket_;
    std::string pending_;
};

} // namespace gem::tests
