// The collector and its watch list as the API knows them.
#pragma once

#include "api/collector_control.hpp"
#include "app/collecting.hpp"

namespace gem {

/// What the API is told of a cycle. When nothing of it was answered it is `failed`, with the reasons; the store's
/// failing is an error (unavailable).
Result<api::CollectOutcome> outcome_of(CollectReport const& report);

/// On the server's thread. `collecting` outlives it.
class CollectorDesk final : public api::CollectorControl {
  public:
    explicit CollectorDesk(Collecting& collecting) : collecting_(collecting) {}

    Async<Result<api::CollectOutcome>> collect_now(std::optional<std::int64_t> limit) override;
    [[nodiscard]] std::string status() const override;
    [[nodiscard]] std::optional<UtcTime> last_poll() const override;
    [[nodiscard]] std::vector<std::string> targets() const override;
    [[nodiscard]] std::vector<api::CollectorFigure> figures() const override;
    Async<Result<std::vector<api::WatchedRepo>>> watched() override;
    Async<Result<std::optional<api::WatchedRepo>>> find_watched(RepoName repo) override;
    Async<Result<std::pair<api::WatchedRepo, bool>>> watch(RepoName repo) override;
    Async<Result<void>> unwatch(RepoName repo) override;

  private:
    Collecting& collecting_;
};

} // namespace gem
