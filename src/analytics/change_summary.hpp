// What the commits of a window amount to (METRICS.md, "Commits").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "analytics/answer.hpp"
#include "domain/commit.hpp"

namespace gem {

/// Sums are null while the statistics of one of the commits are unknown (nobody has fetched them yet): never too small.
struct ChangeStatistics {
    std::int64_t total_commits = 0;
    std::int64_t unique_authors = 0;  ///< by login, by name where GitHub could not tell the login
    std::int64_t branches_active = 0; ///< distinct branches pushed to, of those known
    std::optional<std::int64_t> total_additions;
    std::optional<std::int64_t> total_deletions;
    std::optional<std::int64_t> total_files_changed;
    std::optional<Ratio> avg_commit_size; ///< mean of total_changes over commits with known statistics
};
BOOST_DESCRIBE_STRUCT(ChangeStatistics, (),
                      (total_commits, unique_authors, branches_active, total_additions, total_deletions,
                       total_files_changed, avg_commit_size))

/// Counts are null while one of the commits has no summary yet; what is made of impact scores knows only commits whose
/// size is known.
struct ChangeQuality {
    std::optional<std::int64_t> breaking_changes_count;
    std::optional<std::int64_t> security_commits_count;
    std::optional<std::int64_t> high_impact_commits_count; ///< impact_score of high_impact or more
    std::optional<Score> avg_impact_score;                 ///< over commits whose size is known
};
BOOST_DESCRIBE_STRUCT(ChangeQuality, (),
                      (breaking_changes_count, security_commits_count, high_impact_commits_count, avg_impact_score))

struct ChangeFigures {
    std::string repo_name;
    std::optional<std::int64_t> analysis_period_hours;
    ChangeStatistics statistics;
    ChangeQuality quality_metrics;
    std::map<std::string, std::int64_t> change_categories; ///< of commits with a summary; one may count in several
};
BOOST_DESCRIBE_STRUCT(ChangeFigures, (),
                      (repo_name, analysis_period_hours, statistics, quality_metrics, change_categories))

inline constexpr double high_impact = 70;
/// Which definition of the scores of commits was used; grows when METRICS.md's changes.
inline constexpr std::int64_t commits_formula_version = 1;

struct CommitsBasis {
    std::int64_t formula_version = commits_formula_version;
};
BOOST_DESCRIBE_STRUCT(CommitsBasis, (), (formula_version))

struct ChangeSummary : ChangeFigures, CommitsBasis {};
BOOST_DESCRIBE_STRUCT(ChangeSummary, (ChangeFigures, CommitsBasis), ())

/// Adds commits up, a page at a time. No I/O.
class ChangeSum {
  public:
    void add(std::span<CommitRecord const> commits);
    /// Statistics, quality and categories; the rest of the answer is the caller's.
    [[nodiscard]] ChangeFigures result() const;

  private:
    struct Sums {
        std::int64_t additions = 0;
        std::int64_t deletions = 0;
        std::int64_t changes = 0;
        std::int64_t files = 0;
        std::int64_t breaking = 0;
        std::int64_t security = 0;
        std::int64_t high = 0;
        double impact = 0;
    };
    std::int64_t commits_ = 0;
    std::int64_t with_stats_ = 0;
    std::int64_t with_files_ = 0;
    std::int64_t with_summary_ = 0;
    std::int64_t with_impact_ = 0;
    Sums sums_;
    std::map<std::string, std::int64_t> authors_;
    std::map<std::string, std::int64_t> branches_;
    std::map<std::string, std::int64_t> categories_;
};

/// Default window: 24 hours. Zeros and nulls for a repository that nothing is known of.
Async<Result<Windowed<ChangeSummary>>> change_summary(DatabaseService& database, RepoWindowParams params, UtcTime now);

} // namespace gem
