#include "storage/dynamodb/event_finder.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "storage/cursor.hpp"
#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/together.hpp"

namespace gem::dynamodb {

namespace {

/// The place of an event in the order of events.
struct Place {
    std::int64_t created_at = 0;
    std::string type;
    std::string id;
    std::string key;
    friend auto operator<=>(Place const&, Place const&) = default;
};

Place place_of(Event const& event) {
    return {.created_at = to_unix(event.created_at),
            .type = event.type,
            .id = event.id,
            .key = repository_key(event.repo_id, event.repo_name)};
}

/// As on SQLite: a cursor of either provider is one of the other, too.
std::uint64_t question_of(EventQuery const& query) {
    return hash_question({"events", query.repo ? query.repo->key() : "", query.type.value_or(""),
                          ascii_lower(query.actor.value_or("")), std::to_string(to_unix(query.window.from)),
                          std::to_string(to_unix(query.window.to)), query.public_only ? "public" : ""});
}

Result<Place> read_place(EventQuery const& query) {
    auto fields = decode_cursor(question_of(query), *query.cursor, 4);
    if (!fields) return fail(fields.error());
    Place place{.created_at = 0,
                .type = std::move((*fields)[1]),
                .id = std::move((*fields)[2]),
                .key = std::move((*fields)[3])};
    auto const& time = fields->front();
    auto const [end, error] = std::from_chars(time.data(), time.data() + time.size(), place.created_at);
    if (error != std::errc() || end != time.data() + time.size())
        return fail(ErrorCode::invalid_argument, "cursor: damaged; take next_cursor of the former page");
    return place;
}

/// The events of `key` in the window, up to and with the range key `last` where it is given.
Query events_of(std::string const& key, TimeWindow const& window, std::string const* last, bool forward) {
    auto until = event_sort_key(window.to); // sorts before every event of that second
    if (last != nullptr && *last < until) until = *last;
    return {.table = std::string(events_table),
            .key_condition = {.text = "#p = :p AND #s BETWEEN :from AND :to",
                              .names = {{"#p", std::string(hash_name)}, {"#s", std::string(range_name)}},
                              .values = {{":p", AttributeValue::string(key)},
                                         {":from", AttributeValue::string(event_sort_key(window.from))},
                                         {":to", AttributeValue::string(std::move(until))}}},
            .forward = forward};
}

} // namespace

struct EventFinder::Found {
    Place place;
    Event event;
    Item item;

    static bool is_newer(Found const& one, Found const& other) { return other.place < one.place; }
    static void keep_newest(std::vector<Found>& found, std::size_t count) {
        std::ranges::nth_element(found, found.begin() + static_cast<std::ptrdiff_t>(count), &is_newer);
        found.erase(found.begin() + static_cast<std::ptrdiff_t>(count), found.end());
    }
};

struct EventFinder::Wanted {
    EventQuery const& query;
    std::optional<Place> before;
    std::optional<std::string> actor;

