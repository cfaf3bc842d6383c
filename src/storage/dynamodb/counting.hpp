// Counting from rows of the log.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "storage/dynamodb/names.hpp"

namespace gem::dynamodb {

/// `window` widened to whole minutes.
TimeWindow whole_minutes(TimeWindow const& window);

/// The logs that a question is answered from.
struct Gathered {
    TimeWindow window; ///< whole minutes
    std::optional<Sought> sought;
    std::vector<HourLog> hours;

    /// Calls `visit(rows, row, minute)` for every row in the window that is about what was sought.
    template <class Visit>
    void for_each(Visit visit) const {
        for (auto const& hour : hours) {
            for (auto const& part : hour.parts) {
                for (auto const& row : part->rows) {
                    auto const minute = from_unix(hour.hour * 3600 + row.minute * 60);
                    if (!window.contains(minute)) continue;
                    if (sought && !sought->about(part->repos[row.repo], minute)) continue;
                    visit(*part, row, minute);
                }
            }
        }
    }
};

class Counting {
  public:
    Counting(LogReader& reader, Names& names) : reader_(reader), names_(names) {}

    /// Of everything, or about one repository.
    Async<Result<Gathered>> gather(TimeWindow window, std::optional<RepoName> repo);
    Async<Result<std::vector<RepoActivity>>> busiest(TimeWindow window, std::size_t limit, bool with_rows);
    Async<Result<std::vector<RepoActivity>>> activity(TimeWindow window, std::vector<RepoName> repos);
    Async<Result<std::optional<RepoSummary>>> summarize(RepoName repo);
    Async<Result<std::optional<RepoSummary>>> summarize(RepoName repo, Sought const& sought);
    Async<Result<std::vector<RepoSummary>>> list(std::string after, std::size_t limit);
    Async<Result<Totals>> totals();

  private:
    /// The hours of `window` of a snapshot; nothing if it is too old.
    Async<Result<std::optional<std::vector<HourLog>>>> open(Snapshot const& snapshot, TimeWindow window);
    Async<Result<std::optional<Gathered>>> try_gather(TimeWindow window, RepoName repo);

    LogReader& reader_;
    Names& names_;
};

} // namespace gem::dynamodb
