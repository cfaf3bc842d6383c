// Commits, their files and what is said about them (METRICS.md, "Commits").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/json.hpp"
#include "base/time.hpp"

namespace gem {

struct CommitStats {
    std::int64_t additions = 0;
    std::int64_t deletions = 0;
    std::int64_t total_changes = 0;
    friend bool operator==(CommitStats const&, CommitStats const&) = default;
};
BOOST_DESCRIBE_STRUCT(CommitStats, (), (additions, deletions, total_changes))

struct Commit {
    std::string sha; ///< 40 (or 64) lower-case hex digits
    std::optional<std::int64_t> repo_id;
    std::string repo_name;
    std::vector<std::string> parents;
    std::string author_name;
    std::string author_login; ///< empty if GitHub could not tell
    std::string message;
    UtcTime commit_date{};            ///< committer date; push time if unknown
    std::string branch_name;          ///< the branch it was pushed to; empty if unknown
    std::optional<CommitStats> stats; ///< null when known from a payload only, never zeros
    std::optional<std::int64_t> files_changed;
    friend bool operator==(Commit const&, Commit const&) = default;
};
BOOST_DESCRIBE_STRUCT(Commit, (),
                      (sha, repo_id, repo_name, parents, author_name, author_login, message, commit_date, branch_name,
                       stats, files_changed))

struct CommitFile {
    std::string filename;
    std::string status; ///< added, modified, removed, renamed, copied, changed, unchanged
    std::int64_t additions = 0;
    std::int64_t deletions = 0;
    std::int64_t changes = 0;
    std::optional<std::string> previous_filename;
    std::optional<std::string> patch;
    friend bool operator==(CommitFile const&, CommitFile const&) = default;
};
BOOST_DESCRIBE_STRUCT(CommitFile, (), (filename, status, additions, deletions, changes, previous_filename, patch))

struct CommitSummary {
    std::string short_text;
    std::string detailed;
    std::vector<std::string> categories; ///< sorted
    Score impact_score;
    std::string risk_level; ///< low, medium, high
    Score complexity_score;
    bool breaking_changes = false;
    bool security_relevant = false;
    std::string performance_impact; ///< positive, negative, unknown
    friend bool operator==(CommitSummary const&, CommitSummary const&) = default;
};
BOOST_DESCRIBE_STRUCT(CommitSummary, (),
                      (short_text, detailed, categories, impact_score, risk_level, complexity_score, breaking_changes,
                       security_relevant, performance_impact))

/// A commit with all that is stored of it. Files are absent when nobody has fetched them yet.
struct CommitRecord {
    Commit commit;
    std::optional<CommitSummary> summary;
    std::optional<std::vector<CommitFile>> files;
};

} // namespace gem