    [[nodiscard]] bool fits(Event const& event) const {
        if (query.type && event.type != *query.type) return false;
        if (actor && ascii_lower(event.actor_login) != *actor) return false;
        return !query.public_only || event.is_public;
    }
};

Async<Result<Event>> read_whole_event(Client& client, Item item) {
    auto event = read_event(item);
    if (!event) co_return fail(event.error());
    std::vector<Item> parts;
    for (auto& key : part_keys(item)) {
        auto part = co_await client.get({.table = std::string(events_table), .key = std::move(key)});
        if (!part) co_return fail(to_error(part.error()));
        if (!*part)
            co_return fail(ErrorCode::corrupt,
                           fmt::format("a part of the payload of event {} is not there", event->id));
        parts.push_back(std::move(**part));
    }
    auto payload = read_payload(item, parts);
    if (!payload) co_return fail(payload.error());
    event->payload = JsonText::already_validated(std::move(*payload));
    co_return std::move(*event);
}

Async<Result<void>> EventFinder::collect(Wanted const& wanted, std::string key, TimeWindow window,
                                         std::vector<Found>& found) {
    if (auto const horizon = context_.horizon()) window.from = std::max(window.from, *horizon);
    if (window.empty()) co_return Result<void>();
    std::optional<std::string> last;
    if (wanted.before)
        last = event_sort_key(from_unix(wanted.before->created_at), wanted.before->type, wanted.before->id);
    auto request = events_of(key, window, last ? &*last : nullptr, false);
    if (*find_string(request.key_condition.values, ":from") > *find_string(request.key_condition.values, ":to"))
        co_return Result<void>();
    bool const filtered = wanted.query.type || wanted.actor || wanted.query.public_only;
    if (!filtered) request.limit = static_cast<std::int64_t>(wanted.query.limit + 2);
    std::size_t taken = 0;
    std::optional<Error> damage;
    auto const done = co_await query_all(context_.client, std::move(request), [&](Item&& item) {
        auto event = read_event(item);
        if (!event) {
            damage = event.error();
            return false;
        }
        auto place = place_of(*event);
        if (wanted.before && place >= *wanted.before) return true;
        if (!wanted.fits(*event)) return true;
        found.push_back({.place = std::move(place), .event = std::move(*event), .item = std::move(item)});
        return ++taken <= wanted.query.limit;
    });
    if (!done) co_return fail(to_error(done.error()));
    if (damage) co_return fail(*damage);
    co_return Result<void>();
}

/// The logs tell which repositories were active in which minute: as many minutes are read, the latest first, as a page
/// needs.
Async<Result<void>> EventFinder::collect_everywhere(Wanted const& wanted, EventQuery const& query,
                                                    std::vector<Found>& found) {
    auto window = query.window;
    if (wanted.before) window.to = std::min(window.to, from_unix(wanted.before->created_at + 1));
    auto gathered = co_await counting_.gather(window, std::nullopt);
    if (!gathered) co_return fail(gathered.error());
    std::map<UtcTime, std::map<std::string, std::size_t>, std::greater<>> active; // by minute, latest first
    gathered->for_each([&](LogRows const& rows, PageRow const& row, UtcTime minute) {
        if (!query.type || rows.kinds[row.kind].type == *query.type)
            active[minute][rows.repos[row.repo].key] += row.events;
    });
    for (auto minute = active.begin(); minute != active.end() && found.size() <= query.limit;) {
        TimeWindow span{.from = minute->first, .to = minute->first + minutes(1)};
        std::set<std::string> keys;
        // At the page's border a minute may lie half before the cursor: one more than is needed.
        for (std::size_t events = 0; minute != active.end() && events <= query.limit; ++minute) {
            span.from = minute->first;
            for (auto const& [key, count] : minute->second) {
                keys.insert(key);
                events += count;
            }
        }
        std::vector<Async<Result<void>>> reads;
        for (auto const& key : keys) reads.push_back(collect(wanted, key, intersection(span, window), found));
        for (auto const& done : co_await together(std::move(reads))) {
            if (!done) co_return done;
        }
    }
    co_return Result<void>();
}

/// Of a type that the memory keeps whole. Of more than a few pages' worth the newest are held.
Async<Result<void>> EventFinder::collect_rare(Wanted const& wanted, RepoName repo, std::vector<Found>& found) {
    auto const gathered = co_await counting_.gather(wanted.query.window, std::move(repo));
    if (!gathered) co_return fail(gathered.error());
    for (auto const& slice : gathered->sought->resolved.slices) {
        auto window = intersection(wanted.query.window, slice.window);
        if (auto const horizon = context_.horizon()) window.from = std::max(window.from, *horizon);
        if (wanted.before) window.to = std::min(window.to, from_unix(wanted.before->created_at + 1));
        if (window.empty()) continue;
        auto const visit = [&](Item&& item) -> Result<void> {
            auto event = read_event(item);
            if (!event) return fail(event.error());
            auto place = place_of(*event);
            bool const before = wanted.before && place >= *wanted.before;
            if (!before && window.contains(event->created_at) && wanted.fits(*event))
                found.push_back({.place = std::move(place), .event = std::move(*event), .item = std::move(item)});
            if (found.size() >= 4 * (wanted.query.limit + 1)) Found::keep_newest(found, wanted.query.limit + 1);
            return {};
        };
        auto done = co_await visit_logged(*gathered, slice.key, window, {*wanted.query.type}, visit);
        if (!done) co_return done;
    }
    co_return Result<void>();
}

Async<Result<EventPage>> EventFinder::find(EventQuery query) {
    if (query.limit < 1 || query.limit > 1000)
        co_return fail(ErrorCode::invalid_argument, fmt::format("limit: expected 1 to 1000, got {}", query.limit));
    if (!query.repo && query.window.length() > hours(24))
        co_return fail(ErrorCode::invalid_argument, "window: without a repository it must not exceed 24 hours");
    if (!query.repo && query.actor) co_return fail(ErrorCode::invalid_argument, "actor: needs a repository beside it");
    Wanted wanted{.query = query, .before = {}, .actor = {}};
    if (query.actor) wanted.actor = ascii_lower(*query.actor);
    if (query.cursor) {
        auto place = read_place(query);
        if (!place) co_return fail(place.error());
        wanted.before = std::move(*place);
    }
    std::vector<Found> found;
    if (query.repo && query.type && keeps_payload(*query.type)) {
        auto done = co_await collect_rare(wanted, *query.repo, found);
        if (!done) co_return fail(done.error());
    } else if (query.repo) {
        auto sought = co_await names_.seek(*query.repo);
        if (!sought) co_return fail(sought.error());
        for (auto const& slice : sought->resolved.slices) {
            auto done = co_await collect(wanted, slice.key, intersection(query.window, slice.window), found);
            if (!done) co_return fail(done.error());
        }
    } else if (!query.window.empty()) {
        auto done = co_await collect_everywhere(wanted, query, found);
        if (!done) co_return fail(done.error());
    }
    std::ranges::sort(found, &Found::is_newer);
    EventPage page;
    if (found.size() > query.limit) {
        found.resize(query.limit);
        auto const& last = found.back().place;
        page.next_cursor =
            encode_cursor(question_of(query), {std::to_string(last.created_at), last.type, last.id, last.key});
    }
    for (auto& one : found) {
        auto event = co_await read_whole_event(context_.client, std::move(one.item));
        if (!event) co_return fail(event.error());
        page.events.push_back(std::move(*event));
    }
    co_return page;
}

/// What the log says of the minutes of a key.
struct EventFinder::Minutes {
    struct Of {
        MinuteLogged logged;
        bool wanted = false; ///< holds an event of a type that is asked for
        bool stale = false;  ///< has to be read
    };
    std::string key;
    std::map<std::int64_t, Of> all;

