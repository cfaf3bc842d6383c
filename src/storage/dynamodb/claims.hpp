// Which event a happening is stored as, when several sources bring it (docs/decisions/0008).
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/dynamodb/claim_items.hpp"
#include "storage/dynamodb/context.hpp"

namespace gem::dynamodb {

/// An event that is to be stored.
struct Claimant {
    std::string key; ///< of its repository
    Event event;     ///< with its payload
    bool matching = true;
};

/// One use at a time: the caller sees to it.
class Claims {
  public:
    explicit Claims(DynamoDBContext& context) : context_(context) {}

    /// Reads which repositories have claims, unless that is remembered.
    Async<Result<void>> begin();
    /// Whether somebody has changed that since it was read; then it is read again. To be asked between storing an event
    /// and counting it: whoever gives a repository claims meanwhile either finds that event or is found here.
    Async<Result<bool>> changed();
    /// Whether an event of the repository, at that time, has to be settled before it is counted.
    [[nodiscard]] bool concerns(std::string const& key, Event const& event) const;

    /// Makes sure that whatever a delivery of that time could match has its claim.
    Async<Result<void>> reach(std::string key, UtcTime delivered);
    /// What each is stored as: itself, or the event that came first and tells of the same happening. That is noted, so
    /// that the same answer comes again and no third one matches. Not `matching`: itself.
    Async<Result<std::vector<StoredAs>>> settle(std::vector<Claimant> claimants);

    /// After this event was removed.
    Async<Result<void>> forget(std::string key, Event event);
    /// Tells all processes that claims were forgotten.
    Async<Result<void>> tell();
    /// Nothing that is remembered need be so any more.
    void forget_everything();

  private:
    using Cells = std::map<CellName, Cell>;
    Async<Result<void>> load();
    Async<Result<void>> read_cells(std::vector<CellName> names, Cells& cells);
    Async<Result<void>> settle_in_turn(std::vector<Claimant> const& claimants, std::vector<std::size_t> turns,
                                       Cells& cells, std::vector<StoredAs>& answers);
    Async<Result<StoredAs>> settle_one(Claimant const& claimant, NaturalKey natural, StoredAs own, Cells& cells);
    Async<Result<bool>> write(std::vector<CellName> names, std::vector<Cell> next);
    /// The time with which the delivery came first.
    Async<Result<std::int64_t>> first_time(Claimant const& claimant);
    Async<Result<void>> reach_in(std::string key, TimeWindow window, bool once_only, bool others_only);
    [[nodiscard]] bool too_old(Claimant const& claimant, NaturalKey const& natural) const;
    [[nodiscard]] std::optional<UtcTime> expiry(std::int64_t latest) const;

    DynamoDBContext& context_;
    bool loaded_ = false;
    std::int64_t number_ = 0; ///< of the marks, as they were read
    std::map<std::string, ClaimMark> marks_;
    std::unordered_map<std::string, StoredAs> settled_; ///< by identity
};

} // namespace gem::dynamodb
