#include "storage/dynamodb/log_reader.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/key_names.hpp"

namespace gem::dynamodb {

namespace {

constexpr std::int64_t last_hour = 253402300800 / 3600;
/// A window that ended so long before the frontier is read alone, not with all that came after it.
constexpr std::int64_t far_back = 200;
constexpr int most_attempts = 6;

Error too_busy() {
    return {.code = ErrorCode::unavailable,
            .message = "the log of an hour changed again and again while it was read; try again",
            .retryable = true};
}

} // namespace

SharedRows RowsCache::find(std::string const& name) {
    std::scoped_lock const lock(mutex_);
    auto const found = kept_.find(name);
    if (found == kept_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second.place);
    return found->second.rows;
}

void RowsCache::keep(std::string const& name, SharedRows rows) {
    std::scoped_lock const lock(mutex_);
    auto const [found, is_new] = kept_.try_emplace(name);
    if (!is_new) return;
    order_.push_front(name);
    bytes_ += rows->memory();
    found->second = {.rows = std::move(rows), .place = order_.begin()};
    while (bytes_ > most_bytes_ && order_.size() > 1) {
        auto const oldest = kept_.find(order_.back());
        bytes_ -= oldest->second.rows->memory();
        kept_.erase(oldest);
        order_.pop_back();
    }
}

void RowsCache::clear() {
    std::scoped_lock const lock(mutex_);
    kept_.clear();
    order_.clear();
    bytes_ = 0;
}

namespace {

void add(NameSum& sum, NameSum const& other) {
    if (sum.events == 0) {
        sum = other;
        return;
    }
    sum.events += other.events;
    sum.first = std::min(sum.first, other.first);
    sum.last = std::max(sum.last, other.last);
}

} // namespace

void Lifetime::add(std::int64_t hour, LogRows const& rows) {
    std::vector<NameSum> sums(rows.repos.size());
    for (auto const& row : rows.rows) sums[row.repo].events += row.events;
    for (std::size_t i = 0; i < rows.repos.size(); ++i) {
        auto const& repo = rows.repos[i];
        sums[i].first = from_unix(hour * 3600 + repo.first);
        sums[i].last = from_unix(hour * 3600 + repo.last);
        if (sums[i].events == 0) continue;
        auto const lower = ascii_lower(repo.name);
        keys[repo.key].insert(lower);
        dynamodb::add(names[lower][{repo.key, repo.name}], sums[i]);
        events += sums[i].events;
    }
}

void Lifetime::add(Lifetime const& other) {
    for (auto const& [lower, bearers] : other.names) {
        for (auto const& [bearer, sum] : bearers) {
            keys[bearer.first].insert(lower);
            dynamodb::add(names[lower][bearer], sum);
        }
    }
    events += other.events;
    purged += other.purged;
}

std::map<Lifetime::Bearer, NameSum> Snapshot::bearers(std::string const& lower_name) const {
    std::map<Lifetime::Bearer, NameSum> all;
    for (auto const* const sums : {settled.get(), recent.get()}) {
        auto const found = sums->names.find(lower_name);
        if (found == sums->names.end()) continue;
        for (auto const& [bearer, sum] : found->second) add(all[bearer], sum);
    }
    return all;
}

std::set<std::string> Snapshot::names_of(std::string const& key) const {
    std::set<std::string> names;
    for (auto const* const sums : {settled.get(), recent.get()}) {
        if (auto const found = sums->keys.find(key); found != sums->keys.end())
            names.insert(found->second.begin(), found->second.end());
    }
    return names;
}

std::set<std::string> Snapshot::all_keys() const {
    std::set<std::string> all;
    for (auto const* const sums : {settled.get(), recent.get()}) {
        for (auto const& [key, names] : sums->keys) all.insert(key);
    }
    return all;
}

Async<Result<std::vector<Head>>> LogReader::query(int shard, std::int64_t from, std::int64_t to, bool strong,
                                                  std::optional<ShardInfo>& info) {
    Query request{.table = std::string(log_table),
                  .key_condition = {.text = "#p = :p AND #s BETWEEN :from AND :to",
                                    .names = {{"#p", std::string(hash_name)}, {"#s", std::string(range_name)}},
                                    .values = {{":p", AttributeValue::string(log_partition(shard))},
                                               {":from", AttributeValue::string(hour_key(from))}}},
                  .consistent = strong};
    // What the shard tells sorts after every hour, and comes with them in one answer.
    request.key_condition.values[":to"] =
        to >= last_hour ? AttributeValue::string("~") : AttributeValue::string(hour_key(to - 1));
    std::vector<Head> heads;
    std::optional<Error> damage;
    auto const done = co_await query_all(context_.client, std::move(request), [&](Item&& item) {
        if (is_info(item)) {
            info = read_info(item);
            return true;
        }
        auto head = read_head(item);
        if (!head) {
            damage = head.error();
            return false;
        }
        heads.push_back(std::move(*head));
        return true;
    });
    if (!done) co_return fail(to_error(done.error()));
    if (damage) co_return fail(*damage);
    co_return heads;
}

Async<Result<LogReader::Heads>> LogReader::read_heads(int shard, std::int64_t from, std::int64_t to,
                                                      Strength strength) {
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        std::int64_t frontier = 0;
        std::int64_t start = from;
        bool began = false;
        {
            std::scoped_lock const lock(mutex_);
            auto const& memory = memory_.at(static_cast<std::size_t>(shard));
            began = memory.began;
            frontier = memory.info.frontier;
            if (memory.from <= from && memory.from < memory.to) start = memory.to;
        }
        if (!began) {
            // Only what was sealed before its head was read can be remembered: so the frontier is learned first.
            auto told = co_await infos({shard});
            if (!told) co_return fail(told.error());
            std::scoped_lock const lock(mutex_);
            auto& memory = memory_.at(static_cast<std::size_t>(shard));
            if (!memory.began) {
                memory.began = true;
                memory.info = (*told)[shard];
            }
            continue;
        }
        bool const alone = start == from && to + far_back < frontier;
        bool const strong = strength == Strength::strong || start < frontier;
        std::optional<ShardInfo> info;
        auto found = co_await query(shard, start, alone ? to : last_hour, strong, info);
        if (!found) co_return fail(found.error());
        if (alone) {
            auto told = co_await infos({shard});
            if (!told) co_return fail(told.error());
            Heads answer;
            answer.info = (*told)[shard];
            for (auto& head : *found) answer.heads.push_back(std::make_shared<Head const>(std::move(head)));
            co_return answer;
        }
        Heads answer;
        answer.info = info.value_or(ShardInfo());
        std::vector<Unit> changed;
        {
            std::scoped_lock const lock(mutex_);
            auto& memory = memory_.at(static_cast<std::size_t>(shard));
            if (answer.info.pruned > memory.info.pruned || answer.info.frontier < memory.info.frontier) {
                if (strong || answer.info.pruned > memory.info.pruned) {
                    memory = Memory();
                    continue;
                }
            }
            auto const usable = strong && (memory.from == memory.to || start <= memory.to);
            if (usable && start < frontier) {
                for (auto const& head : *found) {
                    if (head.unit.hour >= frontier) continue;
                    auto& kept = memory.heads[head.unit.hour];
                    if (kept && head.version <= kept->version) continue;
                    if (head.unit.hour < memory.to && head.unit.hour >= memory.from) ++memory.rewritten;
                    kept = std::make_shared<Head const>(head);
                }
                if (memory.from == memory.to) {
                    memory.from = start;
                    memory.sums.reset();
                } else if (start < memory.from) {
                    memory.from = start;
                    memory.sums.reset();
                }
                memory.to = std::max(memory.to, frontier);
            }
            if (strong || answer.info.frontier > memory.info.frontier) memory.info.frontier = answer.info.frontier;
            memory.info.pruned = std::max(memory.info.pruned, answer.info.pruned);
            for (auto const& [hour, version] : answer.info.announced) {
                if (hour < from || hour >= to || hour < memory.from || hour >= memory.to) continue;
                auto const kept = memory.heads.find(hour);
                if (kept == memory.heads.end() || kept->second->version < version)
                    changed.push_back({.shard = shard, .hour = hour});
            }
        }
        std::map<Unit, Head> renewed;
        if (!changed.empty()) {
            auto now = co_await heads(changed);
            if (!now) co_return fail(now.error());
            renewed = std::move(*now);
        }
        std::scoped_lock const lock(mutex_);
        auto& memory = memory_.at(static_cast<std::size_t>(shard));
        if (memory.from > from && start != from) continue; // somebody forgot it meanwhile
        for (auto& [unit, head] : renewed) {
            if (head.version == 0) continue;
            auto& kept = memory.heads[unit.hour];
            if (kept && head.version <= kept->version) continue;
            ++memory.rewritten;
            kept = std::make_shared<Head const>(std::move(head));
        }
        if (start == memory.to && start != from && memory.to == memory.from) continue;
        bool const covered = memory.from <= from && memory.from < memory.to;
        answer.settled_to = covered ? memory.to : 0;
        answer.rewritten = memory.rewritten;
        answer.remembered = covered && memory.from == 0;
        if (start != from && (!covered || memory.to < start)) continue;
        if (covered) {
            for (auto head = memory.heads.lower_bound(from); head != memory.heads.end() && head->first < memory.to;
                 ++head) {
                if (head->first < to) answer.heads.push_back(head->second);
            }
        }
        for (auto& head : *found) {
            if (head.unit.hour >= answer.settled_to && head.unit.hour < to)
                answer.heads.push_back(std::make_shared<Head const>(std::move(head)));
        }
        co_return answer;
    }
    co_return fail(too_busy());
}

