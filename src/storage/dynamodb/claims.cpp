#include "storage/dynamodb/claims.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "storage/dynamodb/event_finder.hpp"
#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/log_items.hpp"
#include "storage/dynamodb/together.hpp"

namespace gem::dynamodb {

namespace {

constexpr int most_claim_conflicts = 60;
constexpr std::size_t most_settled = 100'000;
constexpr std::size_t cells_at_once = 32;
constexpr std::int64_t end_of_time = 253402300800;
/// Deliveries come a little out of order: so much earlier ones need no second look back.
constexpr seconds reach_slack = hours(1);

std::string settled_name(std::string const& key, Event const& event) {
    return fmt::format("{}\n{}\n{}\n{}", key, event.type, event.id, to_unix(event.created_at));
}

bool lost_a_race(Failure const& failure) {
    return failure.kind == Failure::Kind::condition_failed || failure.kind == Failure::Kind::conflict;
}

/// As what the event is known already.
StoredAs const* known_as(std::vector<Cell> const& cells, StoredAs const& own) {
    for (auto const& cell : cells) {
        for (auto const& happening : cell.happenings) {
            if (happening.stored == own || std::ranges::find(happening.others, own) != happening.others.end())
                return &happening.stored;
        }
    }
    return nullptr;
}

/// The nearest happening of which this channel has not told yet; of equally near ones the first.
Happening* nearest(std::vector<Cell>& cells, StoredAs const& own, int channel, std::int64_t distance) {
    Happening* found = nullptr;
    auto const rank = [&](Happening const& one) {
        return std::tuple(std::abs(one.stored.created_at - own.created_at), one.stored.created_at, one.stored.id);
    };
    for (auto& cell : cells) {
        for (auto& happening : cell.happenings) {
            if ((happening.channels & channel) != 0) continue;
            if (std::abs(happening.stored.created_at - own.created_at) > distance) continue;
            if (found == nullptr || rank(happening) < rank(*found)) found = &happening;
        }
    }
    return found;
}

} // namespace

std::optional<UtcTime> Claims::expiry(std::int64_t latest) const {
    if (context_.retention == days(0)) return std::nullopt;
    return from_unix(latest) + context_.retention + furthest_match;
}

void Claims::forget_everything() {
    loaded_ = false;
    settled_.clear();
}

Async<Result<void>> Claims::begin() {
    if (loaded_) co_return Result<void>();
    co_return co_await load();
}

Async<Result<void>> Claims::load() {
    Query request{.table = std::string(log_table),
                  .key_condition = {.text = "#p = :p",
                                    .names = {{"#p", std::string(hash_name)}},
                                    .values = {{":p", AttributeValue::string(std::string(marks_partition))}}}};
    std::int64_t number = 0; // comes first: what is told later is at least as new
    std::map<std::string, ClaimMark> marks;
    auto const done = co_await query_all(context_.client, std::move(request), [&](Item&& item) {
        if (is_marks_number(item))
            number = integer_or(item, "n", 0);
        else
            marks[*find_string(item, range_name)] = read_mark(item);
        return true;
    });
    if (!done) co_return fail(to_error(done.error()));
    number_ = number;
    marks_ = std::move(marks);
    settled_.clear();
    loaded_ = true;
    co_return Result<void>();
}

Async<Result<bool>> Claims::changed() {
    auto const item = co_await context_.client.get({.table = std::string(log_table), .key = marks_number_key()});
    if (!item) co_return fail(to_error(item.error()));
    if (loaded_ && (*item ? integer_or(**item, "n", 0) : 0) == number_) co_return false;
    auto loaded = co_await load();
    if (!loaded) co_return fail(loaded.error());
    co_return true;
}

bool Claims::concerns(std::string const& key, Event const& event) const {
    if (is_delivery(event)) return true;
    auto const mark = marks_.find(key);
    if (mark == marks_.end() || !mark->second.wanted) return false;
    return to_unix(event.created_at) >= *mark->second.wanted - seconds(furthest_match).count();
}

Async<Result<void>> Claims::tell() {
    UpdateItem update{.table = std::string(log_table), .key = marks_number_key(), .update = "ADD #n :one"};
    update.expression = {.text = "", .names = {{"#n", "n"}}, .values = {{":one", AttributeValue::number(1)}}};
    auto told = co_await context_.client.update(std::move(update));
    if (!told) co_return fail(to_error(told.error()));
    // Another number: somebody else has told something, too, and it is read when it is asked for.
    if (integer_or(*told, "n", 0) == number_ + 1) ++number_;
    co_return Result<void>();
}

Async<Result<void>> Claims::reach(std::string key, UtcTime delivered) {
    if (auto const& mark = marks_[key]; mark.since && *mark.since <= to_unix(delivered)) co_return Result<void>();
    auto const there = co_await context_.client.get({.table = std::string(log_table), .key = mark_key(key)});
    if (!there) co_return fail(to_error(there.error()));
    if (*there) marks_[key] = read_mark(**there);
    auto const since = marks_[key].since;
    if (since && *since <= to_unix(delivered)) co_return Result<void>();
    auto const from = to_unix(delivered - reach_slack);
    auto const lower = [&](std::string_view attribute) -> Async<Result<void>> {
        UpdateItem update{.table = std::string(log_table), .key = mark_key(key), .update = "SET #a = :from"};
        update.expression = {.text = "attribute_not_exists(#a) OR #a > :from",
                             .names = {{"#a", std::string(attribute)}},
                             .values = {{":from", AttributeValue::number(from)}}};
        auto done = co_await context_.client.update(std::move(update));
        if (!done && !lost_a_race(done.error())) co_return fail(to_error(done.error()));
        co_return Result<void>();
    };
    // First it is said that claims are wanted, then what is stored already gets its own: who stores meanwhile and does
    // not know it yet is seen here, or sees it before he counts.
    if (auto said = co_await lower("u"); !said) co_return said;
    if (auto told = co_await tell(); !told) co_return told;
    marks_[key].wanted = std::min(from, marks_[key].wanted.value_or(from));
    settled_.clear(); // what was too old for a claim until now is to get one
    auto const once = seconds(furthest_match);
    TimeWindow all{.from = from_unix(from) - once, .to = from_unix(since.value_or(end_of_time)) - once};
    if (!since) {
        all.to = from_unix(end_of_time);
        if (auto done = co_await reach_in(key, all, false, false); !done) co_return done;
    } else {
        if (auto done = co_await reach_in(key, all, true, false); !done) co_return done;
        TimeWindow const near{.from = from_unix(from) - matching_distance, .to = from_unix(*since) - matching_distance};
        if (auto done = co_await reach_in(key, near, false, true); !done) co_return done;
    }
    if (auto said = co_await lower("s"); !said) co_return said;
    marks_[key].since = from;
    co_return Result<void>();
}

Async<Result<void>> Claims::reach_in(std::string key, TimeWindow window, bool once_only, bool others_only) {
    Query request{.table = std::string(events_table),
                  .key_condition = {.text = "#p = :p AND #s BETWEEN :from AND :to",
                                    .names = {{"#p", std::string(hash_name)}, {"#s", std::string(range_name)}},
                                    .values = {{":p", AttributeValue::string(key)},
                                               {":from", AttributeValue::string(event_sort_key(window.from))},
                                               {":to", AttributeValue::string(event_sort_key(window.to))}}}};
    for (;;) {
        auto page = co_await context_.client.query(request);
        if (!page) co_return fail(to_error(page.error()));
        std::vector<Claimant> claimants;
        for (auto& item : page->items) {
            auto whole = co_await read_whole_event(context_.client, std::move(item));
            if (!whole) co_return fail(whole.error());
            auto const natural = natural_key(*whole);
            if (natural.text.empty() && !is_delivery(*whole)) continue;
            if (!natural.text.empty() && ((once_only && !natural.once) || (others_only && natural.once))) continue;
            claimants.push_back({.key = key, .event = std::move(*whole), .matching = false});
        }
        auto settled = co_await settle(std::move(claimants));
        if (!settled) co_return fail(settled.error());
        if (!page->next) co_return Result<void>();
        request.start = std::move(page->next);
    }
}

Async<Result<std::int64_t>> Claims::first_time(Claimant const& claimant) {
    auto const& event = claimant.event;
    auto const at = to_unix(event.created_at);
    PutItem put{.table = std::string(log_table), .item = delivery_key(claimant.key, event.type, event.id)};
    put.item["t"] = AttributeValue::number(at);
    if (auto const until = expiry(at)) put.item[std::string(ttl_name)] = AttributeValue::number(to_unix(*until));
    put.condition = {.text = "attribute_not_exists(#p)", .names = {{"#p", std::string(hash_name)}}};
    auto done = co_await context_.client.put(std::move(put));
    if (done) co_return at;
    if (done.error().kind != Failure::Kind::condition_failed) co_return fail(to_error(done.error()));
    if (done.error().old_item) co_return integer_or(*done.error().old_item, "t", at);
    auto const there = co_await context_.client.get(
        {.table = std::string(log_table), .key = delivery_key(claimant.key, event.type, event.id)});
    if (!there) co_return fail(to_error(there.error()));
    co_return *there ? integer_or(**there, "t", at) : at;
}

Async<Result<void>> Claims::read_cells(std::vector<CellName> names, Cells& cells) {
    std::vector<Item> keys;
    for (auto const& name : names) {
        cells[name] = Cell();
        keys.push_back(cell_key(name));
    }
    if (keys.empty()) co_return Result<void>();
    auto const items = co_await context_.client.batch_get(std::string(log_table), std::move(keys), true);
    if (!items) co_return fail(to_error(items.error()));
    for (auto const& item : *items) {
        auto cell = read_cell(item);
        if (!cell) co_return fail(cell.error());
        cells[cell_name(item)] = std::move(*cell);
    }
    co_return Result<void>();
}

/// All of them on condition that they are as they were read. False: somebody was earlier, or we have done it.
Async<Result<bool>> Claims::write(std::vector<CellName> names, std::vector<Cell> next) {
    std::vector<TransactionPart> parts;
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto const before = next[i].version++;
        std::int64_t latest = 0;
        for (auto const& happening : next[i].happenings) latest = std::max(latest, happening.stored.created_at);
        PutItem put{.table = std::string(log_table), .item = to_item(names[i], next[i], expiry(latest))};
        put.condition = before == 0 ? Expression{.text = "attribute_not_exists(#v)", .names = {{"#v", "v"}}}
                                    : Expression{.text = "#v = :v",
                                                 .names = {{"#v", "v"}},
                                                 .values = {{":v", AttributeValue::number(before)}}};
        parts.emplace_back(std::move(put));
    }
    Outcome<void> done;
    if (parts.size() == 1)
        done = co_await context_.client.put(std::get<PutItem>(std::move(parts.front())));
    else
        done = co_await context_.client.transact(std::move(parts));
    if (done) co_return true;
    if (lost_a_race(done.error())) co_return false;
    co_return fail(to_error(done.error()));
}

