// Ends a collection at moments that it did not choose, and starts it again: the database becomes what it becomes when
// nothing disturbs it. Events grow as they are asked for, so that the run takes as long as it takes.
#include <random>

#include "storage/database_service.hpp"
#include "storage/sqlite/sqlite_manager.hpp"
#include "support/await.hpp"
#include "support/event_maker.hpp"
#include "support/replay_github.hpp"
#include "system/program_fixture.hpp"

namespace {

using gem::test::await;
using gem::test::ReplayAnswer;
using gem::test::ReplayGitHub;
using gem::test::ReplayRequest;
using gem::test::SocketRequest;
using gem::test::SocketServer;
using gem::tests::ChildProcess;
using gem::tests::Program;

constexpr int repositories = 4;
constexpr int events_each = 240;
constexpr int grown_at_once = 12;

/// Four repositories that grow by a dozen events with each first page that is asked for; each sixth is a push.
class GrowingGitHub {
  public:
    GrowingGitHub() {
        replay_.hourly_limit = 0;
        replay_.poll_interval = 0;
        replay_.remember = false;
        replay_.weather = [this](ReplayRequest const& request) { return grow(request); };
        for (int i = 0; i < repositories; ++i) replay_.line(fmt::format("/repos/o/r{}/events", i));
    }
    [[nodiscard]] std::string url() const { return server_.url(); }
    [[nodiscard]] bool grown() const { return happened_ == repositories * events_each; }

  private:
    static std::string sha(int repo, int number) { return fmt::format("{:08x}{:032x}", repo + 1, number); }

    std::optional<ReplayAnswer> grow(ReplayRequest const& request) {
        for (int repo = 0; repo < repositories; ++repo) {
            auto const path = fmt::format("/repos/o/r{}/events", repo);
            if (request.path != path || request.number("page", 1) != 1) continue;
            auto& line = replay_.line(path);
            for (int i = 0; i < grown_at_once && std::ssize(line.newest_first) < events_each; ++i) happen(repo, line);
        }
        return std::nullopt;
    }

    void happen(int repo, ReplayGitHub::TimeLine& line) {
        auto const number = static_cast<int>(line.newest_first.size());
        auto const time = gem::format_time(gem::test::ten_o_clock + gem::seconds(number * 7 + repo));
        std::string type = "WatchEvent";
        std::string payload = R"({"action":"started"})";
        if (number % 6 == 0) {
            type = "PushEvent";
            payload =
                fmt::format(R"({{"repository_id":{},"push_id":{},"ref":"refs/heads/main","head":"{}","before":"{}"}})",
                            repo + 1, number, sha(repo, number + 1), sha(repo, number));
            auto const commit = fmt::format(
                R"({{"sha":"{}","commit":{{"message":"fix: {}","committer":{{"date":"{}"}}}},"parents":[{{"sha":"{}"}}]}})",
                sha(repo, number + 1), number, time, sha(repo, number));
            replay_.record(
                fmt::format("/repos/o/r{}/compare/{}...{}", repo, sha(repo, number), sha(repo, number + 1)),
                ReplayAnswer::of(
                    200, {},
                    fmt::format(
                        R"({{"total_commits":1,"commits":[{}],"files":[{{"filename":"a.cpp","additions":1,"changes":1}}]}})",
                        commit)));
        }
        replay_.push(line,
                     fmt::format(R"({{"id":"{}","type":"{}","actor":{{"id":1,"login":"octocat"}},"repo":{{"id":{},)"
                                 R"("name":"o/r{}"}},"payload":{},"public":true,"created_at":"{}"}})",
                                 number * 10 + repo, type, repo + 1, repo, payload, time));
        ++happened_;
    }

    gem::test::ManualClock clock_;
    ReplayGitHub replay_{clock_};
    std::atomic<int> happened_ = 0;
    SocketServer server_{[this](SocketRequest const& request) { return replay_.answer(request); }};
};

class CollectKill : public Program {
  protected:
    [[nodiscard]] std::map<std::string, std::string> settings(GrowingGitHub const& github) const {
        return {{"DATABASE_PATH", database()},
                {"GITHUB_API_BASE", github.url()},
                {"TARGET_REPOSITORIES", "o/r0,o/r1,o/r2,o/r3"},
                {"POLL_INTERVAL", "1"},
                {"COMMIT_DETAILS_MAX_PER_HOUR", "100000"},
                {"GITHUB_TOKEN", "secret"},
                {"no_proxy", "127.0.0.1"}};
    }

