#include "domain/commit_summary.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gem {
namespace {

CommitFile file(std::string name, std::int64_t changes = 10) {
    return {.filename = std::move(name), .status = "modified", .additions = changes, .changes = changes};
}

Commit commit(std::string message) {
    Commit one;
    one.message = std::move(message);
    one.parents = {"p"};
    return one;
}

CommitSummary of(std::string message, std::vector<CommitFile> files = {file("src/a.cpp")}) {
    return summarize(commit(std::move(message)), files);
}

std::string categories(std::string message, std::vector<CommitFile> files = {file("src/a.cpp")}) {
    return fmt::format("{}", fmt::join(of(std::move(message), std::move(files)).categories, " "));
}

TEST(CommitSummary, reads_the_types_of_conventional_commits) {
    EXPECT_EQ(categories("feat: a thing"), "feature");
    EXPECT_EQ(categories("feat(lang): add Polish language"), "feature");
    EXPECT_EQ(categories("fix: prevent racing of requests"), "bugfix");
    EXPECT_EQ(categories("docs: correct spelling of CHANGELOG"), "documentation");
    EXPECT_EQ(categories("test: more of them"), "testing");
    EXPECT_EQ(categories("perf: less of everything"), "performance");
    EXPECT_EQ(categories("refactor!: drop support for Node 6"), "refactor");
    EXPECT_EQ(categories("style: blanks"), "style");
    EXPECT_EQ(categories("build(deps): newer boost"), "build");
    EXPECT_EQ(categories("ci: cache"), "ci");
    EXPECT_EQ(categories("chore!: drop support for Node 6"), "chore");
    EXPECT_EQ(categories("revert: let us never again speak of the noodle incident"), "revert");
    EXPECT_EQ(categories("FEAT: units are not case-sensitive"), "feature");
    EXPECT_EQ(categories("fix : not of the form", {file("docs/a.md")}), "bugfix") << "by its word";
    EXPECT_EQ(categories("feat:no blank", {file("docs/a.md")}), "documentation");
    EXPECT_EQ(categories("feat(): empty scope", {file("docs/a.md")}), "documentation");
}

TEST(CommitSummary, tells_merges_and_reverts_by_gits_own_form) {
    EXPECT_EQ(categories("Merge pull request #1 from o/fix\n\nfix: a thing"), "merge");
    EXPECT_EQ(categories("Merge branch 'main' into fix"), "merge");
    EXPECT_EQ(categories("Merge the two lists", {file("a.cpp")}), "other") << "says what the code does";
    EXPECT_EQ(categories("Revert \"feat: a thing\"\n\nThis reverts commit 676104e."), "revert");
    auto two = commit("any words that fix something");
    two.parents = {"p", "q"};
    EXPECT_EQ(summarize(two, {}).categories, std::vector<std::string>{"merge"});
}

TEST(CommitSummary, takes_whole_words_of_the_subject_only) {
    EXPECT_EQ(categories("Fix the parser and add tests"), "bugfix feature testing");
    EXPECT_EQ(categories("prefix authors of latest address"), "other") << "no fix, no auth, no test, no add";
    EXPECT_EQ(categories("Speed up start"), "performance");
    EXPECT_EQ(categories("Tidy\n\nfix add test"), "other") << "the body is not asked";
}

TEST(CommitSummary, goes_by_the_files_when_words_tell_nothing) {
    EXPECT_EQ(categories("x", {file("README.md")}), "documentation");
    EXPECT_EQ(categories("x", {file("tests/a.cpp"), file("src/a.cpp")}), "testing");
    EXPECT_EQ(categories("x", {file("config/app.yml")}), "configuration");
    EXPECT_EQ(categories("x", {file("db/migrations/001.py")}), "database");
    EXPECT_EQ(categories("x", {file("Dockerfile")}), "infrastructure");
    EXPECT_EQ(categories("x", {file(".github/workflows/ci.yml")}), "infrastructure");
    EXPECT_EQ(categories("x", {file("package.json"), file("package-lock.json")}), "dependencies");
    EXPECT_EQ(categories("x", {file("src/latest.cpp"), file("src/contest.py")}), "other") << "not tests";
    EXPECT_EQ(categories(""), "other");
}

TEST(CommitSummary, believes_only_the_conventional_marks_of_a_breaking_change) {
    EXPECT_TRUE(of("feat!: a thing").breaking_changes);
    EXPECT_TRUE(of("feat(api)!: a thing").breaking_changes);
    EXPECT_TRUE(of("feat: x\n\nBREAKING CHANGE: the config is now a list").breaking_changes);
    EXPECT_TRUE(of("feat: x\n\nbody\n\nReviewed-by: Z\nBREAKING-CHANGE: gone").breaking_changes);
    EXPECT_TRUE(of("any subject\n\nRefs #133\nBREAKING CHANGE: gone").breaking_changes);
    EXPECT_FALSE(of("feat: x\n\nThis is no BREAKING CHANGE: nothing changed").breaking_changes);
    EXPECT_FALSE(of("feat: x\n\nbreaking change: lower case").breaking_changes);
    EXPECT_FALSE(of("feat: x\nBREAKING CHANGE: right below the subject").breaking_changes);
    EXPECT_FALSE(of("feat: x\n\nSome text\nBREAKING CHANGE: in a paragraph of text").breaking_changes);
    EXPECT_FALSE(of("Breaking: everything").breaking_changes);
}

TEST(CommitSummary, knows_what_is_about_security) {
    EXPECT_TRUE(of("Update for CVE-2021-44228").security_relevant);
    EXPECT_TRUE(of("see GHSA-jfh8-c2jp-5v3q").security_relevant);
    EXPECT_TRUE(of("closes cwe-79").security_relevant);
    EXPECT_TRUE(of("fix: SQL injection in search").security_relevant);
    EXPECT_TRUE(of("Escape output (XSS)").security_relevant);
    EXPECT_TRUE(of("x", {file("SECURITY.md")}).security_relevant);
    EXPECT_TRUE(of("x", {file("src/auth/login.cpp"), file("lib/crypto/aes.c")}).security_relevant);
    EXPECT_FALSE(of("x", {file("src/auth/login.cpp"), file("src/main.cpp")}).security_relevant);
    EXPECT_FALSE(of("x", {file("src/author/a.cpp")}).security_relevant) << "author is not auth";
    EXPECT_FALSE(of("insecurityless exploiting").security_relevant);
    EXPECT_FALSE(of("XCVE-2021-44228 CVE-21-4").security_relevant);
}

TEST(CommitSummary, adds_the_impact_up_from_lines_files_and_critical_files) {
    EXPECT_EQ(of("x", {file("a.cpp", 123)}).impact_score, Score(12.3 + 3));
    EXPECT_EQ(of("x", {file("a.cpp", 9000)}).impact_score, Score(50 + 3));
    EXPECT_EQ(of("x", std::vector(30, file("a.cpp", 0))).impact_score, Score(30));
    EXPECT_EQ(of("x", {file("package.json", 10)}).impact_score, Score(1 + 3 + 10));
    EXPECT_EQ(of("x", {file("go.mod", 0), file("Dockerfile", 0), file("schema.sql", 0)}).impact_score, Score(9 + 20));
    EXPECT_EQ(of("x", {file("yarn.lock", 1000)}).impact_score, Score(10 + 3 + 10)) << "a tenth of a lock file";
    EXPECT_EQ(of("x", {file("vendor/a/b.go", 1000)}).impact_score, Score(10 + 3));
    EXPECT_EQ(of("x", {}).impact_score, Score(0));
}

TEST(CommitSummary, sorts_into_risks) {
    EXPECT_EQ(of("x", {file("a.cpp", 100)}).risk_level, "low");
    EXPECT_EQ(of("x", {file("a.cpp", 101)}).risk_level, "medium");
    EXPECT_EQ(of("x", {file("a.cpp", 501)}).risk_level, "high");
    EXPECT_EQ(of("x", std::vector(6, file("a.cpp", 1))).risk_level, "medium");
    EXPECT_EQ(of("x", std::vector(21, file("a.cpp", 1))).risk_level, "high");
    EXPECT_EQ(of("feat!: x").risk_level, "high");
    EXPECT_EQ(of("security", {file("a.cpp")}).risk_level, "high");
    EXPECT_EQ(of("security", {file("README.md")}).risk_level, "low") << "no code";
}

TEST(CommitSummary, adds_the_complexity_up_by_files) {
    EXPECT_EQ(of("x", {file("a.cpp", 25), file("b.cpp", 500)}).complexity_score, Score(2.5 + 10));
    EXPECT_EQ(of("x", std::vector(20, file("a.cpp", 500))).complexity_score, Score(100));
}

TEST(CommitSummary, hears_of_performance) {
    EXPECT_EQ(of("perf: x").performance_impact, "positive");
    EXPECT_EQ(of("Make it faster").performance_impact, "positive");
    EXPECT_EQ(of("A regression").performance_impact, "negative");
    EXPECT_EQ(of("Breakfasters").performance_impact, "unknown");
}

TEST(CommitSummary, shortens_the_subject_between_characters) {
    EXPECT_EQ(of(std::string(80, 'a')).short_text, std::string(80, 'a'));
    EXPECT_EQ(of(std::string(81, 'a')).short_text, std::string(77, 'a') + "...");
    std::string umlauts;
    for (int i = 0; i < 90; ++i) umlauts += "ä";
    EXPECT_EQ(of(umlauts).short_text, umlauts.substr(0, 77 * 2) + "...");
    EXPECT_EQ(of("\n\nsecond line\nthird").short_text, "second line");
    EXPECT_EQ(of("", {file("a"), file("b"), file("c")}).short_text, "Change a and 2 more");
    EXPECT_EQ(of("", {}).short_text, "Empty commit");
}

} // namespace
} // namespace gem
