#include "storage/dynamodb/names.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/together.hpp"

namespace gem::dynamodb {

namespace {

/// Questions across repositories may be so far behind.
constexpr seconds weak_lag{2};

} // namespace

TimeWindow all_time() { return {.from = from_unix(0), .to = from_unix(253402300800)}; }

TimeWindow intersection(TimeWindow const& a, TimeWindow const& b) {
    return {.from = std::max(a.from, b.from), .to = std::min(a.to, b.to)};
}

bool Sought::about(LogRepo const& repo, UtcTime minute) const {
    if (auto const found = renamed.find(repo.key); found != renamed.end()) return found->second.contains(minute);
    return ascii_lower(repo.name) == lower_name;
}

Async<Result<std::shared_ptr<Snapshot const>>> Names::snapshot(int shard, Strength strength) {
    if (strength == Strength::weak) {
        if (auto known = just_read(shard)) co_return known;
    }
    Recent recent{.snapshot = {}, .generation = context_.generation, .read_at = context_.clock.now()};
    auto snapshot = co_await reader_.snapshot(shard, strength);
    if (!snapshot) co_return fail(snapshot.error());
    recent.snapshot = std::make_shared<Snapshot const>(std::move(*snapshot));
    std::scoped_lock const lock(mutex_);
    recent_.at(static_cast<std::size_t>(shard)) = recent;
    co_return recent.snapshot;
}

std::shared_ptr<Snapshot const> Names::just_read(int shard) {
    std::scoped_lock const lock(mutex_);
    auto const& recent = recent_.at(static_cast<std::size_t>(shard));
    auto const age = context_.clock.now() - recent.read_at;
    bool const young = age >= seconds(0) && age <= std::min(weak_lag, context_.lag);
    return young && recent.generation == context_.generation ? recent.snapshot : nullptr;
}

Async<Result<std::vector<std::shared_ptr<Snapshot const>>>> Names::all_snapshots(Strength strength) {
    std::vector<Async<Result<std::shared_ptr<Snapshot const>>>> work;
    for (int shard = 0; shard < shard_count; ++shard) work.push_back(snapshot(shard, strength));
    std::vector<std::shared_ptr<Snapshot const>> all;
    for (auto& one : co_await together(std::move(work))) {
        if (!one) co_return fail(one.error());
        all.push_back(std::move(*one));
    }
    co_return all;
}

Async<Result<Names::Spelled>> Names::latest(std::vector<Spelled> candidates) {
    auto const last = std::ranges::max(candidates, {}, [](Spelled const& one) { return one.sum.last; }).sum.last;
    std::erase_if(candidates, [&](Spelled const& one) { return one.sum.last < last; });
    // Where the raw events cannot tell any more, the name does.
    std::ranges::sort(candidates, std::ranges::greater(),
                      [](Spelled const& one) { return std::tie(one.spelling, one.key); });
    if (candidates.size() == 1) co_return std::move(candidates.front());
    std::set<std::string> keys;
    for (auto const& one : candidates) keys.insert(one.key);
    std::tuple<std::string, std::string> greatest;
    std::optional<std::size_t> chosen;
    for (auto const& key : keys) {
        Query query{.table = std::string(events_table),
                    .key_condition = {.text = "#p = :p AND begins_with(#s, :second)",
                                      .names = {{"#p", std::string(hash_name)}, {"#s", std::string(range_name)}},
                                      .values = {{":p", AttributeValue::string(key)},
                                                 {":second", AttributeValue::string(event_sort_key(last))}}}};
        auto const done = co_await query_all(context_.client, std::move(query), [&](Item&& item) {
            auto const event = read_event(item);
            if (!event) return true;
            auto const found = std::ranges::find_if(
                candidates, [&](Spelled const& one) { return one.key == key && one.spelling == event->repo_name; });
            if (found == candidates.end()) return true;
            std::tuple const place(*find_string(item, range_name), key);
            if (chosen && place <= greatest) return true;
            greatest = place;
            chosen = static_cast<std::size_t>(found - candidates.begin());
            return true;
        });
        if (!done) co_return fail(to_error(done.error()));
    }
    co_return std::move(candidates[chosen.value_or(0)]);
}

namespace {

std::vector<Names::Spelled> spelled(std::map<Lifetime::Bearer, NameSum> const& bearers, std::string const* key) {
    std::vector<Names::Spelled> all;
    for (auto const& [bearer, sum] : bearers) {
        if (key == nullptr || bearer.first == *key)
            all.push_back({.key = bearer.first, .spelling = bearer.second, .sum = sum});
    }
    return all;
}

/// All that a key bore, with a name, in these shards.
template <class Shards>
std::vector<Names::Spelled> named_history(Shards const& shards, std::string const& key) {
    std::vector<Names::Spelled> history;
    for (auto const& snapshot : shards) {
        for (auto const& lower : snapshot->names_of(key)) {
            if (lower.empty()) continue;
            std::ranges::move(spelled(snapshot->bearers(lower), &key), std::back_inserter(history));
        }
    }
    return history;
}

void widen(std::optional<UtcTime>& first, std::optional<UtcTime>& last, NameSum const& sum) {
    first = std::min(first.value_or(sum.first), sum.first);
    last = std::max(last.value_or(sum.last), sum.last);
}

} // namespace

Async<Result<Sought>> Names::seek(RepoName name) {
    Sought sought;
    sought.resolved.name = name.text();
    sought.lower_name = name.key();
    sought.resolved.filed_under = "n:" + name.key();
    auto const home = shard_of(name.key(), "");
    auto first = co_await snapshot(home);
    if (!first) co_return fail(first.error());
    sought.shards[home] = *first;
    auto const several = co_await aliases(**first);
    if (!several) co_return fail(several.error());
    auto const bearers = (*first)->bearers(name.key());
    if (bearers.empty()) co_return sought;
    auto spelling = co_await latest(spelled(bearers, nullptr));
    if (!spelling) co_return fail(spelling.error());
    sought.resolved.name = spelling->spelling;

    std::set<std::string> keys;
    for (auto const& [bearer, sum] : bearers) keys.insert(bearer.first);
    std::optional<UtcTime> filed_last;
    for (auto const& key : keys) {
        NameSlice slice{.key = key, .window = all_time()};
        std::vector<Spelled> history;
        if (auto const names = (*several)->find(key); names != (*several)->end()) {
            for (auto const hash : names->second) {
                auto const shard = static_cast<int>(hash % shard_count);
                if (sought.shards.contains(shard)) continue;
                auto further = co_await snapshot(shard);
                if (!further) co_return fail(further.error());
                sought.shards[shard] = std::move(*further);
            }
            std::vector<std::shared_ptr<Snapshot const>> snapshots;
            for (auto const& [shard, one] : sought.shards) snapshots.push_back(one);
            history = named_history(snapshots, key);
            auto present = co_await latest(history);
            if (!present) co_return fail(present.error());
            slice.whole = ascii_lower(present->spelling) == name.key();
            if (slice.whole) {
                // Events without a name are about the present one too.
                for (auto const& one : snapshots)
                    std::ranges::move(spelled(one->bearers(""), &key), std::back_inserter(history));
            } else {
                std::erase_if(history, [&](Spelled const& one) { return ascii_lower(one.spelling) != name.key(); });
            }
        } else {
            history = spelled(bearers, &key);
        }
        std::optional<UtcTime> from;
        std::optional<UtcTime> to;
        for (auto const& one : history) widen(from, to, one.sum);
        if (!slice.whole)
            slice.window = {.from = std::chrono::floor<minutes>(*from),
                            .to = std::chrono::floor<minutes>(*to) + minutes(1)};
        if ((*several)->contains(key)) sought.renamed[key] = slice.window;
        for (auto const& one : history) widen(sought.first_seen, sought.last_seen, one.sum);
        if (slice.whole && (!filed_last || *to >= *filed_last)) { // keys ascend: of two the greater
            filed_last = to;
            sought.resolved.filed_under = key;
        }
        sought.resolved.slices.push_back(std::move(slice));
    }
    co_return sought;
}

Async<Result<PresentNames>> Names::present_names(std::vector<std::shared_ptr<Snapshot const>> shards) {
    PresentNames present;
    std::shared_ptr<Aliases const> several;
    for (auto const& one : shards) {
        auto known = co_await aliases(*one);
        if (!known) co_return fail(known.error());
        several = std::move(*known);
    }
    for (auto const& [key, names] : *several) {
        auto history = named_history(shards, key);
        if (history.empty()) continue;
        auto now = co_await latest(std::move(history));
        if (!now) co_return fail(now.error());
        present[key] = std::move(now->spelling);
    }
    co_return present;
}

} // namespace gem::dynamodb
