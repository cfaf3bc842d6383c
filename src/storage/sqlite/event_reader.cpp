#include "storage/sqlite/event_reader.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "storage/cursor.hpp"
#include "storage/payload_codec.hpp"
#include "storage/recent_arrivals.hpp"
#include "storage/sqlite/active_minutes.hpp"
#include "storage/sqlite/registry.hpp"
#include "storage/sqlite/sha_column.hpp"

namespace gem::sqlite {

namespace {

// The columns of an event, in the order in which event_of_row() and read_facts() take them.
#define GEM_EVENT_COLUMNS                                                                                              \
    "e.created_at, e.type, e.id, r.key, coalesce(e.repo_name, r.name), a.actor_id, coalesce(e.login, a.login), "       \
    "e.source, e.public, e.action, e.number, e.merged, e.size, e.distinct_size, e.state, e.author_id, e.flag, b.ref, " \
    "b.ref_type, b.head, b.before, b.name, b.author_login"

EventFacts read_facts(Statement const& row) {
    EventFacts facts;
    facts.action = row.optional_text(9);
    facts.number = row.optional_integer(10);
    if (!row.is_null(11)) facts.merged = row.integer(11) != 0;
    facts.size = row.optional_integer(12);
    facts.distinct_size = row.optional_integer(13);
    facts.state = row.optional_text(14);
    facts.author_id = row.optional_integer(15);
    if (!row.is_null(16)) facts.flag = row.integer(16) != 0;
    facts.ref = row.optional_text(17);
    facts.ref_type = row.optional_text(18);
    facts.head = read_sha(row, 19);
    facts.before = read_sha(row, 20);
    facts.name = row.optional_text(21);
    facts.author_login = row.optional_text(22);
    return facts;
}

std::optional<std::int64_t> number_of_key(std::string_view key) {
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error != std::errc() || end != key.data() + key.size()) return std::nullopt;
    return number;
}

Result<Event> event_of_row(Statement const& row) {
    thread_local PayloadCodec codec;
    Event event;
    event.created_at = from_unix(row.integer(0));
    event.type = row.text(1);
    event.id = row.text(2);
    event.repo_id = number_of_key(row.text(3));
    event.repo_name = row.text(4);
    event.actor_id = row.optional_integer(5);
    event.actor_login = row.text(6);
    event.source = static_cast<EventSource>(row.integer(7));
    event.is_public = row.integer(8) != 0;
    event.facts = read_facts(row);
    auto payload = codec.restore(row.blob(23));
    if (!payload) return fail(payload.error().within(fmt::format("event {} of {}", event.id, event.repo_name)));
    event.payload = JsonText::already_validated(std::move(*payload));
    return event;
}

/// Where an event stands in the contract's order.
struct Place {
    std::int64_t created_at = 0;
    std::string type;
    std::string id;
    std::string key;
    friend bool operator<(Place const& a, Place const& b) {
        return std::tie(a.created_at, a.type, a.id, a.key) < std::tie(b.created_at, b.type, b.id, b.key);
    }
};

struct Found {
    Place place;
    Event event;
};

/// One statement's rows, newest first, until `limit + 1` are found below `before`.
Result<void> collect(Statement& statement, std::optional<Place> const& before, std::size_t limit,
                     std::vector<Found>& found) {
    Rows rows(statement);
    std::size_t taken = 0;
    std::optional<Place> last;
    while (rows.next()) {
        Place place{.created_at = rows->integer(0),
                    .type = std::string(rows->text(1)),
                    .id = std::string(rows->text(2)),
                    .key = std::string(rows->text(3))};
        if (before && !(place < *before)) continue;
        // Ties across repositories come in any order: take all of them, the caller sorts.
        bool const tie =
            last && last->created_at == place.created_at && last->type == place.type && last->id == place.id;
        if (taken > limit && !tie) break;
        auto event = event_of_row(*rows.operator->());
        if (!event) return fail(event.error());
        last = place;
        found.push_back({.place = std::move(place), .event = std::move(*event)});
        ++taken;
    }
    return {};
}

/// A question as its statements take it: ?1 to ?6, and ?9 for public_only.
struct Question {
    EventQuery const& query;
    std::optional<Place> before;

