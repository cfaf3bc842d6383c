// Storing events: into the base table, then into the logs of their hours (docs/decisions/0006).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/dynamodb/claim_watch.hpp"
#include "storage/dynamodb/claims.hpp"
#include "storage/dynamodb/context.hpp"
#include "storage/dynamodb/directory.hpp"
#include "storage/dynamodb/head_store.hpp"

namespace gem::dynamodb {

/// A batch that was checked and compressed.
struct PreparedBatch {
    std::vector<Event> events;         ///< payloads are empty now
    std::vector<std::string> payloads; ///< compressed; empty for a rejected event
    std::vector<Rejection> rejected;
    bool matching = true; ///< with events of other sources
};

PreparedBatch prepare_batch(std::vector<Event> batch, bool matching);

/// An event that was new, and its payload as it is stored.
struct StoredEvent {
    Event const* event = nullptr;
    std::string const* payload = nullptr;
    std::shared_ptr<Event const> stand_in; ///< owns `event` where the batches do not
};

/// Where an event is counted.
Unit unit_of(Event const& event);

/// One store() at a time: the caller sees to it.
class EventWriter {
  public:
    EventWriter(DynamoDBContext& context, LogReader& reader, HeadStore& heads, Directory& directory, Claims& claims)
        : context_(context), reader_(reader), heads_(heads), directory_(directory), claims_(claims),
          claim_watch_(context), writer_(random_id()) {}

    /// Stores these batches together; a result for each, in order. An error: some may be stored and some not, and none
    /// is acknowledged. `stored` gets those that were new; they belong to the batches.
    Async<Result<std::vector<InsertResult>>> store(std::vector<PreparedBatch const*> batches,
                                                   std::vector<StoredEvent>& stored);
    /// After events were taken back.
    void forget_everything() { known_.clear(); }

  private:
    enum class State {
        open,      ///< nothing is known of it yet
        mine,      ///< bears our token, is not logged yet
        inserted,  ///< logged by us
        duplicate, ///< logged before
    };
    struct Candidate {
        std::size_t batch = 0;
        Event const* event = nullptr;
        std::string const* payload = nullptr;
        std::string key;
        std::string sort;
        Unit unit; ///< where it is counted: of the event that is stored, if there is one
        State state = State::open;
        std::optional<Event> stored{}; ///< what was there and is adopted, in place of `event`
        std::string foreign{};         ///< the token of what was there and is not logged
        bool matching = true;
        bool settled = false;                    ///< it is known as what it is stored
        std::shared_ptr<Event const> stand_in{}; ///< that, if it is another event than was brought; `event` then
        std::string bore{};                      ///< our token under which it may have been stored before it was known

        [[nodiscard]] std::string identity() const { return key + '\n' + sort; }
    };
    struct Flight {
        Token token;
        std::vector<Candidate> candidates;
        std::map<Unit, Head> heads; ///< as they are now, or were
        std::map<Unit, Head> begun; ///< as they were when the attempt began
        std::set<Unit> claimed;
        std::set<std::string> fresh; ///< keys that nobody had told of before
    };
    Async<Result<void>> match(Flight& flight);
    Async<Result<void>> stand_for(Candidate& candidate, StoredAs stored);
    Async<Result<void>> take_back(Candidate& candidate);
    static void leave_out_twins(Flight& flight);
    Async<Result<bool>> still_matched(Flight& flight);
    /// Whether all is done; false: begin again with another token.
    Async<Result<bool>> attempt(Flight& flight);
    Async<Result<void>> read_heads(Flight& flight, std::vector<Unit> units);
    Async<Result<void>> ensure_names(Flight& flight);
    Async<Result<bool>> claim(Flight& flight, Unit unit);
    Async<Result<bool>> look_up(Flight& flight);
    Async<Result<bool>> adopt(Flight& flight);
    Async<Result<bool>> adopt_one(Flight& flight, Candidate& candidate);
    Async<Result<bool>> disown(Flight& flight, Unit unit, std::string token);
    Async<Result<bool>> put_new(Flight& flight);
    Async<Outcome<std::optional<Item>>> put_one(Flight& flight, Candidate& candidate);
    Async<Outcome<void>> put_in_bulk(Flight& flight, std::vector<Candidate*> candidates);
    Async<Result<bool>> append(Flight& flight, Unit unit);
    Async<Result<bool>> take(Flight& flight, Candidate& candidate, Item const& item);
    Async<void> release(Flight& flight);
    void leave_out_known(Flight& flight);
    void remember(Flight const& flight);
    [[nodiscard]] std::optional<UtcTime> expiry(Event const& event) const;

    DynamoDBContext& context_;
    LogReader& reader_;
    HeadStore& heads_;
    Directory& directory_;
    Claims& claims_;
    ClaimWatch claim_watch_;
    std::string writer_;
    std::int64_t number_ = 0;
    std::set<std::string> former_writers_; ///< ours, which will never log again
    /// Identities that are stored and logged, with the epoch of their unit.
    std::unordered_map<std::string, std::int64_t> known_;
};

} // namespace gem::dynamodb
