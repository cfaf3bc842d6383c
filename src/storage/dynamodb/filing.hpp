// Under which repository key a row is filed that knows its repository by name, and where such rows are looked for.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/dynamodb/context.hpp"
#include "storage/dynamodb/names.hpp"

namespace gem::dynamodb {

struct FiledUnder {
    std::string key;
    TimeWindow window = all_time(); ///< rows count from within it …
    bool by_name = false;           ///< … and, if set, only those that bear the name asked for themselves
};

/// The registry of events, and beside it the names that only commits have told of: one item for each pair of name and
/// key, in `event_patterns` under `commits#<lower-case name>`.
class Filing {
  public:
    Filing(DynamoDBContext& context, NameResolver& names) : context_(context), names_(names) {}

    /// The key of the present bearer of `name`, else `n:<lower-case name>`.
    Async<Result<std::string>> key_for(std::string name);
    /// Every place where rows about `name` may be, none twice.
    Async<Result<std::vector<FiledUnder>>> places_of(RepoName name);
    /// The same when the registry has been asked already.
    Async<Result<std::vector<FiledUnder>>> places_of(RepoName name, std::vector<NameSlice> slices);
    /// Remembers that commits of `key` are known under `name`.
    Async<Result<void>> note_commits(std::string name, std::string key);
    /// Removes what note_commits() remembers of `name`.
    Async<Result<void>> forget_commits(RepoName name);
    /// After the tables were dropped.
    void forget() { noted_.clear(); }

  private:
    Async<Result<std::vector<std::string>>> keys_with_commits(std::string lower_name);

    DynamoDBContext& context_;
    NameResolver& names_;
    std::set<std::pair<std::string, std::string>> noted_; ///< lower-case name and key; bounded
};

/// Hash key of the items that note_commits() writes.
std::string commit_names_hash(std::string_view lower_name);

} // namespace gem::dynamodb
