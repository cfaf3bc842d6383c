// What is known of a repository from before it was watched (storage/repo_history.hpp), beside its events: for figures
// about issues, pull requests and releases. Never counted as events, and never as activity of people.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/answer.hpp"
#include "storage/repo_history.hpp"

namespace gem {

/// What `coverage.sources` of an answer calls it.
inline constexpr std::string_view history_source = "history";

/// Puts history_source into `sources`, once and in order; nothing where there are none.
void name_history(std::vector<std::string>* sources);

/// The history as rows: issues and pull requests `opened`, `closed` and `merged`, comments `created`, releases
/// `published`, from the time on that the history begins, oldest first; ids begin with `history:`. Who closed or merged
/// is not known. Without comments (GitHub did not tell them) no issue is `opened` either: nobody knows whether it was
/// answered.
std::vector<EventFactsRow> rows_of(RepoHistory const& history);

/// The events, and those rows of `history` that are in the window, of one of these types (all when empty), and tell
/// what no event does: an event of the same kind about the same item counts alone, a `closed` one within two minutes.
/// Oldest first.
EventFactsList united(EventFactsList events, std::span<EventFactsRow const> history, TimeWindow window,
                      std::span<std::string const> types);

/// The same of the store; `sources` gets history_source if something of it is in.
Async<Result<EventFactsList>> with_history(DatabaseService& database, RepoName repo, TimeWindow window,
                                           std::vector<std::string> types, EventFactsList events,
                                           std::vector<std::string>& sources);

/// EventsRepository::event_facts(), and with_history().
Async<Result<EventFactsList>> known_facts(DatabaseService& database, RepoName repo, TimeWindow window,
                                          std::vector<std::string> types, std::vector<std::string>& sources);

} // namespace gem