    /// Cycles until GitHub has nothing more.
    void finish(GrowingGitHub const& github) const {
        for (int quiet = 0, rounds = 0; quiet < 2; ++rounds) {
            ASSERT_LT(rounds, 60);
            auto const outcome = ChildProcess(GEM_PROGRAM, {"collect", "--once", "--json"}, settings(github)).wait();
            ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
            quiet = github.grown() && number(outcome.out, "new_events") == 0 ? quiet + 1 : 0;
        }
    }

    /// All that a reader can see of it: events, commits, gaps and debts.
    [[nodiscard]] std::vector<std::string> content() const {
        gem::SystemClock const clock;
        gem::Log log{clock, gem::LogLevel::off, gem::LogFormat::text, [](std::string_view) {}};
        gem::DatabaseService service(
            gem::make_sqlite_manager({.provider = "sqlite", .db_path = database()}, clock, log).value());
        EXPECT_TRUE(await(service.initialize()));
        std::vector<std::string> all;
        for (int i = 0; i < repositories; ++i) {
            auto const repo = gem::RepoName::parse(fmt::format("o/r{}", i)).value();
            auto const events =
                await(service.events().find_events({.repo = repo, .window = gem::test::all_time(), .limit = 1000}));
            for (auto const& event : events->events)
                all.push_back(fmt::format("{} {} {} {}", event.id, event.type, event.repo_name, event.payload.text()));
            auto const commits =
                await(service.commits().find_commits({.repo = repo, .window = gem::test::all_time(), .limit = 1000}));
            for (auto const& record : commits->commits) {
                all.push_back(fmt::format("{} {} {} {} {}", record.commit.sha, record.commit.message,
                                          record.commit.branch_name,
                                          record.commit.stats ? record.commit.stats->total_changes : -1,
                                          record.summary ? record.summary->short_text : "none"));
            }
        }
        for (auto const* const prefix : {"coverage#gap#", "owed#"}) {
            for (auto const& entry : *await(service.metrics().list_state(prefix))) all.push_back(entry.key);
        }
        auto const tally = await(service.events().tally(gem::test::all_time(), std::nullopt));
        for (auto const& row : *tally) all.push_back(fmt::format("{} {}", row.type, row.events));
        EXPECT_TRUE(await(service.close()));
        return all;
    }

    void remove_database() const {
        for (auto const* const end : {"", "-wal", "-shm"}) std::filesystem::remove(database() + end);
    }
};

TEST_F(CollectKill, at_random_moments_of_a_collection_changes_nothing_in_what_becomes_of_the_database) {
    std::vector<std::string> undisturbed;
    {
        GrowingGitHub const github;
        finish(github);
        undisturbed = content();
        remove_database();
    }
    ASSERT_EQ(undisturbed.size(), repositories * (events_each + events_each / 6) + 2U)
        << "every event and every commit, two types, no gap, no debt";
    auto const* const rounds = std::getenv("GEM_KILL_ROUNDS");
    auto const* const told = std::getenv("GEM_KILL_SEED");
    auto const seed = told == nullptr ? std::random_device{}() : static_cast<unsigned>(std::stoul(told));
    std::mt19937 random(seed);
    SCOPED_TRACE(fmt::format("GEM_KILL_SEED={}", seed));
    GrowingGitHub const github;
    int killed = 0;
    for (int round = rounds == nullptr ? 10 : std::min(std::stoi(rounds), 100); round > 0; --round) {
        ChildProcess collector(GEM_PROGRAM, {"collect"}, settings(github));
        std::chrono::milliseconds const moment(std::uniform_int_distribution<int>(20, 1500)(random));
        if (!collector.ended_within(moment)) ++killed;
        collector.signal(SIGKILL);
    }
    EXPECT_GT(killed, 0);
    finish(github);
    EXPECT_EQ(content(), undisturbed);
}

} // namespace
