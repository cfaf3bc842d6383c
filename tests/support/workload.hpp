// A random history with everything that makes storage hard: duplicates, renames, names that change hands, sources
// without ids, bots, unknown people, ties. The same seed gives the same history.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "storage/database_interface.hpp"

namespace gem::test {

struct WorkloadOptions {
    std::uint32_t seed = 1;
    std::size_t batches = 30;
    std::size_t largest_batch = 60;
    UtcTime start{}; ///< a whole hour; the history goes on from here
    hours length{50};
    bool bad_events = true; ///< some that must be rejected
};

/// One insert after the other. Renames happen on whole hours, so that rollups by minute can be exact about them.
std::vector<std::vector<Event>> make_workload(WorkloadOptions const& options);

/// Random windows, names and sizes for questions about a history; all from one seed.
class QuestionMaker {
  public:
    QuestionMaker(std::uint32_t seed, WorkloadOptions history) : random_(seed), history_(history) {}
    /// On whole minutes; at times empty, beyond the history or all of it.
    TimeWindow window();
    /// At most a day long.
    TimeWindow short_window();
    /// A name of the history, in some spelling; at times one that nobody bears.
    RepoName repo();
    std::optional<RepoName> maybe_repo();
    std::string type();
    std::string actor();
    std::size_t number(std::size_t from, std::size_t to);

  private:
    std::mt19937 random_;
    WorkloadOptions history_;
};

} // namespace gem::test