namespace {

std::string name_of(Head const& head) { return fmt::format("{}/{}/{}", head.unit.shard, head.unit.hour, head.version); }
std::string name_of(Unit unit, PageName const& page) { return fmt::format("{}/{}#{}", unit.shard, unit.hour, page.id); }

} // namespace

Async<Result<std::optional<std::vector<HourLog>>>> LogReader::open_all(std::vector<HeadPointer> heads) {
    std::vector<HourLog> hours(heads.size());
    struct Wanted {
        std::size_t hour = 0;
        std::size_t part = 0;
        std::string name;
    };
    std::map<std::pair<std::string, std::string>, Wanted> wanted;
    std::vector<Item> keys;
    for (std::size_t i = 0; i < heads.size(); ++i) {
        auto const& head = *heads[i];
        hours[i].hour = head.unit.hour;
        for (auto const& page : head.pages) {
            auto const name = name_of(head.unit, page);
            hours[i].parts.push_back(rows_.find(name));
            if (hours[i].parts.back()) continue;
            auto key = page_key(head.unit, page.id);
            wanted[{*find_string(key, hash_name), *find_string(key, range_name)}] = {
                .hour = i, .part = hours[i].parts.size() - 1, .name = name};
            keys.push_back(std::move(key));
        }
        if (head.rows.empty()) continue;
        auto const name = name_of(head);
        auto rows = rows_.find(name);
        if (!rows) {
            auto unpacked = unpack_log_rows(head.rows);
            if (!unpacked) co_return fail(unpacked.error());
            rows = std::make_shared<LogRows const>(std::move(*unpacked));
            rows_.keep(name, rows);
        }
        hours[i].parts.push_back(std::move(rows));
    }
    if (keys.empty()) co_return hours;
    auto const asked = keys.size();
    auto pages = co_await context_.client.batch_get(std::string(log_table), std::move(keys), true);
    if (!pages) co_return fail(to_error(pages.error()));
    if (pages->size() < asked) co_return std::nullopt;
    for (auto const& item : *pages) {
        auto const found = wanted.find({*find_string(item, hash_name), *find_string(item, range_name)});
        auto const* const data = find_binary(item, "d");
        if (found == wanted.end() || data == nullptr)
            co_return fail(ErrorCode::corrupt, "a page of an hour's log has no rows; `db rebuild` makes it again");
        auto unpacked = unpack_log_rows(*data);
        if (!unpacked) co_return fail(unpacked.error());
        auto rows = std::make_shared<LogRows const>(std::move(*unpacked));
        rows_.keep(found->second.name, rows);
        hours[found->second.hour].parts[found->second.part] = std::move(rows);
    }
    co_return hours;
}

