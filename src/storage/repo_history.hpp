// Where a repository's past is kept that GitHub told when it was first watched (domain/repo_history.hpp), and how far
// the asking for it is.
//
// Keys in the state, REPO being RepoName::key():
//   history#state#REPO            HistoryProgress
//   history#page#REPO#PART#PLACE  HistoryPage, what one answer told
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/repo_history.hpp"
#include "domain/repo_name.hpp"
#include "domain/time_window.hpp"
#include "storage/database_interface.hpp"

namespace gem {

/// A part that GitHub does not tell, or not whole.
struct HistoryOmission {
    std::string part;
    std::string reason; ///< for a person
    friend bool operator==(HistoryOmission const&, HistoryOmission const&) = default;
};
BOOST_DESCRIBE_STRUCT(HistoryOmission, (), (part, reason))

/// How far the filling of [from, until) is.
struct HistoryProgress {
    std::string repo{};
    UtcTime from{};
    UtcTime until{};          ///< when it began: from then on the repository is polled
    std::string part{};       ///< that is asked for: see collector/history_plan.hpp; empty when all is done
    UtcTime since{};          ///< where the next answer begins …
    std::int64_t page = 1;    ///< … and the page from there
    std::int64_t answers = 0; ///< pages that were stored, of all parts
    std::vector<HistoryOmission> omitted{};
    std::int64_t failures = 0; ///< in a row
    UtcTime not_before{};      ///< when it goes on

    [[nodiscard]] bool done() const { return part.empty(); }
    [[nodiscard]] bool omits(std::string_view name) const;
    friend bool operator==(HistoryProgress const&, HistoryProgress const&) = default;
};
BOOST_DESCRIBE_STRUCT(HistoryProgress, (),
                      (repo, from, until, part, since, page, answers, omitted, failures, not_before))

/// A progress and its version in the store.
struct KeptProgress {
    HistoryProgress progress;
    std::int64_t version = 0;
};

/// Nothing if it was never begun.
Async<Result<std::optional<KeptProgress>>> read_progress(MetricsRepository& store, RepoName repo);
/// Returns the new version; conflict if somebody else has written it.
Async<Result<std::int64_t>> write_progress(MetricsRepository& store, KeptProgress kept);
/// What stood at `place` is replaced.
Async<Result<void>> write_history_page(MetricsRepository& store, RepoName repo, std::string place, HistoryPage page);
Async<Result<void>> remove_history_page(MetricsRepository& store, RepoName repo, std::string place);
/// All of them; how far it is stays. Returns how many there were.
Async<Result<std::int64_t>> remove_history_pages(MetricsRepository& store, RepoName repo);
/// The same of every repository whose history ends before that. That it was asked for stays known.
Async<Result<std::int64_t>> remove_histories_before(MetricsRepository& store, UtcTime horizon);

/// The whole of what was told, once it is whole.
struct RepoHistory {
    HistoryProgress progress;
    HistoryPage told; ///< what was told twice is in it once, as it was told last; items and answers by number and time
};
/// Nothing while it is not done, or if the window is not about its time. May lag as MetricsRepository::list_states()
/// does.
Async<Result<std::optional<RepoHistory>>> read_history(MetricsRepository& store, RepoName repo, TimeWindow window);

/// DeploymentMetric::detail of those that GitHub told of on arrival.
JsonText history_detail();

/// Takes a person out of all of it: what they opened stays without a name, what they answered goes. Returns how many
/// documents changed.
Async<Result<std::int64_t>> forget_in_histories(MetricsRepository& store, std::string login);

} // namespace gem
