#include "storage/dynamodb/recount.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "storage/dynamodb/event_finder.hpp"
#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/event_writer.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/packing.hpp"
#include "storage/dynamodb/together.hpp"

namespace gem::dynamodb {

namespace {

constexpr int scan_segments = 4;
constexpr int most_recount_attempts = 40;
constexpr std::size_t most_drift_listed = 1000;
constexpr seconds hold_length = minutes(45);
constexpr std::chrono::milliseconds hold_poll{250};

/// A sum over rows that does not depend on their order, nor on how they are spread over parts.
struct Checksum {
    std::uint64_t sum = 0;
    std::int64_t events = 0;

    void add(LogRows const& rows, PageRow const& row) {
        auto const& repo = rows.repos[row.repo];
        auto const& kind = rows.kinds[row.kind];
        auto const* const actor = rows.actor_of(row);
        auto const cell = stable_hash(fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", repo.key, repo.name, row.minute,
                                                  kind.type, kind.action, static_cast<int>(kind.source),
                                                  actor == nullptr ? 0 : actor->person()));
        sum += row.events * cell + row.commits * (cell | 1) * 3 + row.commits_unknown * (cell | 1) * 5;
        events += row.events;
    }
    friend bool operator==(Checksum const&, Checksum const&) = default;
};

bool purged(Head const& head, UtcTime time) { return to_unix(std::chrono::floor<minutes>(time)) < head.purged_to; }

UtcTime minute_of(Unit unit, PageRow const& row) { return from_unix(unit.hour * 3600 + row.minute * 60); }

std::string words(Unit unit) { return fmt::format("shard {}, {}", unit.shard, hour_key(unit.hour)); }

using Counts = std::map<std::pair<std::string, std::string>, std::int64_t>; ///< by key and type

void count(Counts& counts, LogRows const& rows, PageRow const& row) {
    counts[{rows.repos[row.repo].key, rows.kinds[row.kind].type}] += row.events;
}

Async<Result<void>> scan_segment(DynamoDBContext& context, int segment, std::function<void(Item const&)> const& take) {
    Scan request{.table = std::string(events_table), .segment = segment, .segments = scan_segments};
    for (;;) {
        auto page = co_await context.client.scan(request);
        if (!page) co_return fail(to_error(page.error()));
        for (auto const& item : page->items) {
            auto const* const partition = find_string(item, hash_name);
            if (partition != nullptr && !partition->starts_with('+')) take(item);
        }
        if (!page->next) co_return Result<void>();
        request.start = std::move(page->next);
    }
}

} // namespace

Async<Result<std::vector<Item>>> raw_events(DynamoDBContext& context, std::string key, UtcTime from, UtcTime to) {
    Query query{.table = std::string(events_table),
                .key_condition = {.text = "#p = :p AND #s BETWEEN :from AND :to",
                                  .names = {{"#p", std::string(hash_name)}, {"#s", std::string(range_name)}},
                                  .values = {{":p", AttributeValue::string(std::move(key))},
                                             {":from", AttributeValue::string(event_sort_key(from))},
                                             {":to", AttributeValue::string(event_sort_key(to))}}}};
    std::vector<Item> items;
    auto const done = co_await query_all(context.client, std::move(query), [&](Item&& item) {
        items.push_back(std::move(item));
        return true;
    });
    if (!done) co_return fail(to_error(done.error()));
    co_return items;
}

Async<Result<void>> scan_events(DynamoDBContext& context, std::function<void(Item const&)> take) {
    std::vector<Async<Result<void>>> segments;
    for (int segment = 0; segment < scan_segments; ++segment) segments.push_back(scan_segment(context, segment, take));
    for (auto const& done : co_await together(std::move(segments))) {
        if (!done) co_return done;
    }
    co_return Result<void>();
}

struct Recount::Findings {
    VerifyReport report;
    std::map<Unit, std::set<std::string>> differing; ///< with the keys of their raw events
    std::map<Unit, std::set<std::string>> unlogged;
};

