#include "storage/sqlite/claims.hpp"

#include <limits>

#include "storage/payload_codec.hpp"
#include "storage/sqlite/sha_column.hpp"

namespace gem::sqlite {

namespace {

/// What the claim of an event without a natural key stands under: it is there to know the delivery again.
constexpr std::int64_t no_natural = 0;

std::int64_t natural_of(NaturalKey const& key) { return key.text.empty() ? no_natural : hash_of(key); }

std::int64_t distance_of(NaturalKey const& key) {
    return seconds(key.once ? furthest_match : matching_distance).count();
}

void add_claim(Handle& handle, std::uint32_t repo, Event const& event, NaturalKey const& key) {
    auto& add = handle.prepare("INSERT INTO event_claims VALUES(?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL) "
                               "ON CONFLICT DO NOTHING");
    add.bind(1, static_cast<std::int64_t>(repo)).bind(2, natural_of(key)).bind(3, to_unix(event.created_at));
    add.bind(4, event.type).bind(5, event.id).bind(6, static_cast<int>(channel_of(event))).run();
}

/// What natural_key() needs of a stored event.
Event claimed_event_of(Statement const& row) {
    thread_local PayloadCodec codec;
    Event event;
    event.created_at = from_unix(row.integer(0));
    event.type = row.text(1);
    event.id = row.text(2);
    event.facts.action = row.optional_text(3);
    event.facts.number = row.optional_integer(4);
    if (!row.is_null(5)) event.facts.merged = row.integer(5) != 0;
    event.actor_id = row.optional_integer(6);
    event.actor_login = row.text(7);
    event.facts.ref = row.optional_text(8);
    event.facts.ref_type = row.optional_text(9);
    event.facts.head = read_sha(row, 10);
    event.facts.before = read_sha(row, 11);
    auto payload = codec.restore(row.blob(12));
    if (!payload) throw SqliteError(11 /* SQLITE_CORRUPT */, payload.error().message);
    event.payload = JsonText::already_validated(std::move(*payload));
    return event;
}

} // namespace

void Claims::begin(Handle& handle) {
    changed_ = false;
    if (known_) return;
    since_.clear();
    auto& list = handle.prepare("SELECT repo, since FROM claimed_repos");
    Rows rows(list);
    while (rows.next()) since_.emplace(static_cast<std::uint32_t>(rows->integer(0)), rows->integer(1));
    known_ = true;
}

bool Claims::is_known(Handle& handle, std::uint32_t repo, Event const& event, NaturalKey const& key) {
    auto const id = static_cast<std::int64_t>(repo);
    auto const at = to_unix(event.created_at);
    if (is_delivery(event)) {
        // Named, because SQLite would rather read all claims of the repository.
        auto& find = handle.prepare("SELECT 1 FROM event_claims INDEXED BY event_claims_by_delivery "
                                    "WHERE id = ?1 AND repo = ?2 AND type = ?3 AND channels <> 1");
        find.bind(1, event.id).bind(2, id).bind(3, event.type);
        Rows rows(find);
        if (rows.next()) return true;
    }
    if (key.text.empty()) return false;
    if (is_delivery(event)) reach_back(handle, repo, event.created_at);
    auto const natural = natural_of(key);
    {
        auto& find = handle.prepare("SELECT 1 FROM event_claims WHERE repo = ?1 AND natural = ?2 AND created_at = ?3 "
                                    "AND type = ?4 AND id = ?5");
        find.bind(1, id).bind(2, natural).bind(3, at).bind(4, event.type).bind(5, event.id);
        Rows rows(find);
        if (rows.next()) return true;
    }
    auto const channel = static_cast<int>(channel_of(event));
    std::int64_t leader_at = 0;
    std::string leader_id;
    {
        auto& find = handle.prepare(
            "SELECT created_at, id FROM event_claims WHERE repo = ?1 AND natural = ?2 AND created_at BETWEEN ?3 - ?4 "
            "AND ?3 + ?4 AND type = ?5 AND leader_at IS NULL AND channels & ?6 = 0 "
            "ORDER BY abs(created_at - ?3), created_at, id LIMIT 1");
        find.bind(1, id).bind(2, natural).bind(3, at).bind(4, distance_of(key)).bind(5, event.type).bind(6, channel);
        Rows rows(find);
        if (!rows.next()) return false;
        leader_at = rows->integer(0);
        leader_id = rows->text(1);
    }
    changed_ = true;
    auto& mark = handle.prepare("UPDATE event_claims SET channels = channels | ?6 WHERE repo = ?1 AND natural = ?2 AND "
                                "created_at = ?3 AND type = ?4 AND id = ?5");
    mark.bind(1, id).bind(2, natural).bind(3, leader_at).bind(4, event.type).bind(5, leader_id).bind(6, channel).run();
    auto& follow = handle.prepare("INSERT INTO event_claims VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    follow.bind(1, id).bind(2, natural).bind(3, at).bind(4, event.type).bind(5, event.id).bind(6, channel);
    follow.bind(7, leader_at).bind(8, leader_id).run();
    return true;
}

void Claims::record(Handle& handle, std::uint32_t repo, Event const& event, NaturalKey const& key) {
    if (is_delivery(event)) reach_back(handle, repo, event.created_at);
    if (!key.text.empty() || is_delivery(event)) add_claim(handle, repo, event, key);
}

/// Makes sure that whatever a delivery of that time could match has its claim.
void Claims::reach_back(Handle& handle, std::uint32_t repo, UtcTime delivered) {
    auto const from = to_unix(delivered - furthest_match);
    auto const entry = since_.try_emplace(repo, std::numeric_limits<std::int64_t>::max()).first;
    auto const until = entry->second;
    if (from >= until) return;
    auto const id = static_cast<std::int64_t>(repo);
    auto& list = handle.prepare(
        "SELECT e.created_at, e.type, e.id, e.action, e.number, e.merged, a.actor_id, coalesce(e.login, a.login, ''), "
        "b.ref, b.ref_type, b.head, b.before, b.payload FROM event_rows e JOIN event_bodies b ON b.id = e.body "
        "LEFT JOIN actors a ON a.id = e.actor WHERE e.repo = ?1 AND e.created_at >= ?2 AND e.created_at < ?3");
    list.bind(1, id).bind(2, from).bind(3, until);
    {
        Rows rows(list);
        while (rows.next()) {
            auto const event = claimed_event_of(*rows.operator->());
            if (auto const key = natural_key(event); !key.text.empty()) add_claim(handle, repo, event, key);
        }
    }
    handle.prepare("INSERT INTO claimed_repos VALUES(?1, ?2) ON CONFLICT DO UPDATE SET since = excluded.since")
        .bind(1, id)
        .bind(2, from)
        .run();
    entry->second = from;
    changed_ = true;
}

void remove_old_claims(Handle& handle, UtcTime oldest_taken) {
    handle.prepare("DELETE FROM event_claims WHERE created_at < ?1")
        .bind(1, to_unix(oldest_taken - furthest_match))
        .run();
}

void forget_claims_of_repo(Handle& handle, std::uint32_t repo, TimeWindow const& window) {
    auto const id = static_cast<std::int64_t>(repo);
    handle
        .prepare("DELETE FROM event_claims WHERE repo = ?1 AND coalesce(leader_at, created_at) >= ?2 AND "
                 "coalesce(leader_at, created_at) < ?3")
        .bind(1, id)
        .bind(2, to_unix(window.from))
        .bind(3, to_unix(window.to))
        .run();
    handle.prepare("DELETE FROM arrivals WHERE repo = ?1 AND created_at >= ?2 AND created_at < ?3")
        .bind(1, id)
        .bind(2, to_unix(window.from))
        .bind(3, to_unix(window.to))
        .run();
    handle
        .prepare("DELETE FROM claimed_repos WHERE repo = ?1 AND NOT EXISTS (SELECT 1 FROM event_claims WHERE repo = "
                 "?1)")
        .bind(1, id)
        .run();
}

void forget_claims_of_actor(Handle& handle, std::int64_t actor) {
    handle
        .prepare("DELETE FROM event_claims WHERE (repo, type, coalesce(leader_at, created_at), coalesce(leader_id, "
                 "id)) IN (SELECT repo, type, created_at, id FROM event_rows WHERE actor = ?1)")
        .bind(1, actor)
        .run();
}

} // namespace gem::sqlite
