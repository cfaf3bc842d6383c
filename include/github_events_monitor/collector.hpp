// The library's front door: a collector over SQLite or DynamoDB whose caller need not know which.
//
//   auto collector = gem::create_enhanced_collector({.provider = "sqlite", .db_path = "./events.db"});
//   if (!collector) return report(collector.error());
//   co_await collector->initialize();
//   auto commits = co_await collector->get_recent_commits("microsoft/vscode", gem::hours(24));
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analytics/change_summary.hpp"
#include "analytics/event_counts.hpp"
#include "analytics/trending.hpp"
#include "base/async.hpp"
#include "collector/collector.hpp"
#include "storage/database_service.hpp"

namespace gem {

/// SEED.md's `database_config`. What is left empty comes from the environment and else is the default
/// (docs/CONFIGURATION.md).
struct CollectorConfig {
    std::optional<std::string> provider{}; ///< `sqlite`, `dynamodb`
    std::optional<std::string> db_path{};  ///< sqlite; `:memory:` keeps nothing
    std::optional<std::string> region{};   ///< dynamodb
    std::optional<std::string> table_prefix{};
    std::optional<std::string> endpoint_url{};
};

/// What one of docs/API.md's endpoints answers.
struct RestAnswer {
    unsigned status = 200; ///< 503 where the answer is that the store is not well
    std::string content_type{};
    std::string body{};
};

/// All questions are answered alike on every provider. Errors are those of storage/database_interface.hpp; a question
/// before initialize() succeeded fails. Movable; is to be closed, and to outlive what was asked of it, on one event
/// loop.
class EnhancedCollector {
  public:
    class Parts;
    explicit EnhancedCollector(std::unique_ptr<Parts> parts);
    EnhancedCollector(EnhancedCollector&&) noexcept;
    EnhancedCollector& operator=(EnhancedCollector&&) noexcept;
    ~EnhancedCollector();

    /// Opens the store; creates or migrates its tables. Idempotent.
    Async<Result<void>> initialize();
    /// Waits for what is under way and lets go. Idempotent.
    Async<Result<void>> close();
    /// Really asks the store. Never fails: what is wrong is in the answer.
    Async<DatabaseHealth> health_check();

    /// One collection cycle over TARGET_REPOSITORIES and the watch list (with neither: over everybody's time line); at
    /// most `limit` events. Afterwards one turn each of fetching the commits of pushes and the past of what is new.
    Async<Result<CollectReport>> collect(std::optional<std::size_t> limit = {});

    /// The commits stored for the last `window`, newest first, at most `limit` (1–1000).
    Async<Result<std::vector<CommitRecord>>> get_recent_commits(std::string repo, minutes window = hours(24),
                                                                std::size_t limit = 50);
    /// Sums are null while something about one of the commits is unknown.
    Async<Result<Windowed<ChangeSummary>>> get_repository_change_summary(std::string repo, minutes window = hours(24));
    Async<Result<Windowed<EventCounts>>> get_event_counts(minutes window = hours(1),
                                                          std::optional<std::string> repo = {});
    Async<Result<Windowed<Trending>>> get_trending_repositories(minutes window = hours(24), std::int64_t limit = 10);

    /// Any question of docs/API.md as the server answers it, from its caches as well. `path` as it stands there, for
    /// example `/commits/{sha}`; `given` has every parameter by its name, those of the path as well. Methods other than
    /// GET change something. What the server would refuse is an error: not_found where there is nothing at `path`,
    /// invalid_argument for a parameter. An answer that goes on (/events/stream) is had from a server only.
    Async<Result<RestAnswer>> ask(std::string method, std::string path,
                                  std::vector<std::pair<std::string, std::string>> given = {});

    /// The store itself, for everything else.
    [[nodiscard]] DatabaseService& database() const;

  private:
    std::unique_ptr<Parts> parts_;
};

/// invalid_argument, with every mistake in the environment and `config`, or because the provider is not built in.
Result<EnhancedCollector> create_enhanced_collector(CollectorConfig config = {});

} // namespace gem