/// Nothing that a webhook could tell of is so old.
bool Claims::too_old(Claimant const& claimant, NaturalKey const& natural) const {
    if (is_delivery(claimant.event)) return false;
    auto const mark = marks_.find(claimant.key);
    if (mark == marks_.end() || !mark->second.wanted) return true;
    return to_unix(claimant.event.created_at) < *mark->second.wanted - distance_of(natural).count();
}

Async<Result<StoredAs>> Claims::settle_one(Claimant const& claimant, NaturalKey natural, StoredAs own, Cells& cells) {
    auto const names = cells_of(claimant.key, natural, own.created_at);
    auto const channel = static_cast<int>(channel_of(claimant.event));
    for (int conflict = 0; conflict < most_claim_conflicts; ++conflict) {
        std::vector<Cell> next;
        for (auto const& name : names) next.push_back(cells[name]);
        if (auto const* const known = known_as(next, own)) co_return *known;
        auto answer = own;
        auto* const match = claimant.matching ? nearest(next, own, channel, distance_of(natural).count()) : nullptr;
        if (match != nullptr) {
            answer = match->stored;
            match->channels |= channel;
            match->others.push_back(own);
        } else {
            next.front().happenings.push_back({.stored = own, .channels = channel, .others = {}});
        }
        auto written = co_await write(names, next);
        if (!written) co_return fail(written.error());
        if (*written) {
            for (std::size_t i = 0; i < names.size(); ++i) {
                ++next[i].version;
                cells[names[i]] = std::move(next[i]);
            }
            co_return answer;
        }
        if (conflict > 2) co_await sleep_for(std::chrono::milliseconds(std::random_device()() % 20));
        if (auto read = co_await read_cells(names, cells); !read) co_return fail(read.error());
    }
    co_return fail(Error{.code = ErrorCode::unavailable,
                         .message = "other processes store the same happening at this moment; try again",
                         .retryable = true});
}

