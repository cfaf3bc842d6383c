// History on arrival: asks GitHub, in the background, what it can still tell of repositories that are newly watched,
// and keeps it (storage/repo_history.hpp). How far it is, is kept as well: a restart goes on, and what was filled once
// is not asked for again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "collector/history_plan.hpp"
#include "github/client.hpp"
#include "storage/database_service.hpp"
#include "storage/private_repositories.hpp"

namespace gem {

/// What was done since the start.
struct HistoryFigures {
    std::size_t unfinished = 0; ///< repositories of ours whose history is asked for, now
    std::size_t known = 0;      ///< repositories of ours of which is known how far it is, now
    std::uint64_t requests = 0;
    std::uint64_t finished = 0;
};

/// For one event loop, one follow() or work() at a time.
class HistoryFiller {
  public:
    struct Options {
        bool on = true;
        HistoryLimits limits{};
    };
    HistoryFiller(DatabaseService& database, github::GitHubClient& github, Clock const& clock, Log& log,
                  Options options);

    /// These are watched, and ours to ask for; begins what was never begun and is still polled as the store knows, and
    /// anew what ends before the present polls begin, some of them at a time. Fails only if the store does.
    Async<Result<void>> follow(std::vector<RepoName> repos);

    /// What is known of a repository (by RepoName::key()) is to be read anew.
    void forget(std::string const& key) { ours_.erase(key); }

    /// Asks with at most `requests`, for one repository after the other. Stops early when nothing is left to be asked
    /// now. Fails only if the store does.
    Async<Result<void>> work(std::int64_t requests);

    /// Whether follow() or work() would find something to do now.
    [[nodiscard]] bool due() const;
    [[nodiscard]] HistoryFigures figures() const;

  private:
    struct Step {
        HistoryAnswered answered;
        std::optional<bool> is_private{};
        HistoryPage page{};
        std::vector<DeploymentMetric> deployments{};
    };
    using Entry = std::map<std::string, KeptProgress>::value_type;
    /// The one to ask for now; none, or GitHub wants peace: nothing.
    [[nodiscard]] Entry const* next() const;
    Async<Result<std::optional<KeptProgress>>> take_up(RepoName repo);
    Async<Result<bool>> is_left_behind(RepoName repo, HistoryProgress progress);
    Async<Result<void>> advance(std::string key, std::int64_t& requests);
    Async<Result<bool>> is_kept(RepoName repo);
    Async<Result<void>> take_back(RepoName repo, std::string place);
    Async<github::ApiAnswer> ask(RepoName repo, std::string question, std::int64_t& requests);
    Async<Step> fetch(RepoName repo, HistoryProgress progress, std::int64_t& requests);
    Async<void> fetch_statuses(RepoName repo, Step& step, std::int64_t& requests);
    Async<Result<void>> store(RepoName repo, HistoryProgress const& progress, Step step);
    void tell(HistoryProgress const& progress);

    DatabaseService& database_;
    github::GitHubClient& github_;
    Clock const& clock_;
    Log& log_;
    Options options_;
    HistoryPlan plan_;
    PrivateRepositories private_;
    std::map<std::string, KeptProgress> ours_; // by RepoName::key()
    bool more_to_follow_ = false;
    UtcTime quiet_until_{}; // GitHub wants peace
    HistoryFigures figures_;
};

} // namespace gem
