// What is said about a commit by fixed rules (METRICS.md, "Commits"). Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/commit.hpp"

namespace gem {

/// A commit message read by Conventional Commits 1.0.0: `type(scope)!: text`.
struct CommitMessage {
    std::string subject;   ///< the first line, without blanks around it
    std::string type;      ///< lower case, known or not; empty if the first line is not of that form
    bool breaking = false; ///< by `!`, or by a footer `BREAKING CHANGE: ` or `BREAKING-CHANGE: `
    bool merge = false;    ///< git's own form: `Merge branch …`
    bool revert = false;   ///< git's own form: `Revert "…"`
};
CommitMessage read_commit_message(std::string_view message);

/// By path and name; a file is of one kind.
enum class FileKind { code, documentation, testing, configuration, database, infrastructure, dependencies };
FileKind kind_of_file(std::string_view path);
/// Manifests, lock files, Dockerfiles, CI, schemas, migrations.
bool is_critical_file(std::string_view path);
/// Made or fetched by a program, lock files among them: counts a tenth of its lines.
bool is_generated_file(std::string_view path);

/// The names in order; never empty (`other`).
std::vector<std::string> commit_categories(CommitMessage const& message, std::vector<CommitFile> const& files);

/// Of a commit whose files are known.
CommitSummary summarize(Commit const& commit, std::vector<CommitFile> const& files);

} // namespace gem
