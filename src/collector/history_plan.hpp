// What to ask of GitHub about the past of a repository that is newly watched, one answer after the other. Plain logic:
// it is given how far it is and what was answered, and returns how far it is then; no clock, no I/O.
//
// The parts, in this order: `repository` (whether it is private: nothing is kept before that is known), `items` (issues
// and pull requests), `answers` (comments on issues), `releases`, `deployments`. Items and answers are asked for in the
// order of their last change, each answer beginning where the one before ended: what changes while they are asked for
// comes again at the end, and nothing is passed over.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "github/client.hpp"
#include "storage/repo_history.hpp"

namespace gem {

struct HistoryLimits {
    seconds reach = days(30);
    seconds first_retry = minutes(1); ///< doubles with each failure in a row …
    seconds longest_retry = hours(6);
    seconds look_at_gone = hours(24);     ///< GitHub has no such repository: asked this often whether it is back
    std::int64_t most_failures = 10;      ///< in a row; then the part is left out (of the repository: all parts)
    std::int64_t most_gone = 3;           ///< the same
    std::int64_t most_answers = 2'000;    ///< pages; what is left over is left out, and said
    std::int64_t deployments_at_once = 4; ///< each costs a request more, and all of them must fit into the budget
};

/// Nothing is asked for that RETENTION_DAYS (0: keeps everything) would not keep.
HistoryLimits history_limits_within(days retention);

/// What came of one question.
struct HistoryAnswered {
    github::PageStatus status = github::PageStatus::unavailable;
    unsigned http_status = 0;
    bool more = false;                 ///< there is, or may be, a next page
    std::optional<UtcTime> latest{};   ///< of the times by which the list is sorted
    std::optional<UtcTime> earliest{}; ///< the same
    std::optional<UtcTime> retry_at{};
    std::string message{};
};

class HistoryPlan {
  public:
    explicit HistoryPlan(HistoryLimits limits = {}) : limits_(limits) {}

    [[nodiscard]] HistoryProgress begin(std::string repo, UtcTime now) const;
    /// What to ask next, below `/repos/{owner}/{name}`. Not when all is done.
    [[nodiscard]] std::string question(HistoryProgress const& progress) const;
    /// Where the answer to that is kept: the same for the same question.
    [[nodiscard]] std::string place(HistoryProgress const& progress) const;
    /// So many elements a list has at most; one that has as many may have a successor.
    [[nodiscard]] std::int64_t page_size(HistoryProgress const& progress) const;
    /// The most requests that the next step takes.
    [[nodiscard]] std::int64_t cost(HistoryProgress const& progress) const;
    [[nodiscard]] HistoryProgress after(HistoryProgress progress, HistoryAnswered const& answered, UtcTime now) const;

  private:
    void next_part(HistoryProgress& progress) const;
    void leave_out(HistoryProgress& progress, std::string const& reason) const;
    void go_on(HistoryProgress& progress, HistoryAnswered const& answered) const;
    void fail_for_now(HistoryProgress& progress, HistoryAnswered const& answered, UtcTime now) const;

    HistoryLimits limits_;
};

} // namespace gem
