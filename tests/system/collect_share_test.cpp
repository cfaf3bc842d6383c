// Two collectors, processes of their own, on one SQLite file or the same tables of DynamoDB: they share the work, and
// outlive each other.
#include <chrono>
#include <set>
#include <thread>

#include <sqlite3.h>

#include "support/replay_github.hpp"
#include "system/dynamodb_program.hpp"

namespace {

using gem::test::ReplayAnswer;
using gem::test::ReplayGitHub;
using gem::test::ReplayRequest;
using gem::test::SocketRequest;
using gem::test::SocketServer;
using gem::tests::ChildProcess;
using gem::tests::DynamoProgram;
using namespace std::chrono_literals;

constexpr int shared_repositories = 12;

/// Remembers who asked for what: each process has a token of its own, and so another Authorization.
class TwoFacedGitHub {
  public:
    TwoFacedGitHub() {
        replay_.hourly_limit = 0;
        replay_.poll_interval = 0;
        replay_.remember = false;
        replay_.weather = [this](ReplayRequest const& request) -> std::optional<ReplayAnswer> {
            std::lock_guard const lock(mutex_);
            asked_.emplace_back(request.authorization, request.path);
            return std::nullopt;
        };
        for (int i = 0; i < shared_repositories; ++i) replay_.line(fmt::format("/repos/o/r{}/events", i));
    }
    [[nodiscard]] std::string url() const { return server_.url(); }

    void forget() {
        std::lock_guard const lock(mutex_);
        asked_.clear();
    }
    /// What the bearer of that token has asked for since forget().
    std::set<std::string> asked_by(std::string const& token) {
        std::lock_guard const lock(mutex_);
        std::set<std::string> paths;
        for (auto const& [authorization, path] : asked_) {
            if (authorization == "Bearer " + token) paths.insert(path);
        }
        return paths;
    }
    /// Waits until `what` holds; whether it did in time.
    template <class What>
    static bool becomes(What what, std::chrono::seconds longest = 60s) {
        for (auto const end = std::chrono::steady_clock::now() + longest; std::chrono::steady_clock::now() < end;) {
            if (what()) return true;
            std::this_thread::sleep_for(50ms);
        }
        return false;
    }

  private:
    std::mutex mutex_;
    std::vector<std::pair<std::string, std::string>> asked_;
    gem::test::ManualClock clock_;
    ReplayGitHub replay_{clock_};
    SocketServer server_{[this](SocketRequest const& request) { return replay_.answer(request); }};
};

class CollectShare : public DynamoProgram, public testing::WithParamInterface<char const*> {
  protected:
    std::unique_ptr<ChildProcess> collect(std::string const& token) {
        std::string targets;
        for (int i = 0; i < shared_repositories; ++i) targets += fmt::format("{}o/r{}", i > 0 ? "," : "", i);
        auto variables = dynamodb();
        variables["DATABASE_PROVIDER"] = GetParam();
        variables.merge(Variables{{"GITHUB_API_BASE", github.url()},
                                  {"TARGET_REPOSITORIES", targets},
                                  {"POLL_INTERVAL", "1"},
                                  {"COLLECTOR_LEASE", "3"},
                                  {"COMMIT_DETAILS", "off"},
                                  {"HISTORY_ON_ARRIVAL", "off"},
                                  {"GITHUB_TOKEN", token},
                                  {"no_proxy", "127.0.0.1"}});
        return std::make_unique<ChildProcess>(GEM_PROGRAM, std::vector<std::string>{"collect"}, variables);
    }
    /// Whether each repository is asked for by exactly one of the two, and each of them asks for some.
    bool shared() {
        github.forget();
        std::this_thread::sleep_for(3s);
        auto const one = github.asked_by("one");
        auto const other = github.asked_by("other");
        return !one.empty() && !other.empty() && one.size() + other.size() == shared_repositories &&
               std::ranges::none_of(one, [&](auto const& path) { return other.contains(path); });
    }
    bool has_all(std::string const& token) {
        github.forget();
        return TwoFacedGitHub::becomes([&] { return github.asked_by(token).size() == shared_repositories; }, 5s);
    }

    /// Not in the middle of writing: whoever is frozen with SQLite's lock stops everybody.
    void freeze(ChildProcess const& process) const {
        for (;; std::this_thread::sleep_for(50ms)) {
            process.signal(SIGSTOP);
            sqlite3* file = nullptr;
            int free = sqlite3_open(database().c_str(), &file);
            sqlite3_busy_timeout(file, 2000);
            if (free == SQLITE_OK) free = sqlite3_exec(file, "BEGIN IMMEDIATE; ROLLBACK", nullptr, nullptr, nullptr);
            sqlite3_close(file);
            if (free == SQLITE_OK) return;
            process.signal(SIGCONT);
        }
    }

    TwoFacedGitHub github;
};

INSTANTIATE_TEST_SUITE_P(Providers, CollectShare, testing::Values("sqlite", "dynamodb"),
                         [](auto const& test) { return std::string(test.param); });

TEST_P(CollectShare, two_processes_share_the_targets_and_one_takes_over_what_the_other_leaves) {
    auto const one = collect("one");
    ASSERT_TRUE(TwoFacedGitHub::becomes([&] { return has_all("one"); })) << one->err();
    auto const other = collect("other");
    ASSERT_TRUE(TwoFacedGitHub::becomes([&] { return shared(); })) << one->err() << other->err();

    // Frozen: it is there, and does nothing. Its lease runs out.
    freeze(*one);
    EXPECT_TRUE(TwoFacedGitHub::becomes([&] { return has_all("other"); })) << other->err();
    one->signal(SIGCONT);
    EXPECT_TRUE(one->wait_for_err("lease_lost")) << "it notices: " << one->err();
    EXPECT_TRUE(TwoFacedGitHub::becomes([&] { return shared(); })) << one->err() << other->err();

    // Killed: it can be seen on this machine that it is no more.
    other->signal(SIGKILL);
    other->wait();
    EXPECT_TRUE(TwoFacedGitHub::becomes([&] { return has_all("one"); })) << one->err();

    one->signal(SIGTERM);
    EXPECT_EQ(one->wait().status, 0);
    auto const by_hand = collect("other");
    EXPECT_TRUE(TwoFacedGitHub::becomes([&] { return has_all("other"); })) << "a stopped one leaves at once";
}

} // namespace