    Statement& bind(Statement& statement, TimeWindow const& window) const {
        statement.bind(1, to_unix(window.from)).bind(2, to_unix(window.to));
        // Rows at or below the cursor; the exact border is drawn by whoever reads them.
        statement.bind(3, before ? before->created_at : 253402300800);
        statement.bind(4, before ? std::string_view(before->type) : std::string_view("~"));
        statement.bind(5, before ? std::string_view(before->id) : std::string_view("~"));
        if (query.type)
            statement.bind(6, *query.type);
        else
            statement.bind_null(6);
        return statement.bind(9, static_cast<std::int64_t>(query.public_only ? 1 : 0));
    }
};

// One repository's events that a question asks for, newest first; ?7 is the repository.
#define GEM_EVENTS_ASKED_FOR                                                                                           \
    "e.repo = ?7 AND e.created_at >= ?1 AND e.created_at < ?2 AND (e.created_at, e.type, e.id) <= (?3, ?4, ?5) AND "   \
    "(?6 IS NULL OR e.type = ?6) AND (?9 = 0 OR e.public <> 0) "

Result<void> collect_of_repo(Handle& handle, Question const& question, Slice const& slice, std::vector<Found>& found) {
    auto const window = intersection(question.query.window, slice.window);
    if (window.empty()) return {};
    auto& statement = handle.prepare(
        "SELECT " GEM_EVENT_COLUMNS
        ", b.payload FROM event_rows e JOIN repos r ON r.id = e.repo LEFT JOIN actors a ON a.id = e.actor "
        "JOIN event_bodies b ON b.id = e.body WHERE " GEM_EVENTS_ASKED_FOR
        "AND (?8 IS NULL OR coalesce(e.login, a.login) = ?8 COLLATE NOCASE) "
        "ORDER BY e.created_at DESC, e.type DESC, e.id DESC");
    question.bind(statement, window).bind(7, static_cast<std::int64_t>(slice.repo));
    auto const actor = ascii_lower(question.query.actor.value_or(""));
    if (question.query.actor)
        statement.bind(8, actor);
    else
        statement.bind_null(8);
    return collect(statement, question.before, question.query.limit, found);
}

struct Located {
    Place place;
    std::uint32_t repo = 0;
};

/// Where the newest `limit + 1` events of all repositories are, newest first.
Result<std::vector<Located>> locate(Handle& handle, PageCache& pages, Kinds& kinds, Question const& question) {
    auto const most = question.query.limit + 1;
    auto window = question.query.window;
    if (question.before) window.to = std::min(window.to, from_unix(question.before->created_at + 1));
    std::vector<Located> located;
    auto& statement = handle.prepare("SELECT e.created_at, e.type, e.id, r.key FROM event_rows e JOIN repos r ON "
                                     "r.id = e.repo WHERE " GEM_EVENTS_ASKED_FOR
                                     "ORDER BY e.created_at DESC, e.type DESC, e.id DESC");
    auto const visit = [&](TimeWindow const& minute, std::span<std::uint32_t const> repos) {
        auto const older = static_cast<std::ptrdiff_t>(located.size());
        for (auto const repo : repos) {
            question.bind(statement, intersection(minute, window)).bind(7, static_cast<std::int64_t>(repo));
            Rows rows(statement);
            std::size_t taken = 0;
            while (taken < most && rows.next()) {
                Place place{.created_at = rows->integer(0),
                            .type = std::string(rows->text(1)),
                            .id = std::string(rows->text(2)),
                            .key = std::string(rows->text(3))};
                if (question.before && !(place < *question.before)) continue;
                located.push_back({.place = std::move(place), .repo = repo});
                ++taken;
            }
        }
        std::sort(located.begin() + older, located.end(),
                  [](Located const& a, Located const& b) { return b.place < a.place; });
        return located.size() < most;
    };
    auto const visited =
        visit_active_minutes(handle, pages, kinds, window, question.query.type, MinuteOrder::newest_first, visit);
    if (!visited) return fail(visited.error());
    if (located.size() > most) located.resize(most);
    return located;
}

Result<void> collect_of_all(Handle& handle, PageCache& pages, Kinds& kinds, Question const& question,
                            std::vector<Found>& found) {
    auto located = locate(handle, pages, kinds, question);
    if (!located) return fail(located.error());
    auto& statement = handle.prepare(
        "SELECT " GEM_EVENT_COLUMNS
        ", b.payload FROM event_rows e JOIN repos r ON r.id = e.repo LEFT JOIN actors a ON a.id = e.actor "
        "JOIN event_bodies b ON b.id = e.body WHERE e.repo = ?1 AND e.created_at = ?2 AND e.type = ?3 AND e.id = ?4");
    for (auto& [place, repo] : *located) {
        statement.bind(1, static_cast<std::int64_t>(repo)).bind(2, place.created_at);
        statement.bind(3, place.type).bind(4, place.id);
        Rows rows(statement);
        if (!rows.next()) return fail(ErrorCode::internal, "an event went away while it was read");
        auto event = event_of_row(*rows.operator->());
        if (!event) return fail(event.error());
        found.push_back({.place = std::move(place), .event = std::move(*event)});
    }
    return {};
}

} // namespace

