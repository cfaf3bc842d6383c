// The sums of commits: what is known is added up, what is unknown makes a sum null.
#include "analytics/change_summary.hpp"

#include <gtest/gtest.h>

namespace gem {
namespace {

CommitRecord commit(std::string login, std::optional<CommitStats> stats, std::optional<std::int64_t> files) {
    CommitRecord record;
    record.commit.author_login = std::move(login);
    record.commit.branch_name = "main";
    record.commit.stats = stats;
    record.commit.files_changed = files;
    return record;
}

CommitRecord with_summary(CommitRecord record, double impact, std::vector<std::string> categories, bool breaking) {
    record.summary.emplace();
    record.summary->impact_score = impact;
    record.summary->categories = std::move(categories);
    record.summary->breaking_changes = breaking;
    return record;
}

TEST(ChangeSummary, adds_up_what_is_known) {
    ChangeSum sum;
    // 120 + 60 + 71 = 251 changes over 3 commits: 83.6667; impact (70 + 5 + 0.3) / 3 = 25.1
    sum.add(std::vector{with_summary(commit("octocat", CommitStats{100, 20, 120}, 4), 70, {"feature"}, true),
                        with_summary(commit("OctoCat", CommitStats{40, 20, 60}, 3), 5, {"bugfix", "testing"}, false),
                        with_summary(commit("hubot", CommitStats{62, 9, 71}, 3), 0.3, {"bugfix"}, false)});
    auto const answer = sum.result();
    EXPECT_EQ(json::to_string(answer.statistics),
              R"({"total_commits":3,"unique_authors":2,"branches_active":1,"total_additions":202,"total_deletions":49,)"
              R"("total_files_changed":10,"avg_commit_size":83.6667})");
    EXPECT_EQ(
        json::to_string(answer.quality_metrics),
        R"({"breaking_changes_count":1,"security_commits_count":0,"high_impact_commits_count":1,"avg_impact_score":25.1})");
    EXPECT_EQ(json::to_string(answer.change_categories), R"({"bugfix":2,"feature":1,"testing":1})");
}

TEST(ChangeSummary, is_null_where_one_commit_is_unknown) {
    ChangeSum sum;
    sum.add(std::vector{with_summary(commit("octocat", CommitStats{1, 2, 3}, 1), 10, {"chore"}, false),
                        commit("hubot", std::nullopt, std::nullopt)});
    EXPECT_EQ(
        json::to_string(sum.result().statistics),
        R"({"total_commits":2,"unique_authors":2,"branches_active":1,"total_additions":null,"total_deletions":null,)"
        R"("total_files_changed":null,"avg_commit_size":3.0000})");
    EXPECT_EQ(
        json::to_string(sum.result().quality_metrics),
        R"({"breaking_changes_count":null,"security_commits_count":null,"high_impact_commits_count":null,"avg_impact_score":10.0})");
}

TEST(ChangeSummary, of_nothing_has_zeros_and_no_means) {
    EXPECT_EQ(json::to_string(ChangeSum().result().statistics),
              R"({"total_commits":0,"unique_authors":0,"branches_active":0,"total_additions":0,"total_deletions":0,)"
              R"("total_files_changed":0,"avg_commit_size":null})");
}

} // namespace
} // namespace gem
