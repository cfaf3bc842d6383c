// A bare Beast loop (callbacks, no rules, no limits) with the same body, to measure our server against: beast_bench
// [PORT]
#include <cstdio>
#include <cstdlib>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <boost/asio/ip/tcp.hpp>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;

std::string const body = "{\"counts\":\"" + std::string(200, 'x') + "\"}";

struct Session : std::enable_shared_from_this<Session> {
    explicit Session(Socket accepted) : socket(std::move(accepted)) {}

    void read() {
        request = {};
        beast::http::async_read(socket, buffer, request,
                                [self = shared_from_this()](beast::error_code error, std::size_t) {
                                    if (!error) self->write();
                                });
    }

    void write() {
        response = {beast::http::status::ok, 11};
        response.set(beast::http::field::server, "beast");
        response.set(beast::http::field::content_type, "application/json");
        response.body() = body;
        response.prepare_payload();
        beast::http::async_write(socket, response, [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (!error) self->read();
        });
    }

    Socket socket;
    beast::flat_buffer buffer;
    beast::http::request<beast::http::string_body> request;
    beast::http::response<beast::http::string_body> response;
};

void accept(asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>& acceptor) {
    acceptor.async_accept([&acceptor](beast::error_code error, Socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true));
            std::make_shared<Session>(std::move(socket))->read();
        }
        accept(acceptor);
    });
}

} // namespace

int main(int argc, char** argv) {
    asio::io_context context(1);
    auto const port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8000);
    asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor(
        context, tcp::endpoint(asio::ip::address_v4::loopback(), port));
    accept(acceptor);
    std::printf("listening on 127.0.0.1:%u\n", port);
    std::fflush(stdout);
    context.run();
}
