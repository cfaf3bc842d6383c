// What DynamoDBEventsRepository is made of; for it and the maintenance beside it.
#pragma once

#include <mutex>
#include <vector>

#include "storage/dynamodb/dynamodb_events.hpp"
#include "storage/dynamodb/event_finder.hpp"
#include "storage/dynamodb/event_writer.hpp"
#include "storage/dynamodb/turn.hpp"
#include "storage/recent_arrivals.hpp"

namespace gem {

struct DynamoDBEventsRepository::State {
    explicit State(dynamodb::DynamoDBContext& shared)
        : context(shared), reader(context), heads(context, reader), directory(context), claims(context),
          writer(context, reader, heads, directory, claims), names(context, reader, directory), counting(reader, names),
          finder(context, names, counting) {}

    /// A batch on its way. Whoever's turn comes first stores all that wait, so that an hour's log is appended to once.
    struct Waiting {
        dynamodb::PreparedBatch batch;
        std::optional<Result<InsertResult>> result;
    };
    Async<Result<InsertResult>> store(std::vector<Event> batch, bool matching);
    Async<void> store_waiting();
    /// Keeps what these batches brought for those who follow.
    void keep_arrivals(std::vector<dynamodb::StoredEvent> stored);

    dynamodb::DynamoDBContext& context;
    dynamodb::LogReader reader;
    dynamodb::HeadStore heads;
    dynamodb::Directory directory;
    dynamodb::Claims claims;      ///< by whoever has `turn`
    dynamodb::EventWriter writer; ///< by whoever has `turn`
    dynamodb::Names names;
    dynamodb::Counting counting;
    dynamodb::EventFinder finder;
    dynamodb::Turn turn;
    std::mutex waiting_mutex;
    std::vector<std::shared_ptr<Waiting>> waiting;
    std::mutex arrivals_mutex;
    RecentArrivals arrivals{dynamodb::random_id()};
    bool followed = false; ///< somebody has asked for arrivals: before that none are kept
};

} // namespace gem
