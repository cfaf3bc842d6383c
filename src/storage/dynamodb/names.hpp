// From names to the rows about them: which keys mean a name, when, and in which shards they were counted.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "storage/dynamodb/directory.hpp"
#include "storage/dynamodb/log_reader.hpp"

namespace gem::dynamodb {

TimeWindow all_time();
TimeWindow intersection(TimeWindow const& a, TimeWindow const& b);

/// All that is known of a name at one moment.
struct Sought {
    ResolvedName resolved;
    std::string lower_name;
    std::map<int, std::shared_ptr<Snapshot const>> shards; ///< where rows about it are
    std::map<std::string, TimeWindow> renamed;             ///< of keys with several names: when they are about it
    std::optional<UtcTime> first_seen;
    std::optional<UtcTime> last_seen;
    /// Whether a row of `repo` at `minute` is about the name.
    [[nodiscard]] bool about(LogRepo const& repo, UtcTime minute) const;
};

/// The present names of keys with several names.
using PresentNames = std::map<std::string, std::string>; ///< spelling by key

class Names {
  public:
    Names(DynamoDBContext& context, LogReader& reader, Directory& directory)
        : context_(context), reader_(reader), directory_(directory) {}

    Async<Result<Sought>> seek(RepoName name);
    /// Of all keys with several names, as far as these snapshots (of all shards) know them.
    Async<Result<PresentNames>> present_names(std::vector<std::shared_ptr<Snapshot const>> shards);
    /// Keys with several names.
    Async<Result<std::shared_ptr<Aliases const>>> aliases(Snapshot const& snapshot) {
        return directory_.aliases(snapshot.shard, snapshot.info);
    }
    Async<Result<std::shared_ptr<Snapshot const>>> snapshot(int shard, Strength strength = Strength::strong);
    Async<Result<std::vector<std::shared_ptr<Snapshot const>>>> all_snapshots(Strength strength = Strength::strong);

    /// A key under one spelling.
    struct Spelled {
        std::string key;
        std::string spelling;
        NameSum sum;
    };
    /// The one whose last event is the latest; of two in the same second the greater event tells.
    Async<Result<Spelled>> latest(std::vector<Spelled> candidates);

    /// What was read of a shard in the last two seconds, if this process has written nothing since: as good as a weak
    /// reading.
    std::shared_ptr<Snapshot const> just_read(int shard);

  private:
    struct Recent {
        std::shared_ptr<Snapshot const> snapshot;
        std::uint64_t generation = 0;
        UtcTime read_at{};
    };

    DynamoDBContext& context_;
    LogReader& reader_;
    Directory& directory_;
    std::mutex mutex_;
    std::array<Recent, shard_count> recent_;
};

} // namespace gem::dynamodb
