// The logs against the raw events: comparing, counting anew, and taking events out of both.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "storage/dynamodb/claims.hpp"
#include "storage/dynamodb/head_store.hpp"

namespace gem::dynamodb {

/// The raw items of `key` in [from, to), oldest first.
Async<Result<std::vector<Item>>> raw_events(DynamoDBContext& context, std::string key, UtcTime from, UtcTime to);
/// Every event of the base table, in no order; `take` may be called at any time until it returns.
Async<Result<void>> scan_events(DynamoDBContext& context, std::function<void(Item const&)> take);

class Recount {
  public:
    Recount(DynamoDBContext& context, LogReader& reader, HeadStore& heads, Claims& claims)
        : context_(context), reader_(reader), heads_(heads), claims_(claims) {}

    Async<Result<VerifyReport>> verify();
    /// Verifies, and counts anew what does not agree; events that nobody logged are logged.
    Async<Result<VerifyReport>> rebuild();

    /// Removes raw events for which `goes` holds, their claims and their rows, from one unit. Returns how many counted
    /// ones went.
    using Goes = std::function<bool(LogRepo const& repo, LogActor const* actor, UtcTime minute)>;
    Async<Result<std::int64_t>> remove(Unit unit, Goes goes);

  private:
    struct Findings;
    Async<Result<Findings>> compare();
    Async<Result<void>> compare_closely(Unit unit, std::set<std::string> keys, VerifyReport& report);
    Async<Result<void>> count_anew(Unit unit, std::set<std::string> keys);
    /// Nobody else writes into the unit until the head is replaced.
    Async<Result<Head>> hold(Unit unit, Token token);
    Async<Result<void>> replace_and_free(Head before, Head next, LogRows rows);

    DynamoDBContext& context_;
    LogReader& reader_;
    HeadStore& heads_;
    Claims& claims_;
};

} // namespace gem::dynamodb