Async<Result<LogReader::View>> LogReader::read(int shard, std::int64_t from, std::int64_t to, Strength strength) {
    if (from >= to) co_return View();
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        auto heads = co_await read_heads(shard, from, to, attempt == 0 ? strength : Strength::strong);
        if (!heads) co_return fail(heads.error());
        auto hours = co_await open_all(std::move(heads->heads));
        if (!hours) co_return fail(hours.error());
        if (*hours) co_return View{.info = std::move(heads->info), .hours = std::move(**hours)};
    }
    co_return fail(ErrorCode::corrupt, fmt::format("pages that the log of shard {} names are not there; `db rebuild` "
                                                   "makes them again",
                                                   shard));
}

Async<Result<Snapshot>> LogReader::snapshot(int shard, Strength strength) {
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        auto heads = co_await read_heads(shard, 0, last_hour, attempt == 0 ? strength : Strength::strong);
        if (!heads) co_return fail(heads.error());
        std::shared_ptr<Lifetime const> known;
        std::int64_t known_to = 0;
        if (heads->remembered) {
            std::scoped_lock const lock(mutex_);
            auto const& memory = memory_.at(static_cast<std::size_t>(shard));
            if (memory.sums && memory.sums_rewritten == heads->rewritten && memory.sums_to <= heads->settled_to) {
                known = memory.sums;
                known_to = memory.sums_to;
            }
        }
        std::vector<HeadPointer> settled;
        std::vector<HeadPointer> open;
        for (auto const& head : heads->heads) {
            if (head->unit.hour >= known_to) (head->unit.hour < heads->settled_to ? settled : open).push_back(head);
        }
        auto const recent = std::make_shared<Lifetime>();
        auto const added = std::make_shared<Lifetime>();
        for (auto const& head : settled) added->purged += head->purged;
        for (auto const& head : open) recent->purged += head->purged;
        bool const grown = !known || !settled.empty();
        auto settled_hours = co_await open_all(std::move(settled));
        if (!settled_hours) co_return fail(settled_hours.error());
        auto open_hours = co_await open_all(std::move(open));
        if (!open_hours) co_return fail(open_hours.error());
        if (!*settled_hours || !*open_hours) continue;
        for (auto const& hour : **open_hours) {
            for (auto const& part : hour.parts) recent->add(hour.hour, *part);
        }
        if (grown) {
            if (known) added->add(*known);
            for (auto const& hour : **settled_hours) {
                for (auto const& part : hour.parts) added->add(hour.hour, *part);
            }
            known = added;
        }
        if (heads->remembered) {
            std::scoped_lock const lock(mutex_);
            auto& memory = memory_.at(static_cast<std::size_t>(shard));
            if (memory.rewritten == heads->rewritten && memory.from == 0 && memory.to >= heads->settled_to) {
                memory.sums = known;
                memory.sums_to = heads->settled_to;
                memory.sums_rewritten = heads->rewritten;
            }
        }
        co_return Snapshot{.shard = shard,
                           .info = std::move(heads->info),
                           .heads = std::move(heads->heads),
                           .settled = std::move(known),
                           .recent = recent};
    }
    co_return fail(too_busy());
}

