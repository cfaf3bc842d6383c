#include "storage/dynamodb/log_rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "domain/repo_name.hpp"
#include "storage/dynamodb/packing.hpp"
#include "storage/payload_codec.hpp"

namespace gem::dynamodb {

std::int64_t LogActor::person() const {
    auto const hash = id ? stable_hash(fmt::format("#{}", *id)) : stable_hash(ascii_lower(login));
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(hash >> 1));
}

std::int64_t LogRows::events() const {
    std::int64_t sum = 0;
    for (auto const& row : rows) sum += row.events;
    return sum;
}

std::size_t LogRows::memory() const {
    std::size_t bytes = sizeof(LogRows) + rows.capacity() * sizeof(PageRow);
    for (auto const& repo : repos) bytes += sizeof(LogRepo) + repo.key.size() + repo.name.size();
    for (auto const& actor : actors) bytes += sizeof(LogActor) + actor.login.size();
    return bytes + kinds.size() * (sizeof(LogKind) + 32);
}

void LogBuilder::add(Event const& event) {
    auto const second = static_cast<std::uint32_t>(to_unix(event.created_at) % 3600);
    PageRow row;
    row.minute = static_cast<std::uint8_t>(second / 60);
    row.repo = repo_of(repository_key(event.repo_id, event.repo_name), event.repo_name, second, second);
    row.kind = kind_of(
        {.type = event.type, .action = std::string(counted_action(event.type, event.facts)), .source = event.source});
    if (event.actor_id || !event.actor_login.empty())
        row.actor =
            actor_of({.id = event.actor_id, .login = event.actor_login}) * 2 + (is_bot(event.actor_login) ? 1 : 0);
    if (event.type == "PushEvent") {
        row.commits = static_cast<std::uint32_t>(event.facts.distinct_size.value_or(0));
        row.commits_unknown = event.facts.distinct_size ? 0 : 1;
    }
    rows_.push_back(row);
}

std::uint32_t LogBuilder::repo_of(std::string const& key, std::string const& name, std::uint32_t first,
                                  std::uint32_t last) {
    auto const [found, is_new] = repos_.try_emplace({key, name}, static_cast<std::uint32_t>(gathered_.repos.size()));
    if (is_new) gathered_.repos.push_back({.key = key, .name = name, .first = first, .last = last});
    auto& repo = gathered_.repos[found->second];
    repo.first = std::min(repo.first, first);
    repo.last = std::max(repo.last, last);
    return found->second;
}

std::uint16_t LogBuilder::kind_of(LogKind const& kind) {
    auto const [found, is_new] =
        kinds_.try_emplace({kind.type, kind.action, kind.source}, static_cast<std::uint16_t>(gathered_.kinds.size()));
    if (is_new) gathered_.kinds.push_back(kind);
    return found->second;
}

std::uint32_t LogBuilder::actor_of(LogActor const& actor) {
    auto const [found, is_new] =
        actors_.try_emplace({actor.id, actor.login}, static_cast<std::uint32_t>(gathered_.actors.size() + 1));
    if (is_new) gathered_.actors.push_back(actor);
    return found->second;
}

LogRows LogBuilder::take() {
    gathered_.rows = std::move(rows_);
    normalize_page_rows(gathered_.rows);
    auto rows = std::move(gathered_);
    *this = LogBuilder();
    return rows;
}

std::string pack_log_rows(LogRows const& rows) {
    thread_local PayloadCodec codec;
    std::string out;
    put_number(out, rows.repos.size());
    for (auto const& repo : rows.repos) {
        put_text(out, repo.key);
        put_text(out, repo.name);
        put_number(out, repo.first);
        put_number(out, repo.last - repo.first);
    }
    put_number(out, rows.kinds.size());
    for (auto const& kind : rows.kinds) {
        put_text(out, kind.type);
        put_text(out, kind.action);
        put_number(out, static_cast<std::uint64_t>(kind.source));
    }
    put_number(out, rows.actors.size());
    for (auto const& actor : rows.actors) {
        put_text(out, actor.login);
        out += static_cast<char>(actor.id.has_value());
        if (actor.id) put_number(out, static_cast<std::uint64_t>(*actor.id));
    }
    out += encode_hour_page(rows.rows);
    return codec.compress(out);
}

Result<LogRows> unpack_log_rows(std::string_view packed) {
    thread_local PayloadCodec codec;
    auto const damaged = [] {
        return fail(ErrorCode::corrupt, "the log of an hour is damaged; `db rebuild` makes it again");
    };
    auto const restored = codec.restore(packed);
    if (!restored) return damaged();
    Unpacker in(*restored);
    LogRows rows;
    rows.repos.resize(in.count());
    for (auto& repo : rows.repos) {
        repo.key = in.text();
        repo.name = in.text();
        repo.first = static_cast<std::uint32_t>(in.number());
        repo.last = repo.first + static_cast<std::uint32_t>(in.number());
        if (repo.last >= 3600) return damaged();
    }
    rows.kinds.resize(in.count());
    for (auto& kind : rows.kinds) {
        kind.type = in.text();
        kind.action = in.text();
        kind.source = static_cast<EventSource>(in.number());
    }
    rows.actors.resize(in.count());
    for (auto& actor : rows.actors) {
        actor.login = in.text();
        if (in.number() == 1) actor.id = static_cast<std::int64_t>(in.number());
    }
    if (!in.good()) return damaged();
    auto page = decode_hour_page(in.rest());
    if (!page) return damaged();
    rows.rows = std::move(page->rows);
    for (auto const& row : rows.rows) {
        if (row.repo >= rows.repos.size() || row.kind >= rows.kinds.size() || row.actor / 2 > rows.actors.size())
            return damaged();
    }
    return rows;
}

} // namespace gem::dynamodb
