#include "storage/dynamodb/event_writer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/together.hpp"

namespace gem::dynamodb {

namespace {

/// So many events of one unit are worth the claim that writing without conditions needs.
constexpr std::size_t bulk_from = 100;
/// Hours that may still run are claimed for very many only: somebody who dies keeps others out of them.
constexpr std::int64_t bulk_hours_ago = 3;
constexpr std::size_t bulk_always_from = 1'000;
constexpr seconds claim_length = minutes(45);
/// A process that was frozen for a quarter of an hour, by a clock five minutes off, must not write under an old claim.
constexpr seconds claim_use = minutes(10);
constexpr int most_attempts = 12;
constexpr int most_conflicts = 40;
constexpr std::size_t puts_at_once = 32;
constexpr std::size_t most_known = 100'000;
constexpr std::chrono::milliseconds claim_poll{500};

Error rivals() {
    return {.code = ErrorCode::unavailable,
            .message = "other processes store the same events at this moment; try again",
            .retryable = true};
}

} // namespace

std::optional<UtcTime> EventWriter::expiry(Event const& event) const {
    if (context_.retention == days(0)) return std::nullopt;
    return event.created_at + context_.retention;
}

Async<Result<std::vector<InsertResult>>> EventWriter::store(std::vector<PreparedBatch const*> batches,
                                                            std::vector<StoredEvent>& stored) {
    std::vector<InsertResult> results(batches.size());
    Flight flight;
    std::unordered_map<std::string, std::size_t> seen;
    auto const horizon = context_.horizon();
    for (std::size_t i = 0; i < batches.size(); ++i) {
        results[i].rejected = batches[i]->rejected;
        for (std::size_t at = 0; at < batches[i]->events.size(); ++at) {
            auto const& event = batches[i]->events[at];
            if (batches[i]->payloads[at].empty()) continue;
            if (horizon && event.created_at < *horizon) {
                ++results[i].expired;
                continue;
            }
            Candidate candidate;
            candidate.batch = i;
            candidate.matching = batches[i]->matching;
            candidate.event = &event;
            candidate.payload = &batches[i]->payloads[at];
            candidate.key = repository_key(event.repo_id, event.repo_name);
            candidate.sort = event_sort_key(event.created_at, event.type, event.id);
            candidate.unit = unit_of(event);
            if (!seen.try_emplace(candidate.identity(), 0).second) {
                ++results[i].duplicates;
                continue;
            }
            flight.candidates.push_back(std::move(candidate));
        }
    }
    // Whatever ends this before all is logged (an error, a cancellation) ends the writer's name with it: a number that
    // was not logged must never be followed by one that is.
    struct Renewal {
        EventWriter& owner;
        bool needed = true;
        ~Renewal() {
            if (!needed) return;
            owner.former_writers_.insert(owner.writer_);
            owner.writer_ = random_id();
        }
    } renewal{.owner = *this};
    for (int round = 0;; ++round) {
        if (round == most_attempts) co_return fail(rivals());
        flight.token = {.writer = writer_, .number = ++number_};
        auto matched = co_await match(flight);
        if (!matched) co_return fail(matched.error());
        auto done = co_await attempt(flight);
        if (!done || !*done) co_await release(flight);
        if (!done) co_return fail(done.error());
        if (*done) break;
        former_writers_.insert(writer_);
        writer_ = random_id();
    }
    renewal.needed = false;
    remember(flight);
    for (auto const& candidate : flight.candidates) {
        auto& result = results[candidate.batch];
        ++(candidate.state == State::inserted ? result.inserted : result.duplicates);
        if (candidate.state == State::inserted)
            stored.push_back({.event = candidate.event, .payload = candidate.payload, .stand_in = candidate.stand_in});
    }
    if (!stored.empty()) context_.wrote();
    co_return results;
}

Async<Result<bool>> EventWriter::attempt(Flight& flight) {
    flight.begun.clear();
    flight.heads.clear();
    flight.fresh.clear();
    std::vector<Unit> units;
    for (auto& candidate : flight.candidates) {
        if (candidate.state == State::mine) candidate.state = State::open;
        if (candidate.state != State::open) continue;
        candidate.stored.reset();
        candidate.foreign.clear();
        candidate.unit = unit_of(*candidate.event);
        units.push_back(candidate.unit);
    }
    if (auto read = co_await read_heads(flight, std::move(units)); !read) co_return fail(read.error());
    leave_out_known(flight);
    std::map<Unit, std::size_t> counts;
    for (auto const& candidate : flight.candidates) {
        if (candidate.state == State::open) ++counts[candidate.unit];
    }
    auto const now = to_unix(context_.clock.now()) / 3600;
    for (auto const& [unit, count] : counts) {
        if (count < (unit.hour > now - bulk_hours_ago ? bulk_always_from : bulk_from)) continue;
        auto claimed = co_await claim(flight, unit);
        if (!claimed || !*claimed) co_return claimed;
    }
    // After the claims: then nobody can have logged an event of a key that is new here.
    if (auto named = co_await ensure_names(flight); !named) co_return fail(named.error());
    auto looked = co_await look_up(flight);
    if (!looked || !*looked) co_return looked;
    auto put = co_await put_new(flight);
    if (!put || !*put) co_return put;
    auto adopted = co_await adopt(flight);
    if (!adopted || !*adopted) co_return adopted;
    auto current = co_await still_matched(flight);
    if (!current || !*current) co_return current;
    std::set<Unit> mine = flight.claimed;
    for (auto const& candidate : flight.candidates) {
        if (candidate.state == State::mine) mine.insert(candidate.unit);
    }
    // One unit after the other would be slow; each of them is its own matter.
    std::vector<Async<Result<bool>>> appends;
    for (auto const& unit : mine) appends.push_back(append(flight, unit));
    bool all = true;
    std::optional<Error> failed;
    for (auto const& done : co_await together(std::move(appends))) {
        if (!done)
            failed = done.error();
        else
            all = all && *done;
    }
    if (failed) co_return fail(*failed);
    co_return all;
}

Async<Result<void>> EventWriter::read_heads(Flight& flight, std::vector<Unit> units) {
    std::erase_if(units, [&](Unit const& unit) { return flight.heads.contains(unit); });
    for (int poll = 0; !units.empty(); ++poll) {
        auto heads = co_await reader_.heads(units);
        if (!heads) co_return fail(heads.error());
        units.clear();
        for (auto& [unit, head] : *heads) {
            bool const foreign = head.claim && head.claim->token.writer != flight.token.writer;
            if (!foreign) {
                flight.heads[unit] = head;
                flight.begun[unit] = std::move(head);
                continue;
            }
            units.push_back(unit);
            if (!claim_watch_.is_over(*head.claim)) continue;
            auto freed = head;
            freed.disowned.insert(head.claim->token.text());
            freed.claim.reset();
            auto done = co_await heads_.replace(head, std::move(freed));
            if (!done) co_return fail(done.error());
        }
        if (units.empty()) break;
        if (poll * claim_poll >= context_.claim_patience)
            co_return fail(ErrorCode::unavailable,
                           fmt::format("another process stores many events of {} at this moment, or died while it did; "
                                       "try again, within {} minutes at the latest",
                                       hour_key(units.front().hour), claim_length.count() / 60));
        if (poll > 0) co_await sleep_for(claim_poll);
    }
    co_return Result<void>();
}

void EventWriter::leave_out_known(Flight& flight) {
    for (auto& candidate : flight.candidates) {
        if (candidate.state != State::open) continue;
        auto const found = known_.find(candidate.identity());
        if (found != known_.end() && found->second == flight.heads[candidate.unit].epoch)
            candidate.state = State::duplicate;
    }
}

void EventWriter::remember(Flight const& flight) {
    if (known_.size() + flight.candidates.size() > most_known) known_.clear();
    for (auto const& candidate : flight.candidates) {
        // Only of the unit that the event itself tells: in another one it would be looked for in vain.
        if (candidate.unit != unit_of(*candidate.event)) continue;
        auto const head = flight.begun.find(candidate.unit);
        if (head != flight.begun.end()) known_[candidate.identity()] = head->second.epoch;
    }
}

Async<Result<void>> EventWriter::ensure_names(Flight& flight) {
    std::set<KeyName> pairs;
    for (auto const& candidate : flight.candidates) {
        if (candidate.state == State::open)
            pairs.insert({.key = candidate.key, .lower_name = ascii_lower(candidate.event->repo_name)});
    }
    auto fresh = co_await directory_.ensure({pairs.begin(), pairs.end()});
    if (!fresh) co_return fail(fresh.error());
    flight.fresh.insert(fresh->begin(), fresh->end());
    co_return Result<void>();
}

Async<Result<bool>> EventWriter::claim(Flight& flight, Unit unit) {
    auto const before = flight.heads[unit];
    auto next = before;
    next.claim = Claim{
        .token = flight.token, .until = to_unix(context_.clock.now() + claim_length), .process = context_.process};
    ++next.claims;
    auto done = co_await heads_.replace(before, next);
    if (!done) co_return fail(done.error());
    auto now = co_await reader_.heads({unit});
    if (!now) co_return fail(now.error());
    auto const& head = (*now)[unit];
    if (!head.claim || head.claim->token != flight.token) co_return false;
    flight.claimed.insert(unit);
    flight.heads[unit] = head;
    flight.begun[unit] = head;
    co_return true;
}

/// What an item that is there means for the candidate. False: its unit is in somebody else's hands.
Async<Result<bool>> EventWriter::take(Flight& flight, Candidate& candidate, Item const& item) {
    auto stored = read_event(item);
    if (!stored) co_return fail(stored.error());
    auto const token = token_of(item);
    candidate.unit = unit_of(*stored);
    if (token == flight.token.text()) { // the answer to our own write was lost
        candidate.state = State::mine;
        co_return true;
    }
    if (auto read = co_await read_heads(flight, {candidate.unit}); !read) co_return fail(read.error());
    if (flight.heads[candidate.unit].logged(Token::parse(token))) {
        candidate.state = State::duplicate;
        co_return true;
    }
    candidate.foreign = token;
    candidate.stored = std::move(*stored);
    co_return true;
}

Async<Result<bool>> EventWriter::look_up(Flight& flight) {
    std::map<std::string, std::vector<Candidate*>> by_key;
    std::map<std::pair<std::string, std::string>, Candidate*> by_item;
    std::vector<Item> keys;
    for (auto& candidate : flight.candidates) {
        if (candidate.state != State::open || flight.fresh.contains(candidate.key)) continue;
        by_item[{candidate.key, candidate.sort}] = &candidate;
        if (candidate.stand_in || flight.claimed.contains(candidate.unit))
            keys.push_back(make_key(candidate.key, candidate.sort));
        else
            by_key[candidate.key].push_back(&candidate);
    }
    std::vector<Item> found;
    if (!keys.empty()) {
        auto items = co_await context_.client.batch_get(std::string(events_table), std::move(keys), true);
        if (!items) co_return fail(to_error(items.error()));
        found = std::move(*items);
    }
    for (auto const& [key, candidates] : by_key) {
        if (candidates.size() < 2) continue; // the condition of its put tells
        auto const [first, last] =
            std::ranges::minmax(candidates, {}, [](Candidate const* candidate) { return candidate->sort; });
        Query query{.table = std::string(events_table),
                    .key_condition = {.text = "#p = :p AND #s BETWEEN :from AND :to",
                                      .names = {{"#p", std::string(hash_name)}, {"#s", std::string(range_name)}},
                                      .values = {{":p", AttributeValue::string(key)},
                                                 {":from", AttributeValue::string(first->sort)},
                                                 {":to", AttributeValue::string(last->sort)}}},
                    .limit = static_cast<std::int64_t>(candidates.size() + 20)};
        auto page = co_await context_.client.query(std::move(query));
        if (!page) co_return fail(to_error(page.error()));
        std::ranges::move(page->items, std::back_inserter(found));
    }
    for (auto const& item : found) {
        auto const candidate = by_item.find({*find_string(item, hash_name), *find_string(item, range_name)});
        if (candidate == by_item.end()) continue;
        auto taken = co_await take(flight, *candidate->second, item);
        if (!taken || !*taken) co_return taken;
    }
    co_return true;
}

Async<Outcome<std::optional<Item>>> EventWriter::put_one(Flight& flight, Candidate& candidate) {
    auto items = to_items(*candidate.event, *candidate.payload, flight.token.text(), expiry(*candidate.event));
    for (auto& part : items.parts) {
        auto done = co_await context_.client.put({.table = std::string(events_table), .item = part});
        if (!done) co_return std::unexpected(std::move(done.error()));
    }
    PutItem put{.table = std::string(events_table), .item = std::move(items.event)};
    put.condition = {.text = "attribute_not_exists(#p)", .names = {{"#p", std::string(hash_name)}}};
    auto done = co_await context_.client.put(std::move(put));
    if (done) co_return std::nullopt;
    if (done.error().kind != Failure::Kind::condition_failed) co_return std::unexpected(std::move(done.error()));
    if (done.error().old_item && token_of(*done.error().old_item) == flight.token.text())
        co_return std::move(done.error().old_item);
    for (auto const& part : items.parts)
        (void)co_await context_.client.remove({.table = std::string(events_table), .key = key_of(part)});
    if (done.error().old_item) co_return std::move(done.error().old_item);
    auto there = co_await context_.client.get(
        {.table = std::string(events_table), .key = make_key(candidate.key, candidate.sort)});
    if (!there) co_return std::unexpected(std::move(there.error()));
    co_return std::move(*there);
}

Async<Outcome<void>> EventWriter::put_in_bulk(Flight& flight, std::vector<Candidate*> candidates) {
    std::vector<WriteRequest> writes;
    for (auto const* candidate : candidates) {
        auto items = to_items(*candidate->event, *candidate->payload, flight.token.text(), expiry(*candidate->event));
        for (auto& part : items.parts) writes.push_back(WriteRequest::put(std::string(events_table), std::move(part)));
        writes.push_back(WriteRequest::put(std::string(events_table), std::move(items.event)));
    }
    co_return co_await context_.client.batch_write(std::move(writes));
}

Async<Result<bool>> EventWriter::put_new(Flight& flight) {
    std::vector<Candidate*> bulk;
    std::vector<Candidate*> single;
    for (auto& candidate : flight.candidates) {
        if (candidate.state != State::open || !candidate.foreign.empty()) continue;
        (flight.claimed.contains(candidate.unit) ? bulk : single).push_back(&candidate);
    }
    // A few thousand at a time, so that the claim's age is looked at between.
    constexpr std::size_t step = 5'000;
    for (std::size_t from = 0; from < bulk.size(); from += step) {
        auto const until = flight.heads[bulk[from]->unit].claim->until;
        if (context_.clock.now() > from_unix(until) - claim_length + claim_use) co_return false;
        std::vector<Candidate*> some(bulk.begin() + static_cast<std::ptrdiff_t>(from),
                                     bulk.begin() + static_cast<std::ptrdiff_t>(std::min(from + step, bulk.size())));
        auto done = co_await put_in_bulk(flight, some);
        if (!done) co_return fail(to_error(done.error()));
        for (auto* const candidate : some) candidate->state = State::mine;
    }
    std::vector<Async<Outcome<std::optional<Item>>>> puts;
    puts.reserve(single.size());
    for (auto* const candidate : single) puts.push_back(put_one(flight, *candidate));
    auto outcomes = co_await together(std::move(puts), puts_at_once);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (!outcomes[i]) co_return fail(to_error(outcomes[i].error()));
        if (!*outcomes[i]) {
            single[i]->state = State::mine;
            continue;
        }
        auto taken = co_await take(flight, *single[i], **outcomes[i]);
        if (!taken || !*taken) co_return taken;
    }
    co_return true;
}

