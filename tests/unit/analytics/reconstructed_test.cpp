// What is known from before a repository was watched, beside its events.
#include "analytics/reconstructed.hpp"

#include <gtest/gtest.h>

#include "analytics/health.hpp"
#include "analytics/security.hpp"
#include "analytics/work_items.hpp"
#include "storage/sqlite/sqlite_manager.hpp"
#include "support/await.hpp"
#include "support/event_maker.hpp"
#include "support/manual_clock.hpp"
#include "unit/analytics/facts_maker.hpp"

namespace gem::test {
namespace {

constexpr UtcTime history_end = from_unix(1'768'478'400); // 2026-01-15T12:00:00Z
constexpr UtcTime history_start = history_end - days(30);
constexpr TimeWindow history_month{.from = history_start, .to = history_end};

RepoHistory told_history() {
    RepoHistory history;
    history.progress = {.repo = "acme/tool", .from = history_start, .until = history_end};
    history.told.items = {
        {.number = 1,
         .author_login = "ada",
         .author_id = 1,
         .opened = history_start + days(1),
         .closed = history_start + days(2)},
        {.number = 2,
         .pull_request = true,
         .author_login = "ada",
         .author_id = 1,
         .opened = history_start + days(3),
         .closed = history_start + days(3) + hours(6),
         .merged = history_start + days(3) + hours(6)},
        {.number = 3,
         .author_login = "ben",
         .author_id = 2,
         .opened = history_start - days(9),
         .closed = history_start + days(5)},
    };
    history.told.answers = {{.number = 1, .login = "ada", .id = 1, .at = history_start + days(1) + hours(1)},
                            {.number = 1, .login = "ben", .id = 2, .at = history_start + days(1) + hours(2)},
                            {.number = 3, .login = "ada", .id = 1, .at = history_start + days(4)}};
    history.told.releases = {{.tag_name = "v1", .author_login = "ada", .published = history_start + days(6)}};
    return history;
}

TEST(Reconstructed, rows_give_waits_as_events_do) {
    auto const rows = rows_of(told_history());
    auto const answers = response_waits(issues_of(rows), history_month);
    ASSERT_EQ(answers.size(), 1U) << "of #3 nobody knows who answered before the history begins";
    EXPECT_TRUE(answers.front().answered);
    EXPECT_EQ(answers.front().length, hours(2)) << "the author's own comment is no answer";
    auto const merges = merge_waits(pull_requests_of(rows), history_month);
    ASSERT_EQ(merges.size(), 1U);
    EXPECT_EQ(merges.front().length, hours(6));
    for (auto const& row : rows) EXPECT_TRUE(row.id.starts_with("history:"));
}

TEST(Reconstructed, issues_are_not_told_as_unanswered_where_comments_are_unknown) {
    auto half = told_history();
    half.told.answers.clear();
    half.progress.omitted = {{.part = "answers", .reason = "forbidden"}};
    auto const rows = rows_of(half);
    EXPECT_TRUE(response_waits(issues_of(rows), history_month).empty());
    EXPECT_EQ(merge_waits(pull_requests_of(rows), history_month).size(), 1U);
}

TEST(Reconstructed, rows_stand_back_where_an_event_tells_the_same) {
    std::vector<EventFactsRow> const events = {
        fact("IssuesEvent", history_start + days(1)).by("ada", 1).action("opened").number(1),
        fact("IssuesEvent", history_start + days(2) + seconds(3)).by("ben", 2).action("closed").number(1),
        fact("PullRequestEvent", history_start + days(3) + hours(6)).by("ben", 2).action("closed").number(2).merged(),
        fact("ReleaseEvent", history_start + days(6)).by("ada", 1).action("published").name("v1"),
    };
    auto const rows = rows_of(told_history());
    auto const all = united(events, rows, history_month, {});
    std::vector<std::string> added;
    for (auto const& row : all) {
        if (row.id.starts_with("history:") && row.type != "IssueCommentEvent") added.push_back(row.id);
    }
    EXPECT_EQ(added, (std::vector<std::string>{"history:2:opened", "history:3:closed"}));
    EXPECT_TRUE(std::ranges::is_sorted(all, {}, &EventFactsRow::created_at));
}

TEST(Reconstructed, rows_outside_of_the_window_or_of_other_types_stay_away) {
    auto const rows = rows_of(told_history());
    TimeWindow const day{.from = history_start + days(3), .to = history_start + days(4)};
    std::vector<std::string> const types = {"PullRequestEvent"};
    EXPECT_EQ(united({}, rows, day, types).size(), 2U);
    EXPECT_EQ(united({}, rows, {.from = history_end, .to = history_end + days(1)}, {}).size(), 0U);
}

TEST(Reconstructed, closings_count_for_maintenance_and_nothing_counts_as_activity) {
    auto const rows = rows_of(told_history());
    auto const health =
        measure_health({.rows = {}, .with_history = rows, .window = history_month, .seen = true, .security = {}});
    auto const value = [&](std::string_view name) {
        auto const found = std::ranges::find(health.explanation, name, &Signal::signal);
        return found == health.explanation.end() || !found->value ? -1.0 : found->value->value;
    };
    EXPECT_EQ(value("closure_ratio"), 1.5) << "three closed, two opened";
    EXPECT_EQ(value("merge_time_seconds"), 6 * 3600);
    EXPECT_EQ(value("first_response_seconds"), 2 * 3600);
    EXPECT_NEAR(value("releases_per_month"), 1, 1e-6);
    EXPECT_EQ(value("issues_per_week"), 0);
    EXPECT_EQ(value("contributors"), 0);
    EXPECT_EQ(value("reviewed_merges"), -1) << "reviews are not in the history: unknown, not none";
    EXPECT_EQ(value("reviews_and_comments_per_pr"), -1);
}

struct ReconstructedStore : testing::Test {
    void SetUp() override {
        ASSERT_TRUE(await(database.initialize()));
        auto const told = told_history();
        ASSERT_TRUE(await(write_history_page(database.metrics(), repo("acme/tool"), "items#1", told.told)));
        ASSERT_TRUE(await(write_progress(database.metrics(), {.progress = told.progress, .version = 0})));
    }
    ManualClock clock;
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    DatabaseService database{make_sqlite_manager({.provider = "sqlite", .db_path = ":memory:"}, clock, log).value()};
    RepoWindowParams const thirty_days{{.hours = 720, .offset_minutes = {}, .until = history_end}, repo("acme/tool")};
};

TEST_F(ReconstructedStore, figures_are_not_empty_on_the_day_of_arrival_and_say_where_they_come_from) {
    auto const merge = await(pr_merge_time(database, thirty_days, history_end));
    ASSERT_TRUE(merge) << merge.error().message;
    EXPECT_EQ(merge->median_seconds, 6 * 3600);
    EXPECT_EQ(merge->coverage.sources, std::vector<std::string>{"history"});
    EXPECT_FALSE(merge->coverage.complete) << "it tells no events";
    auto const response = await(issue_first_response(database, thirty_days, history_end));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->median_seconds, 2 * 3600);
    EXPECT_EQ(response->unanswered, 0);
    auto const health = await(repository_health(database, {thirty_days, "exclude"}, history_end));
    ASSERT_TRUE(health);
    EXPECT_TRUE(health->maintenance_score);
    EXPECT_EQ(health->total_events, 0);
    EXPECT_FALSE(health->activity_score) << "nothing is known of that";
}

TEST_F(ReconstructedStore, the_security_of_a_repository_says_that_its_deployments_are_of_the_history) {
    for (int i = 0; i < 6; ++i) {
        ASSERT_TRUE(await(database.metrics().put_deployment({.repo_name = "acme/tool",
                                                             .deployment_id = std::to_string(i),
                                                             .environment = "production",
                                                             .status = "failure",
                                                             .created_at = history_start + days(20 + i),
                                                             .finished_at = history_start + days(20 + i) + hours(1),
                                                             .detail = history_detail()})));
    }
    RepoWindowParams const week{{.hours = 240, .offset_minutes = {}, .until = history_end}, repo("acme/tool")};
    auto const security = await(security_monitoring(database, week, history_end));
    ASSERT_TRUE(security) << security.error().message;
    EXPECT_EQ(security->deployment_security.total_deployments, 6);
    EXPECT_EQ(security->coverage.sources, std::vector<std::string>{"history"});
    auto const health = await(repository_health(database, {week, "exclude"}, history_end));
    ASSERT_TRUE(health);
    EXPECT_EQ(health->coverage.sources, std::vector<std::string>{"history"});
}

TEST_F(ReconstructedStore, figures_about_later_windows_do_not_name_it) {
    RepoWindowParams const later{{.hours = 24, .offset_minutes = {}, .until = history_end + days(2)},
                                 repo("acme/tool")};
    auto const merge = await(pr_merge_time(database, later, history_end + days(2)));
    ASSERT_TRUE(merge);
    EXPECT_TRUE(merge->coverage.sources.empty());
}

} // namespace
} // namespace gem::test