Async<Result<std::map<Unit, Head>>> LogReader::heads(std::vector<Unit> units) {
    std::map<Unit, Head> heads;
    std::vector<Item> keys;
    for (auto const& unit : units) {
        auto const [head, is_new] = heads.try_emplace(unit);
        head->second.unit = unit;
        if (is_new) keys.push_back(head_key(unit));
    }
    if (keys.empty()) co_return heads;
    auto items = co_await context_.client.batch_get(std::string(log_table), std::move(keys), true);
    if (!items) co_return fail(to_error(items.error()));
    for (auto const& item : *items) {
        auto head = read_head(item);
        if (!head) co_return fail(head.error());
        auto const unit = head->unit;
        heads[unit] = std::move(*head);
    }
    co_return heads;
}

Async<Result<std::map<int, ShardInfo>>> LogReader::infos(std::vector<int> shards) {
    std::map<int, ShardInfo> infos;
    std::vector<Item> keys;
    for (auto const shard : shards) {
        if (infos.try_emplace(shard).second) keys.push_back(info_key(shard));
    }
    auto items = co_await context_.client.batch_get(std::string(log_table), std::move(keys), true);
    if (!items) co_return fail(to_error(items.error()));
    for (auto const& item : *items) {
        auto const shard = find_string(item, hash_name)->back() - '0';
        infos[shard] = read_info(item);
    }
    co_return infos;
}

Async<Result<std::vector<Head>>> LogReader::heads_between(int shard, std::int64_t from, std::int64_t to) {
    std::optional<ShardInfo> info;
    if (from >= to) co_return std::vector<Head>();
    co_return co_await query(shard, from, to, true, info);
}

Async<Result<std::vector<Head>>> LogReader::all_heads(int shard) {
    co_return co_await heads_between(shard, 0, last_hour);
}

Async<Result<HourLog>> LogReader::open(Head head) {
    std::vector<HeadPointer> one{std::make_shared<Head const>(std::move(head))};
    auto hours = co_await open_all(std::move(one));
    if (!hours) co_return fail(hours.error());
    if (!*hours)
        co_return fail(ErrorCode::corrupt, "a page of an hour's log is not there; `db rebuild` makes it again");
    co_return std::move((*hours)->front());
}

void LogReader::forget_everything() {
    rows_.clear();
    std::scoped_lock const lock(mutex_);
    for (auto& memory : memory_) memory = Memory();
}

} // namespace gem::dynamodb
