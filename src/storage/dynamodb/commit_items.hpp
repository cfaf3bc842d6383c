// Commits as items, and what happens when more is learned of one.
//
// A commit is an item in `commits` under `date#sha`, where lists by time find it, and an anchor in `commit_summaries`
// under its sha, which tells the date that holds and has the summary. The anchor is written last: without one a commit
// is not there yet, and a commit under another date than its anchor's is what a change of date left behind.
#pragma once

#include <string>

#include "domain/commit.hpp"
#include "storage/dynamodb/attribute_value.hpp"

namespace gem::dynamodb {

/// From this score on a commit is in the index of high impact.
inline constexpr double high_impact = 60.0;

/// `2015-01-01T15:00:00Z#0123…`
std::string commit_range(UtcTime date, std::string_view sha);

struct CommitItem {
    Commit commit;
    bool files_known = false;
    std::string token; ///< of whoever wrote it
};

struct CommitAnchor {
    std::string key; ///< repository key
    std::string sha;
    UtcTime date{};
    std::int64_t version = 0;
    std::optional<CommitSummary> summary{};
};

Item to_item(std::string const& key, CommitItem const& commit);
Result<CommitItem> read_commit_item(Item const& item);
Item to_item(CommitAnchor const& anchor);
Result<CommitAnchor> read_commit_anchor(Item const& item);
Item to_item(std::string const& key, std::string const& sha, CommitFile const& file);
Result<CommitFile> read_commit_file(Item const& item);

/// Hash key of a commit's files.
std::string files_hash(std::string const& key, std::string const& sha);
/// Range key of a file: its name, or the first part of a very long one and a hash of it.
std::string file_range(std::string const& filename);

/// What is known now replaces what was unknown before; what was known stays where nothing is known now.
void learn(Commit& known, Commit const& now);
/// The same of a whole record.
void learn(CommitRecord& known, CommitRecord const& now);

} // namespace gem::dynamodb
