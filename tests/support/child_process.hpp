// A program run by a test: its own environment, its output caught, its end awaited with a limit.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gem::tests {

struct ProcessOutcome {
    int status = -1; ///< exit status; 128 + the signal's number when it died of one
    std::string out;
    std::string err;
};

/// Starts at once. Standard input is `input`, then its end. Not started with the test's environment but with PATH and
/// `environment`. With `largest_file` it cannot make a file longer than so many bytes. Killed when it is destroyed
/// before it ended.
class ChildProcess {
  public:
    ChildProcess(std::string program, std::vector<std::string> arguments,
                 std::map<std::string, std::string> environment = {}, std::string const& input = {},
                 std::optional<std::uint64_t> largest_file = {}) {
        if (::pipe2(in_, O_CLOEXEC) != 0 || ::pipe2(out_, O_CLOEXEC) != 0 || ::pipe2(err_, O_CLOEXEC) != 0) {
            throw std::runtime_error("no pipe");
        }
        arguments.insert(arguments.begin(), program);
        environment.emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
        std::vector<std::string> variables;
        for (auto const& [name, value] : environment) variables.push_back(name + "=" + value);
        auto argument_pointers = pointers(arguments);
        auto variable_pointers = pointers(variables);
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error("no process");
        if (pid_ == 0) {
            if (largest_file) {
                rlimit const limit{.rlim_cur = *largest_file, .rlim_max = *largest_file};
                ::setrlimit(RLIMIT_FSIZE, &limit);
            }
            ::dup2(in_[0], STDIN_FILENO);
            ::dup2(out_[1], STDOUT_FILENO);
            ::dup2(err_[1], STDERR_FILENO);
            ::execve(program.c_str(), argument_pointers.data(), variable_pointers.data());
            ::_exit(127);
        }
        ::close(in_[0]);
        ::close(out_[1]);
        ::close(err_[1]);
        // What tests give in is shorter than a pipe holds.
        if (!input.empty() && ::write(in_[1], input.data(), input.size()) < 0) throw std::runtime_error("cannot write");
        ::close(in_[1]);
    }
    ~ChildProcess() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        ::close(out_[0]);
        ::close(err_[0]);
    }
    ChildProcess(ChildProcess const&) = delete;
    ChildProcess& operator=(ChildProcess const&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    void signal(int number) const { ::kill(pid_, number); }

    /// Reads until standard error holds `text`; false when the program ended or `limit` passed before.
    bool wait_for_err(std::string const& text, std::chrono::seconds limit = std::chrono::seconds(20)) {
        auto const deadline = Clock::now() + limit;
        while (outcome_.err.find(text) == std::string::npos) {
            if (!read_more(deadline)) return false;
        }
        return true;
    }

    [[nodiscard]] std::string const& err() const { return outcome_.err; }

    /// Reads for as long as `time`; true when the program has ended by then.
    bool ended_within(std::chrono::nanoseconds time) {
        auto const deadline = Clock::now() + time;
        while (read_more(deadline)) {
        }
        return !out_open_ && !err_open_;
    }

    /// Its end; throws when `limit` passes first.
    ProcessOutcome wait(std::chrono::seconds limit = std::chrono::seconds(60)) {
        auto const deadline = Clock::now() + limit;
        while (read_more(deadline)) {
        }
        if (out_open_ || err_open_) throw std::runtime_error("the program did not end in time: " + outcome_.err);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        outcome_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return outcome_;
    }

  private:
    using Clock = std::chrono::steady_clock;

    static std::vector<char*> pointers(std::vector<std::string>& texts) {
        std::vector<char*> all;
        for (auto& text : texts) all.push_back(text.data());
        all.push_back(nullptr);
        return all;
    }

    /// False at the end of both streams or at the deadline.
    bool read_more(Clock::time_point deadline) {
        if (!out_open_ && !err_open_) return false;
        pollfd waits[2] = {{out_open_ ? out_[0] : -1, POLLIN, 0}, {err_open_ ? err_[0] : -1, POLLIN, 0}};
        auto const left = std::chrono::nanoseconds(deadline - Clock::now()).count();
        timespec const limit{.tv_sec = left / 1'000'000'000, .tv_nsec = left % 1'000'000'000};
        if (left <= 0 || ::ppoll(waits, 2, &limit, nullptr) <= 0) return false;
        if (waits[0].revents != 0) out_open_ = take(out_[0], outcome_.out);
        if (waits[1].revents != 0) err_open_ = take(err_[0], outcome_.err);
        return true;
    }

    static bool take(int from, std::string& into) {
        char bytes[4096];
        auto const count = ::read(from, bytes, sizeof bytes);
        if (count <= 0) return false;
        into.append(bytes, static_cast<std::size_t>(count));
        return true;
    }

    int in_[2]{};
    int out_[2]{};
    int err_[2]{};
    pid_t pid_ = -1;
    bool out_open_ = true;
    bool err_open_ = true;
    ProcessOutcome outcome_;
};

} // namespace gem::tests