Async<Result<bool>> EventWriter::append(Flight& flight, Unit unit) {
    LogBuilder builder;
    for (auto const& candidate : flight.candidates) {
        if (candidate.state == State::mine && candidate.unit == unit)
            builder.add(candidate.stored ? *candidate.stored : *candidate.event);
    }
    auto const rows = builder.take();
    auto const logged = [&] {
        for (auto& candidate : flight.candidates) {
            if (candidate.state == State::mine && candidate.unit == unit) candidate.state = State::inserted;
        }
        flight.claimed.erase(unit);
    };
    for (int conflict = 0; conflict < most_conflicts; ++conflict) {
        auto const before = flight.heads[unit];
        if (before.logged(flight.token)) {
            logged();
            co_return true;
        }
        bool const ours = before.claim && before.claim->token == flight.token;
        if (before.disowned.contains(flight.token.text()) || before.claims != flight.begun[unit].claims ||
            (before.claim && !ours))
            co_return false;
        auto next = before;
        next.writers[flight.token.writer] = flight.token.number;
        if (ours) next.claim.reset();
        auto placed = co_await heads_.place(std::move(next), rows);
        if (!placed) co_return fail(placed.error());
        auto done = co_await heads_.replace(before, placed->next);
        if (!done) co_return fail(done.error());
        if (*done) {
            co_await heads_.remove_pages(unit, std::move(placed->replaced));
            logged();
            co_return true;
        }
        auto now = co_await reader_.heads({unit});
        if (!now) co_return fail(now.error());
        flight.heads[unit] = (*now)[unit];
        if (!flight.heads[unit].logged(flight.token)) co_await heads_.remove_pages(unit, std::move(placed->written));
    }
    co_return fail(rivals());
}

/// Gives back claims of an attempt that ended early. Best effort: a claim also ends by itself.
Async<void> EventWriter::release(Flight& flight) {
    auto const claimed = std::move(flight.claimed);
    flight.claimed.clear();
    for (auto const& unit : claimed) {
        auto now = co_await reader_.heads({unit});
        if (!now) continue;
        auto const& before = (*now)[unit];
        if (!before.claim || before.claim->token != flight.token) continue;
        auto next = before;
        next.claim.reset();
        next.disowned.insert(flight.token.text());
        (void)co_await heads_.replace(before, std::move(next));
    }
}

} // namespace gem::dynamodb
