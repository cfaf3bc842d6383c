#include "storage/dynamodb/dynamodb_maintenance.hpp"

#include <set>

#include <fmt/format.h>

#include "storage/dynamodb/dynamodb_events_state.hpp"
#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/recount.hpp"
#include "storage/dynamodb/table_specs.hpp"
#include "storage/dynamodb/together.hpp"

namespace gem {

using dynamodb::Head;
using dynamodb::LogActor;
using dynamodb::LogRepo;
using dynamodb::Operation;
using dynamodb::Recount;
using dynamodb::Unit;

namespace {

constexpr int most_attempts = 20;

/// The raw events that left with retention: those that DynamoDB does not remove by itself go now.
Async<Result<std::int64_t>> purge_raw(dynamodb::DynamoDBContext& context, Head const& head,
                                      std::set<std::string> const& keys, UtcTime until) {
    std::int64_t gone = 0;
    std::vector<dynamodb::WriteRequest> removals;
    std::string const table(dynamodb::events_table);
    for (auto const& key : keys) {
        auto items = co_await dynamodb::raw_events(context, key, from_unix(head.unit.hour * 3600), until);
        if (!items) co_return fail(items.error());
        for (auto const& item : *items) {
            auto const event = dynamodb::read_event(item);
            if (!event) co_return fail(event.error());
            if (dynamodb::unit_of(*event) != head.unit || event->created_at >= until) continue;
            bool const counted = head.logged(dynamodb::Token::parse(dynamodb::token_of(item)));
            if (counted && to_unix(event->created_at) >= head.purged_to) ++gone;
            if (dynamodb::integer_or(item, "expires_at", 0) != 0) continue;
            for (auto& part : dynamodb::part_keys(item))
                removals.push_back(dynamodb::WriteRequest::remove(table, std::move(part)));
            removals.push_back(dynamodb::WriteRequest::remove(table, dynamodb::key_of(item)));
        }
    }
    if (!removals.empty()) {
        auto done = co_await context.client.batch_write(std::move(removals));
        if (!done) co_return fail(to_error(done.error()));
    }
    co_return gone;
}

} // namespace

Async<Result<std::vector<std::string>>> DynamoDBMaintenance::check() {
    Operation const operation(context_);
    if (!operation) co_return Operation::closed();
    std::vector<std::string> findings;
    auto& reader = events_.state_->reader;
    for (int shard = 0; shard < dynamodb::shard_count; ++shard) {
        auto heads = co_await reader.all_heads(shard);
        if (!heads) co_return fail(heads.error());
        for (auto const& head : *heads) {
            auto const log = co_await reader.open(head);
            auto const where = fmt::format("shard {}, {}", shard, dynamodb::hour_key(head.unit.hour));
            if (!log) {
                if (log.error().code != ErrorCode::corrupt) co_return fail(log.error());
                findings.push_back(fmt::format("{}: {}", where, log.error().message));
                continue;
            }
            std::int64_t events = 0;
            for (auto const& part : log->parts) events += part->events();
            if (events != head.events)
                findings.push_back(fmt::format("{}: its rows tell of {} events, its head of {}; `db rebuild` mends it",
                                               where, events, head.events));
        }
    }
    co_return findings;
}

Async<Result<VerifyReport>> DynamoDBMaintenance::verify() {
    Operation const operation(context_);
    if (!operation) co_return Operation::closed();
    co_return co_await Recount(context_, events_.state_->reader, events_.state_->heads, events_.state_->claims)
        .verify();
}

Async<Result<VerifyReport>> DynamoDBMaintenance::rebuild() {
    Operation const operation(context_);
    if (!operation) co_return Operation::closed();
    auto report =
        co_await Recount(context_, events_.state_->reader, events_.state_->heads, events_.state_->claims).rebuild();
    forget_what_is_remembered();
    co_return report;
}

Async<Result<void>> DynamoDBMaintenance::backup(std::string) {
    co_return fail(ErrorCode::invalid_argument,
                   "DynamoDB keeps backups itself: turn on point-in-time recovery (DYNAMODB_PITR=1 and `setup "
                   "create`), or write a file with `export`");
}

Async<Result<std::int64_t>> DynamoDBMaintenance::apply_retention() {
    Operation const operation(context_);
    if (!operation) co_return Operation::closed();
    auto const horizon = context_.horizon();
    if (!horizon) co_return std::int64_t{0};
    auto& state = *events_.state_;
    std::int64_t gone = 0;
    for (int shard = 0; shard < dynamodb::shard_count; ++shard) {
        auto heads = co_await state.reader.heads_between(shard, 0, (to_unix(*horizon) + 3599) / 3600);
        if (!heads) co_return fail(heads.error());
        for (auto& head : *heads) {
            if (head.purged >= head.events) continue;
            auto purged = co_await purge(std::move(head), *horizon);
            if (!purged) co_return fail(purged.error());
            gone += *purged;
        }
    }
    if (gone > 0) context_.wrote();
    co_return gone;
}

Async<Result<std::int64_t>> DynamoDBMaintenance::purge(Head head, UtcTime horizon) {
    auto& state = *events_.state_;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        auto const end = from_unix((head.unit.hour + 1) * 3600);
        auto const until = std::min(end, horizon);
        auto const log = co_await state.reader.open(head);
        if (!log) co_return fail(log.error());
        std::set<std::string> keys;
        for (auto const& part : log->parts) {
            for (auto const& repo : part->repos) {
                if (from_unix(head.unit.hour * 3600 + repo.first) < until) keys.insert(repo.key);
            }
        }
        auto found = co_await purge_raw(context_, head, keys, until);
        if (!found) co_return fail(found.error());
        auto next = head;
        // Of a whole hour all have gone, whoever removed them.
        next.purged = until == end ? head.events : std::min(head.events, head.purged + *found);
        next.purged_to = to_unix(until);
        if (next.purged == head.purged && until != end) co_return std::int64_t{0};
        auto const gone = next.purged - head.purged;
        auto done = co_await state.heads.replace(head, std::move(next));
        if (!done) co_return fail(done.error());
        if (*done) co_return gone;
        auto now = co_await state.reader.heads({head.unit});
        if (!now) co_return fail(now.error());
        if ((*now)[head.unit].purged_to >= to_unix(until)) co_return gone; // our own first try
        head = (*now)[head.unit];
    }
    co_return fail(ErrorCode::unavailable, "others store events of an hour that retention takes; try again");
}

