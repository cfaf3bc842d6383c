// What all parts of the DynamoDB provider share, and the two faces by which events and the rest know each other.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/process_identity.hpp"
#include "domain/repo_name.hpp"
#include "domain/time_window.hpp"
#include "storage/database_interface.hpp"
#include "storage/dynamodb/client.hpp"
#include "storage/dynamodb/usage_ledger.hpp"

namespace gem::dynamodb {

/// Belongs to the manager and outlives all repositories. Thread-safe.
struct DynamoDBContext {
    Client& client;
    Clock const& clock;
    Log& log;
    days retention{0}; ///< 0: keep everything
    /// So late may others' writes be noticed where the contract leaves it open; DatabaseConnection::generation_lag().
    seconds lag{0};
    std::atomic<bool> open{false};            ///< set by initialize(), cleared by close()
    std::atomic<std::uint64_t> generation{1}; ///< grows with every acknowledged write of this process
    std::atomic<int> operations{0};           ///< under way; close() waits for none
    /// How long a batch of another process that stored the same events is waited for before it counts as dead.
    std::chrono::milliseconds rival_patience{1500};
    /// How long a claim of another process is waited for before a batch fails, to be tried again.
    std::chrono::milliseconds claim_patience{20'000};
    std::string process = process_identity(); ///< who claims what this process claims
    /// How long after a process of this machine has ended nothing more that it sent can arrive.
    std::chrono::milliseconds last_words{5000};
    UsageLedger* usage = nullptr; ///< null: nothing is kept of what was consumed

    /// Older events are refused; nothing where everything is kept.
    [[nodiscard]] std::optional<UtcTime> horizon() const {
        if (retention == days(0)) return std::nullopt;
        return clock.now() - retention;
    }
    void wrote() { ++generation; }
};

/// For the length of one operation: `if (!operation) co_return operation.closed();`
class Operation {
  public:
    explicit Operation(DynamoDBContext& context) : context_(context) { ++context_.operations; }
    ~Operation() { --context_.operations; }
    Operation(Operation const&) = delete;
    Operation& operator=(Operation const&) = delete;
    explicit operator bool() const { return context_.open; }
    static std::unexpected<Error> closed() {
        return fail(ErrorCode::unavailable, "the database is not open; call initialize() first");
    }

  private:
    DynamoDBContext& context_;
};

/// A repository key's part in the history of a name.
struct NameSlice {
    std::string key;
    TimeWindow window; ///< on whole minutes; the whole of time for a key that bears the name now
    bool whole = true; ///< bears the name now
};

struct ResolvedName {
    std::string name;              ///< latest spelling; as asked for when nothing is known
    std::vector<NameSlice> slices; ///< by key; empty when no event bore the name
    /// Under which key new rows about the name are filed: the present bearer's, else `n:<lower-case name>`.
    std::string filed_under;
};

/// From names to repository keys, strongly read. Implemented by the events repository.
class NameResolver {
  public:
    virtual ~NameResolver() = default;
    virtual Async<Result<ResolvedName>> resolve(RepoName name) = 0;
};

/// Forgets what is not an event: commits, metrics, state. Implemented beside the commits and metrics repositories;
/// called before the events and the name itself go. Fills `commits` and `other_rows`.
class RowForgetter {
  public:
    virtual ~RowForgetter() = default;
    virtual Async<Result<RemovedCounts>> forget_repository(RepoName name, ResolvedName resolved) = 0;
    virtual Async<Result<RemovedCounts>> forget_actor(std::string login) = 0;
};

} // namespace gem::dynamodb
