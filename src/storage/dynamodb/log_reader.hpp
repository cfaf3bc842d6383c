// Reading the log: heads of a shard's hours with their pages. What cannot change unannounced is remembered, so that a
// question costs little more than what happened lately (docs/decisions/0006).
#pragma once

#include <array>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "storage/dynamodb/context.hpp"
#include "storage/dynamodb/log_items.hpp"
#include "storage/dynamodb/log_rows.hpp"

namespace gem::dynamodb {

using SharedRows = std::shared_ptr<LogRows const>;

/// One hour of a shard: all parts together are what was counted in it.
struct HourLog {
    std::int64_t hour = 0;
    std::vector<SharedRows> parts;
};

/// Unpacked rows by name; the least recently used go first. Thread-safe.
class RowsCache {
  public:
    explicit RowsCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}
    SharedRows find(std::string const& name);
    void keep(std::string const& name, SharedRows rows);
    void clear();

  private:
    struct Kept {
        SharedRows rows;
        std::list<std::string>::iterator place;
    };
    std::mutex mutex_;
    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    std::list<std::string> order_; ///< most recently used first
    std::unordered_map<std::string, Kept> kept_;
};

/// A repository key under one spelling over all time.
struct NameSum {
    std::int64_t events = 0;
    UtcTime first{};
    UtcTime last{};
};

/// Sums over hours of a shard.
struct Lifetime {
    using Bearer = std::pair<std::string, std::string>;     ///< key and spelling
    std::map<std::string, std::map<Bearer, NameSum>> names; ///< by name in lower case; empty: events without a name
    std::map<std::string, std::set<std::string>> keys;      ///< the names in lower case that each key bore
    std::int64_t events = 0;
    std::int64_t purged = 0;

    void add(std::int64_t hour, LogRows const& rows);
    void add(Lifetime const& other);
};

using HeadPointer = std::shared_ptr<Head const>;

/// All of a shard at one moment.
struct Snapshot {
    int shard = 0;
    ShardInfo info;
    std::vector<HeadPointer> heads;          ///< ascending
    std::shared_ptr<Lifetime const> settled; ///< sums of the hours that are remembered …
    std::shared_ptr<Lifetime const> recent;  ///< … and of all others

    /// Both sums of one name together.
    [[nodiscard]] std::map<Lifetime::Bearer, NameSum> bearers(std::string const& lower_name) const;
    [[nodiscard]] std::set<std::string> names_of(std::string const& key) const;
    [[nodiscard]] std::set<std::string> all_keys() const;
};

enum class Strength { strong, weak };

/// Thread-safe.
class LogReader {
  public:
    explicit LogReader(DynamoDBContext& context) : context_(context), rows_(std::size_t{96} << 20) {}

    /// The logs of [from, to) of one shard, ascending, those that are there; with what the shard tells when it was
    /// read.
    struct View {
        ShardInfo info;
        std::vector<HourLog> hours;
    };
    Async<Result<View>> read(int shard, std::int64_t from, std::int64_t to, Strength strength);
    Async<Result<Snapshot>> snapshot(int shard, Strength strength);
    /// Nothing if a page was gone: then the heads are old, and have to be read again.
    Async<Result<std::optional<std::vector<HourLog>>>> open_all(std::vector<HeadPointer> heads);

    /// Heads as they are now, by unit; what is not there has version 0.
    Async<Result<std::map<Unit, Head>>> heads(std::vector<Unit> units);
    /// Of all shards asked for, as they are now.
    Async<Result<std::map<int, ShardInfo>>> infos(std::vector<int> shards);
    /// The heads of [from, to), as they are now.
    Async<Result<std::vector<Head>>> heads_between(int shard, std::int64_t from, std::int64_t to);
    Async<Result<std::vector<Head>>> all_heads(int shard);
    /// All rows of a head; corrupt if a page is missing.
    Async<Result<HourLog>> open(Head head);

    /// After counts were taken back.
    void forget_everything();

  private:
    struct Memory {
        bool began = false;
        std::int64_t from = 0; ///< every head of [from, to) is in `heads`, or is not there …
        std::int64_t to = 0;   ///< … unless another version was announced
        ShardInfo info;
        std::map<std::int64_t, HeadPointer> heads;
        std::int64_t rewritten = 0; ///< grows when a remembered head is replaced
        std::shared_ptr<Lifetime const> sums;
        std::int64_t sums_to = 0; ///< `sums` is of [0, sums_to) at `sums_rewritten`
        std::int64_t sums_rewritten = 0;
    };
    struct Heads {
        ShardInfo info;
        std::vector<HeadPointer> heads;
        std::int64_t settled_to = 0; ///< those before it are remembered
        std::int64_t rewritten = 0;
        bool remembered = false; ///< all of [0, settled_to) is
    };
    Async<Result<Heads>> read_heads(int shard, std::int64_t from, std::int64_t to, Strength strength);
    Async<Result<std::vector<Head>>> query(int shard, std::int64_t from, std::int64_t to, bool strong,
                                           std::optional<ShardInfo>& info);

    DynamoDBContext& context_;
    RowsCache rows_;
    std::mutex mutex_;
    std::array<Memory, shard_count> memory_;
};

} // namespace gem::dynamodb
