// Runs the program that a profile names to get credentials from (`credential_process`).
#pragma once

#include <chrono>
#include <string>

#include "base/result.hpp"

namespace gem::dynamodb {

/// What `command` (for /bin/sh) wrote to standard output; its standard error goes to ours. Blocks until it ends or
/// `limit` passes, and then ends it. unauthorized if it cannot be run, fails, takes too long or writes more than 64 KB.
Result<std::string> run_credential_process(std::string const& command, std::chrono::milliseconds limit);

} // namespace gem::dynamodb
