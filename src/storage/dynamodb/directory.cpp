// Buckets by the first bits of a key's hash. A bucket that is full sends further keys to one of sixteen on the next
// level; what is in a bucket never moves. So a small store needs 64 small items, a large one no splitting.
#include "storage/dynamodb/directory.hpp"

#include <charconv>

#include <fmt/format.h>

#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/packing.hpp"
#include "storage/dynamodb/together.hpp"

namespace gem::dynamodb {

namespace {

constexpr int first_bits = 6;
constexpr int level_bits = 4;
constexpr int last_level = 10;
/// One read unit, strongly.
constexpr std::size_t full_at = 3'500;
constexpr std::size_t most_remembered = 2'000'000;
constexpr int most_rounds = 60;

std::string bucket_name(std::uint64_t bits, int level) {
    return fmt::format("names#{}#{:x}", level, bits >> (64 - first_bits - level * level_bits));
}

std::string remembered(KeyName const& pair) { return pair.key + '\n' + pair.lower_name; }

} // namespace

std::uint64_t name_hash(std::string_view lower_name, std::string_view key) {
    return stable_hash(lower_name.empty() ? key : lower_name);
}

struct Directory::Bucket {
    std::string name;
    std::int64_t version = 0;
    bool full = false;
    std::map<std::string, std::set<std::uint64_t>> keys;
    bool changed = false;
    std::size_t bytes = 0;

    static Result<Bucket> read(std::string name, Item const* item) {
        Bucket bucket;
        bucket.name = std::move(name);
        if (item == nullptr) return bucket;
        bucket.version = integer_or(*item, "v", 0);
        bucket.full = integer_or(*item, "u", 0) != 0;
        auto const* const data = find_binary(*item, "d");
        Unpacker in(data == nullptr ? std::string_view() : std::string_view(*data));
        for (auto count = in.count(); count > 0; --count) {
            auto& names = bucket.keys[std::string(in.text())];
            for (auto left = in.count(); left > 0; --left) names.insert(in.number());
        }
        if (!in.good())
            return fail(ErrorCode::corrupt, fmt::format("the directory's bucket {} is damaged", bucket.name));
        bucket.bytes = data == nullptr ? 0 : data->size();
        return bucket;
    }
    [[nodiscard]] Item item() const {
        std::string data;
        put_number(data, keys.size());
        for (auto const& [key, names] : keys) {
            put_text(data, key);
            put_number(data, names.size());
            for (auto const hash : names) put_number(data, hash);
        }
        auto made = make_key(name, "-");
        made["v"] = AttributeValue::number(version + 1);
        if (full) made["u"] = AttributeValue::number(1);
        made["d"] = AttributeValue::binary(std::move(data));
        return made;
    }
    void add(std::string const& key, std::uint64_t hash) {
        if (keys[key].insert(hash).second) changed = true;
        bytes += key.size() + 12;
        if (bytes >= full_at) full = true;
    }
};

Async<Outcome<bool>> Directory::put(Bucket bucket) {
    Expression condition{.text = "attribute_not_exists(#v)", .names = {{"#v", "v"}}};
    if (bucket.version > 0) {
        condition.text = "#v = :v";
        condition.values[":v"] = AttributeValue::number(bucket.version);
    }
    auto done = co_await context_.client.put(
        {.table = std::string(log_table), .item = bucket.item(), .condition = std::move(condition)});
    // Somebody else, or our own first try, was earlier: the next round looks again.
    if (!done && done.error().kind == Failure::Kind::condition_failed) co_return false;
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return true;
}

Async<Result<void>> Directory::visit(std::map<std::string, Pending>& pending, std::set<std::string>& fresh,
                                     Aliases& with_several) {
    std::map<std::string, std::vector<std::string>> wanted; // keys by bucket
    std::vector<Item> keys;
    for (auto const& [key, one] : pending) {
        auto& of_bucket = wanted[bucket_name(one.bits, one.level)];
        if (of_bucket.empty()) keys.push_back(make_key(bucket_name(one.bits, one.level), "-"));
        of_bucket.push_back(key);
    }
    auto items = co_await context_.client.batch_get(std::string(log_table), std::move(keys), true);
    if (!items) co_return fail(to_error(items.error()));
    std::map<std::string, Item const*> found;
    for (auto const& item : *items) found[*find_string(item, hash_name)] = &item;
    std::vector<Async<Outcome<bool>>> puts;
    std::vector<std::vector<std::string> const*> put_keys;
    for (auto const& [name, of_bucket] : wanted) {
        auto const item = found.find(name);
        auto bucket = Bucket::read(name, item == found.end() ? nullptr : item->second);
        if (!bucket) co_return fail(bucket.error());
        for (auto const& key : of_bucket) {
            auto& one = pending[key];
            auto const known = bucket->keys.find(key);
            if (known == bucket->keys.end() && bucket->full && one.level < last_level) {
                ++one.level;
                continue;
            }
            if (known == bucket->keys.end() && !one.seen) fresh.insert(key);
            one.seen = true;
            bool complete = known != bucket->keys.end();
            for (auto const hash : one.names) {
                if (complete && known->second.contains(hash)) continue;
                bucket->add(key, hash);
                complete = false;
            }
            if (!complete) continue; // looked at again when it is written
            if (known->second.size() > 1) with_several[key] = known->second;
            pending.erase(key);
        }
        if (!bucket->changed) continue;
        puts.push_back(put(std::move(*bucket)));
        put_keys.push_back(&of_bucket);
    }
    auto const outcomes = co_await together(std::move(puts));
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (!outcomes[i]) co_return fail(to_error(outcomes[i].error()));
        if (*outcomes[i]) continue;
        for (auto const& key : *put_keys[i]) fresh.erase(key);
    }
    co_return Result<void>();
}

