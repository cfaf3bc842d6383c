// A small HTTP server on a real socket of 127.0.0.1, with ways to misbehave. For tests/system.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "support/loopback.hpp"

namespace gem::test {

struct SocketRequest {
    std::string head; ///< request line and headers, as they came
    std::string body; ///< as long as Content-Length says

    /// `/path?query`
    [[nodiscard]] std::string target() const {
        auto const first = head.find(' ');
        return head.substr(first + 1, head.find(' ', first + 1) - first - 1);
    }
    /// The value of a header (any case), empty if it is not there.
    [[nodiscard]] std::string header(std::string name) const {
        auto const lower = [](std::string text) {
            for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            return text;
        };
        auto const start = lower(head).find("\r\n" + lower(std::move(name)) + ": ");
        if (start == std::string::npos) return {};
        auto const value = head.find(": ", start) + 2;
        return head.substr(value, head.find("\r\n", value) - value);
    }
};

struct SocketReply {
    enum class Then { keep_open, close, reset, stall }; ///< stall: say nothing more until the other side gives up
    std::string bytes;
    Then then = Then::keep_open;

    static SocketReply of(unsigned status, std::string_view headers, std::string_view body) {
        return {.bytes = fmt::format("HTTP/1.1 {} Said\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers,
                                     body)};
    }
};

/// One thread a connection. The handler is called by one of them at a time.
class SocketServer {
  public:
    using Handler = std::function<SocketReply(SocketRequest const&)>;

    explicit SocketServer(Handler handler) : handler_(std::move(handler)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        auto address = loopback(0);
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(listener_, 64);
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }

    ~SocketServer() {
        stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        {
            std::scoped_lock const lock(mutex_);
            for (int const socket : open_) ::shutdown(socket, SHUT_RDWR);
        }
        for (auto& connection : connections_) connection.join();
        ::close(listener_);
    }
    SocketServer(SocketServer const&) = delete;
    SocketServer& operator=(SocketServer const&) = delete;

    [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
    [[nodiscard]] unsigned port() const { return port_; }
    [[nodiscard]] std::size_t connections() const { return accepted_; }

  private:
    void accept_all() {
        while (!stopping_) {
            int const socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) return;
            ++accepted_;
            {
                std::scoped_lock const lock(mutex_);
                open_.push_back(socket);
            }
            connections_.emplace_back([this, socket] {
                serve(socket);
                std::scoped_lock const lock(mutex_);
                std::erase(open_, socket);
                ::close(socket);
            });
        }
    }

    void serve(int socket) {
        std::string buffer;
        while (!stopping_) {
            SocketRequest request;
            std::size_t end = 0;
            while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
                if (!receive(socket, buffer)) return;
            }
            request.head = buffer.substr(0, end + 2);
            buffer.erase(0, end + 4);
            auto const length = request.header("Content-Length");
            std::size_t const size = length.empty() ? 0 : std::stoul(length);
            while (buffer.size() < size) {
                if (!receive(socket, buffer)) return;
            }
            request.body = buffer.substr(0, size);
            buffer.erase(0, size);
            SocketReply reply;
            {
                std::scoped_lock const lock(handling_);
                reply = handler_(request);
            }
            std::string_view rest(reply.bytes);
            while (!rest.empty()) {
                auto const sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
                if (sent <= 0) return;
                rest.remove_prefix(static_cast<std::size_t>(sent));
            }
            if (reply.then == SocketReply::Then::reset) {
                linger const at_once{.l_onoff = 1, .l_linger = 0};
                ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            }
            if (reply.then == SocketReply::Then::stall) {
                while (receive(socket, buffer)) {
                }
            }
            if (reply.then != SocketReply::Then::keep_open) return;
        }
    }

    static bool receive(int socket, std::string& buffer) {
        std::array<char, 8192> piece{};
        auto const size = ::recv(socket, piece.data(), piece.size(), 0);
        if (size <= 0) return false;
        buffer.append(piece.data(), static_cast<std::size_t>(size));
        return true;
    }

    Handler handler_;
    int listener_ = -1;
    unsigned port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::size_t> accepted_ = 0;
    std::mutex mutex_;
    std::mutex handling_;
    std::vector<int> open_;
    std::vector<std::thread> connections_;
    std::thread acceptor_;
};

} // namespace gem::test
