// What DynamoDBEventsRepository is made of; for it and the maintenance beside it.
#pragma once

#include <mutex>
#include <vector>

#include "storage/dynamodb/dynamodb_events.hpp"
#include "storage/dynamodb/event_finder.hpp"
#include "storage/dynamodb/event_writer.hpp"
#include "storage/dynamodb/turn.hpp"

namespace gem {

struct DynamoDBEventsRepository::State {
    explicit State(dynamodb::DynamoDBContext& shared)
        : context(shared), reader(context), heads(context, reader), directory(context),
          writer(context, reader, heads, directory), names(context, reader, directory), counting(reader, names),
          finder(context, names, counting) {}

    /// A batch on its way. Whoever's turn comes first stores all that wait, so that an hour's log is appended to once.
    struct Waiting {
        dynamodb::PreparedBatch batch;
        std::optional<Result<InsertResult>> result;
    };
    Async<void> store_waiting();

    dynamodb::DynamoDBContext& context;
    dynamodb::LogReader reader;
    dynamodb::HeadStore heads;
    dynamodb::Directory directory;
    dynamodb::EventWriter writer; ///< by whoever has `turn`
    dynamodb::Names names;
    dynamodb::Counting counting;
    dynamodb::EventFinder finder;
    dynamodb::Turn turn;
    std::mutex waiting_mutex;
    std::vector<std::shared_ptr<Waiting>> waiting;
};

} // namespace gem
