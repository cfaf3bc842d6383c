// What every provider asks of commits and of questions about them, and how it words its refusals.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/database_interface.hpp"

namespace gem {

/// Why `commit` cannot be stored, for a person; nothing if it can.
std::optional<std::string> reason_to_reject(Commit const& commit);

/// invalid_argument unless `sha` is 7 to 64 lower-case hex digits.
Result<void> check_sha_prefix(std::string_view sha);
/// not_found, in words.
Error no_such_commit(std::optional<RepoName> const& repo, std::string_view sha);
/// conflict, in words.
Error ambiguous_commit(std::string_view sha);

/// Where a list of commits begins.
struct CommitsFrom {
    std::uint64_t question = 0; ///< for the cursor of the next page
    /// Only commits before this (commit_date, sha); nothing on the first page.
    std::optional<std::pair<UtcTime, std::string>> before;
};
/// invalid_argument for a limit out of range or a cursor of another question.
Result<CommitsFrom> read_commit_query(CommitQuery const& query);

/// Newest first; what stands in it twice (under two keys of one name) counts once.
void put_in_order(std::vector<CommitRecord>& commits);

/// The first `limit` of `found`, put in order.
CommitPage page_of_commits(std::vector<CommitRecord> found, std::size_t limit, std::uint64_t question);

} // namespace gem