Async<Result<void>> Claims::settle_in_turn(std::vector<Claimant> const& claimants, std::vector<std::size_t> turns,
                                           Cells& cells, std::vector<StoredAs>& answers) {
    for (auto const i : turns) {
        auto settled = co_await settle_one(claimants[i], natural_key(claimants[i].event), answers[i], cells);
        if (!settled) co_return fail(settled.error());
        if (claimants[i].matching) answers[i] = std::move(*settled);
    }
    co_return Result<void>();
}

Async<Result<std::vector<StoredAs>>> Claims::settle(std::vector<Claimant> claimants) {
    std::vector<StoredAs> answers;
    std::map<std::pair<std::string, std::int64_t>, std::vector<std::size_t>> happenings;
    std::vector<Async<Result<std::int64_t>>> deliveries;
    std::vector<std::size_t> delivered;
    for (std::size_t i = 0; i < claimants.size(); ++i) {
        auto const& event = claimants[i].event;
        answers.push_back({.created_at = to_unix(event.created_at), .id = event.id});
        if (!is_delivery(event)) continue;
        deliveries.push_back(first_time(claimants[i]));
        delivered.push_back(i);
    }
    auto const times = co_await together(std::move(deliveries), cells_at_once);
    for (std::size_t i = 0; i < times.size(); ++i) {
        if (!times[i]) co_return fail(times[i].error());
        if (claimants[delivered[i]].matching) answers[delivered[i]].created_at = *times[i];
    }
    Cells cells;
    for (std::size_t i = 0; i < claimants.size(); ++i) {
        auto const& one = claimants[i];
        if (auto const known = settled_.find(settled_name(one.key, one.event)); known != settled_.end()) {
            if (one.matching) answers[i] = known->second;
            continue;
        }
        auto const natural = natural_key(one.event);
        if (natural.text.empty() || too_old(one, natural)) continue;
        happenings[{one.key, hash_of(natural)}].push_back(i);
        for (auto& name : cells_of(one.key, natural, answers[i].created_at)) cells[std::move(name)];
    }
    std::vector<CellName> names;
    for (auto const& [name, cell] : cells) names.push_back(name);
    if (auto read = co_await read_cells(std::move(names), cells); !read) co_return fail(read.error());
    std::vector<Async<Result<void>>> work;
    for (auto& [happening, turns] : happenings)
        work.push_back(settle_in_turn(claimants, std::move(turns), cells, answers));
    for (auto const& done : co_await together(std::move(work), cells_at_once)) {
        if (!done) co_return fail(done.error());
    }
    if (settled_.size() + claimants.size() > most_settled) settled_.clear();
    for (std::size_t i = 0; i < claimants.size(); ++i) {
        if (claimants[i].matching) settled_[settled_name(claimants[i].key, claimants[i].event)] = answers[i];
    }
    co_return answers;
}

