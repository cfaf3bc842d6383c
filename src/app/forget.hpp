// Removes a repository from everything that is stored, whichever part of the program stored it.
#pragma once

#include "base/async.hpp"
#include "base/result.hpp"
#include "domain/repo_name.hpp"
#include "storage/database_service.hpp"

namespace gem {

/// Events, counts, commits and metrics, and as other rows: alert rules and alerts about it, monitors of it, and what
/// the collector noted (that it is watched, its polls, coverage and owed commits). A repository of TARGET_REPOSITORIES
/// is collected anew by a server that runs. Again, after an error: removes the rest.
Async<Result<RemovedCounts>> forget_repository(DatabaseService& database, RepoName repo);

} // namespace gem
