// The bodies of the routes about commits.
#include "unit/api/model_fixture.hpp"

namespace gem::test {
namespace {

class CommitAnswers : public ModelApiTest {
  protected:
    CommitRecord commit(char digit, std::string login, UtcTime at, std::optional<CommitStats> stats = {}) {
        CommitRecord record;
        record.commit.sha = std::string(40, digit);
        record.commit.repo_id = 7;
        record.commit.repo_name = "acme/tool";
        record.commit.author_login = std::move(login);
        record.commit.author_name = "Somebody";
        record.commit.message = "fix: mend it";
        record.commit.commit_date = at;
        record.commit.branch_name = "main";
        record.commit.stats = stats;
        if (stats) record.commit.files_changed = 2;
        return record;
    }
    static CommitRecord judged(CommitRecord record, double impact, std::vector<std::string> categories) {
        record.summary = CommitSummary{.short_text = "fix: mend it",
                                       .detailed = "bugfix",
                                       .categories = std::move(categories),
                                       .impact_score = impact,
                                       .risk_level = "low",
                                       .complexity_score = 1.0,
                                       .performance_impact = "unknown"};
        return record;
    }
    void store(std::vector<CommitRecord> records) { wait_ok(database.commits().store_commits(std::move(records))); }

    void store_three() {
        put({event("PushEvent").push(1)});
        CommitStats const stats{.additions = 6, .deletions = 2, .total_changes = 8};
        store({judged(commit('a', "ada", ten_o_clock, stats), 6.8, {"bugfix"}),
               judged(commit('b', "ben", ten_o_clock + minutes(1)), 0, {"bugfix", "security"}),
               commit('c', "ci-bot", ten_o_clock + minutes(2))});
    }
};

TEST_F(CommitAnswers, list_the_newest_first_and_never_invent_a_size) {
    store_three();
    auto const answer = body("/commits/recent?repo=ACME/tool&limit=2");
    EXPECT_EQ(answer.at("total_commits").as_int64(), 3);
    ASSERT_EQ(answer.at("commits").as_array().size(), 2U);
    auto const& newest = answer.at("commits").at(0);
    EXPECT_EQ(newest.at("author_login").as_string(), "ci-bot");
    EXPECT_TRUE(newest.at("stats").is_null());
    EXPECT_TRUE(newest.at("summary").is_null());
    auto const& second = answer.at("commits").at(1);
    EXPECT_EQ(second.at("summary").at("short").as_string(), "fix: mend it");
    EXPECT_TRUE(second.at("summary").at("impact_score").is_null());
    EXPECT_EQ(second.at("summary").at("risk_level").as_string(), "unknown");
    auto const twin = body("/enhanced/commits/recent?repo=acme/tool&limit=2");
    EXPECT_EQ(text(twin.at("commits")), text(answer.at("commits")));
    EXPECT_TRUE(get("/commits/recent?repo=acme/tool&format=csv").body->bytes().starts_with("sha,author_name,"));
}

TEST_F(CommitAnswers, sum_up_the_window) {
    store_three();
    auto const answer = body("/commits/summary?repo=acme/tool");
    EXPECT_EQ(answer.at("statistics").at("total_commits").as_int64(), 3);
    EXPECT_TRUE(answer.at("statistics").at("total_additions").is_null());
    EXPECT_EQ(answer.at("formula_version").as_int64(), 1);
    EXPECT_EQ(text(answer.at("change_categories")), R"({"bugfix":2,"security":1})");
    auto const twin = body("/enhanced/repository/change-summary?repo=acme/tool");
    EXPECT_EQ(text(twin.at("statistics")), text(answer.at("statistics")));
    EXPECT_FALSE(twin.at("database_provider").as_string().empty());
    EXPECT_EQ(body("/commits/summary?repo=acme/none").at("statistics").at("total_commits").as_int64(), 0);
}

TEST_F(CommitAnswers, of_one_commit_go_by_prefix) {
    store_three();
    auto const answer = body("/commits/AAAAAAA?repo=acme/tool");
    EXPECT_EQ(answer.at("sha").as_string(), std::string(40, 'a'));
    EXPECT_EQ(answer.at("repo").as_string(), "acme/tool");
    // 2 files: 6 points; the rest of 6.8 is for the changes
    EXPECT_NEAR(answer.at("explanation").at(0).at("points").to_number<double>(), 6.0, 1e-9);
    EXPECT_NEAR(answer.at("explanation").at(1).at("points").to_number<double>(), 0.8, 1e-9);
    EXPECT_TRUE(body("/commits/ccccccc").at("explanation").at(0).at("points").is_null());
    auto const missing = get("/commits/abcdef0?repo=acme/tool");
    EXPECT_EQ(missing.status, 404U);
    auto const problem = boost::json::parse(missing.body->bytes());
    EXPECT_EQ(problem.at("error_code").as_string(), "COMMIT_NOT_FOUND");
    EXPECT_EQ(problem.at("detail").as_string(), "No commit abcdef0 of acme/tool is stored.");
    EXPECT_EQ(get("/commits/abc").status, 422U);
    EXPECT_EQ(get("/commits/not-a-sha").status, 422U);
    auto other = commit('a', "ada", ten_o_clock);
    other.commit.sha.back() = 'b';
    store({other});
    EXPECT_EQ(get("/commits/aaaaaaa").status, 409U);
}

TEST_F(CommitAnswers, of_files_are_empty_until_they_were_fetched) {
    store_three();
    EXPECT_TRUE(body("/commits/ccccccc/files?repo=acme/tool").at("files").as_array().empty());
    auto with_files = commit('d', "ada", ten_o_clock);
    with_files.files = {CommitFile{.filename = "src/a.c", .status = "added", .additions = 3, .changes = 3}};
    store({with_files});
    auto const answer = body("/commits/ddddddd/files?repo=acme/tool");
    EXPECT_EQ(answer.at("commit_sha").as_string(), std::string(40, 'd'));
    EXPECT_EQ(
        text(answer.at("files")),
        R"([{"filename":"src/a.c","status":"added","additions":3,"deletions":0,"changes":3,"previous_filename":null,"patch":null}])");
    EXPECT_EQ(get("/commits/eeeeeee/files").status, 404U);
}

TEST_F(CommitAnswers, of_several_repositories_keep_each_apart) {
    store_three();
    auto other = commit('e', "cho", ten_o_clock);
    other.commit.repo_id = 8;
    other.commit.repo_name = "acme/other";
    store({other});
    auto const answer = body("/monitoring/commits?repos=acme/tool,acme/other,acme/none&limit_per_repo=1");
    EXPECT_EQ(answer.at("total_repositories").as_int64(), 3);
    EXPECT_EQ(answer.at("total_commits").as_int64(), 4);
    EXPECT_EQ(answer.at("results").at("acme/tool").at("count").as_int64(), 1);
    EXPECT_EQ(answer.at("results").at("acme/tool").at("summary").at("statistics").at("total_commits"), 3);
    EXPECT_EQ(answer.at("results").at("acme/none").at("count").as_int64(), 0);
    EXPECT_EQ(answer.at("coverage").at("gaps").as_array().size(), 3U);
    EXPECT_EQ(get("/monitoring/commits").status, 422U);
}

TEST_F(CommitAnswers, go_by_category_author_and_impact) {
    store_three();
    auto const categories = body("/monitoring/commits/categories?repo=acme/tool").at("categories");
    EXPECT_EQ(categories.at("bugfix").at("count").as_int64(), 2);
    EXPECT_EQ(categories.at("security").at("commits").at(0).at("sha").as_string(), std::string(40, 'b'));
    auto const authors = body("/monitoring/commits/authors?repo=acme/tool");
    EXPECT_EQ(authors.at("bots_excluded").as_int64(), 1);
    ASSERT_EQ(authors.at("authors").as_array().size(), 2U);
    EXPECT_EQ(authors.at("authors").at(0).at("additions").as_int64(), 6);
    EXPECT_TRUE(authors.at("authors").at(1).at("additions").is_null());
    auto const impact = body("/monitoring/commits/impact?repo=acme/tool&min_impact_score=5");
    ASSERT_EQ(impact.at("high_impact_commits").as_array().size(), 1U);
    EXPECT_EQ(impact.at("min_impact_score").to_number<double>(), 5.0);
    EXPECT_TRUE(body("/monitoring/commits/impact?repo=acme/tool").at("high_impact_commits").as_array().empty());
}

} // namespace
} // namespace gem::test
