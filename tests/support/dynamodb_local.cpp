#include "support/dynamodb_local.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "support/loopback.hpp"

namespace gem::test {

namespace {

std::uint16_t free_port() {
    int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
}

/// Whether something answers a request there.
bool answers(std::uint16_t port) {
    int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval const limit{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    auto const address = loopback(port);
    bool good = ::connect(socket, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
    constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    good = good && ::send(socket, request.data(), request.size(), MSG_NOSIGNAL) > 0;
    std::array<char, 64> answer{};
    good = good && ::recv(socket, answer.data(), answer.size(), 0) > 0;
    ::close(socket);
    return good;
}

std::string read_file(std::filesystem::path const& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

DynamoDbLocal& DynamoDbLocal::instance() {
    static DynamoDbLocal local;
    return local;
}

DynamoDbLocal::DynamoDbLocal() {
    if (char const* const running = std::getenv("GEM_DYNAMODB_LOCAL"); running != nullptr && *running != '\0') {
        url_ = running;
        return;
    }
    std::filesystem::path const emulator =
        GEM_SOURCE_DIR "/tests/judges/node_modules/amplify-dynamodb-simulator/emulator";
    auto const jar = (emulator / "DynamoDBLocal.jar").string();
    if (!std::filesystem::exists(jar)) {
        throw std::runtime_error("DynamoDB Local is not installed: run script/bootstrap test");
    }
    auto const port = free_port();
    auto const libraries = "-Djava.library.path=" + (emulator / "DynamoDBLocal_lib").string();
    auto const port_text = std::to_string(port);
    auto const folder = std::filesystem::temp_directory_path();
    auto const log = folder / fmt::format("gem_dynamodb_local_{}.log", ::getpid());
    auto const starter = ::getpid();
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("DynamoDB Local cannot be started: no process");
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != starter) ::_exit(1); // died before the line above
        int const out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(out, STDOUT_FILENO);
        ::dup2(out, STDERR_FILENO);
        if (::chdir(folder.c_str()) != 0) ::_exit(1); // where it leaves a file
        ::execlp("java", "java", "-Xmx1g", "-XX:+UseSerialGC", libraries.c_str(), "-jar", jar.c_str(), "-inMemory",
                 "-sharedDb", "-disableTelemetry", "-port", port_text.c_str(), nullptr);
        ::_exit(127);
    }
    auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds(90);
    while (!answers(port)) {
        int status = 0;
        bool const ended = ::waitpid(process_, &status, WNOHANG) == process_;
        if (ended || std::chrono::steady_clock::now() > limit) {
            if (!ended) ::kill(process_, SIGKILL);
            throw std::runtime_error("DynamoDB Local does not start (is Java 17 there? script/bootstrap test): " +
                                     read_file(log));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    std::filesystem::remove(log);
    url_ = "http://127.0.0.1:" + port_text;
}

DynamoDbLocal::~DynamoDbLocal() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
}

std::string DynamoDbLocal::unique_prefix() {
    static std::uint32_t const mine = std::random_device{}();
    static std::atomic<int> next = 0;
    return fmt::format("t{}-{:08x}-{}-", ::getpid(), mine, ++next);
}

} // namespace gem::test
