// A commit with everything known of it, for the tests that need one.
#pragma once

#include <string>

#include "domain/commit.hpp"
#include "support/event_maker.hpp"

namespace gem::test {

/// The commit whose sha is `digit` 40 times, made at ten o'clock, with stats, two files and a summary.
inline CommitRecord sample_commit(char digit, std::string repo_name, std::optional<std::int64_t> repo_id,
                                  std::string login = "ada") {
    return {.commit = {.sha = std::string(40, digit),
                       .repo_id = repo_id,
                       .repo_name = std::move(repo_name),
                       .parents = {std::string(40, '1'), std::string(40, '2')},
                       .author_name = "Grüße 世界",
                       .author_login = std::move(login),
                       .message = "fix: a thing\n\nwith a body; and 'quotes'",
                       .commit_date = ten_o_clock,
                       .branch_name = "main",
                       .stats = CommitStats{.additions = 10, .deletions = 3, .total_changes = 13},
                       .files_changed = 2},
            .summary = CommitSummary{.short_text = "fix: a thing",
                                     .detailed = "2 files",
                                     .categories = {"bugfix", "testing"},
                                     .impact_score = 42.5,
                                     .risk_level = "low",
                                     .complexity_score = 1.3,
                                     .breaking_changes = true,
                                     .security_relevant = false,
                                     .performance_impact = "unknown"},
            .files = std::vector<CommitFile>{{.filename = "src/b.cpp",
                                              .status = "modified",
                                              .additions = 9,
                                              .deletions = 3,
                                              .changes = 12,
                                              .previous_filename = {},
                                              .patch = "@@ -1 +1 @@\n-a\n+ä"},
                                             {.filename = "src/a.cpp",
                                              .status = "renamed",
                                              .additions = 1,
                                              .deletions = 0,
                                              .changes = 1,
                                              .previous_filename = "old/a.cpp",
                                              .patch = {}}}};
}

} // namespace gem::test
