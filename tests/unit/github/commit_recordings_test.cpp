// Recorded commit and comparison responses. The table was counted by hand from the recordings by METRICS.md's rules.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "domain/commit_summary.hpp"
#include "github/commit_parser.hpp"
#include "support/shared_data.hpp"

namespace gem::github {
namespace {

struct Recording {
    std::string url;
    std::string body;
};

std::vector<Recording> recordings(std::string_view name) {
    std::vector<Recording> all;
    auto const shared = test::shared_data();
    if (!shared) return all;
    for (auto const& line : test::read_gzip_lines(*shared / "commits_api" / name)) {
        simdjson::dom::parser parser;
        simdjson::dom::element root;
        if (parser.parse(line).get(root) != simdjson::SUCCESS) continue;
        std::string_view body;
        std::int64_t status = 0;
        if (root["status"].get_int64().get(status) != simdjson::SUCCESS || status != 200) continue;
        if (root["body"].get_string().get(body) != simdjson::SUCCESS || !body.starts_with('{')) continue;
        all.push_back({.url = std::string(std::string_view(root["url"])), .body = std::string(body)});
    }
    return all;
}

struct Expected {
    std::string_view sha; ///< its first digits
    std::int64_t additions;
    std::int64_t deletions;
    std::size_t files;
    std::string_view categories;
    std::string_view risk;
    double impact;
};

constexpr std::array<Expected, 33> expected = {{
    {"08c1c9970a", 40, 8, 1, "documentation", "low", 7.8},
    {"e5463e3d53", 20, 2, 2, "merge", "low", 8.2},
    {"fad203a66d", 2, 2, 1, "dependencies", "low", 13.4},
    {"86a2e245aa", 3, 0, 1, "documentation", "low", 3.3},
    {"8ae38db0ea", 0, 2, 1, "other", "low", 3.2},
    {"865a49d2e8", 219, 205, 35, "testing", "high", 72.4},
    {"2f4ca0f03c", 9, 9, 7, "dependencies", "medium", 42.8},
    {"d922b80806", 8, 8, 7, "dependencies", "medium", 42.6},
    {"efe737fa36", 9, 0, 1, "feature", "low", 13.9},
    {"53ce34d7d8", 2, 5, 1, "dependencies", "low", 13.7},
    {"2a971c4e38", 4, 19, 2, "dependencies", "low", 28.3},
    {"4f260c560e", 152, 2, 3, "dependencies", "medium", 34.4},
    {"dabf0e89fe", 0, 28, 28, "other", "high", 32.8},
    {"ab92e13c0f", 1, 0, 1, "documentation", "low", 3.1},
    {"7460916bfb", 1, 0, 1, "other", "low", 3.1},
    {"48eb1a9b8c", 4, 0, 1, "merge", "low", 3.4},
    {"c413fc1e30", 7, 2, 1, "merge", "low", 3.9},
    {"499d91f9f8", 1, 1, 1, "dependencies", "low", 13.2},
    {"466725309d", 5, 0, 4, "feature", "low", 12.5},
    {"eb11b3141c", 0, 0, 1, "merge", "low", 3.0},
    {"9aa43ea48c", 1, 25, 1, "testing", "low", 5.6},
    {"29eaea046b", 10, 0, 1, "documentation", "low", 4.0},
    {"6945921c52", 48, 53, 10, "testing", "medium", 40.1},
    {"0791cc7b1a", 17, 6, 3, "bugfix", "low", 11.3},
    {"e44d11d565", 76, 0, 4, "feature testing", "low", 19.6},
    {"3253acaabd", 7, 7, 2, "dependencies", "low", 27.4},
    {"4bf07a2f51", 70, 45, 2, "refactor", "medium", 17.5},
    {"801d64a4c5", 84, 0, 2, "other", "low", 14.4},
    {"e359b83a04", 152, 1, 3, "feature", "medium", 34.3},
    {"f5f9756a1d", 119, 4, 3, "testing", "medium", 21.3},
    {"8a4f306d4b", 131, 4, 6, "feature testing", "medium", 31.5},
    {"fd09d934bc", 1, 1, 1, "documentation", "low", 3.2},
    {"1292bf0e22", 0, 20, 1, "other", "low", 5.0},
}};

TEST(CommitRecordings, give_the_stats_files_and_summaries_of_the_hand_checked_table) {
    auto const all = recordings("recordings_commit.ndjson.gz");
    if (all.empty()) GTEST_SKIP() << "the recorded data is not there (GEM_SHARED_DATA)";
    std::map<std::string, CommitRecord> records;
    for (auto const& one : all) {
        auto record = parse_commit(one.body);
        if (!record) continue; // lists and others
        records.try_emplace(record->commit.sha.substr(0, 10), std::move(*record));
    }
    EXPECT_GE(records.size(), 50U);
    for (auto const& wanted : expected) {
        auto const found = records.find(std::string(wanted.sha));
        ASSERT_NE(found, records.end()) << wanted.sha;
        auto const& [commit, none, files] = found->second;
        EXPECT_EQ(commit.stats->additions, wanted.additions) << wanted.sha;
        EXPECT_EQ(commit.stats->deletions, wanted.deletions) << wanted.sha;
        EXPECT_EQ(commit.stats->total_changes, wanted.additions + wanted.deletions) << wanted.sha;
        EXPECT_EQ(files->size(), wanted.files) << wanted.sha;
        auto const summary = summarize(commit, *files);
        EXPECT_EQ(fmt::format("{}", fmt::join(summary.categories, " ")), wanted.categories) << wanted.sha;
        EXPECT_EQ(summary.risk_level, wanted.risk) << wanted.sha;
        EXPECT_NEAR(summary.impact_score.value, wanted.impact, 0.051) << wanted.sha;
        EXPECT_FALSE(summary.breaking_changes) << wanted.sha;
    }
}

TEST(CommitRecordings, of_one_commit_are_read_whole) {
    auto const all = recordings("recordings_commit.ndjson.gz");
    if (all.empty()) GTEST_SKIP() << "the recorded data is not there (GEM_SHARED_DATA)";
    for (auto const& one : all) {
        auto const record = parse_commit(one.body);
        if (!record || !record->commit.sha.starts_with("08c1c9970a")) continue;
        EXPECT_EQ(record->commit.sha, "08c1c9970af4d609ae754fbe803e06186e3206f7");
        EXPECT_EQ(record->commit.author_login, "kohsuke");
        EXPECT_EQ(record->commit.message, "creating an RC branch");
        EXPECT_EQ(format_time(record->commit.commit_date), "2012-04-24T00:16:52Z");
        EXPECT_EQ(record->commit.parents.size(), 1U);
        EXPECT_EQ(record->files->front().filename, "changelog.html");
        EXPECT_EQ(record->files->front().status, "modified");
        EXPECT_TRUE(record->files->front().patch.has_value());
        return;
    }
    FAIL() << "the commit is not among the recordings";
}

TEST(ComparisonRecordings, hold_their_commits_and_on_page_one_the_files) {
    auto const all = recordings("recordings_compare.ndjson.gz");
    if (all.empty()) GTEST_SKIP() << "the recorded data is not there (GEM_SHARED_DATA)";
    std::size_t read = 0;
    for (auto const& one : all) {
        auto const comparison = parse_comparison(one.body);
        ASSERT_TRUE(comparison) << one.url << ": " << comparison.error().message;
        ++read;
        EXPECT_LE(static_cast<std::int64_t>(comparison->commits.size()), comparison->total_commits);
        EXPECT_LE(comparison->files.size(), 300U);
        for (auto const& commit : comparison->commits) {
            EXPECT_EQ(commit.sha.size(), 40U);
            EXPECT_FALSE(commit.parents.empty());
            EXPECT_FALSE(commit.stats);
            EXPECT_NE(commit.commit_date, UtcTime{});
        }
        if (one.url.find("a811e1a270f65eecb65755eca38d888cbefcb0a7...") != std::string::npos) {
            EXPECT_EQ(comparison->total_commits, 1);
            EXPECT_EQ(comparison->files.size(), 2U);
            EXPECT_EQ(comparison->files.at(0).filename, "docs/api.rst");
            EXPECT_EQ(comparison->files.at(0).changes, 58);
        }
    }
    EXPECT_EQ(read, 18U);
}

TEST(CommitParser, refuses_what_is_no_commit) {
    EXPECT_FALSE(parse_commit("[]"));
    EXPECT_FALSE(parse_commit("<html>"));
    EXPECT_FALSE(parse_commit(R"({"sha":"abc","commit":{}})"));
    EXPECT_FALSE(parse_comparison("{}"));
    EXPECT_FALSE(parse_commit_list("{}"));
}

TEST(CommitParser, reads_the_commits_of_a_full_push_without_stats) {
    Event push;
    push.created_at = from_unix(1'768'471'200);
    push.payload = JsonText::already_validated(
        R"({"commits":[{"sha":"1111111111111111111111111111111111111111","author":{"name":"Ada","email":"x"},)"
        R"("message":"one","distinct":true},{"sha":"odd"},{"id":"2222222222222222222222222222222222222222"}]})");
    auto const commits = payload_commits(push);
    ASSERT_EQ(commits.size(), 2U);
    EXPECT_EQ(commits[0].author_name, "Ada");
    EXPECT_EQ(commits[0].message, "one");
    EXPECT_EQ(commits[0].commit_date, push.created_at);
    EXPECT_FALSE(commits[0].stats);
    push.payload = JsonText();
    EXPECT_TRUE(payload_commits(push).empty());
}

} // namespace
} // namespace gem::github
