// The built program, run in a directory of its own: commands, exit statuses, and serve over a real socket.
#pragma once

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "system/raw_connection.hpp"

namespace gem::tests {

class Program : public testing::Test {
  protected:
    /// Parametrised tests have a slash in their name.
    static std::string name_in_a_path() {
        std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
        std::ranges::replace(name, '/', '_');
        return name;
    }
    void SetUp() override {
        directory_ = std::filesystem::path(testing::TempDir()) / fmt::format("gem_{}_{}", name_in_a_path(), ::getpid());
        std::filesystem::create_directories(directory_);
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    [[nodiscard]] std::string path(std::string const& name) const { return (directory_ / name).string(); }
    [[nodiscard]] std::string database() const { return path("events.db"); }

    std::string write(std::string const& name, std::string const& bytes) const {
        std::ofstream(directory_ / name, std::ios::binary) << bytes;
        return path(name);
    }

    [[nodiscard]] std::map<std::string, std::string> environment() const { return {{"DATABASE_PATH", database()}}; }

    ProcessOutcome run(std::vector<std::string> arguments, std::string const& input = {}) const {
        return ChildProcess(GEM_PROGRAM, std::move(arguments), environment(), input).wait();
    }

    /// The number after `"key":` in an answer in JSON; -1 when there is none.
    static std::int64_t number(std::string const& answer, std::string const& key) {
        auto const mark = "\"" + key + "\":";
        auto const at = answer.find(mark);
        if (at == std::string::npos) return -1;
        std::int64_t value = -1;
        std::from_chars(answer.data() + at + mark.size(), answer.data() + answer.size(), value);
        return value;
    }

    /// A server on a port that the system picks, and the port.
    struct Served {
        std::unique_ptr<ChildProcess> process;
        std::uint16_t port = 0;
    };
    [[nodiscard]] Served serve(std::vector<std::string> more = {},
                               std::map<std::string, std::string> variables = {}) const {
        variables.merge(environment());
        std::vector<std::string> arguments = {"serve", "--port", "0", "--poll", "off"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        Served served{.process = std::make_unique<ChildProcess>(GEM_PROGRAM, arguments, variables)};
        if (!served.process->wait_for_err("listening url=") || !served.process->wait_for_err("\n")) {
            throw std::runtime_error("serve did not listen: " + served.process->err());
        }
        auto const& err = served.process->err();
        auto const at = err.find("127.0.0.1:", err.find("listening url="));
        served.port = static_cast<std::uint16_t>(std::stoi(err.substr(at + 10)));
        return served;
    }

    static std::string get(std::uint16_t port, std::string const& target) {
        RawConnection connection(port);
        connection.send(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", target));
        auto const response = connection.read();
        return fmt::format("{} {}", response.status, response.body);
    }

    std::filesystem::path directory_;
};

} // namespace gem::tests
