#include "storage/dynamodb/credential_process.hpp"

#include <array>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

extern char** environ; // NOLINT: POSIX wants it declared so

namespace gem::dynamodb {

namespace {

constexpr std::size_t largest_output = std::size_t{64} << 10;

enum class Reading { whole, too_long, too_late };

Reading read_until_end(int from, std::string& output, std::chrono::steady_clock::time_point deadline) {
    while (true) {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd wait{.fd = from, .events = POLLIN, .revents = 0};
        if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) == 0) return Reading::too_late;
        std::array<char, 4096> piece{};
        auto const size = ::read(from, piece.data(), piece.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return Reading::whole;
        output.append(piece.data(), static_cast<std::size_t>(size));
        if (output.size() > largest_output) return Reading::too_long;
    }
}

/// Its process; -1 if it cannot be started. In a process group of its own, so that what it starts ends with it.
pid_t start(std::string const& command, int output) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::array<std::string, 3> words{"sh", "-c", command};
    std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
    pid_t process = -1;
    if (::posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments.data(), environ) != 0) process = -1;
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    return process;
}

} // namespace

Result<std::string> run_credential_process(std::string const& command, std::chrono::milliseconds limit) {
    auto const refuse = [](std::string what) {
        return fail(ErrorCode::unauthorized, "the credential_process " + std::move(what));
    };
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return refuse("cannot be started: no pipe");
    auto const process = start(command, pipe[1]);
    ::close(pipe[1]);
    if (process < 0) {
        ::close(pipe[0]);
        return refuse("cannot be started");
    }
    std::string output;
    auto const reading = read_until_end(pipe[0], output, std::chrono::steady_clock::now() + limit);
    ::close(pipe[0]);
    if (reading != Reading::whole) ::kill(-process, SIGKILL);
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    if (reading == Reading::too_late) return refuse(fmt::format("did not end within {} s", limit.count() / 1000));
    if (reading == Reading::too_long) return refuse("wrote more than 64 KB");
    if (!WIFEXITED(status)) return refuse(fmt::format("was ended by signal {}", WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0) return refuse(fmt::format("failed with status {}", WEXITSTATUS(status)));
    return output;
}

} // namespace gem::dynamodb
