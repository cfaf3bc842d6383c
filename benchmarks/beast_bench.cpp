// A bare Beast loop (callbacks, no rules, no limits) with the same body, to measure our server against:
// beast_bench [PORT [FILE [MICROSECONDS]]]. With FILE each request's body is written there and answered 202 once it is
// on the disk; those that come within 8 ms share one fdatasync. With MICROSECONDS the loop is busy so long for each
// request: what any server that costs as much could do on this machine at this time.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;

std::string const body = "{\"counts\":\"" + std::string(200, 'x') + "\"}";

/// A file to which what waits together is written with one fdatasync.
class Journal {
  public:
    Journal(asio::io_context& context, char const* path)
        : context_(context), timer_(context), file_(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
        if (file_ < 0) {
            std::perror(path);
            std::exit(1);
        }
    }

    /// Calls `kept` once `text` is on the disk.
    void keep(std::string const& text, std::function<void()> kept) {
        text_ += text;
        waiting_.push_back(std::move(kept));
        if (waiting_.size() > 1) return;
        timer_.expires_after(std::chrono::milliseconds(8));
        timer_.async_wait([this](beast::error_code) { write_out(); });
    }

  private:
    void write_out() {
        asio::post(disk_, [this, text = std::exchange(text_, {}), waiting = std::exchange(waiting_, {})]() mutable {
            std::string_view left = text;
            while (!left.empty()) {
                auto const written = write(file_, left.data(), left.size());
                if (written < 0 && errno == EINTR) continue;
                if (written < 0) break;
                left.remove_prefix(static_cast<std::size_t>(written));
            }
            if (!left.empty() || fdatasync(file_) != 0) {
                std::perror("beast_bench");
                std::_Exit(1);
            }
            asio::post(context_, [waiting = std::move(waiting)] {
                for (auto const& kept : waiting) kept();
            });
        });
    }

    asio::io_context& context_;
    asio::steady_timer timer_;
    int file_;
    std::string text_;
    std::vector<std::function<void()>> waiting_;
    asio::thread_pool disk_{1};
};

/// What every session does with a request.
struct Duties {
    std::optional<Journal> journal;
    long microseconds = 0;
};

/// Keeps this thread busy, counted in its own processor time.
void be_busy(long microseconds) {
    auto const now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return time.tv_sec * 1'000'000 + time.tv_nsec / 1'000;
    };
    for (auto const end = now() + microseconds; now() < end;) {
    }
}

struct Session : std::enable_shared_from_this<Session> {
    Session(Socket accepted, Duties& what) : socket(std::move(accepted)), duties(what) {}

    void read() {
        request = {};
        beast::http::async_read(socket, buffer, request,
                                [self = shared_from_this()](beast::error_code error, std::size_t) {
                                    if (!error) self->answer();
                                });
    }

    void answer() {
        if (duties.microseconds > 0) be_busy(duties.microseconds);
        if (!duties.journal) return write(beast::http::status::ok);
        duties.journal->keep(request.body(),
                             [self = shared_from_this()] { self->write(beast::http::status::accepted); });
    }

    void write(beast::http::status status) {
        response = {status, 11};
        response.set(beast::http::field::server, "beast");
        response.set(beast::http::field::content_type, "application/json");
        response.body() = body;
        response.prepare_payload();
        beast::http::async_write(socket, response, [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (!error) self->read();
        });
    }

    Socket socket;
    Duties& duties;
    beast::flat_buffer buffer;
    beast::http::request<beast::http::string_body> request;
    beast::http::response<beast::http::string_body> response;
};

void accept(asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>& acceptor, Duties& duties) {
    acceptor.async_accept([&acceptor, &duties](beast::error_code error, Socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true));
            std::make_shared<Session>(std::move(socket), duties)->read();
        }
        accept(acceptor, duties);
    });
}

} // namespace

int main(int argc, char** argv) {
    asio::io_context context(1);
    auto const port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8000);
    asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor(
        context, tcp::endpoint(asio::ip::address_v4::loopback(), port));
    Duties duties;
    if (argc > 2) duties.journal.emplace(context, argv[2]);
    if (argc > 3) duties.microseconds = std::atol(argv[3]);
    accept(acceptor, duties);
    std::printf("listening on 127.0.0.1:%u\n", port);
    std::fflush(stdout);
    context.run();
}
