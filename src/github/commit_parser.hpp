// Reads commits as GitHub tells them: in the payload of a push, in a comparison, in a list, and one with its files.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/commit.hpp"
#include "domain/event.hpp"

namespace gem::github {

/// The commits of a PushEvent's payload (none since October 2025), oldest first, without stats, dated with the push.
std::vector<Commit> payload_commits(Event const& push);

/// `GET /repos/{o}/{r}/compare/{a}...{b}`, a page of it.
struct Comparison {
    std::vector<Commit> commits; ///< oldest first, without stats
    std::int64_t total_commits = 0;
    /// Of the whole difference, on page 1 alone, 300 at most.
    std::vector<CommitFile> files;
};
Result<Comparison> parse_comparison(std::string_view body);

/// `GET /repos/{o}/{r}/commits`: newest first, without stats.
Result<std::vector<Commit>> parse_commit_list(std::string_view body);

/// `GET /repos/{o}/{r}/commits/{sha}`, a page of it: stats, and up to 300 of its files.
Result<CommitRecord> parse_commit(std::string_view body);

} // namespace gem::github