    Minutes(Gathered const& gathered, std::string of, TimeWindow const& window, std::vector<std::string> const& types)
        : key(std::move(of)) {
        std::map<std::int64_t, std::int64_t> epochs;
        for (auto const& [shard, snapshot] : gathered.sought->shards) {
            for (auto const& head : snapshot->heads) epochs[head->unit.hour] += head->epoch;
        }
        for (auto const& hour : gathered.hours) {
            for (auto const& part : hour.parts) {
                for (auto const& row : part->rows) {
                    if (part->repos[row.repo].key != key) continue;
                    auto const minute = hour.hour * 60 + row.minute;
                    if (from_unix((minute + 1) * 60) <= window.from || from_unix(minute * 60) >= window.to) continue;
                    auto& one = all[minute];
                    one.logged.events += row.events;
                    one.logged.epoch = epochs[hour.hour];
                    one.wanted = one.wanted || types.empty() ||
                                 std::ranges::find(types, part->kinds[row.kind].type) != types.end();
                }
            }
        }
    }
};

/// Reads [first, last] of the base table and remembers the minutes that are whole; visits those that are stale.
Async<Result<void>> EventFinder::read_minutes(Minutes const& minutes, std::int64_t first, std::int64_t last,
                                              Visit visit) {
    TimeWindow const window{.from = from_unix(first * 60), .to = from_unix((last + 1) * 60)};
    std::map<std::int64_t, std::vector<Item>> found;
    std::optional<Error> damage;
    auto const done =
        co_await query_all(context_.client, events_of(minutes.key, window, nullptr, true), [&](Item&& item) {
            auto const* const range = find_string(item, range_name);
            auto const time = range == nullptr ? std::nullopt : parse_time(range->substr(0, range->find('#')));
            if (!time) {
                damage = Error{.code = ErrorCode::corrupt, .message = "an event of " + minutes.key + " has no time"};
                return false;
            }
            found[to_unix(*time) / 60].push_back(std::move(item));
            return true;
        });
    if (!done) co_return fail(to_error(done.error()));
    if (damage) co_return fail(*damage);
    for (auto& [minute, items] : found) {
        auto const told = minutes.all.find(minute);
        if (told == minutes.all.end()) continue; // not logged yet: not acknowledged
        if (static_cast<std::int64_t>(items.size()) == told->second.logged.events) {
            std::vector<Item const*> all;
            for (auto const& item : items) all.push_back(&item);
            memory_.keep({.key = minutes.key, .minute = minute}, told->second.logged, all);
        }
        if (!told->second.stale) continue;
        for (auto& item : items) {
            if (auto visited = visit(std::move(item)); !visited) co_return visited;
        }
    }
    co_return Result<void>();
}

/// All items of a key in the minutes of the window in which events of these types (all when empty) are logged, in no
/// order: others come with them.
Async<Result<void>> EventFinder::visit_logged(Gathered const& gathered, std::string key, TimeWindow window,
                                              std::vector<std::string> types, Visit visit) {
    /// About what one read unit tells: so many known events between two unknown ones are read again with them.
    constexpr std::int64_t bridged = 6;
    Minutes minutes(gathered, std::move(key), window, types);
    std::vector<std::pair<std::int64_t, std::int64_t>> spans;
    std::int64_t between = 0;
    for (auto& [minute, one] : minutes.all) {
        if (one.wanted) {
            auto items = memory_.find({.key = minutes.key, .minute = minute}, one.logged);
            one.stale = !items;
            for (auto& item : items ? *items : std::vector<Item>()) {
                if (auto visited = visit(std::move(item)); !visited) co_return visited;
            }
        }
        if (!one.stale) {
            between += one.logged.events;
            continue;
        }
        if (spans.empty() || between > bridged)
            spans.emplace_back(minute, minute);
        else
            spans.back().second = minute;
        between = 0;
    }
    std::vector<Async<Result<void>>> reads;
    for (auto const& [first, last] : spans) reads.push_back(read_minutes(minutes, first, last, visit));
    for (auto& done : co_await together(std::move(reads))) {
        if (!done) co_return std::move(done);
    }
    co_return Result<void>();
}

Async<Result<std::vector<EventFactsRow>>> EventFinder::facts(RepoName repo, TimeWindow asked,
                                                             std::vector<std::string> types) {
    auto const gathered = co_await counting_.gather(asked, std::move(repo));
    if (!gathered) co_return fail(gathered.error());
    std::vector<std::pair<Place, EventFactsRow>> found;
    for (auto const& slice : gathered->sought->resolved.slices) {
        auto window = intersection(asked, slice.window);
        if (auto const horizon = context_.horizon()) window.from = std::max(window.from, *horizon);
        if (window.empty()) continue;
        auto const visit = [&](Item&& item) -> Result<void> {
            auto event = read_event(item);
            if (!event) return fail(event.error());
            if (!window.contains(event->created_at)) return {};
            if (!types.empty() && std::ranges::find(types, event->type) == types.end()) return {};
            auto place = place_of(*event);
            found.emplace_back(std::move(place), to_facts_row(std::move(*event)));
            return {};
        };
        auto const done = co_await visit_logged(*gathered, slice.key, window, types, visit);
        if (!done) co_return fail(done.error());
    }
    std::ranges::sort(found, [](auto const& a, auto const& b) { return a.first < b.first; });
    std::vector<EventFactsRow> facts;
    facts.reserve(found.size());
    for (auto& [place, row] : found) facts.push_back(std::move(row));
    co_return facts;
}

} // namespace gem::dynamodb
