// The process's own standard streams, and questions to a person.
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.hpp"

namespace gem::cli {

namespace {

std::function<void(std::string_view)> writer(std::FILE* stream) {
    return [stream](std::string_view text) {
        std::fwrite(text.data(), 1, text.size(), stream);
        std::fflush(stream);
    };
}

} // namespace

Console Console::standard() {
    Console console{.out = writer(stdout), .err = writer(stderr), .read_line = [] -> std::optional<std::string> {
                        std::string line;
                        if (!std::getline(std::cin, line)) return std::nullopt;
                        return line;
                    }};
    console.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
    console.in_is_terminal = ::isatty(STDIN_FILENO) == 1;
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) console.width = size.ws_col;
    return console;
}

bool Console::confirmed(std::string_view what, std::string_view word) const {
    if (!in_is_terminal) {
        err(fmt::format(
            "github-events-monitor: {}\nNobody is there to be asked; say --yes to go on without a question.\n", what));
        return false;
    }
    err(fmt::format("{}\nType \"{}\" to go on: ", what, word));
    if (read_line() == word) return true;
    err("Nothing was changed.\n");
    return false;
}

} // namespace gem::cli