Async<Result<Recount::Findings>> Recount::compare() {
    Findings findings;
    std::map<Unit, Head> heads;
    for (int shard = 0; shard < shard_count; ++shard) {
        auto all = co_await reader_.all_heads(shard);
        if (!all) co_return fail(all.error());
        for (auto& head : *all) heads[head.unit] = std::move(head);
    }
    std::map<Unit, Checksum> stored;
    std::optional<Error> damage;
    auto const look = [&](Item const& item) {
        auto const event = read_event(item);
        if (!event) {
            damage = event.error();
            return;
        }
        auto const unit = unit_of(*event);
        auto const head = heads.find(unit);
        if (head == heads.end() || !head->second.logged(Token::parse(token_of(item)))) {
            findings.unlogged[unit].insert(repository_key(event->repo_id, event->repo_name));
            return;
        }
        if (to_unix(event->created_at) >= head->second.purged_to) ++findings.report.events;
        if (purged(head->second, event->created_at)) return;
        LogBuilder builder;
        builder.add(*event);
        auto const rows = builder.take();
        stored[unit].add(rows, rows.rows.front());
    };
    if (auto scanned = co_await scan_events(context_, look); !scanned) co_return fail(scanned.error());
    if (damage) co_return fail(*damage);
    for (auto const& [unit, head] : heads) {
        auto const log = co_await reader_.open(head);
        Checksum counted;
        if (log) {
            for (auto const& part : log->parts) {
                findings.report.figures += static_cast<std::int64_t>(part->rows.size());
                for (auto const& row : part->rows) {
                    if (!purged(head, minute_of(unit, row))) counted.add(*part, row);
                }
            }
        } else if (log.error().code != ErrorCode::corrupt) {
            co_return fail(log.error());
        }
        if (!log || counted != stored[unit]) findings.differing[unit];
    }
    // Keys of what differs, and of what was logged while this was read.
    for (auto const& [unit, keys] : findings.unlogged) findings.differing[unit];
    if (findings.differing.empty()) co_return findings;
    auto const gather = [&](Item const& item) {
        auto const event = read_event(item);
        if (!event) return;
        auto const found = findings.differing.find(unit_of(*event));
        if (found != findings.differing.end()) found->second.insert(*find_string(item, hash_name));
    };
    if (auto scanned = co_await scan_events(context_, gather); !scanned) co_return fail(scanned.error());
    co_return findings;
}

/// While nobody writes into the unit, so that only what really differs is told.
Async<Result<void>> Recount::compare_closely(Unit unit, std::set<std::string> keys, VerifyReport& report) {
    for (int attempt = 0; attempt < most_recount_attempts; ++attempt) {
        auto before = co_await reader_.heads({unit});
        if (!before) co_return fail(before.error());
        auto const& head = (*before)[unit];
        Counts counted;
        Counts stored;
        Checksum counted_sum;
        Checksum stored_sum;
        auto const log = co_await reader_.open(head);
        if (!log) {
            if (log.error().code != ErrorCode::corrupt) co_return fail(log.error());
        } else {
            for (auto const& part : log->parts) {
                for (auto const& row : part->rows) {
                    keys.insert(part->repos[row.repo].key);
                    if (purged(head, minute_of(unit, row))) continue;
                    count(counted, *part, row);
                    counted_sum.add(*part, row);
                }
            }
        }
        for (auto const& key : keys) {
            auto items =
                co_await raw_events(context_, key, from_unix(unit.hour * 3600), from_unix((unit.hour + 1) * 3600));
            if (!items) co_return fail(items.error());
            for (auto const& item : *items) {
                auto const event = read_event(item);
                if (!event || unit_of(*event) != unit || purged(head, event->created_at)) continue;
                if (!head.logged(Token::parse(token_of(item)))) continue;
                LogBuilder builder;
                builder.add(*event);
                auto const rows = builder.take();
                count(stored, rows, rows.rows.front());
                stored_sum.add(rows, rows.rows.front());
            }
        }
        auto after = co_await reader_.heads({unit});
        if (!after) co_return fail(after.error());
        if ((*after)[unit].version != head.version) continue;
        if (log && counted_sum == stored_sum) co_return Result<void>();
        bool listed = false;
        auto const tell = [&](std::string where, std::int64_t ours, std::int64_t theirs) {
            listed = true;
            ++report.drift_total;
            if (report.drift.size() < most_drift_listed)
                report.drift.push_back({.where = std::move(where), .counted = ours, .stored = theirs});
        };
        for (auto const& [cell, ours] : counted) stored.try_emplace(cell, 0);
        for (auto const& [cell, theirs] : stored) {
            if (counted[cell] == theirs) continue;
            tell(fmt::format("repository {}, {}, {}", cell.first, hour_key(unit.hour), cell.second), counted[cell],
                 theirs);
        }
        if (!listed)
            tell(log ? fmt::format("{}: counts agree, but not all of minute, name, action, source and actor",
                                   words(unit))
                     : log.error().message,
                 counted_sum.events, stored_sum.events);
        co_return Result<void>();
    }
    co_return fail(ErrorCode::unavailable,
                   fmt::format("{}: others stored events all the time; try again", words(unit)));
}

