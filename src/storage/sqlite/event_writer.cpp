#include "storage/sqlite/event_writer.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "storage/event_rules.hpp"
#include "storage/payload_codec.hpp"
#include "storage/sqlite/sha_column.hpp"
#include "storage/sqlite/tally_writer.hpp"

namespace gem::sqlite {

namespace {

// Beyond these the dictionaries' copies in memory start afresh: about 40 MB.
constexpr std::size_t most_known = 150'000;

// A new part of an hour's page swallows the parts before it while they are not much larger: so that a page has few
// parts, and an event is copied O(log n) times.
constexpr std::int64_t merge_ratio = 2;
constexpr int most_parts = 10;

// A name that no event has borne yet: before its first, after its last.
constexpr std::int64_t never_first = 253402300800;

std::int64_t hour_of(UtcTime time) { return to_unix(time) / 3600; }

void set_repo_key(std::string& key, Event const& event) {
    if (event.repo_id) {
        key.assign(fmt::format_int(*event.repo_id).c_str());
    } else {
        key = repository_key(std::nullopt, event.repo_name);
    }
}

} // namespace

PreparedBatch prepare_batch(std::vector<Event> batch, bool with_keys) {
    thread_local PayloadCodec codec;
    PreparedBatch prepared;
    prepared.payloads.resize(batch.size());
    if (with_keys || std::ranges::any_of(batch, is_delivery)) prepared.keys.resize(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (auto reason = reason_to_reject(batch[i])) {
            prepared.rejected.push_back({.index = i, .reason = std::move(*reason)});
            continue;
        }
        if (!prepared.keys.empty()) prepared.keys[i] = natural_key(batch[i]);
        prepared.payloads[i] = codec.compress(batch[i].payload.text());
        batch[i].payload = JsonText();
    }
    prepared.events = std::move(batch);
    return prepared;
}

void EventWriter::forget_everything() {
    repos_.clear();
    actors_.clear();
    kinds_.clear();
    claims_.forget();
    next_body_ = 0;
}

void EventWriter::begin(Handle& handle) {
    // Another process may have removed or added rows of the dictionaries since.
    auto const version = handle.scalar("PRAGMA data_version");
    if (version != data_version_ || handle.serial() != handle_) {
        forget_everything();
        data_version_ = version;
        handle_ = handle.serial();
    }
    if (repos_.size() > most_known || actors_.size() > most_known) {
        repos_.clear();
        actors_.clear();
    }
    if (next_body_ == 0) {
        next_body_ = handle.scalar("SELECT coalesce(max(id), 0) + 1 FROM event_bodies");
        next_actor_ = static_cast<std::uint32_t>(handle.scalar("SELECT coalesce(max(id), 0) + 1 FROM actors"));
        aliases_exist_ = handle.scalar("SELECT EXISTS (SELECT 1 FROM repo_aliases)") != 0;
    }
    // Commits bring repositories, too.
    next_repo_ = static_cast<std::uint32_t>(handle.scalar("SELECT coalesce(max(id), 0) + 1 FROM repos"));
    claims_.begin(handle);
    arrivals_.begin();
    dictionaries_grew_ = false;
    touched_.clear();
    hour_counts_.clear();
    page_rows_.clear();
    open_hour_ = -1;
    open_counts_.clear();
}

EventWriter::KnownRepo& EventWriter::repo_of(Handle& handle, Event const& event) {
    set_repo_key(key_, event);
    auto [entry, fresh] = repos_.try_emplace(key_);
    auto& repo = entry->second;
    if (!fresh) return repo;
    repo.key = &entry->first;
    auto& find = handle.prepare("SELECT id, name, first_seen, last_seen FROM repos WHERE key = ?1");
    find.bind(1, key_);
    Rows rows(find);
    if (rows.next()) {
        repo.id = static_cast<std::uint32_t>(rows->integer(0));
        repo.names.push_back(
            {.name = std::string(rows->text(1)), .first_seen = rows->integer(2), .last_seen = rows->integer(3)});
        return repo;
    }
    dictionaries_grew_ = true;
    repo.id = next_repo_++;
    repo.names.push_back({.name = event.repo_name, .first_seen = never_first, .last_seen = 0, .fresh = true});
    return repo;
}

/// The index of the event's spelling in repo.names.
std::size_t EventWriter::name_of(Handle& handle, KnownRepo& repo, Event const& event) {
    for (std::size_t i = 0; i < repo.names.size(); ++i) {
        if (repo.names[i].name == event.repo_name) return i;
    }
    auto& find = handle.prepare("SELECT first_seen, last_seen FROM repo_aliases WHERE repo = ?1 AND name = ?2");
    find.bind(1, static_cast<std::int64_t>(repo.id)).bind(2, event.repo_name);
    Rows rows(find);
    if (rows.next()) {
        repo.names.push_back({.name = event.repo_name, .first_seen = rows->integer(0), .last_seen = rows->integer(1)});
    } else {
        repo.names.push_back({.name = event.repo_name, .first_seen = never_first, .last_seen = 0, .fresh = true});
    }
    return repo.names.size() - 1;
}

/// Writes the row of a name that this transaction is the first to see.
void EventWriter::write_name(Handle& handle, KnownRepo const& repo, std::size_t index) {
    auto const& name = repo.names[index];
    auto const id = static_cast<std::int64_t>(repo.id);
    // Whether another key bears or bore this name; asked before this one is there.
    bool contested = false;
    if (!name.name.empty()) {
        auto& others = handle.prepare("SELECT 1 FROM repos WHERE name = ?1 COLLATE NOCASE AND id <> ?2 LIMIT 1");
        others.bind(1, name.name).bind(2, id);
        Rows rows(others);
        contested = rows.next();
    }
    if (!contested && aliases_exist_) {
        auto& others =
            handle.prepare("SELECT 1 FROM repo_aliases WHERE name = ?1 COLLATE NOCASE AND repo <> ?2 LIMIT 1");
        others.bind(1, name.name).bind(2, id);
        Rows rows(others);
        contested = rows.next();
    }
    if (contested)
        handle.prepare("INSERT INTO contested_names VALUES(lower(?1)) ON CONFLICT DO NOTHING").bind(1, name.name).run();
    if (index == 0) {
        auto& add =
            handle.prepare("INSERT INTO repos(id, key, name, first_seen, last_seen) VALUES(?1, ?2, ?3, ?4, ?5)");
        add.bind(1, id).bind(2, *repo.key).bind(3, name.name).bind(4, name.first_seen).bind(5, name.last_seen).run();
    } else {
        auto& add = handle.prepare("INSERT INTO repo_aliases VALUES(?1, ?2, ?3, ?4)");
        add.bind(1, id).bind(2, name.name).bind(3, name.first_seen).bind(4, name.last_seen).run();
        aliases_exist_ = true;
    }
}

EventWriter::KnownActor const* EventWriter::actor_of(Handle& handle, Event const& event) {
    if (event.actor_id) {
        key_.assign(fmt::format_int(*event.actor_id).c_str());
    } else {
        if (event.actor_login.empty()) return nullptr;
        key_ = "l:" + ascii_lower(event.actor_login);
    }
    auto [entry, fresh] = actors_.try_emplace(key_);
    auto& actor = entry->second;
    if (!fresh) return &actor;
    auto& find = handle.prepare("SELECT id, login, bot FROM actors WHERE key = ?1");
    find.bind(1, key_);
    Rows rows(find);
    if (rows.next()) {
        actor = {.id = static_cast<std::uint32_t>(rows->integer(0)),
                 .bot = rows->integer(2) != 0,
                 .login = std::string(rows->text(1))};
        return &actor;
    }
    dictionaries_grew_ = true;
    bool const bot = is_bot(event.actor_login);
    actor = {.id = next_actor_++, .bot = bot, .login = event.actor_login};
    auto& add = handle.prepare("INSERT INTO actors(id, key, actor_id, login, bot) VALUES(?1, ?2, ?3, ?4, ?5)");
    add.bind(1, static_cast<std::int64_t>(actor.id))
        .bind(2, key_)
        .bind(3, event.actor_id)
        .bind(4, event.actor_login)
        .bind(5, bot)
        .run();
    return &actor;
}

std::uint16_t EventWriter::kind_of(Handle& handle, Event const& event) {
    auto const action = counted_action(event.type, event.facts);
    key_ = event.type;
    key_ += '\n';
    key_ += action;
    key_ += static_cast<char>(event.source);
    auto [entry, fresh] = kinds_.try_emplace(key_);
    if (!fresh) return entry->second;
    auto& find = handle.prepare("SELECT id FROM event_kinds WHERE type = ?1 AND action = ?2 AND source = ?3");
    find.bind(1, event.type).bind(2, action).bind(3, static_cast<int>(event.source));
    Rows rows(find);
    if (rows.next()) return entry->second = static_cast<std::uint16_t>(rows->integer(0));
    dictionaries_grew_ = true;
    auto& add = handle.prepare("INSERT INTO event_kinds(type, action, source) VALUES(?1, ?2, ?3) RETURNING id");
    add.bind(1, event.type).bind(2, action).bind(3, static_cast<int>(event.source));
    Rows added(add);
    added.next();
    auto const id = added->integer(0);
    if (id > 0xFFFF) throw SqliteError(0, "there are more than 65,535 kinds of events: somebody sends random types");
    return entry->second = static_cast<std::uint16_t>(id);
}

bool EventWriter::insert(Handle& handle, Row const& row, Event const& event, std::string const& payload) {
    auto const& facts = event.facts;
    auto& add = handle.prepare("INSERT INTO event_rows(repo, created_at, type, id, body, repo_name, actor, login, "
                               "source, public, action, number, merged, "
                               "size, distinct_size, state, author_id, flag) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                               "?9, ?10, ?11, ?12, ?13, ?14, ?15, "
                               "?16, ?17, ?18) ON CONFLICT DO NOTHING");
    add.bind(1, static_cast<std::int64_t>(row.repo->id))
        .bind(2, to_unix(event.created_at))
        .bind(3, event.type)
        .bind(4, event.id);
    add.bind(5, next_body_);
    if (row.name == 0)
        add.bind_null(6);
    else
        add.bind(6, event.repo_name);
    if (row.actor == nullptr)
        add.bind_null(7);
    else
        add.bind(7, static_cast<std::int64_t>(row.actor->id));
    if (row.actor == nullptr || row.actor->login == event.actor_login)
        add.bind_null(8);
    else
        add.bind(8, event.actor_login);
    add.bind(9, static_cast<int>(event.source)).bind(10, event.is_public);
    add.bind(11, facts.action)
        .bind(12, facts.number)
        .bind(13, facts.merged)
        .bind(14, facts.size)
        .bind(15, facts.distinct_size);
    add.bind(16, facts.state).bind(17, facts.author_id).bind(18, facts.flag);
    if (add.run() == 0) return false;
    auto& body = handle.prepare("INSERT INTO event_bodies VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    body.bind(1, next_body_).bind(2, facts.ref).bind(3, facts.ref_type);
    std::string head;
    std::string before;
    bind_sha(body, 4, facts.head, head);
    bind_sha(body, 5, facts.before, before);
    body.bind(6, facts.name).bind(7, facts.author_login).bind_blob(8, payload);
    body.run();
    ++next_body_;
    return true;
}

/// Stores the event unless it, or the same happening from another source, is there.
bool EventWriter::store_new(Handle& handle, PreparedBatch const& batch, Row const& row) {
    auto const& event = batch.events[row.index];
    auto const& payload = batch.payloads[row.index];
    if (!claims_.concerns(row.repo->id, event)) return insert(handle, row, event, payload);
    NaturalKey key;
    if (!batch.keys.empty()) {
        key = batch.keys[row.index];
    } else {
        thread_local PayloadCodec codec;
        Event whole = event;
        auto text = codec.restore(payload);
        if (!text) throw SqliteError(11 /* SQLITE_CORRUPT */, text.error().message);
        whole.payload = JsonText::already_validated(std::move(*text));
        key = natural_key(whole);
    }
    if (batch.matching == Matching::on && claims_.is_known(handle, row.repo->id, event, key)) return false;
    if (!insert(handle, row, event, payload)) return false;
    claims_.record(handle, row.repo->id, event, key);
    return true;
}

void EventWriter::count(Row const& row, Event const& event, std::uint16_t kind) {
    auto const created = to_unix(event.created_at);
    auto& name = row.repo->names[row.name];
    if (created < name.first_seen || created > name.last_seen) {
        name.first_seen = std::min(name.first_seen, created);
        name.last_seen = std::max(name.last_seen, created);
        if (!name.dirty) touched_.push_back(row.repo);
        name.dirty = true;
    }
    KindCounts one{.events = 1, .commits = 0, .commits_unknown = 0};
    if (event.type == "PushEvent") {
        one.commits = std::clamp<std::int64_t>(event.facts.distinct_size.value_or(0), 0, 1'000'000);
        one.commits_unknown = event.facts.distinct_size ? 0 : 1;
    }
    auto const add = [&one](KindCounts& to) {
        to.events += one.events;
        to.commits += one.commits;
        to.commits_unknown += one.commits_unknown;
    };
    auto const hour = hour_of(event.created_at);
    add(hour_counts_[{hour, kind}]);
    auto const open = std::ranges::find(open_counts_, kind, &std::pair<std::uint16_t, KindCounts>::first);
    if (open == open_counts_.end())
        open_counts_.emplace_back(kind, one);
    else
        add(open->second);
    page_rows_[hour].push_back({.repo = row.repo->id,
                                .actor = row.actor == nullptr ? 0 : row.actor->id * 2 + (row.actor->bot ? 1 : 0),
                                .kind = kind,
                                .minute = static_cast<std::uint8_t>(created / 60 % 60),
                                .events = 1,
                                .commits = static_cast<std::uint32_t>(one.commits),
                                .commits_unknown = static_cast<std::uint32_t>(one.commits_unknown)});
}

void EventWriter::flush_repo_hour(Handle& handle) {
    if (open_counts_.empty()) return;
    for (auto const& [kind, counts] : open_counts_) add_to_repo_hour(handle, open_repo_, open_hour_, kind, counts);
    open_counts_.clear();
}

void EventWriter::append_page(Handle& handle, std::int64_t hour, std::vector<PageRow>& rows) {
    normalize_page_rows(rows);
    auto data = encode_hour_page(rows);
    std::vector<std::int64_t> swallowed;
    auto total = static_cast<std::int64_t>(data.size());
    {
        auto& list = handle.prepare("SELECT id, length(data) FROM hour_pages WHERE hour = ?1 ORDER BY id DESC");
        list.bind(1, hour);
        Rows parts(list);
        std::vector<std::pair<std::int64_t, std::int64_t>> all;
        while (parts.next()) all.emplace_back(parts->integer(0), parts->integer(1));
        bool const too_many = all.size() >= static_cast<std::size_t>(most_parts);
        for (auto const& [id, size] : all) {
            if (size > merge_ratio * total && !too_many) break;
            swallowed.push_back(id);
            total += size;
        }
    }
    if (!swallowed.empty()) {
        for (auto const id : swallowed) {
            auto& read = handle.prepare("SELECT data FROM hour_pages WHERE id = ?1");
            read.bind(1, id);
            Rows part(read);
            part.next();
            auto page = decode_hour_page(part->blob(0));
            if (!page) throw SqliteError(11 /* SQLITE_CORRUPT */, page.error().message);
            rows.insert(rows.end(), page->begin(), page->end());
        }
        for (auto const id : swallowed) handle.prepare("DELETE FROM hour_pages WHERE id = ?1").bind(1, id).run();
        normalize_page_rows(rows);
        data = encode_hour_page(rows);
    }
    handle.prepare("INSERT INTO hour_pages(hour, data) VALUES(?1, ?2)").bind(1, hour).bind_blob(2, data).run();
}

void EventWriter::flush(Handle& handle, std::size_t inserted) {
    for (auto* const repo : touched_) {
        for (std::size_t i = 0; i < repo->names.size(); ++i) {
            auto& name = repo->names[i];
            if (!name.dirty) continue;
            name.dirty = false;
            if (name.fresh) {
                name.fresh = false;
                write_name(handle, *repo, i);
                continue;
            }
            auto& update = i == 0 ? handle.prepare("UPDATE repos SET first_seen = min(first_seen, ?2), "
                                                   "last_seen = max(last_seen, ?3) WHERE id = ?1")
                                  : handle.prepare("UPDATE repo_aliases SET first_seen = min(first_seen, ?2), "
                                                   "last_seen = max(last_seen, ?3) WHERE repo = ?1 AND name = ?4");
            update.bind(1, static_cast<std::int64_t>(repo->id)).bind(2, name.first_seen).bind(3, name.last_seen);
            if (i > 0) update.bind(4, name.name);
            update.run();
        }
    }
    for (auto const& [key, counts] : hour_counts_) add_to_hour(handle, key.first, key.second, counts);
    for (auto& [hour, rows] : page_rows_) append_page(handle, hour, rows);
    arrivals_.write(handle);
    auto& counter =
        handle.prepare("INSERT INTO counters VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = value + excluded.value");
    counter.bind(1, "events").bind(2, static_cast<std::int64_t>(inserted)).run();
    counter.bind(1, "raw_events").bind(2, static_cast<std::int64_t>(inserted)).run();
}

std::vector<InsertResult> EventWriter::store(Handle& handle, std::vector<PreparedBatch const*> const& batches,
                                             std::optional<UtcTime> horizon) {
    std::vector<InsertResult> results;
    try {
        Transaction transaction(handle);
        begin(handle);
        auto const purged =
            from_unix(handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'purged_before'), 0)"));
        auto const oldest = std::max(purged, horizon.value_or(UtcTime{}));
        std::size_t inserted = 0;
        for (auto const* const batch : batches) {
            results.push_back(store_batch(handle, *batch, oldest));
            inserted += results.back().inserted;
        }
        if (inserted > 0) {
            flush(handle, inserted);
            transaction.commit();
        } else if (claims_.changed()) {
            transaction.commit();
            forget_everything(); // a new repository was given a number, but no row
        } else if (dictionaries_grew_) {
            // Duplicates change nothing: leaving without commit takes back new names and actors, too.
            forget_everything();
        }
        wants_keys_ = claims_.any();
    } catch (...) {
        forget_everything(); // what was rolled back must not be remembered
        throw;
    }
    return results;
}

InsertResult EventWriter::store_batch(Handle& handle, PreparedBatch const& batch, UtcTime oldest) {
    InsertResult result;
    result.rejected = batch.rejected;
    std::vector<Row> rows;
    rows.reserve(batch.events.size());
    std::size_t next_rejected = 0;
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        if (next_rejected < batch.rejected.size() && batch.rejected[next_rejected].index == i) {
            ++next_rejected;
            continue;
        }
        auto const& event = batch.events[i];
        if (event.created_at < oldest) {
            ++result.expired;
            continue;
        }
        Row row{.index = i, .repo = &repo_of(handle, event), .name = 0, .actor = nullptr};
        row.name = name_of(handle, *row.repo, event);
        row.actor = actor_of(handle, event);
        rows.push_back(row);
    }
    // In the tree's order: neighbours share pages.
    std::ranges::sort(rows, [&](Row const& a, Row const& b) {
        auto const& x = batch.events[a.index];
        auto const& y = batch.events[b.index];
        return std::tie(a.repo->id, x.created_at, x.type, x.id, a.index) <
               std::tie(b.repo->id, y.created_at, y.type, y.id, b.index);
    });
    for (auto const& row : rows) {
        auto const& event = batch.events[row.index];
        if (!store_new(handle, batch, row)) {
            ++result.duplicates;
            continue;
        }
        ++result.inserted;
        arrivals_.note(row.repo->id, event);
        auto const hour = hour_of(event.created_at);
        if (row.repo->id != open_repo_ || hour != open_hour_) {
            flush_repo_hour(handle);
            open_repo_ = row.repo->id;
            open_hour_ = hour;
        }
        count(row, event, kind_of(handle, event));
    }
    flush_repo_hour(handle);
    open_hour_ = -1;
    return result;
}

} // namespace gem::sqlite
