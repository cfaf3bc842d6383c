// Hands the arguments to cli and returns its exit status.
#include <csignal>

#include "cli/cli.hpp"

int main(int argc, char** argv) {
    // A peer or a pipe that went away, and a limit on the size of files, are errors to be told, not ends of the
    // process.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    return gem::cli::run({argv + (argc > 0 ? 1 : 0), argv + argc}, gem::process_environment(),
                         gem::cli::Console::standard());
}
