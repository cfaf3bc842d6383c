// Writing heads: each write on condition that the head is as it was read, announced where readers remember it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "storage/dynamodb/log_reader.hpp"

namespace gem::dynamodb {

class HeadStore {
  public:
    HeadStore(DynamoDBContext& context, LogReader& reader) : context_(context), reader_(reader) {}

    /// Replaces `before` by `next` (same unit), whose version becomes one more. False if the head has changed since, or
    /// nobody can say: read it again and look whether `next` is what is there.
    Async<Result<bool>> replace(Head before, Head next);

    /// `next` with `rows` counted: in the head while they fit into a write unit, else in pages. `written` gets the
    /// pages that were written for it, `replaced` the ones that it does not name any more.
    struct Placed {
        Head next;
        std::vector<PageName> written;
        std::vector<PageName> replaced;
    };
    Async<Result<Placed>> place(Head next, LogRows rows);
    /// Like place(), but `rows` are all that is counted.
    Async<Result<Placed>> place_alone(Head next, LogRows rows);
    /// Removes pages that no head names. Best effort.
    Async<void> remove_pages(Unit unit, std::vector<PageName> pages);

  private:
    Async<Result<bool>> create(Head next);
    Async<Result<bool>> put(Head const& before, Head const& next);
    Async<Result<void>> announce(Unit unit, std::int64_t version);
    /// Drops announcements of what has happened.
    Async<Result<void>> prune(Unit announced, ShardInfo info);
    /// Seals what lies more than an hour before `hour`, so that readers may remember it. Best effort.
    Async<Result<void>> advance_frontier(int shard, std::int64_t hour);
    Async<Result<PageName>> put_page(Unit unit, LogRows const& rows);
    Async<Result<void>> put_pages(Placed& placed, LogRows rows);

    DynamoDBContext& context_;
    LogReader& reader_;
};

} // namespace gem::dynamodb
