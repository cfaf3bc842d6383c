// Events that somebody stored and did not log, and what becomes of them.
#include <random>

#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/event_writer.hpp"
#include "storage/dynamodb/together.hpp"

namespace gem::dynamodb {

namespace {

constexpr int most_disown_conflicts = 40;
constexpr std::size_t adoptions_at_once = 32;
constexpr std::chrono::milliseconds rival_poll{25};

} // namespace

/// Makes sure that the batch `token` can never be logged in the unit. False: it has been, or we are at odds.
Async<Result<bool>> EventWriter::disown(Flight& flight, Unit unit, std::string token) {
    auto const theirs = Token::parse(token);
    // Whoever it is mostly is at work and not dead. A wait of random length lets one of two rivals go first.
    auto patience = std::chrono::milliseconds(0);
    if (!former_writers_.contains(theirs.writer))
        patience = context_.rival_patience * (20 + static_cast<int>(std::random_device()() % 80)) / 100;
    auto waited = std::chrono::milliseconds(0);
    for (int conflict = 0; conflict < most_disown_conflicts;) {
        auto const before = flight.heads[unit];
        if (before.disowned.contains(token)) co_return true;
        if (before.logged(theirs) || before.disowned.contains(flight.token.text()) ||
            before.claims != flight.begun[unit].claims)
            co_return false;
        if (waited < patience) {
            co_await sleep_for(rival_poll);
            waited += rival_poll;
        } else {
            ++conflict;
            auto next = before;
            next.disowned.insert(token);
            auto done = co_await heads_.replace(before, std::move(next));
            if (!done) co_return fail(done.error());
        }
        auto now = co_await reader_.heads({unit});
        if (!now) co_return fail(now.error());
        flight.heads[unit] = (*now)[unit];
    }
    co_return false;
}

/// True: the event bears our token now. False: somebody else adopted it.
Async<Result<bool>> EventWriter::adopt_one(Flight& flight, Candidate& candidate) {
    UpdateItem update{
        .table = std::string(events_table), .key = make_key(candidate.key, candidate.sort), .update = "SET #w = :mine"};
    update.expression = {.text = "#w = :theirs",
                         .names = {{"#w", "w"}},
                         .values = {{":mine", AttributeValue::string(flight.token.text())},
                                    {":theirs", AttributeValue::string(candidate.foreign)}}};
    auto done = co_await context_.client.update(std::move(update));
    if (!done && done.error().kind != Failure::Kind::condition_failed) co_return fail(to_error(done.error()));
    if (!done) {
        auto const& old = done.error().old_item;
        if (!old || token_of(*old) != flight.token.text()) co_return false;
    }
    candidate.state = State::mine;
    co_return true;
}

/// Events that somebody stored and did not log become ours: first their batch is disowned, so that it can never be
/// logged here, then they are marked with our token.
Async<Result<bool>> EventWriter::adopt(Flight& flight) {
    std::set<std::pair<Unit, std::string>> batches;
    std::vector<Async<Result<bool>>> adoptions;
    for (auto& candidate : flight.candidates) {
        if (candidate.state != State::open || candidate.foreign.empty()) continue;
        batches.emplace(candidate.unit, candidate.foreign);
        adoptions.push_back(adopt_one(flight, candidate));
    }
    for (auto const& [unit, token] : batches) {
        auto disowned = co_await disown(flight, unit, token);
        if (!disowned || !*disowned) co_return disowned;
    }
    bool all = true;
    for (auto const& adopted : co_await together(std::move(adoptions), adoptions_at_once)) {
        if (!adopted) co_return fail(adopted.error());
        all = all && *adopted;
    }
    co_return all;
}

} // namespace gem::dynamodb
