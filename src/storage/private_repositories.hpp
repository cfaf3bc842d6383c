// Which repositories are private: kept in the state, so that strangers are told nothing of them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "storage/database_service.hpp"

namespace gem {

/// Their names in lower case.
using RepositoryNames = std::set<std::string>;

/// Whether `repo`, in any case, is among them.
bool is_among(RepositoryNames const& names, std::string_view repo);

/// What is known to be private now.
Async<Result<RepositoryNames>> private_repositories(DatabaseService& database);

/// Forgets that it was; whether that was known. For when nothing of it is stored any more.
Async<Result<bool>> forget_private(DatabaseService& database, RepoName repo);

/// For those who bring events: writes down what these tell. On one thread; what it is given outlives it.
class PrivateRepositories {
  public:
    PrivateRepositories(DatabaseService& database, Clock const& clock) : database_(database), clock_(clock) {}

    /// What an event of `at` tells. Durable when it returns. To be called before the events are stored, so that nobody
    /// sees these in between. One that is told again late makes nothing public that has become private since (an hour
    /// after its first private event at the latest). A public event costs one reading of the list a minute, a private
    /// one a reading of its mark.
    Async<Result<void>> note(std::string repo, bool is_private, UtcTime at);

  private:
    Async<Result<void>> refresh();
    Async<Result<void>> note_private(std::string name, UtcTime at);

    DatabaseService& database_;
    Clock const& clock_;
    std::map<std::string, UtcTime> known_; // the time in the mark of each private one, by its name in lower case
    std::optional<UtcTime> read_at_;
};

} // namespace gem
