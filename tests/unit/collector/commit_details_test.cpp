#include "collector/commit_details.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "storage/sqlite/sqlite_manager.hpp"
#include "support/await.hpp"
#include "support/event_maker.hpp"
#include "support/manual_clock.hpp"
#include "support/replay_github.hpp"
#include "support/scripted_http_client.hpp"

namespace gem {
namespace {

using test::ReplayAnswer;

std::string sha(int number) { return fmt::format("{:040x}", number); }

std::string files_json(int count, int first = 0) {
    std::string text;
    for (int i = first; i < first + count; ++i) {
        text += fmt::format(
            R"({}{{"filename":"src/{:04}.cpp","status":"modified","additions":2,"deletions":1,"changes":3,"patch":"@@"}})",
            text.empty() ? "" : ",", i);
    }
    return "[" + text + "]";
}

std::string commit_json(int number, int parent, std::string_view more = "") {
    return fmt::format(
        R"({{"sha":"{}","commit":{{"message":"fix: number {}","author":{{"name":"Ada","date":"2026-01-15T09:00:00Z"}},)"
        R"("committer":{{"name":"Ada","date":"2026-01-15T09:30:00Z"}}}},"author":{{"login":"ada"}},)"
        R"("parents":[{{"sha":"{}"}}]{}}})",
        sha(number), number, sha(parent), more);
}

std::string whole_commit_json(int number, int parent, int files) {
    return commit_json(number, parent,
                       fmt::format(R"(,"stats":{{"total":{},"additions":{},"deletions":{}}},"files":{})", 3 * files,
                                   2 * files, files, files_json(files)));
}

std::string compare_json(int total, std::string const& commits, std::string const& files) {
    return fmt::format(R"({{"total_commits":{},"commits":[{}],"files":{}}})", total, commits, files);
}

struct CommitDetailsTest : testing::Test {
    void SetUp() override {
        ASSERT_TRUE(test::await(database.initialize()));
        replay.hourly_limit = 0;
        http.by_function = [this](http::ClientRequest const& request) { return replay.answer(request); };
        start();
    }
    void start(CommitDetails::Options options = {}) { details.emplace(database, github, clock, log, options); }

    static Event push(int before, int head, std::string id = "1") {
        auto maker = test::make_event(std::move(id)).of("o/r", 7);
        maker.push({});
        auto event = maker.done();
        event.facts.before = sha(before);
        event.facts.head = sha(head);
        return event;
    }
    void owe(Event event) {
        auto const owed = test::await(details->owe({std::move(event)}));
        ASSERT_TRUE(owed) << owed.error().message;
    }
    void work(std::int64_t requests = 100) {
        auto const worked = test::await(details->work(requests));
        ASSERT_TRUE(worked) << worked.error().message;
    }
    std::optional<CommitRecord> stored(int number) {
        auto found = test::await(database.commits().find_commit(test::repo("o/r"), sha(number)));
        return found ? std::optional(std::move(*found)) : std::nullopt;
    }
    std::size_t owed_in_store() { return test::await(database.metrics().list_state("owed#")).value().size(); }
    void compare(int before, int head, std::string body) {
        replay.record(fmt::format("/repos/o/r/compare/{}...{}", sha(before), sha(head)),
                      ReplayAnswer::of(200, {}, std::move(body)));
    }
    void commit(int number, std::string body, http::HeaderList headers = {}) {
        replay.record("/repos/o/r/commits/" + sha(number), ReplayAnswer::of(200, std::move(headers), std::move(body)));
    }

