// The library's front door, over SQLite in memory.
#include "github_events_monitor/collector.hpp"

#include <gtest/gtest.h>

namespace gem {
namespace {

EnhancedCollector in_memory() {
    auto collector = create_enhanced_collector({.provider = "sqlite", .db_path = ":memory:"});
    if (!collector) throw std::runtime_error(collector.error().message);
    return std::move(*collector);
}

Commit commit(std::string sha, UtcTime when, std::optional<CommitStats> stats) {
    Commit made;
    made.sha = std::move(sha);
    made.repo_id = 7;
    made.repo_name = "octo-org/hello-world";
    made.author_login = "octocat";
    made.commit_date = when;
    made.branch_name = "main";
    made.stats = stats;
    return made;
}

TEST(EnhancedCollector, answers_about_what_was_stored) {
    auto collector = in_memory();
    auto const now = SystemClock().now();
    auto const steps = [](EnhancedCollector& with, UtcTime time) -> Async<std::string> {
        if (auto opened = co_await with.initialize(); !opened) co_return opened.error().message;
        auto const health = co_await with.health_check();
        EXPECT_TRUE(health.healthy) << health.error;
        EXPECT_EQ(health.tables_found, 9);

        std::vector<CommitRecord> records(2);
        records[0].commit = commit(std::string(40, 'a'), time - hours(1), CommitStats{10, 2, 12});
        records[1].commit = commit(std::string(40, 'b'), time - hours(2), std::nullopt);
        auto const stored = co_await with.database().commits().store_commits(records);
        if (!stored) co_return stored.error().message;

        auto const commits = co_await with.get_recent_commits("Octo-Org/Hello-World", hours(24));
        if (!commits) co_return commits.error().message;
        EXPECT_EQ(commits->size(), 2U);
        auto const summary = co_await with.get_repository_change_summary("octo-org/hello-world");
        if (!summary) co_return summary.error().message;
        EXPECT_EQ(summary->statistics.total_commits, 2);
        EXPECT_EQ(summary->statistics.total_additions, std::nullopt);
        EXPECT_EQ(summary->analysis_period_hours, 24);
        auto const counts = co_await with.get_event_counts();
        if (!counts) co_return counts.error().message;
        EXPECT_EQ(counts->total_events, 0);
        auto const trends = co_await with.get_trending_repositories();
        if (!trends) co_return trends.error().message;
        EXPECT_TRUE(trends->repositories.empty());
        auto const closed = co_await with.close();
        co_return closed ? "" : closed.error().message;
    };
    EXPECT_EQ(run_to_end(steps(collector, now)), "");
}

TEST(EnhancedCollector, says_that_it_is_not_initialized) {
    auto collector = in_memory();
    auto const counts = run_to_end(collector.get_event_counts());
    ASSERT_FALSE(counts.has_value());
    EXPECT_NE(counts.error().message.find("initialize()"), std::string::npos) << counts.error().message;
    EXPECT_FALSE(run_to_end(collector.health_check()).healthy);
}

TEST(EnhancedCollector, refuses_what_is_no_question) {
    auto collector = in_memory();
    ASSERT_TRUE(run_to_end(collector.initialize()).has_value());
    EXPECT_EQ(run_to_end(collector.get_recent_commits("nonsense")).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(run_to_end(collector.get_event_counts(minutes(0))).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(run_to_end(collector.get_trending_repositories(hours(24), 101)).error().code,
              ErrorCode::invalid_argument);
    EXPECT_TRUE(run_to_end(collector.close()).has_value());
}

TEST(EnhancedCollector, answers_what_an_endpoint_answers) {
    auto collector = in_memory();
    ASSERT_TRUE(run_to_end(collector.initialize()).has_value());
    auto const health = run_to_end(collector.ask("GET", "/health"));
    ASSERT_TRUE(health.has_value()) << health.error().message;
    EXPECT_EQ(health->status, 200U);
    EXPECT_EQ(health->content_type, "application/json");
    EXPECT_NE(health->body.find(R"("provider":"sqlite")"), std::string::npos) << health->body;
    auto const counts = run_to_end(collector.ask("GET", "/metrics/event-counts", {{"hours", "2"}}));
    ASSERT_TRUE(counts.has_value()) << counts.error().message;
    EXPECT_NE(counts->body.find(R"("offset_minutes":120)"), std::string::npos) << counts->body;
    EXPECT_TRUE(run_to_end(collector.close()).has_value());
}

TEST(EnhancedCollector, refuses_as_an_endpoint_does) {
    auto collector = in_memory();
    EXPECT_EQ(run_to_end(collector.ask("GET", "/health")).error().code, ErrorCode::unavailable);
    ASSERT_TRUE(run_to_end(collector.initialize()).has_value());
    auto const wrong = run_to_end(collector.ask("GET", "/commits/recent", {{"repo", "nonsense"}}));
    EXPECT_EQ(wrong.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(wrong.error().message.find("repo"), std::string::npos) << wrong.error().message;
    auto const sha = std::string(40, 'a');
    EXPECT_EQ(run_to_end(collector.ask("GET", "/commits/{sha}", {{"sha", sha}})).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(collector.ask("GET", "/nowhere")).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(collector.ask("GET", "/events/stream")).error().code, ErrorCode::not_found);
    EXPECT_TRUE(run_to_end(collector.close()).has_value());
}

TEST(EnhancedCollector, takes_dynamodb_by_its_name_and_asks_nobody_before_it_is_initialized) {
    auto const collector = create_enhanced_collector(
        {.provider = "dynamodb", .region = "us-west-2", .table_prefix = "prod-github-events-"});
    ASSERT_TRUE(collector.has_value()) << collector.error().message;
    auto const description = collector->database().connection().describe();
    EXPECT_EQ(description.provider, "dynamodb");
    ASSERT_EQ(description.configuration.size(), 3U);
    EXPECT_EQ(description.configuration[0].second, "us-west-2");
    EXPECT_EQ(description.configuration[1].second, "prod-github-events-");
    EXPECT_EQ(description.configuration[2].second, std::nullopt);
}

TEST(EnhancedCollector, refuses_an_endpoint_that_anybody_on_the_way_could_read) {
    auto const collector =
        create_enhanced_collector({.provider = "dynamodb", .endpoint_url = "http://dynamodb.example.com"});
    ASSERT_FALSE(collector.has_value());
    EXPECT_EQ(collector.error().code, ErrorCode::invalid_argument);
}

} // namespace
} // namespace gem
