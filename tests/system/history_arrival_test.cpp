// History on arrival with the program itself: it is killed at moments that it did not choose, and what it knows in the
// end is what it knows when nobody disturbs it.
#include <random>

#include "storage/database_service.hpp"
#include "storage/repo_history.hpp"
#include "storage/sqlite/sqlite_manager.hpp"
#include "support/await.hpp"
#include "support/event_maker.hpp"
#include "support/past_of_a_repository.hpp"
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

constexpr int days_of_history = 20;

/// One repository whose answers take a while; its past ends today.
class SlowGitHub {
  public:
    SlowGitHub() {
        replay_.hourly_limit = 0;
        replay_.remember = false;
        replay_.weather = [this](ReplayRequest const& request) { return past_.answer(request); };
        replay_.show("/repos/o/r/events", {star()});
    }
    [[nodiscard]] std::string url() const { return server_.url(); }
    [[nodiscard]] std::size_t asked() const { return asked_; }
    std::atomic<int> milliseconds = 0; ///< before each answer

  private:
    [[nodiscard]] std::string star() const {
        return fmt::format(
            R"({{"id":"1","type":"WatchEvent","actor":{{"id":1,"login":"ada"}},"repo":{{"id":7,"name":"o/r"}},)"
            R"("payload":{{"action":"started"}},"public":true,"created_at":"{}"}})",
            gem::format_time(clock_.now() - gem::hours(1)));
    }

    gem::test::ManualClock clock_{std::chrono::floor<gem::hours>(gem::SystemClock().now())};
    gem::test::PastOfARepository past_{"o/r", clock_.now() - gem::days(days_of_history), days_of_history * 24};
    ReplayGitHub replay_{clock_};
    std::atomic<std::size_t> asked_ = 0;
    SocketServer server_{[this](SocketRequest const& request) {
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
        ++asked_;
        return replay_.answer(request);
    }};
};

class HistoryArrival : public Program {
  protected:
    [[nodiscard]] std::map<std::string, std::string> settings(SlowGitHub const& github) const {
        return {{"DATABASE_PATH", database()},
                {"GITHUB_API_BASE", github.url()},
                {"TARGET_REPOSITORIES", "o/r"},
                {"GITHUB_TOKEN", "secret"},
                {"no_proxy", "127.0.0.1"}};
    }

    /// What is known of o/r once its history is whole; empty before.
    [[nodiscard]] std::vector<std::string> content() const {
        gem::SystemClock const clock;
        gem::Log log{clock, gem::LogLevel::off, gem::LogFormat::text, [](std::string_view) {}};
        gem::DatabaseService service(
            gem::make_sqlite_manager({.provider = "sqlite", .db_path = database()}, clock, log).value());
        EXPECT_TRUE(await(service.initialize()));
        auto const repo = gem::RepoName::parse("o/r").value();
        auto const history = await(gem::read_history(service.metrics(), repo, gem::test::all_time())).value();
        std::vector<std::string> all;
        if (history) {
            auto const& told = history->told;
            for (auto const& item : told.items) all.push_back(gem::json::to_string(item));
            for (auto const& answer : told.answers) all.push_back(gem::json::to_string(answer));
            for (auto const& release : told.releases) all.push_back(gem::json::to_string(release));
            auto const deployments = await(service.metrics().find_deployments(repo, gem::test::all_time())).value();
            for (auto const& one : deployments)
                all.push_back(fmt::format("{} {} {}", one.deployment_id, one.status, gem::format_time(one.created_at)));
        }
        EXPECT_TRUE(await(service.close()));
        return all;
    }
};

TEST_F(HistoryArrival, survives_being_killed_in_the_middle_and_is_not_repeated) {
    SlowGitHub github;
    auto const finish = [&] {
        auto const outcome = ChildProcess(GEM_PROGRAM, {"collect", "--once", "--json"}, settings(github)).wait();
        ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    };
    finish();
    auto const undisturbed = content();
    auto const needed = github.asked();
    constexpr std::size_t issues = days_of_history * 24;
    ASSERT_EQ(undisturbed.size(), issues * 2 + issues * 2 / 3 + days_of_history * 2U);
    finish();
    EXPECT_LE(github.asked(), needed + 1) << "only the time line is asked for a second time";
    for (auto const* const end : {"", "-wal", "-shm"}) std::filesystem::remove(database() + end);

    auto const* const told = std::getenv("GEM_KILL_SEED");
    auto const seed = told == nullptr ? std::random_device{}() : static_cast<unsigned>(std::stoul(told));
    std::mt19937 random(seed);
    SCOPED_TRACE(fmt::format("GEM_KILL_SEED={}", seed));
    github.milliseconds = 10;
    int killed = 0;
    for (int round = 0; round < 6; ++round) {
        ChildProcess collector(GEM_PROGRAM, {"collect"}, settings(github));
        std::chrono::milliseconds const moment(std::uniform_int_distribution<int>(50, 900)(random));
        if (!collector.ended_within(moment)) ++killed;
        collector.signal(SIGKILL);
    }
    EXPECT_EQ(killed, 6);
    github.milliseconds = 0;
    auto const before = github.asked();
    finish();
    EXPECT_LT(github.asked() - before, needed) << "it went on where it was";
    EXPECT_EQ(content(), undisturbed);
}

TEST_F(HistoryArrival, fills_figures_of_a_repository_that_was_never_seen_before) {
    SlowGitHub const github;
    ASSERT_EQ(ChildProcess(GEM_PROGRAM, {"collect", "--once"}, settings(github)).wait().status, 0);
    auto const served = serve();
    auto const merge = get(served.port, "/metrics/pr-merge-time?repo=o/r&hours=720");
    EXPECT_NE(merge.find(R"("median_seconds":10800)"), std::string::npos) << merge;
    EXPECT_NE(merge.find(R"("history")"), std::string::npos) << merge;
    auto const response = get(served.port, "/metrics/issue-first-response?repo=o/r&hours=720");
    EXPECT_NE(response.find(R"("p50":1800)"), std::string::npos) << response;
    auto const deployments = get(served.port, "/metrics/release-deployment?repo=o/r&hours=720");
    EXPECT_NE(deployments.find(R"("success_rate":1.0000)"), std::string::npos) << deployments;
    auto const counts = get(served.port, "/metrics/event-counts?repo=o/r&offset_minutes=43200");
    EXPECT_EQ(number(counts, "total_events"), 1) << counts;
}

} // namespace
