// Finding raw events in the base table.
#pragma once

#include "storage/dynamodb/counting.hpp"
#include "storage/dynamodb/event_memory.hpp"

namespace gem::dynamodb {

/// The event of an item of the base table, with its payload, whose parts are read where it has any.
Async<Result<Event>> read_whole_event(Client& client, Item item);

class EventFinder {
  public:
    EventFinder(DynamoDBContext& context, Names& names, Counting& counting)
        : context_(context), names_(names), counting_(counting) {}

    Async<Result<EventPage>> find(EventQuery query);
    Async<Result<std::vector<EventFactsRow>>> facts(RepoName repo, TimeWindow window, std::vector<std::string> types);
    /// After events were taken back.
    void forget_everything() { memory_.clear(); }

  private:
    struct Found;
    struct Wanted;
    using Visit = std::function<Result<void>(Item&&)>;
    struct Minutes;
    Async<Result<void>> visit_logged(Gathered const& gathered, std::string key, TimeWindow window,
                                     std::vector<std::string> types, Visit visit);
    Async<Result<void>> read_minutes(Minutes const& minutes, std::int64_t first, std::int64_t last, Visit visit);
    Async<Result<void>> collect(Wanted const& wanted, std::string key, TimeWindow window, std::vector<Found>& found);
    Async<Result<void>> collect_rare(Wanted const& wanted, RepoName repo, std::vector<Found>& found);
    Async<Result<void>> collect_everywhere(Wanted const& wanted, EventQuery const& query, std::vector<Found>& found);

    DynamoDBContext& context_;
    Names& names_;
    Counting& counting_;
    EventMemory memory_;
};

} // namespace gem::dynamodb
