// Which names a repository key bore. Names are kept as hashes: enough to know that there is a further one, and in which
// shard its events are counted; what it was called when, the log's rows tell.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "storage/dynamodb/context.hpp"
#include "storage/dynamodb/log_items.hpp"

namespace gem::dynamodb {

/// `name_hash % shard_count` is shard_of() it.
std::uint64_t name_hash(std::string_view lower_name, std::string_view key);

/// A repository key and a name in lower case (empty: without one) that an event of it told.
struct KeyName {
    std::string key;
    std::string lower_name;
    friend auto operator<=>(KeyName const&, KeyName const&) = default;
};

/// Keys that bore several names, with the hashes of these.
using Aliases = std::map<std::string, std::set<std::uint64_t>>;

/// Thread-safe.
class Directory {
  public:
    explicit Directory(DynamoDBContext& context) : context_(context) {}

    /// To be called before events are logged. When it succeeded, every pair is known to all processes, and keys with
    /// several names are among the aliases. Returns the keys that nobody had told of before.
    Async<Result<std::set<std::string>>> ensure(std::vector<KeyName> pairs);

    /// Aliases at least as new as `info`, which the shard told.
    Async<Result<std::shared_ptr<Aliases const>>> aliases(int shard, ShardInfo const& info);

  private:
    struct Pending {
        std::uint64_t bits = 0;
        int level = 0;
        bool seen = false; ///< was to be written before
        std::set<std::uint64_t> names;
    };
    struct Bucket;
    Async<Result<void>> visit(std::map<std::string, Pending>& pending, std::set<std::string>& fresh,
                              Aliases& with_several);
    Async<Outcome<bool>> put(Bucket bucket); ///< false: somebody was earlier
    Async<Result<void>> tell_aliases(Aliases const& aliases);

    DynamoDBContext& context_;
    std::mutex mutex_;
    std::unordered_set<std::string> ensured_;
    std::shared_ptr<Aliases const> aliases_ = std::make_shared<Aliases>();
    std::array<std::int64_t, shard_count> aliases_at_{}; ///< ShardInfo::aliases that `aliases_` is at least as new as
};

} // namespace gem::dynamodb
