// Which repositories are private: kept in the state, so that strangers are told nothing of them.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "storage/database_service.hpp"

namespace gem {

/// Their names in lower case.
using RepositoryNames = std::set<std::string>;

/// What is known to be private now.
Async<Result<RepositoryNames>> private_repositories(DatabaseService& database);

/// For those who bring events: writes down what these tell. On one thread; what it is given outlives it.
class PrivateRepositories {
  public:
    PrivateRepositories(DatabaseService& database, Clock const& clock) : database_(database), clock_(clock) {}

    /// Durable when it returns. To be called before the events are stored, so that nobody sees these in between. While
    /// it says what is known already it costs one reading of the list a minute.
    Async<Result<void>> note(std::string repo, bool is_private);

  private:
    DatabaseService& database_;
    Clock const& clock_;
    RepositoryNames known_;
    std::optional<UtcTime> read_at_;
};

} // namespace gem