Async<Result<VerifyReport>> Recount::verify() {
    auto findings = co_await compare();
    if (!findings) co_return fail(findings.error());
    for (auto const& [unit, keys] : findings->differing) {
        auto compared = co_await compare_closely(unit, keys, findings->report);
        if (!compared) co_return fail(compared.error());
    }
    if (!findings->unlogged.empty())
        context_.log.info("events_not_logged",
                          {{"hours", findings->unlogged.size()},
                           {"meaning", "somebody stored them and died before it acknowledged them; they do not count "
                                       "until they come again, or `db rebuild` adopts them"}});
    co_return std::move(findings->report);
}

Async<Result<VerifyReport>> Recount::rebuild() {
    auto findings = co_await compare();
    if (!findings) co_return fail(findings.error());
    for (auto const& [unit, keys] : findings->differing) {
        auto compared = co_await compare_closely(unit, keys, findings->report);
        if (!compared) co_return fail(compared.error());
        auto counted = co_await count_anew(unit, keys);
        if (!counted) co_return fail(counted.error());
    }
    if (!findings->differing.empty()) context_.wrote();
    co_return std::move(findings->report);
}

Async<Result<Head>> Recount::hold(Unit unit, Token token) {
    ClaimWatch watch(context_);
    for (int attempt = 0; attempt < most_recount_attempts; ++attempt) {
        auto now = co_await reader_.heads({unit});
        if (!now) co_return fail(now.error());
        auto const& before = (*now)[unit];
        if (before.claim && before.claim->token == token) co_return before;
        if (before.claim && !watch.is_over(*before.claim)) {
            co_await sleep_for(hold_poll);
            continue;
        }
        auto next = before;
        if (next.claim) next.disowned.insert(next.claim->token.text());
        next.claim =
            Claim{.token = token, .until = to_unix(context_.clock.now() + hold_length), .process = context_.process};
        ++next.claims;
        auto done = co_await heads_.replace(before, std::move(next));
        if (!done) co_return fail(done.error());
    }
    co_return fail(ErrorCode::unavailable,
                   fmt::format("{}: others store events there, or died while they did; try again within {} minutes",
                               words(unit), hold_length.count() / 60));
}

Async<Result<void>> Recount::replace_and_free(Head before, Head next, LogRows rows) {
    next.claim.reset();
    ++next.epoch;
    auto placed = co_await heads_.place_alone(std::move(next), std::move(rows));
    if (!placed) co_return fail(placed.error());
    auto const token = before.claim->token;
    auto const version = before.version;
    auto done = co_await heads_.replace(std::move(before), placed->next);
    if (!done) co_return fail(done.error());
    if (!*done) {
        auto now = co_await reader_.heads({placed->next.unit});
        if (!now) co_return fail(now.error());
        auto const& head = (*now)[placed->next.unit];
        if (head.version != version + 1 || head.pages != placed->next.pages || head.rows != placed->next.rows)
            co_return fail(ErrorCode::unavailable,
                           fmt::format("{}: somebody took over while it was counted; try again", words(head.unit)));
    }
    co_await heads_.remove_pages(placed->next.unit, std::move(placed->replaced));
    co_return Result<void>();
}