Result<EventPage> find_event_page(Handle& handle, PageCache& pages, Kinds& kinds, EventQuery const& query) {
    if (query.limit < 1 || query.limit > 1000)
        return fail(ErrorCode::invalid_argument, fmt::format("limit: expected 1 to 1000, got {}", query.limit));
    if (!query.repo && query.window.length() > hours(24))
        return fail(ErrorCode::invalid_argument,
                    "without repo the window can be 24 hours at most: name a repo, or set since and until");
    if (!query.repo && query.actor) return fail(ErrorCode::invalid_argument, "actor asks for repo");
    auto const from = std::to_string(to_unix(query.window.from));
    auto const to = std::to_string(to_unix(query.window.to));
    auto const actor = query.actor ? ascii_lower(*query.actor) : std::string();
    auto const question = hash_question({"events", query.repo ? query.repo->key() : "", query.type.value_or(""), actor,
                                         from, to, query.public_only ? "public" : ""});
    Question asked{.query = query, .before = std::nullopt};
    if (query.cursor) {
        auto fields = decode_cursor(question, *query.cursor, 4);
        if (!fields) return fail(fields.error());
        asked.before = Place{.created_at = number_of_key((*fields)[0]).value_or(0),
                             .type = (*fields)[1],
                             .id = (*fields)[2],
                             .key = (*fields)[3]};
    }
    std::vector<Found> found;
    if (query.repo) {
        for (auto const& slice : resolve(handle, *query.repo).slices) {
            if (auto done = collect_of_repo(handle, asked, slice, found); !done) return fail(done.error());
        }
    } else if (auto done = collect_of_all(handle, pages, kinds, asked, found); !done) {
        return fail(done.error());
    }
    std::ranges::sort(found, [](Found const& a, Found const& b) { return b.place < a.place; });
    EventPage page;
    if (found.size() > query.limit) {
        found.resize(query.limit);
        auto const& last = found.back().place;
        page.next_cursor = encode_cursor(question, {std::to_string(last.created_at), last.type, last.id, last.key});
    }
    for (auto& entry : found) page.events.push_back(std::move(entry.event));
    return page;
}