Async<Result<RemovedCounts>> DynamoDBMaintenance::forget_repository(RepoName repo) {
    Operation const operation(context_);
    if (!operation) co_return Operation::closed();
    auto& state = *events_.state_;
    auto const turn = co_await state.turn.take();
    auto const sought = co_await state.names.seek(repo);
    if (!sought) co_return fail(sought.error());
    RemovedCounts counts;
    if (others_ != nullptr) {
        auto others = co_await others_->forget_repository(repo, sought->resolved);
        if (!others) co_return fail(others.error());
        counts = *others;
    }
    Recount recount(context_, state.reader, state.heads, state.claims);
    for (auto const& [shard, snapshot] : sought->shards) {
        for (auto const& head : snapshot->heads) {
            auto const log = co_await state.reader.open(*head);
            if (!log) co_return fail(log.error());
            bool touched = false;
            for (auto const& part : log->parts) {
                for (auto const& row : part->rows)
                    touched = touched ||
                              sought->about(part->repos[row.repo], from_unix(head->unit.hour * 3600 + row.minute * 60));
            }
            if (!touched) continue;
            auto removed =
                co_await recount.remove(head->unit, [&](LogRepo const& one, LogActor const*, UtcTime minute) {
                    return sought->about(one, minute);
                });
            if (!removed) co_return fail(removed.error());
            counts.events += *removed;
        }
    }
    forget_what_is_remembered();
    if (auto told = co_await state.claims.tell(); !told) co_return fail(told.error());
    co_return counts;
}

