// The part of storing events that knows the same happening from two sources (docs/decisions/0008).
#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/event_writer.hpp"
#include "storage/payload_codec.hpp"

namespace gem::dynamodb {

namespace {

Result<Event> with_payload(Event const& event, std::string const& compressed) {
    thread_local PayloadCodec codec;
    auto payload = codec.restore(compressed);
    if (!payload) return fail(payload.error());
    auto whole = event;
    whole.payload = JsonText::already_validated(std::move(*payload));
    return whole;
}

} // namespace

/// Finds out what the events are stored as. One that was matched away stands for the event that came first from then
/// on: if whoever brought that one died before he stored it, it is stored now, under the same identity.
Async<Result<void>> EventWriter::match(Flight& flight) {
    if (auto begun = co_await claims_.begin(); !begun) co_return begun;
    std::map<std::string, UtcTime> delivered; // the earliest delivery of each repository
    std::vector<Candidate*> asked;
    for (auto& candidate : flight.candidates) {
        bool const unsettled = candidate.state == State::open || candidate.state == State::mine;
        if (!unsettled || candidate.settled) continue;
        if (is_delivery(*candidate.event)) {
            auto const [time, is_new] = delivered.try_emplace(candidate.key, candidate.event->created_at);
            if (!is_new) time->second = std::min(time->second, candidate.event->created_at);
        }
    }
    for (auto const& [key, time] : delivered) {
        if (auto reached = co_await claims_.reach(key, time); !reached) co_return reached;
    }
    for (auto& candidate : flight.candidates) {
        bool const unsettled = candidate.state == State::open || candidate.state == State::mine;
        if (unsettled && !candidate.settled && claims_.concerns(candidate.key, *candidate.event))
            asked.push_back(&candidate);
    }
    if (asked.empty()) co_return Result<void>();
    std::ranges::sort(asked, [](Candidate const* a, Candidate const* b) {
        return std::tie(a->batch, a->sort, a->key) < std::tie(b->batch, b->sort, b->key);
    });
    std::vector<Claimant> claimants;
    for (auto const* candidate : asked) {
        auto whole = with_payload(*candidate->event, *candidate->payload);
        if (!whole) co_return fail(whole.error());
        claimants.push_back({.key = candidate->key, .event = std::move(*whole), .matching = candidate->matching});
    }
    auto settled = co_await claims_.settle(std::move(claimants));
    if (!settled) co_return fail(settled.error());
    for (std::size_t i = 0; i < asked.size(); ++i) {
        auto stood = co_await stand_for(*asked[i], std::move((*settled)[i]));
        if (!stood) co_return stood;
    }
    leave_out_twins(flight);
    co_return Result<void>();
}

/// The candidate is stored as that event, if it is another one.
Async<Result<void>> EventWriter::stand_for(Candidate& candidate, StoredAs stored) {
    candidate.settled = true;
    auto const& event = *candidate.event;
    if (stored.id == event.id && stored.created_at == to_unix(event.created_at)) co_return Result<void>();
    if (!candidate.bore.empty()) {
        if (auto removed = co_await take_back(candidate); !removed) co_return removed;
    }
    auto stand_in = std::make_shared<Event>(event);
    stand_in->id = std::move(stored.id);
    stand_in->created_at = from_unix(stored.created_at);
    candidate.sort = event_sort_key(stand_in->created_at, stand_in->type, stand_in->id);
    candidate.unit = unit_of(*stand_in);
    candidate.stand_in = stand_in;
    candidate.event = stand_in.get();
    co_return Result<void>();
}

/// Removes an event that we stored before we learned that it is another one; nobody has counted it.
Async<Result<void>> EventWriter::take_back(Candidate& candidate) {
    auto const key = make_key(candidate.key, candidate.sort);
    auto const item = co_await context_.client.get({.table = std::string(events_table), .key = key});
    if (!item) co_return fail(to_error(item.error()));
    auto const token = std::exchange(candidate.bore, {});
    if (!*item || token_of(**item) != token) co_return Result<void>();
    DeleteItem removal{.table = std::string(events_table), .key = key};
    removal.condition = {
        .text = "#w = :mine", .names = {{"#w", "w"}}, .values = {{":mine", AttributeValue::string(token)}}};
    auto removed = co_await context_.client.remove(std::move(removal));
    if (!removed && removed.error().kind != Failure::Kind::condition_failed) co_return fail(to_error(removed.error()));
    if (!removed) co_return Result<void>();
    for (auto& part : part_keys(**item)) {
        auto gone = co_await context_.client.remove({.table = std::string(events_table), .key = std::move(part)});
        if (!gone) co_return fail(to_error(gone.error()));
    }
    co_return Result<void>();
}

/// Of several that are stored as the same event one is enough: that event itself, if it is among them.
void EventWriter::leave_out_twins(Flight& flight) {
    std::unordered_set<std::string> seen;
    for (auto const& candidate : flight.candidates) {
        if (candidate.state == State::inserted) seen.insert(candidate.identity());
    }
    for (bool const stand_ins : {false, true}) {
        for (auto& candidate : flight.candidates) {
            bool const done = candidate.state == State::inserted || candidate.state == State::duplicate;
            if (done || static_cast<bool>(candidate.stand_in) != stand_ins) continue;
            if (!seen.insert(candidate.identity()).second) candidate.state = State::duplicate;
        }
    }
}

/// Between storing and counting: whether nobody has wanted claims meanwhile that our events have not got. False: begin
/// again.
Async<Result<bool>> EventWriter::still_matched(Flight& flight) {
    if (std::ranges::none_of(flight.candidates, [](auto const& one) { return one.state == State::mine; }))
        co_return true;
    auto const changed = co_await claims_.changed();
    if (!changed || !*changed) co_return changed ? Result<bool>(true) : changed;
    bool all = true;
    for (auto& candidate : flight.candidates) {
        if (candidate.state != State::mine || !claims_.concerns(candidate.key, *candidate.event)) continue;
        all = false;
        candidate.settled = false;
        candidate.bore = flight.token.text();
    }
    co_return all;
}

} // namespace gem::dynamodb