    test::ManualClock clock;
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    DatabaseService database{make_sqlite_manager({.provider = "sqlite", .db_path = ":memory:"}, clock, log).value()};
    test::ReplayGitHub replay{clock};
    test::ScriptedHttpClient http;
    github::GitHubClient github{http, clock, {.tokens = {"secret"}}};
    std::optional<CommitDetails> details;
};

TEST_F(CommitDetailsTest, asks_once_for_a_push_of_one_commit) {
    compare(1, 2, compare_json(1, commit_json(2, 1), files_json(2)));
    owe(push(1, 2));
    EXPECT_EQ(owed_in_store(), 1U);
    work();
    EXPECT_EQ(replay.asked, 1U) << "the difference is the commit's";
    auto const record = stored(2);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->commit.stats, (CommitStats{.additions = 4, .deletions = 2, .total_changes = 6}));
    EXPECT_EQ(record->commit.files_changed, 2);
    EXPECT_EQ(record->commit.branch_name, "main");
    EXPECT_EQ(record->commit.author_login, "ada");
    EXPECT_EQ(record->commit.repo_id, 7);
    EXPECT_EQ(format_time(record->commit.commit_date), "2026-01-15T09:30:00Z");
    EXPECT_EQ(record->summary->categories, std::vector<std::string>{"bugfix"});
    EXPECT_EQ(test::await(database.commits().commit_files(test::repo("o/r"), sha(2)))->size(), 2U);
    EXPECT_EQ(owed_in_store(), 0U);
    EXPECT_FALSE(details->due());
    owe(push(1, 2)); // a restart takes it for new
    work();
    EXPECT_EQ(replay.asked, 1U);
    EXPECT_EQ(owed_in_store(), 0U);
}

TEST_F(CommitDetailsTest, asks_for_each_commit_of_a_larger_push) {
    compare(1, 3, compare_json(2, commit_json(2, 1) + "," + commit_json(3, 2), files_json(3)));
    commit(2, whole_commit_json(2, 1, 1));
    commit(3, whole_commit_json(3, 2, 2));
    owe(push(1, 3));
    work();
    EXPECT_EQ(stored(2)->commit.stats->total_changes, 3);
    EXPECT_EQ(stored(3)->commit.stats->total_changes, 6);
    EXPECT_EQ(replay.asked, 3U);
    EXPECT_EQ(details->figures().commits, 2U);
}

TEST_F(CommitDetailsTest, goes_on_after_a_restart_where_it_stopped) {
    compare(1, 3, compare_json(2, commit_json(2, 1) + "," + commit_json(3, 2), files_json(3)));
    commit(2, whole_commit_json(2, 1, 1));
    commit(3, whole_commit_json(3, 2, 2));
    owe(push(1, 3));
    work(2); // the list, and one of them
    EXPECT_TRUE(stored(2)->commit.stats);
    EXPECT_FALSE(stored(3)->commit.stats) << "unknown is null, never 0";
    EXPECT_FALSE(stored(3)->summary);
    EXPECT_EQ(owed_in_store(), 1U);
    start(); // a new process
    ASSERT_TRUE(test::await(details->load()));
    work();
    EXPECT_TRUE(stored(3)->commit.stats);
    EXPECT_EQ(replay.asked, 3U) << "nothing is asked twice";
    EXPECT_EQ(owed_in_store(), 0U);
}

TEST_F(CommitDetailsTest, notes_what_came_together_together_and_forgets_each_push_when_it_is_paid) {
    std::vector<Event> pushes;
    for (int i = 1; i <= 3; ++i) {
        auto& event = pushes.emplace_back(push(i * 10, i * 10 + 1, std::to_string(i)));
        event.created_at = test::ten_o_clock + minutes(i);
        compare(i * 10, i * 10 + 1, compare_json(1, commit_json(i * 10 + 1, i * 10), files_json(1)));
    }
    ASSERT_TRUE(test::await(details->owe(pushes)));
    EXPECT_EQ(owed_in_store(), 1U);
    EXPECT_EQ(details->figures().owed, 3U);
    work(1);
    EXPECT_EQ(owed_in_store(), 1U);
    start(); // a new process
    ASSERT_TRUE(test::await(details->load()));
    EXPECT_EQ(details->figures().owed, 2U) << "what is paid is not owed any more";
    auto const late = push(40, 41, "4");
    compare(40, 41, compare_json(1, commit_json(41, 40), files_json(1)));
    pushes.push_back(late);
    ASSERT_TRUE(test::await(details->owe(pushes))) << "a restart takes some for new";
    work();
    EXPECT_EQ(owed_in_store(), 0U);
    EXPECT_EQ(details->figures().owed, 0U);
    EXPECT_EQ(replay.asked, 4U);
    for (int const number : {11, 21, 31, 41}) EXPECT_TRUE(stored(number)) << number;
}

TEST_F(CommitDetailsTest, reads_notes_of_a_single_push) {
    compare(1, 2, compare_json(1, commit_json(2, 1), files_json(1)));
    ASSERT_TRUE(test::await(database.metrics().put_state(
        {.key = "owed#o/r#2026-01-15T10:00:00Z#000000000000",
         .value = JsonText::already_validated(
             fmt::format(R"({{"repo":"o/r","repo_id":7,"ref":"refs/heads/main","before":"{}","head":"{}","pushed_at":)"
                         R"("2026-01-15T10:00:00Z","commits":[]}})",
                         sha(1), sha(2)))})));
    ASSERT_TRUE(test::await(details->load()));
    work();
    EXPECT_TRUE(stored(2)->commit.stats);
    EXPECT_EQ(owed_in_store(), 0U);
}

TEST_F(CommitDetailsTest, fetches_nothing_for_a_repository_that_was_forgotten) {
    compare(1, 2, compare_json(1, commit_json(2, 1), files_json(2)));
    owe(push(1, 2));
    owe(push(3, 4, "2"));
    for (auto const& note : test::await(database.metrics().list_state("owed#")).value())
        ASSERT_TRUE(test::await(database.metrics().remove_state(note.key)));
    work();
    EXPECT_EQ(replay.asked, 0U);
    EXPECT_FALSE(stored(2));
    EXPECT_EQ(details->figures().owed, 0U);
    EXPECT_EQ(owed_in_store(), 0U);
}

TEST_F(CommitDetailsTest, keeps_nothing_of_a_repository_that_is_forgotten_while_github_answers) {
    compare(1, 2, compare_json(1, commit_json(2, 1), files_json(2)));
    commit(3, whole_commit_json(3, 2, 1));
    owe(push(1, 2));
    owe(push(2, 3, "2"));
    replay.weather = [&](test::ReplayRequest const&) -> std::optional<ReplayAnswer> {
        for (auto const& note : test::await(database.metrics().list_state("owed#")).value())
            EXPECT_TRUE(test::await(database.metrics().remove_state(note.key)));
        return std::nullopt;
    };
    work();
    EXPECT_EQ(replay.asked, 1U);
    EXPECT_FALSE(stored(2));
    EXPECT_FALSE(stored(3));
    EXPECT_EQ(details->figures().owed, 0U);
    EXPECT_EQ(owed_in_store(), 0U);
}

TEST_F(CommitDetailsTest, lists_the_commits_of_a_new_branch) {
    replay.record("/repos/o/r/commits",
                  ReplayAnswer::of(200, {}, "[" + commit_json(3, 2) + "," + commit_json(2, 1) + "]"));
    commit(2, whole_commit_json(2, 1, 1));
    commit(3, whole_commit_json(3, 2, 1));
    owe(push(0, 3));
    work();
    EXPECT_TRUE(stored(2)->commit.stats);
    EXPECT_TRUE(stored(3)->commit.stats);
    EXPECT_EQ(replay.targets.at(0), "/repos/o/r/commits?sha=" + sha(3) + "&per_page=20");
}

TEST_F(CommitDetailsTest, takes_the_commits_of_a_full_payload_without_asking_which_they_are) {
    auto event = push(1, 2);
    event.facts.size = 1;
    event.payload = JsonText::already_validated(
        fmt::format(R"({{"commits":[{{"sha":"{}","author":{{"name":"Ada"}},"message":"fix: number 2"}}]}})", sha(2)));
    commit(2, whole_commit_json(2, 1, 1));
    owe(event);
    EXPECT_FALSE(stored(2)->commit.stats);
    EXPECT_EQ(stored(2)->commit.message, "fix: number 2");
    work();
    EXPECT_EQ(replay.asked, 1U);
    EXPECT_EQ(stored(2)->commit.stats->total_changes, 3);
    // A payload that shows 20 of more is not whole.
    event.facts.size = 21;
    event.facts.head = sha(9);
    owe(event);
    work();
    EXPECT_TRUE(replay.targets.at(1).starts_with("/repos/o/r/compare/"));
}

TEST_F(CommitDetailsTest, reads_all_pages_of_a_commit_with_more_than_300_files) {
    auto event = push(1, 2);
    compare(1, 2, compare_json(1, commit_json(2, 1), files_json(300)));
    auto const stats = R"(,"stats":{"total":1203,"additions":802,"deletions":401},"files":)";
    replay.record("/repos/o/r/commits/" + sha(2) + "?page=1",
                  ReplayAnswer::of(200, {{"link", "<https://api.github.com/x?page=2>; rel=\"next\""}},
                                   commit_json(2, 1, stats + files_json(300))));
    replay.record("/repos/o/r/commits/" + sha(2) + "?page=2",
                  ReplayAnswer::of(200, {}, commit_json(2, 1, stats + files_json(101, 300))));
    owe(event);
    work();
    EXPECT_EQ(stored(2)->commit.files_changed, 401);
    EXPECT_EQ(stored(2)->commit.stats->total_changes, 1203);
    EXPECT_EQ(stored(2)->summary->risk_level, "high");
}

TEST_F(CommitDetailsTest, gives_up_what_was_pushed_away) {
    for (unsigned const status : {404U, 409U, 422U}) {
        replay.record(fmt::format("/repos/o/r/compare/{}...{}", sha(1), sha(2)),
                      ReplayAnswer::of(status, {}, R"({"message":"no"})"));
        owe(push(1, 2));
        EXPECT_EQ(owed_in_store(), 1U);
        work();
        EXPECT_EQ(owed_in_store(), 0U) << status;
    }
    EXPECT_EQ(details->figures().given_up, 3U);
    // One commit of several: the others are fetched all the same.
    compare(1, 4, compare_json(2, commit_json(3, 1) + "," + commit_json(4, 3), "[]"));
    commit(4, whole_commit_json(4, 3, 1));
    owe(push(1, 4));
    work();
    EXPECT_FALSE(stored(3)->commit.stats);
    EXPECT_TRUE(stored(4)->commit.stats);
    EXPECT_EQ(owed_in_store(), 0U);
}

TEST_F(CommitDetailsTest, keeps_a_debt_through_bad_days_and_leaves_github_in_peace) {
    compare(1, 2, compare_json(1, commit_json(2, 1), files_json(1)));
    owe(push(1, 2));
    replay.faults.push_back(ReplayAnswer::of(502, {}, ""));
    work();
    EXPECT_EQ(owed_in_store(), 1U);
    EXPECT_FALSE(details->due());
    clock.advance(minutes(2));
    replay.faults.push_back(ReplayAnswer::of(403, {{"retry-after", "600"}}, R"({"message":"secondary rate limit"})"));
    work();
    EXPECT_FALSE(details->due());
    clock.advance(minutes(11));
    replay.faults.push_back(ReplayAnswer::of(200, {}, R"({"commits":[)"));
    work();
    EXPECT_EQ(owed_in_store(), 1U);
    clock.advance(hours(2));
    replay.faults.push_back(ReplayAnswer::of(401, {}, R"({"message":"Bad credentials"})"));
    work();
    EXPECT_EQ(owed_in_store(), 1U);
    clock.advance(hours(2));
    work();
    EXPECT_TRUE(stored(2)->commit.stats);
    EXPECT_EQ(owed_in_store(), 0U);
}

TEST_F(CommitDetailsTest, follows_a_renamed_repository) {
    replay.record(fmt::format("/repos/o/r/compare/{}...{}", sha(1), sha(2)),
                  ReplayAnswer::of(301, {{"location", "https://api.github.com/repositories/7/compare/x...y"}}, ""));
    replay.record(fmt::format("/repositories/7/compare/{}...{}", sha(1), sha(2)),
                  ReplayAnswer::of(200, {}, compare_json(1, commit_json(2, 1), files_json(1))));
    owe(push(1, 2));
    work();
    EXPECT_TRUE(stored(2)->commit.stats);
}

TEST_F(CommitDetailsTest, owes_nothing_when_switched_off_but_keeps_what_payloads_tell) {
    start({.on = false});
    auto event = push(1, 2);
    event.facts.size = 1;
    event.payload = JsonText::already_validated(fmt::format(R"({{"commits":[{{"sha":"{}","message":"m"}}]}})", sha(2)));
    owe(event);
    EXPECT_EQ(owed_in_store(), 0U);
    EXPECT_FALSE(details->due());
    ASSERT_TRUE(stored(2));
    EXPECT_FALSE(stored(2)->commit.stats);
}

TEST_F(CommitDetailsTest, asks_no_more_than_allowed_in_an_hour_and_leaves_polls_their_part) {
    start({.max_per_hour = 360});
    EXPECT_EQ(details->allowance(5000, 100), 30) << "five minutes' worth";
    EXPECT_EQ(details->allowance(5000, 4990), 10);
    EXPECT_EQ(details->allowance(50, 100), 0);
    compare(1, 2, compare_json(1, commit_json(2, 1), files_json(1)));
    owe(push(1, 2));
    work();
    EXPECT_EQ(details->allowance(5000, 0), 29);
    clock.advance(hours(5));
    EXPECT_EQ(details->allowance(5000, 0), 30) << "what was not used does not pile up";
}

TEST_F(CommitDetailsTest, pays_the_latest_push_first_and_drops_the_oldest_when_there_are_too_many) {
    start({.most_owed = 2});
    for (int i = 1; i <= 3; ++i) {
        auto event = push(i * 10, i * 10 + 1, std::to_string(i));
        event.created_at = test::ten_o_clock + minutes(i);
        compare(i * 10, i * 10 + 1, compare_json(1, commit_json(i * 10 + 1, i * 10), files_json(1)));
        owe(event);
    }
    EXPECT_EQ(owed_in_store(), 2U);
    work(1);
    EXPECT_TRUE(stored(31));
    EXPECT_FALSE(stored(21));
    work();
    EXPECT_TRUE(stored(21));
    EXPECT_FALSE(stored(11));
}

} // namespace
} // namespace gem
