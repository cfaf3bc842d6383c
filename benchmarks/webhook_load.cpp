// Sends signed webhook deliveries to a running server at a fixed rate, and tells how long each took to be durable:
// webhook_load PORT SECRET [RATE SECONDS [CONNECTIONS [PID]]]; a RATE of 0 sends SECONDS thousand deliveries at once.
// A delivery's time counts from when it was due, so that a server that falls behind cannot hide it. With PID (the
// server's) it tells the processor time a delivery, too.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <vector>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include "base/async.hpp"

namespace {

using namespace gem;
using Steady = std::chrono::steady_clock;
using asio::ip::tcp;

struct Load {
    std::uint16_t port = 0;
    std::string secret;
    double rate = 2000;
    std::size_t count = 20'000;
    std::size_t connections = 64;
    Steady::time_point start;
    std::size_t next = 0;
    std::vector<double> milliseconds;
    std::size_t accepted = 0;
    std::size_t refused = 0;
    unsigned run = std::random_device()(); ///< no push is sent by two runs
    std::string filler;                    ///< makes a push about as long as GitHub's are
};

std::string hex_hmac(std::string const& secret, std::string const& body) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<unsigned char const*>(body.data()), body.size(), digest, &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
}

/// One push of one of 50 repositories, by one of 200 people.
std::string request_of(Load const& load, std::size_t number) {
    auto const body = fmt::format(
        R"({{"ref":"refs/heads/main","before":"{:08x}{:032x}","after":"{:08x}{:032x}","created":false,"deleted":false,"forced":false,)"
        R"("commits":[{{"id":"{:08x}{:032x}","distinct":true,"message":"change {}"}}],"repository":{{"id":{},"full_name":)"
        R"("octo-org/project-{}","private":false,"pushed_at":{},"filler":"{}"}},"sender":{{"id":{},"login":"octo-{}"}}}})",
        load.run, number, load.run, number + 1, load.run, number + 1, number, 700'000 + number % 50, number % 50,
        std::time(nullptr), load.filler, 900'000 + number % 200, number % 200);
    return fmt::format("POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       "X-GitHub-Event: push\r\nX-GitHub-Delivery: {:08x}-{:08x}-load\r\n"
                       "X-Hub-Signature-256: sha256={}\r\nContent-Length: {}\r\n\r\n{}",
                       load.run, number, hex_hmac(load.secret, body), body.size(), body);
}

Async<void> run_connection(Load& load) {
    tcp::socket socket(co_await asio::this_coro::executor);
    co_await socket.async_connect({asio::ip::address_v4::loopback(), load.port}, asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::streambuf answer;
    while (load.next < load.count) {
        auto const number = load.next++;
        auto due = load.start;
        if (load.rate > 0)
            due += std::chrono::duration_cast<Steady::duration>(
                std::chrono::duration<double>(static_cast<double>(number) / load.rate));
        auto const request = request_of(load, number);
        if (due > Steady::now()) co_await sleep_for(due - Steady::now());
        co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
        auto const head = co_await asio::async_read_until(socket, answer, "\r\n\r\n", asio::use_awaitable);
        std::string const text(asio::buffers_begin(answer.data()),
                               asio::buffers_begin(answer.data()) + static_cast<std::ptrdiff_t>(head));
        answer.consume(head);
        auto const length_at = text.find("Content-Length: ");
        std::size_t const length = length_at == std::string::npos ? 0 : std::stoul(text.substr(length_at + 16));
        if (answer.size() < length)
            co_await asio::async_read(socket, answer, asio::transfer_exactly(length - answer.size()),
                                      asio::use_awaitable);
        answer.consume(length);
        ++(text.starts_with("HTTP/1.1 202") ? load.accepted : load.refused);
        load.milliseconds.push_back(std::chrono::duration<double, std::milli>(Steady::now() - due).count());
    }
}

/// User and system seconds of a process.
double processor_seconds(char const* pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string text;
    std::getline(file, text);
    double user = 0;
    double system = 0;
    auto const after_name = text.rfind(')');
    if (after_name == std::string::npos) return 0;
    auto field = after_name + 2;
    for (int i = 0; i < 11; ++i) field = text.find(' ', field) + 1;
    std::sscanf(text.c_str() + field, "%lf %lf", &user, &system);
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "webhook_load PORT SECRET [RATE SECONDS [CONNECTIONS [PID]]]\n");
        return 2;
    }
    Load load;
    load.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    load.secret = argv[2];
    double const length = argc > 4 ? std::atof(argv[4]) : 10;
    if (argc > 3) load.rate = std::atof(argv[3]);
    load.count = static_cast<std::size_t>(load.rate > 0 ? load.rate * length : length * 1000);
    if (argc > 5) load.connections = static_cast<std::size_t>(std::atoi(argv[5]));
    load.filler = std::string(6'500, '.');
    for (std::size_t i = 0; i < load.filler.size(); ++i) load.filler[i] = static_cast<char>('a' + i * i % 23);
    double const before = argc > 6 ? processor_seconds(argv[6]) : 0;
    asio::io_context context(1);
    load.start = Steady::now() + std::chrono::milliseconds(load.rate > 0 ? 200 : 0);
    for (std::size_t i = 0; i < load.connections; ++i) {
        asio::co_spawn(context, run_connection(load), [](std::exception_ptr thrown) {
            if (thrown) std::fprintf(stderr, "a connection broke\n");
        });
    }
    context.run();
    auto const seconds_taken = std::chrono::duration<double>(Steady::now() - load.start).count();
    std::ranges::sort(load.milliseconds);
    auto const at = [&](double share) {
        if (load.milliseconds.empty()) return 0.0;
        return load.milliseconds[static_cast<std::size_t>(share * static_cast<double>(load.milliseconds.size() - 1))];
    };
    std::printf("%zu deliveries in %.1f s (%.0f a second): %zu accepted, %zu refused, %zu lost\n", load.count,
                seconds_taken, static_cast<double>(load.milliseconds.size()) / seconds_taken, load.accepted,
                load.refused, load.count - load.milliseconds.size());
    std::printf("to durable: p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, most %.1f ms\n", at(0.5), at(0.9), at(0.99), at(1));
    if (argc > 6)
        std::printf("server: %.0f us of processor time a delivery\n",
                    1e6 * (processor_seconds(argv[6]) - before) / static_cast<double>(load.count));
    return load.accepted == load.count ? 0 : 1;
}