Async<Result<RemovedCounts>> DynamoDBMaintenance::forget_actor(std::string login) {
    if (login.empty()) co_return fail(ErrorCode::invalid_argument, "actor: expected a login");
    Operation const operation(context_);
    if (!operation) co_return Operation::closed();
    auto& state = *events_.state_;
    auto const turn = co_await state.turn.take();
    RemovedCounts counts;
    if (others_ != nullptr) {
        auto others = co_await others_->forget_actor(login);
        if (!others) co_return fail(others.error());
        counts = *others;
    }
    // A login stands for a person, who may have had others.
    auto const lower = ascii_lower(login);
    std::set<std::int64_t> people;
    std::map<Unit, std::set<std::int64_t>> present;
    for (int shard = 0; shard < dynamodb::shard_count; ++shard) {
        auto const heads = co_await state.reader.all_heads(shard);
        if (!heads) co_return fail(heads.error());
        for (auto const& head : *heads) {
            auto const log = co_await state.reader.open(head);
            if (!log) co_return fail(log.error());
            for (auto const& part : log->parts) {
                for (auto const& actor : part->actors) {
                    present[head.unit].insert(actor.person());
                    if (ascii_lower(actor.login) == lower) people.insert(actor.person());
                }
            }
        }
    }
    Recount recount(context_, state.reader, state.heads, state.claims);
    for (auto const& [unit, persons] : present) {
        if (std::ranges::none_of(persons, [&](std::int64_t person) { return people.contains(person); })) continue;
        auto removed = co_await recount.remove(unit, [&](LogRepo const&, LogActor const* actor, UtcTime) {
            return actor != nullptr && people.contains(actor->person());
        });
        if (!removed) co_return fail(removed.error());
        counts.events += *removed;
    }
    if (auto done = co_await forget_in_raw(lower, people); !done) co_return fail(done.error());
    forget_what_is_remembered();
    if (auto told = co_await state.claims.tell(); !told) co_return fail(told.error());
    co_return counts;
}

/// Others' events about this person's issues keep their payload, but no longer name the person in the facts; and what
/// nobody logged goes, too.
Async<Result<void>> DynamoDBMaintenance::forget_in_raw(std::string lower, std::set<std::int64_t> people) {
    std::vector<dynamodb::Item> named;
    std::vector<dynamodb::WriteRequest> removals;
    std::string const table(dynamodb::events_table);
    auto const look = [&](dynamodb::Item const& item) {
        auto const event = dynamodb::read_event(item);
        if (!event) return;
        LogActor const actor{.id = event->actor_id, .login = event->actor_login};
        if ((event->actor_id || !event->actor_login.empty()) && people.contains(actor.person()))
            removals.push_back(dynamodb::WriteRequest::remove(table, dynamodb::key_of(item)));
        else if (ascii_lower(event->facts.author_login.value_or("")) == lower)
            named.push_back(dynamodb::key_of(item));
    };
    if (auto scanned = co_await dynamodb::scan_events(context_, look); !scanned) co_return fail(scanned.error());
    if (!removals.empty()) {
        auto done = co_await context_.client.batch_write(std::move(removals));
        if (!done) co_return fail(to_error(done.error()));
    }
    for (auto& key : named) {
        dynamodb::UpdateItem update{.table = table, .key = std::move(key), .update = "REMOVE #i, #l"};
        update.expression = {.text = "attribute_exists(#w)", .names = {{"#i", "fi"}, {"#l", "fl"}, {"#w", "w"}}};
        auto done = co_await context_.client.update(std::move(update));
        if (!done && done.error().kind != dynamodb::Failure::Kind::condition_failed)
            co_return fail(to_error(done.error()));
    }
    co_return Result<void>();
}

void DynamoDBMaintenance::forget_what_is_remembered() {
    events_.state_->writer.forget_everything();
    events_.state_->reader.forget_everything();
    events_.state_->finder.forget_everything();
    events_.state_->claims.forget_everything();
    context_.wrote();
}

Async<Result<void>> DynamoDBMaintenance::drop_tables() {
    Operation const operation(context_);
    if (!operation) co_return Operation::closed();
    if (auto gone = co_await dynamodb::delete_tables(context_.client); !gone) co_return gone;
    forget_what_is_remembered();
    context_.open = false;
    co_return Result<void>();
}

} // namespace gem
