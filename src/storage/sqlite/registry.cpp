#include "storage/sqlite/registry.hpp"

#include <algorithm>

namespace gem::sqlite {

namespace {

struct Holder {
    std::uint32_t repo = 0;
    std::string key;
    std::string name;
    std::int64_t first_seen = 0;
    std::int64_t last_seen = 0;
};

bool later(std::int64_t a_seen, std::string const& a_name, std::int64_t b_seen, std::string const& b_name) {
    return a_seen != b_seen ? a_seen > b_seen : a_name > b_name;
}

std::vector<Holder> holders_of(Handle& handle, std::string const& name) {
    auto& find = handle.prepare(
        "SELECT id, key, name, first_seen, last_seen FROM repos WHERE name = ?1 COLLATE NOCASE UNION ALL "
        "SELECT a.repo, r.key, a.name, a.first_seen, a.last_seen FROM repo_aliases a JOIN repos r ON r.id = a.repo "
        "WHERE a.name = ?1 COLLATE NOCASE");
    find.bind(1, name);
    std::vector<Holder> holders;
    Rows rows(find);
    while (rows.next()) {
        holders.push_back({.repo = static_cast<std::uint32_t>(rows->integer(0)),
                           .key = std::string(rows->text(1)),
                           .name = std::string(rows->text(2)),
                           .first_seen = rows->integer(3),
                           .last_seen = rows->integer(4)});
    }
    std::ranges::sort(holders, {}, &Holder::repo);
    return holders;
}

} // namespace

TimeWindow all_time() { return {.from = from_unix(0), .to = from_unix(253402300800)}; }

TimeWindow intersection(TimeWindow const& a, TimeWindow const& b) {
    return {.from = std::max(a.from, b.from), .to = std::min(a.to, b.to)};
}

PresentName present_name(Handle& handle, std::uint32_t repo) {
    auto& find = handle.prepare("SELECT name, last_seen FROM repos WHERE id = ?1 UNION ALL "
                                "SELECT name, last_seen FROM repo_aliases WHERE repo = ?1");
    find.bind(1, static_cast<std::int64_t>(repo));
    PresentName present;
    bool first = true;
    Rows rows(find);
    while (rows.next()) {
        PresentName const candidate{.name = std::string(rows->text(0)), .last_seen = rows->integer(1)};
        if (first || later(candidate.last_seen, candidate.name, present.last_seen, present.name)) present = candidate;
        first = false;
    }
    return present;
}

ResolvedName resolve(Handle& handle, RepoName const& name) {
    ResolvedName resolved{.name = name.text(), .slices = {}, .first_seen = {}, .last_seen = {}};
    auto const holders = holders_of(handle, name.text());
    std::int64_t latest = -1;
    std::string latest_name;
    for (std::size_t i = 0; i < holders.size();) {
        auto const repo = holders[i].repo;
        Slice slice{.repo = repo, .key = holders[i].key, .window = {}};
        std::int64_t first = holders[i].first_seen;
        std::int64_t last = holders[i].last_seen;
        for (; i < holders.size() && holders[i].repo == repo; ++i) {
            first = std::min(first, holders[i].first_seen);
            last = std::max(last, holders[i].last_seen);
            if (latest < 0 || later(holders[i].last_seen, holders[i].name, latest, latest_name)) {
                latest = holders[i].last_seen;
                latest_name = holders[i].name;
            }
        }
        if (ascii_lower(present_name(handle, repo).name) == name.key()) {
            slice.window = all_time();
            auto& range = handle.prepare(
                "SELECT min(first_seen), max(last_seen) FROM (SELECT first_seen, last_seen FROM repos WHERE id = ?1 "
                "UNION ALL SELECT first_seen, last_seen FROM repo_aliases WHERE repo = ?1)");
            range.bind(1, static_cast<std::int64_t>(repo));
            Rows rows(range);
            if (rows.next()) {
                first = rows->integer(0);
                last = rows->integer(1);
            }
        } else {
            slice.window = {.from = std::chrono::floor<minutes>(from_unix(first)),
                            .to = std::chrono::floor<minutes>(from_unix(last)) + minutes(1)};
        }
        if (first <= last) { // a name that only commits told of has no dates
            resolved.first_seen = std::min(resolved.first_seen.value_or(from_unix(first)), from_unix(first));
            resolved.last_seen = std::max(resolved.last_seen.value_or(from_unix(last)), from_unix(last));
        }
        resolved.slices.push_back(std::move(slice));
    }
    if (latest >= 0) resolved.name = latest_name;
    return resolved;
}

std::string key_to_file_under(Handle& handle, std::string const& name) {
    std::string key = "n:" + ascii_lower(name);
    std::int64_t latest = -1;
    for (auto const& holder : holders_of(handle, name)) {
        auto const present = present_name(handle, holder.repo);
        if (ascii_lower(present.name) != ascii_lower(name)) continue;
        if (present.last_seen > latest || (present.last_seen == latest && holder.key > key)) {
            latest = present.last_seen;
            key = holder.key;
        }
    }
    return key;
}

std::vector<std::pair<std::string, TimeWindow>> keys_filed_under(Handle& handle, RepoName const& name) {
    std::vector<std::pair<std::string, TimeWindow>> keys;
    for (auto const& slice : resolve(handle, name).slices) keys.emplace_back(slice.key, slice.window);
    std::string const by_name = "n:" + name.key();
    if (std::ranges::find(keys, by_name, &std::pair<std::string, TimeWindow>::first) == keys.end())
        keys.emplace_back(by_name, all_time());
    return keys;
}

std::vector<std::vector<std::uint32_t>> shared_names(Handle& handle) {
    std::vector<std::vector<std::uint32_t>> groups;
    std::vector<std::string> names;
    {
        auto& list = handle.prepare("SELECT name FROM contested_names ORDER BY name");
        Rows rows(list);
        while (rows.next()) names.emplace_back(rows->text(0));
    }
    for (auto const& name : names) {
        std::vector<std::uint32_t> bearers;
        for (auto const& holder : holders_of(handle, name)) {
            if (!bearers.empty() && bearers.back() == holder.repo) continue;
            if (ascii_lower(present_name(handle, holder.repo).name) == name) bearers.push_back(holder.repo);
        }
        if (bearers.size() > 1) groups.push_back(std::move(bearers));
    }
    return groups;
}

std::shared_ptr<Kinds::Kind const> Kinds::of(Handle& handle, std::uint16_t id) {
    std::scoped_lock const lock(mutex_);
    if (auto const found = kinds_.find(id); found != kinds_.end()) return found->second;
    auto& find = handle.prepare("SELECT type, action, source FROM event_kinds WHERE id = ?1");
    find.bind(1, static_cast<int>(id));
    Rows rows(find);
    if (!rows.next())
        throw SqliteError(11 /* SQLITE_CORRUPT */, "a tally names a kind of event that is not in the dictionary");
    return kinds_[id] = std::make_shared<Kind const>(Kind{.type = std::string(rows->text(0)),
                                                          .action = std::string(rows->text(1)),
                                                          .source = static_cast<int>(rows->integer(2))});
}

void Kinds::clear() {
    std::scoped_lock const lock(mutex_);
    kinds_.clear();
}

} // namespace gem::sqlite