Async<Result<void>> Recount::count_anew(Unit unit, std::set<std::string> keys) {
    Token const token{.writer = random_id(), .number = 1};
    auto held = co_await hold(unit, token);
    if (!held) co_return fail(held.error());
    LogBuilder builder;
    if (auto const log = co_await reader_.open(*held); log) {
        for (auto const& part : log->parts) {
            for (auto const& repo : part->repos) keys.insert(repo.key);
            builder.add(*part, [&](LogRepo const&, PageRow const& row) { return purged(*held, minute_of(unit, row)); });
        }
    }
    for (auto const& key : keys) {
        auto items = co_await raw_events(context_, key, from_unix(unit.hour * 3600), from_unix((unit.hour + 1) * 3600));
        if (!items) co_return fail(items.error());
        for (auto const& item : *items) {
            auto const event = read_event(item);
            if (!event) co_return fail(event.error());
            if (unit_of(*event) != unit || purged(*held, event->created_at)) continue;
            builder.add(*event);
            if (held->logged(Token::parse(token_of(item)))) continue;
            UpdateItem adopt{.table = std::string(events_table), .key = key_of(item), .update = "SET #w = :mine"};
            adopt.expression = {.text = "attribute_exists(#w)",
                                .names = {{"#w", "w"}},
                                .values = {{":mine", AttributeValue::string(token.text())}}};
            auto done = co_await context_.client.update(std::move(adopt));
            if (!done) co_return fail(to_error(done.error()));
        }
    }
    auto next = *held;
    next.writers[token.writer] = token.number;
    co_return co_await replace_and_free(std::move(*held), std::move(next), builder.take());
}

Async<Result<std::int64_t>> Recount::remove(Unit unit, Goes goes) {
    Token const token{.writer = random_id(), .number = 1};
    auto held = co_await hold(unit, token);
    if (!held) co_return fail(held.error());
    auto const log = co_await reader_.open(*held);
    if (!log) co_return fail(log.error());
    // A repository that loses something is counted anew, for the times of its first and last event.
    std::set<std::string> keys;
    std::int64_t gone = 0;
    std::int64_t gone_purged = 0;
    LogBuilder builder;
    for (auto const& part : log->parts) {
        for (auto const& row : part->rows) {
            auto const& repo = part->repos[row.repo];
            auto const minute = minute_of(unit, row);
            if (!goes(repo, part->actor_of(row), minute)) continue;
            keys.insert(repo.key);
            gone += row.events;
            if (purged(*held, minute)) gone_purged += row.events;
        }
    }
    for (auto const& part : log->parts) {
        builder.add(*part, [&](LogRepo const& repo, PageRow const& row) {
            if (!keys.contains(repo.key)) return true;
            auto const minute = minute_of(unit, row);
            return purged(*held, minute) && !goes(repo, part->actor_of(row), minute);
        });
    }
    if (auto begun = co_await claims_.begin(); !begun) co_return fail(begun.error());
    std::vector<WriteRequest> removals;
    std::vector<std::pair<std::string, Event>> claimed;
    for (auto const& key : keys) {
        auto items = co_await raw_events(context_, key, from_unix(unit.hour * 3600), from_unix((unit.hour + 1) * 3600));
        if (!items) co_return fail(items.error());
        for (auto const& item : *items) {
            auto const event = read_event(item);
            if (!event) co_return fail(event.error());
            if (unit_of(*event) != unit) continue;
            LogRepo const repo{.key = key, .name = event->repo_name};
            LogActor const actor{.id = event->actor_id, .login = event->actor_login};
            bool const known = event->actor_id || !event->actor_login.empty();
            if (!goes(repo, known ? &actor : nullptr, std::chrono::floor<minutes>(event->created_at))) {
                bool const counts = held->logged(Token::parse(token_of(item)));
                if (counts && !purged(*held, event->created_at)) builder.add(*event);
                continue;
            }
            if (claims_.concerns(key, *event)) {
                auto whole = co_await read_whole_event(context_.client, item);
                if (!whole) co_return fail(whole.error());
                claimed.emplace_back(key, std::move(*whole));
            }
            for (auto& part : part_keys(item))
                removals.push_back(WriteRequest::remove(std::string(events_table), std::move(part)));
            removals.push_back(WriteRequest::remove(std::string(events_table), key_of(item)));
        }
    }
    if (!removals.empty()) {
        auto done = co_await context_.client.batch_write(std::move(removals));
        if (!done) co_return fail(to_error(done.error()));
    }
    for (auto& [key, event] : claimed) {
        auto forgotten = co_await claims_.forget(key, std::move(event));
        if (!forgotten) co_return fail(forgotten.error());
    }
    auto next = *held;
    next.purged = std::max<std::int64_t>(0, next.purged - gone_purged);
    auto replaced = co_await replace_and_free(std::move(*held), std::move(next), builder.take());
    if (!replaced) co_return fail(replaced.error());
    co_return gone;
}

} // namespace gem::dynamodb
