// The report of a repository: what is in it, and that texts of others take no effect in it.
#include "app/report_document.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "support/event_maker.hpp"
#include "support/manual_clock.hpp"
#include "support/reference_database.hpp"
#include "support/run_async.hpp"

namespace gem::test {
namespace {

constexpr std::string_view nasty = "<img src=x onerror=alert(1)> `|` @octocat fixes #1 [x](http://y)";

class Report : public testing::Test {
  protected:
    ManualClock clock; // 2026-01-15T12:00:00Z
    DatabaseService database{make_reference_manager(std::make_shared<ReferenceStore>(), clock)};

    void SetUp() override { wait_ok(database.initialize()); }

    RepositoryReport made(std::string const& name = "acme/tool") {
        RepoPeopleParams params;
        params.repo = repo(name);
        return wait_ok(make_report(database, params, clock.now()));
    }
    void put_work() {
        EventFacts const opened{.action = "opened", .number = 1};
        EventFacts const merged{.action = "closed", .number = 1, .merged = true};
        wait_ok(database.events().insert_events(
            {make_event("1").push(2), make_event("2").type("PullRequestEvent").facts(opened),
             make_event("3").type("PullRequestEvent").facts(merged).after(hours(1)), make_event("4").by("eve", 5)}));
        Commit commit;
        commit.sha = std::string(40, 'a');
        commit.repo_id = 7;
        commit.repo_name = "acme/tool";
        commit.author_name = std::string(nasty);
        commit.message = std::string(nasty) + "\n\nmore";
        commit.commit_date = ten_o_clock;
        CommitRecord record;
        record.commit = commit;
        wait_ok(database.commits().store_commits({record}));
    }
    static bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }
};

TEST_F(Report, of_an_unknown_repository_is_refused) {
    RepoPeopleParams params;
    params.repo = repo("no/thing");
    auto const report = run_to_end(make_report(database, params, clock.now()));
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().code, ErrorCode::not_found);
    EXPECT_TRUE(has(report.error().message, "no/thing"));
}

TEST_F(Report, asks_every_question_about_one_window) {
    put_work();
    auto const report = made("Acme/Tool");
    EXPECT_EQ(report.repo, "acme/tool");
    EXPECT_EQ(report.window.length(), days(7));
    auto const body = boost::json::parse(json::to_string(report)).as_object();
    for (auto const& [name, part] : body) {
        if (!part.is_object() || !part.as_object().contains("window")) continue;
        EXPECT_EQ(part.at("window"), body.at("window")) << name;
    }
    EXPECT_EQ(report.activity.total_events, 4);
    EXPECT_EQ(report.pushes.total_commits, 2);
    EXPECT_EQ(report.merge_time.median_seconds, 3600);
}

TEST_F(Report, is_one_page_that_asks_for_nothing) {
    put_work();
    auto const page = to_html(make_document(made()));
    EXPECT_TRUE(page.starts_with("<!doctype html>"));
    EXPECT_TRUE(has(page, "<h1>Report on acme/tool</h1>"));
    EXPECT_TRUE(has(page, "prefers-color-scheme:dark"));
    EXPECT_TRUE(has(page, "id=\"events-title\""));
    EXPECT_TRUE(has(page, "id=\"pull-requests-title\""));
    EXPECT_TRUE(has(page, "Not all of the window is covered"));
    for (auto const* outside : {"src=\"", "href=", "url(", "@import", "<script", "<img"})
        EXPECT_FALSE(has(page, outside));
    EXPECT_TRUE(has(page, "&lt;img src=x"));
}

TEST_F(Report, is_markdown_in_which_texts_of_others_take_no_effect) {
    put_work();
    auto const text = to_markdown(make_document(made()), std::nullopt);
    EXPECT_TRUE(text.starts_with("# Report on acme/tool\n"));
    EXPECT_TRUE(has(text, "| Pull requests merged | 1 |"));
    EXPECT_TRUE(has(text, "`<img src=x onerror=alert(1)> '\\|' @octocat fixes #1 [x](http://y)`")) << text;
    EXPECT_FALSE(has(text, "!["));
    EXPECT_TRUE(has(text, "**Events of acme/tool.**")) << "in words without pictures";
    auto const with_pictures = to_markdown(make_document(made()), "report-");
    EXPECT_TRUE(has(with_pictures, "](report-events.svg)"));
    EXPECT_TRUE(has(with_pictures, "](report-pull-requests.svg)"));
}

} // namespace
} // namespace gem::test
