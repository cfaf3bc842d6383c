// DynamoDBEventsRepository: events in the base table, counts in the hours' logs (docs/decisions/0006).
#pragma once

#include <memory>

#include "storage/dynamodb/context.hpp"

namespace gem {

class DynamoDBEventsRepository final : public EventsRepository, public dynamodb::NameResolver {
  public:
    explicit DynamoDBEventsRepository(dynamodb::DynamoDBContext& context);
    ~DynamoDBEventsRepository() override;

    Async<Result<InsertResult>> insert_events(std::vector<Event> batch) override;
    Async<Result<InsertResult>> restore_events(std::vector<Event> batch) override;
    Async<Result<EventPage>> find_events(EventQuery query) override;
    Async<Result<std::vector<Tally>>> tally(TimeWindow window, std::optional<RepoName> repo) override;
    Async<Result<std::vector<BucketTally>>> tally_series(TimeWindow window, minutes bucket,
                                                         std::optional<RepoName> repo,
                                                         std::optional<std::string> type) override;
    Async<Result<std::vector<RepoActivity>>> busiest(TimeWindow window, std::size_t limit, bool with_rows) override;
    Async<Result<std::vector<RepoActivity>>> activity(TimeWindow window, std::vector<RepoName> repos) override;
    Async<Result<EventFactsList>> event_facts(RepoName repo, TimeWindow window,
                                              std::vector<std::string> types) override;
    Async<Result<std::optional<RepoSummary>>> find_repository(RepoName repo) override;
    Async<Result<std::vector<RepoSummary>>> list_repositories(std::string after, std::size_t limit) override;
    Async<Result<Totals>> totals() override;
    /// Of this process alone: the tables keep no order of arrival.
    Async<Result<ArrivalPage>> arrivals(std::string after, std::size_t limit) override;
    Async<Result<std::vector<std::string>>> sources(TimeWindow window, std::optional<RepoName> repo) override;
    Async<Result<WindowFigures>> window_figures(TimeWindow window, std::optional<RepoName> repo,
                                                bool with_tallies) override;

    Async<Result<dynamodb::ResolvedName>> resolve(RepoName name) override;

  private:
    friend class DynamoDBMaintenance;
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace gem