Async<Result<void>> Directory::tell_aliases(Aliases const& aliases) {
    std::set<int> shards;
    for (auto const& [key, names] : aliases) {
        StringSet hashes;
        for (auto const hash : names) {
            hashes.values.insert(std::to_string(hash));
            shards.insert(static_cast<int>(hash % shard_count));
        }
        UpdateItem update{.table = std::string(log_table), .key = make_key("alias", key), .update = "ADD #n :n"};
        update.expression.names["#n"] = "n";
        update.expression.values[":n"] = {std::move(hashes)};
        auto told = co_await context_.client.update(std::move(update));
        if (!told) co_return fail(to_error(told.error()));
    }
    for (auto const shard : shards) {
        UpdateItem update{.table = std::string(log_table), .key = info_key(shard), .update = "ADD #a :one"};
        update.expression.names["#a"] = "a";
        update.expression.values[":one"] = AttributeValue::number(1);
        auto told = co_await context_.client.update(std::move(update));
        if (!told) co_return fail(to_error(told.error()));
    }
    co_return Result<void>();
}

Async<Result<std::set<std::string>>> Directory::ensure(std::vector<KeyName> pairs) {
    std::map<std::string, Pending> pending;
    {
        std::scoped_lock const lock(mutex_);
        std::erase_if(pairs, [this](KeyName const& pair) {
            // A key made of a name bears no other.
            return pair.key.starts_with("n:") || ensured_.contains(remembered(pair));
        });
    }
    std::set<std::string> fresh;
    if (pairs.empty()) co_return fresh;
    for (auto const& pair : pairs) {
        auto& one = pending[pair.key];
        one.bits = stable_hash(pair.key);
        one.names.insert(name_hash(pair.lower_name, pair.key));
    }
    Aliases with_several;
    for (int round = 0; !pending.empty(); ++round) {
        if (round == most_rounds)
            co_return fail(ErrorCode::unavailable, "too many others name repositories; try again");
        auto visited = co_await visit(pending, fresh, with_several);
        if (!visited) co_return fail(visited.error());
    }
    if (auto told = co_await tell_aliases(with_several); !told) co_return fail(told.error());
    std::scoped_lock const lock(mutex_);
    if (ensured_.size() > most_remembered) ensured_.clear();
    for (auto const& pair : pairs) ensured_.insert(remembered(pair));
    co_return fresh;
}

Async<Result<std::shared_ptr<Aliases const>>> Directory::aliases(int shard, ShardInfo const& info) {
    auto const at = static_cast<std::size_t>(shard);
    {
        std::scoped_lock const lock(mutex_);
        if (aliases_at_.at(at) >= info.aliases) co_return aliases_;
    }
    auto const told = info.aliases;
    auto all = std::make_shared<Aliases>();
    Query request{.table = std::string(log_table),
                  .key_condition = {.text = "#p = :p",
                                    .names = {{"#p", std::string(hash_name)}},
                                    .values = {{":p", AttributeValue::string("alias")}}}};
    auto const done = co_await query_all(context_.client, std::move(request), [&](Item&& item) {
        auto const names = item.find("n");
        auto const* const hashes = names == item.end() ? nullptr : std::get_if<StringSet>(&names->second.value);
        if (hashes == nullptr) return true;
        auto& of_key = (*all)[*find_string(item, range_name)];
        for (auto const& text : hashes->values) {
            std::uint64_t hash = 0;
            std::from_chars(text.data(), text.data() + text.size(), hash);
            of_key.insert(hash);
        }
        return true;
    });
    if (!done) co_return fail(to_error(done.error()));
    std::scoped_lock const lock(mutex_);
    if (aliases_at_.at(at) < told) {
        // Who read at the same time may have read more: nothing is ever taken from the list.
        for (auto const& [key, names] : *aliases_) (*all)[key].insert(names.begin(), names.end());
        aliases_at_.at(at) = told;
        aliases_ = all;
    }
    co_return aliases_;
}

} // namespace gem::dynamodb
