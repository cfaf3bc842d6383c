// DynamoDBCommitsRepository: commits by time, anchored by sha (see commit_items.hpp).
#pragma once

#include <map>

#include "storage/database_interface.hpp"
#include "storage/dynamodb/commit_items.hpp"
#include "storage/dynamodb/filing.hpp"

namespace gem {

class DynamoDBCommitsRepository final : public CommitsRepository {
  public:
    DynamoDBCommitsRepository(dynamodb::DynamoDBContext& context, dynamodb::Filing& filing)
        : context_(context), filing_(filing) {}
    Async<Result<std::size_t>> store_commits(std::vector<CommitRecord> commits) override;
    Async<Result<CommitPage>> find_commits(CommitQuery query) override;
    Async<Result<CommitRecord>> find_commit(std::optional<RepoName> repo, std::string sha) override;
    Async<Result<std::vector<CommitFile>>> commit_files(RepoName repo, std::string sha) override;

    /// Stores or completes commits under this very key; how many were not known at all.
    Async<Result<std::size_t>> store_under(std::string key, std::vector<CommitRecord> commits);
    /// Oldest first, with their files, after (date, sha).
    Async<Result<std::vector<CommitRecord>>>
    commits_under(std::string key, std::optional<std::pair<UtcTime, std::string>> after, std::size_t limit);
    /// Removes the commits of one place, their files and summaries, that `goes` names; how many.
    Async<Result<std::int64_t>> remove_commits(std::string key, std::function<bool(Commit const&)> goes);

  private:
    /// A commit with its anchor, of one repository key.
    struct Found {
        dynamodb::CommitAnchor anchor;
        dynamodb::CommitItem item;
    };
    /// What a list is asked for, of one repository key.
    struct Asked {
        std::string key;
        TimeWindow window;
        std::optional<std::string> repo_name; ///< lower case: only commits that bear it
        std::optional<double> min_impact_score;
        std::string before; ///< commit_range() of where the page before ended
        std::size_t limit = 0;

        [[nodiscard]] bool wants(Found const& found) const;
    };

    using ByPlace = std::map<std::pair<std::string, std::string>, CommitRecord>; ///< (key, sha)
    Async<Result<std::size_t>> store_all(ByPlace commits);
    /// True if the commit was not known at all.
    Async<Result<bool>> store(std::string key, CommitRecord record);
    /// False if somebody else was at it: look again.
    Async<Result<bool>> put_commit(std::string const& key, dynamodb::CommitItem& item, std::optional<std::string> old);
    Async<Result<bool>> put_anchor(dynamodb::CommitAnchor anchor);
    Async<Result<void>> store_files(std::string key, std::string sha, std::vector<CommitFile> files);
    Async<Result<std::optional<Found>>> load(std::string key, std::string sha);
    Async<Result<CommitRecord>> load_record(std::string key, std::string sha, bool with_files);
    Async<Result<std::vector<CommitFile>>> load_files(std::string key, std::string sha);
    /// Leaves out what is not anchored.
    Async<Result<std::vector<Found>>> anchored(std::string key, std::vector<dynamodb::Item> items);
    Async<Result<std::vector<Found>>> list_by_time(Asked asked);
    Async<Result<std::vector<Found>>> list_by_impact(Asked asked);
    /// (sha, key) of every commit whose sha begins so.
    Async<Result<std::vector<std::pair<std::string, std::string>>>> candidates(std::optional<RepoName> repo,
                                                                               std::string prefix);

    dynamodb::DynamoDBContext& context_;
    dynamodb::Filing& filing_;
};

} // namespace gem
