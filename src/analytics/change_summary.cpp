#include "analytics/change_summary.hpp"

namespace gem {

void ChangeSum::add(std::span<CommitRecord const> commits) {
    for (auto const& [commit, summary, files] : commits) {
        ++commits_;
        auto const& author = commit.author_login.empty() ? commit.author_name : commit.author_login;
        if (!author.empty()) ++authors_[ascii_lower(author)];
        if (!commit.branch_name.empty()) ++branches_[commit.branch_name];
        if (commit.stats) {
            ++with_stats_;
            sums_.additions += commit.stats->additions;
            sums_.deletions += commit.stats->deletions;
            sums_.changes += commit.stats->total_changes;
        }
        if (commit.files_changed) {
            ++with_files_;
            sums_.files += *commit.files_changed;
        }
        if (!summary) continue;
        ++with_summary_;
        sums_.breaking += summary->breaking_changes ? 1 : 0;
        sums_.security += summary->security_relevant ? 1 : 0;
        for (auto const& category : summary->categories) ++categories_[category];
        if (!commit.stats) continue;
        ++with_impact_;
        sums_.high += summary->impact_score.value >= high_impact ? 1 : 0;
        sums_.impact += summary->impact_score.value;
    }
}

ChangeFigures ChangeSum::result() const {
    auto const if_all_known = [this](std::int64_t known, std::int64_t sum) {
        return known == commits_ ? std::optional(sum) : std::nullopt;
    };
    ChangeFigures answer;
    auto& statistics = answer.statistics;
    statistics.total_commits = commits_;
    statistics.unique_authors = static_cast<std::int64_t>(authors_.size());
    statistics.branches_active = static_cast<std::int64_t>(branches_.size());
    statistics.total_additions = if_all_known(with_stats_, sums_.additions);
    statistics.total_deletions = if_all_known(with_stats_, sums_.deletions);
    statistics.total_files_changed = if_all_known(with_files_, sums_.files);
    if (with_stats_ > 0) {
        statistics.avg_commit_size = Ratio(static_cast<double>(sums_.changes) / static_cast<double>(with_stats_));
    }
    auto& quality = answer.quality_metrics;
    quality.breaking_changes_count = if_all_known(with_summary_, sums_.breaking);
    quality.security_commits_count = if_all_known(with_summary_, sums_.security);
    quality.high_impact_commits_count = if_all_known(with_impact_, sums_.high);
    if (with_impact_ > 0) quality.avg_impact_score = Score(sums_.impact / static_cast<double>(with_impact_));
    answer.change_categories = categories_;
    return answer;
}

Async<Result<Windowed<ChangeSummary>>> change_summary(DatabaseService& database, RepoWindowParams params, UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(24), now);
    if (!asked) co_return fail(asked.error());
    auto const commits = co_await database.commits().commits_in(*params.repo, asked->window);
    if (!commits) co_return fail(commits.error());
    ChangeSum sum;
    sum.add(*commits);
    ChangeSummary answer;
    static_cast<ChangeFigures&>(answer) = sum.result();
    answer.repo_name = asked->repo;
    answer.analysis_period_hours = whole_hours(asked->window);
    co_return Windowed(std::move(answer), std::move(asked->part));
}

} // namespace gem