void read_facts_of(Handle& handle, std::uint32_t repo, TimeWindow const& window, std::vector<std::string> const& types,
                   std::vector<EventFactsRow>& rows) {
    // The type is looked at before the rest of the event is, which lies elsewhere.
    auto& statement = handle.prepare(
        "SELECT " GEM_EVENT_COLUMNS
        " FROM event_rows e JOIN repos r ON r.id = e.repo LEFT JOIN actors a ON a.id = e.actor "
        "JOIN event_bodies b ON b.id = e.body WHERE e.repo = ?1 AND e.created_at >= ?2 AND e.created_at < ?3 AND "
        "(?4 IS NULL OR instr(?4, ' ' || e.type || ' ') > 0) ORDER BY e.created_at, e.type, e.id");
    statement.bind(1, static_cast<std::int64_t>(repo)).bind(2, to_unix(window.from)).bind(3, to_unix(window.to));
    auto const wanted = fmt::format(" {} ", fmt::join(types, " "));
    if (types.empty())
        statement.bind_null(4);
    else
        statement.bind(4, wanted);
    Rows found(statement);
    while (found.next()) {
        rows.push_back({.id = std::string(found->text(2)),
                        .type = std::string(found->text(1)),
                        .created_at = from_unix(found->integer(0)),
                        .actor_id = found->optional_integer(5),
                        .actor_login = std::string(found->text(6)),
                        .facts = read_facts(*found.operator->())});
    }
}

Result<std::vector<Event>> events_under(Handle& handle, std::string const& key, std::optional<EventPlace> const& after,
                                        std::size_t limit) {
    auto& list = handle.prepare(
        "SELECT " GEM_EVENT_COLUMNS
        ", b.payload FROM event_rows e JOIN repos r ON r.id = e.repo LEFT JOIN actors a ON a.id = e.actor "
        "JOIN event_bodies b ON b.id = e.body WHERE e.repo = (SELECT id FROM repos WHERE key = ?1) AND "
        "(e.created_at, e.type, e.id) > (?2, ?3, ?4) ORDER BY e.created_at, e.type, e.id LIMIT ?5");
    list.bind(1, key)
        .bind(2, after ? to_unix(after->created_at) : -1)
        .bind(3, after ? std::string_view(after->type) : std::string_view())
        .bind(4, after ? std::string_view(after->id) : std::string_view())
        .bind(5, static_cast<std::int64_t>(limit));
    std::vector<Event> found;
    Rows rows(list);
    while (rows.next()) {
        auto event = event_of_row(*rows.operator->());
        if (!event) return fail(event.error());
        found.push_back(std::move(*event));
    }
    return found;
}

Result<ArrivalPage> find_arrivals(Handle& handle, std::string const& after, std::size_t limit) {
    auto const epoch =
        std::to_string(handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'arrivals_epoch'), 0)"));
    auto const last = handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'arrivals'), 0)");
    ArrivalPage page{.events = {}, .position = arrival_position(epoch, last)};
    if (after.empty()) return page;
    auto const asked = arrival_number(after, epoch);
    page.gap = !asked || *asked > last;
    if (page.gap) return page;
    auto reached = last;
    {
        auto& numbers = handle.prepare("SELECT number FROM arrivals WHERE number > ?1 ORDER BY number LIMIT ?2");
        numbers.bind(1, *asked).bind(2, static_cast<std::int64_t>(limit + 1));
        Rows rows(numbers);
        std::size_t count = 0;
        auto expected = *asked + 1;
        while (rows.next()) {
            if (count == limit) {
                page.more = true;
                reached = expected - 1;
                break;
            }
            page.gap = page.gap || rows->integer(0) != expected;
            expected = rows->integer(0) + 1;
            ++count;
        }
        if (!page.more) page.gap = page.gap || expected != last + 1;
    }
    auto& statement = handle.prepare(
        "SELECT " GEM_EVENT_COLUMNS ", b.payload, n.number FROM arrivals n JOIN event_rows e ON e.repo = n.repo AND "
        "e.created_at = n.created_at AND "
        "e.type = n.type AND e.id = n.id JOIN repos r ON r.id = e.repo LEFT JOIN actors a ON a.id = e.actor "
        "JOIN event_bodies b ON b.id = e.body WHERE n.number > ?1 AND n.number <= ?2 ORDER BY n.number");
    statement.bind(1, *asked).bind(2, reached);
    Rows rows(statement);
    while (rows.next()) {
        auto event = event_of_row(*rows.operator->());
        if (!event) return fail(event.error());
        page.events.push_back({.event = std::move(*event), .position = arrival_position(epoch, rows->integer(24))});
    }
    page.position = arrival_position(epoch, reached);
    return page;
}

} // namespace gem::sqlite