Async<Result<void>> Claims::forget(std::string key, Event event) {
    StoredAs const gone{.created_at = to_unix(event.created_at), .id = event.id};
    std::set<std::string> deliveries;
    if (is_delivery(event)) deliveries.insert(event.id);
    auto const natural = natural_key(event);
    if (!natural.text.empty()) {
        auto const name = cells_of(key, natural, gone.created_at).front();
        for (int conflict = 0;; ++conflict) {
            Cells cells;
            if (auto read = co_await read_cells({name}, cells); !read) co_return read;
            auto cell = std::move(cells[name]);
            auto const found = std::ranges::find(cell.happenings, gone, &Happening::stored);
            if (found == cell.happenings.end()) break;
            for (auto const& other : found->others) {
                if (other.id.starts_with("wh:")) deliveries.insert(other.id);
            }
            cell.happenings.erase(found);
            auto written = co_await write({name}, {std::move(cell)});
            if (!written) co_return fail(written.error());
            if (*written) break;
            if (conflict == most_claim_conflicts)
                co_return fail(ErrorCode::unavailable, "others store events of what is to be forgotten; try again");
        }
    }
    for (auto const& id : deliveries) {
        auto removed = co_await context_.client.remove(
            {.table = std::string(log_table), .key = delivery_key(key, event.type, id)});
        if (!removed) co_return fail(to_error(removed.error()));
    }
    co_return Result<void>();
}

} // namespace gem::dynamodb
