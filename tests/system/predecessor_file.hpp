// An SQLite file as the Python program that came before this one left it.
#pragma once

#include <string>

namespace gem::tests {

struct PredecessorContent {
    int events = 0;
    int commits = 0;
    int bad_events = 0; ///< rows besides whose payload is no JSON
};

/// Events of seven repositories over two hours from 2024-03-01T10:00:00Z on, commits with files and summaries. The same
/// bytes go in each time.
void write_predecessor_file(std::string const& path, PredecessorContent const& content);

} // namespace gem::tests
