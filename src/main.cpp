// Hands the arguments to cli and returns its exit status.
#include "cli/cli.hpp"

int main(int argc, char** argv) {
    return gem::cli::run({argv + (argc > 0 ? 1 : 0), argv + argc}, gem::process_environment(),
                         gem::cli::Console::standard());
}
