#include <numeric>
#include <set>

#include <fmt/format.h>

#include "domain/event_type.hpp"
#include "support/reference_repositories.hpp"

namespace gem::test {

namespace {

std::string rejection_reason(Event const& event) {
    if (event.id.empty() || event.id.size() > 128) return "expected an id of 1 to 128 bytes";
    for (unsigned char const c : event.id) {
        if (c < 0x20 || c == 0x7f) return "expected an id without control characters";
    }
    if (!is_event_type(event.type)) return "expected a type of 1 to 64 letters";
    if (!event.repo_id && event.repo_name.empty()) return "expected a repository's id or name";
    if (event.payload.text().size() > std::size_t{1024} * 1024) return "expected a payload of at most 1 MiB";
    return {};
}

/// The stored events of a window, of everything or about one repository, in the order of events.
std::vector<StoredEvent const*> select(ReferenceStore const& store, TimeWindow window,
                                       std::optional<RepoName> const& repo) {
    std::vector<StoredEvent const*> found;
    ReferenceNames const names(store.events);
    for (auto const& [key, stored] : store.events) {
        if (!window.contains(stored.event.created_at)) continue;
        if (repo && !names.about(repo->key(), std::get<3>(key), stored.event.created_at)) continue;
        found.push_back(&stored);
    }
    return found;
}

/// As counting questions take it: `from` down and `to` up to whole minutes.
TimeWindow whole_minutes(TimeWindow window) {
    if (window.empty()) return window;
    return {.from = std::chrono::floor<minutes>(window.from), .to = std::chrono::ceil<minutes>(window.to)};
}

std::string person(Event const& event) {
    if (event.actor_id) return fmt::format("id {}", *event.actor_id);
    if (!event.actor_login.empty()) return "login " + ascii_lower(event.actor_login);
    return {};
}

/// A number from 1 for each person of the store.
std::map<std::string, std::int64_t> number_people(ReferenceStore const& store) {
    std::map<std::string, std::int64_t> numbers;
    for (auto const& [key, stored] : store.events) numbers[person(stored.event)];
    numbers.erase("");
    std::int64_t next = 0;
    for (auto& [who, number] : numbers) number = ++next;
    return numbers;
}

RepoActivity count_activity(std::string repo, std::vector<StoredEvent const*> const& events,
                            std::map<std::string, std::int64_t> const* people) {
    RepoActivity activity{.repo = std::move(repo), .total_events = 0, .counts = {}, .rows = {}};
    std::map<std::tuple<UtcTime, std::string, std::string, std::int64_t>, ActivityRow> rows;
    for (auto const* stored : events) {
        auto const& event = stored->event;
        ++activity.total_events;
        ++activity.counts[event.type];
        if (people == nullptr) continue;
        ActivityRow row{.minute = std::chrono::floor<minutes>(event.created_at),
                        .type = event.type,
                        .action = std::string(counted_action(event.type, event.facts)),
                        .actor = 0,
                        .bot = is_bot(event.actor_login),
                        .events = 0};
        if (auto const who = people->find(person(event)); who != people->end()) row.actor = who->second;
        ++rows.try_emplace({row.minute, row.type, row.action, row.actor}, row).first->second.events;
    }
    for (auto& [key, row] : rows) activity.rows.push_back(std::move(row));
    return activity;
}

std::optional<RepoSummary> summarize(ReferenceStore const& store, ReferenceNames const& names,
                                     std::string const& lower) {
    std::optional<RepoSummary> summary;
    for (auto const& [key, stored] : store.events) {
        auto const time = stored.event.created_at;
        if (!names.about(lower, std::get<3>(key), time)) continue;
        if (!summary)
            summary =
                RepoSummary{.repo = names.spelling(lower).value_or(lower), .first_event = time, .last_event = time};
        summary->last_event = time;
        ++summary->total_events;
    }
    return summary;
}

BroughtUnder& brought_under(ReferenceStore& store, EventKey const& key, NaturalKey const& natural) {
    return store.brought[fmt::format("{}\n{}", std::get<3>(key), natural.text)];
}

void note(ReferenceStore& store, EventKey const& key, Event const& event, EventKey const& leader) {
    auto& under = brought_under(store, key, natural_key(event));
    under.events[key] = {.channel = channel_of(event), .leader = leader};
    under.channels.insert(channel_of(event));
    if (is_delivery(event)) store.deliveries.emplace(std::get<3>(key), event.type, event.id);
}

/// Whether somebody brought it already; a new match is noted.
bool is_known(ReferenceStore& store, Event const& event, EventKey const& key) {
    if (store.events.contains(key) || store.deliveries.contains({std::get<3>(key), event.type, event.id})) return true;
    auto const natural = natural_key(event);
    auto const channel = channel_of(event);
    auto const& under = brought_under(store, key, natural);
    if (under.events.contains(key)) return true;
    bool const by_others = under.channels.size() > under.channels.count(channel);
    if (natural.text.empty() || !by_others) return false;
    std::map<std::tuple<seconds, UtcTime, std::string>, EventKey> near;
    for (auto const& [other, brought] : under.events) {
        auto const distance = std::chrono::abs(std::get<0>(other) - event.created_at);
        if (other != brought.leader || distance > (natural.once ? seconds(furthest_match) : matching_distance))
            continue;
        auto const taken = [&](auto const& entry) {
            return entry.second.leader == other && entry.second.channel == channel;
        };
        if (std::ranges::none_of(under.events, taken))
            near.try_emplace({distance, std::get<0>(other), std::get<2>(other)}, other);
    }
    if (near.empty()) return false;
    note(store, key, event, near.begin()->second);
    return true;
}

std::string question_of(EventQuery const& query) {
    return fmt::format("events\n{}\n{}\n{}\n{}\n{}\n{}", query.repo ? query.repo->key() : "", query.type.value_or(""),
                       ascii_lower(query.actor.value_or("")), to_unix(query.window.from), to_unix(query.window.to),
                       query.public_only);
}

} // namespace

Async<Result<InsertResult>> ReferenceEvents::insert_events(std::vector<Event> batch) {
    return store(std::move(batch), true);
}

Async<Result<InsertResult>> ReferenceEvents::restore_events(std::vector<Event> batch) {
    return store(std::move(batch), false);
}

Async<Result<InsertResult>> ReferenceEvents::store(std::vector<Event> batch, bool matching) {
    return context_.run<InsertResult>([this, matching, batch = std::move(batch)](ReferenceStore& store) {
        InsertResult result;
        auto const horizon = context_.horizon();
        std::vector<std::size_t> in_order(batch.size());
        std::iota(in_order.begin(), in_order.end(), 0);
        std::ranges::sort(in_order, {}, [&](std::size_t i) {
            return std::tuple(batch[i].created_at, std::string_view(batch[i].type), std::string_view(batch[i].id), i);
        });
        for (auto const i : in_order) {
            auto const& event = batch[i];
            if (auto reason = rejection_reason(event); !reason.empty()) {
                result.rejected.push_back({.index = i, .reason = std::move(reason)});
            } else if (horizon && event.created_at < *horizon) {
                ++result.expired;
            } else {
                EventKey const key(event.created_at, event.type, event.id,
                                   repository_key(event.repo_id, event.repo_name));
                if (matching ? is_known(store, event, key) : store.events.contains(key)) {
                    ++result.duplicates;
                    continue;
                }
                store.events.try_emplace(key, StoredEvent{.event = event, .lower_name = ascii_lower(event.repo_name)});
                note(store, key, event, key);
                store.arrivals.add(event);
                ++result.inserted;
            }
        }
        std::ranges::sort(result.rejected, {}, &Rejection::index);
        if (result.inserted > 0) ++store.generation;
        return result;
    });
}

Async<Result<EventPage>> ReferenceEvents::find_events(EventQuery query) {
    return context_.run<EventPage>([query = std::move(query)](ReferenceStore& store) -> Result<EventPage> {
        if (query.limit < 1 || query.limit > 1000)
            return fail(ErrorCode::invalid_argument, "expected a limit of 1 to 1000");
        if (!query.repo && query.window.length() > hours(24))
            return fail(ErrorCode::invalid_argument, "expected a repository, or a window of at most 24 hours");
        if (!query.repo && query.actor)
            return fail(ErrorCode::invalid_argument, "expected a repository beside the actor");
        std::vector<std::string> before;
        if (query.cursor) {
            auto key = read_cursor(question_of(query), *query.cursor);
            if (!key) return std::unexpected(key.error());
            before = std::move(*key);
        }
        auto const key_of = [](Event const& event) {
            return std::vector<std::string>{sortable(event.created_at), event.type, event.id,
                                            repository_key(event.repo_id, event.repo_name)};
        };
        EventPage page;
        auto const found = select(store, query.window, query.repo);
        for (auto stored = found.rbegin(); stored != found.rend(); ++stored) {
            auto const& event = (*stored)->event;
            if (!(*stored)->raw) continue;
            if (query.public_only && !event.is_public) continue;
            if (query.type && event.type != *query.type) continue;
            if (query.actor && ascii_lower(event.actor_login) != ascii_lower(*query.actor)) continue;
            if (!before.empty() && key_of(event) >= before) continue;
            if (page.events.size() == query.limit) {
                page.next_cursor = make_cursor(question_of(query), key_of(page.events.back()));
                break;
            }
            page.events.push_back(event);
        }
        return page;
    });
}

Async<Result<std::vector<Tally>>> ReferenceEvents::tally(TimeWindow window, std::optional<RepoName> repo) {
    window = whole_minutes(window);
    return context_.run<std::vector<Tally>>([window, repo = std::move(repo)](ReferenceStore& store) {
        std::map<std::pair<std::string, std::string>, Tally> rows;
        for (auto const* stored : select(store, window, repo)) {
            auto const& event = stored->event;
            std::string const action(counted_action(event.type, event.facts));
            auto& row = rows[{event.type, action}];
            row.type = event.type;
            row.action = action;
            ++row.events;
            if (event.type != "PushEvent") continue;
            if (event.facts.distinct_size)
                row.distinct_commits += *event.facts.distinct_size;
            else
                ++row.commits_unknown;
        }
        std::vector<Tally> tallies;
        for (auto& [key, row] : rows) tallies.push_back(std::move(row));
        return tallies;
    });
}

Async<Result<std::vector<BucketTally>>> ReferenceEvents::tally_series(TimeWindow window, minutes bucket,
                                                                      std::optional<RepoName> repo,
                                                                      std::optional<std::string> type) {
    window = whole_minutes(window);
    return context_.run<std::vector<BucketTally>>(
        [=, repo = std::move(repo), type = std::move(type)](ReferenceStore& store) -> Result<std::vector<BucketTally>> {
            if (bucket < minutes(1)) return fail(ErrorCode::invalid_argument, "expected buckets of a minute or more");
            std::map<UtcTime, BucketTally> buckets;
            for (auto const* stored : select(store, window, repo)) {
                auto const& event = stored->event;
                if (type && event.type != *type) continue;
                auto const since = event.created_at.time_since_epoch();
                auto const start = event.created_at - since % seconds(bucket);
                auto& counted = buckets[start];
                counted.bucket_start = start;
                ++counted.counts[event.type];
            }
            std::vector<BucketTally> series;
            for (auto& [start, counted] : buckets) series.push_back(std::move(counted));
            return series;
        });
}

Async<Result<std::vector<RepoActivity>>> ReferenceEvents::busiest(TimeWindow window, std::size_t limit,
                                                                  bool with_rows) {
    window = whole_minutes(window);
    return context_.run<std::vector<RepoActivity>>([=](ReferenceStore& store) {
        ReferenceNames const names(store.events);
        auto const people = number_people(store);
        std::map<std::string, std::vector<StoredEvent const*>> by_name;
        for (auto const& [key, stored] : store.events) {
            auto const name = names.present(std::get<3>(key));
            if (!name.empty() && window.contains(stored.event.created_at)) by_name[name].push_back(&stored);
        }
        std::vector<RepoActivity> ranking;
        for (auto const& [name, events] : by_name)
            ranking.push_back(count_activity(*names.spelling(name), events, with_rows ? &people : nullptr));
        std::ranges::sort(ranking, {},
                          [](RepoActivity const& one) { return std::pair(-one.total_events, ascii_lower(one.repo)); });
        if (ranking.size() > limit) ranking.resize(limit);
        return ranking;
    });
}

Async<Result<std::vector<RepoActivity>>> ReferenceEvents::activity(TimeWindow window, std::vector<RepoName> repos) {
    window = whole_minutes(window);
    return context_.run<std::vector<RepoActivity>>([window, repos = std::move(repos)](ReferenceStore& store) {
        ReferenceNames const names(store.events);
        auto const people = number_people(store);
        std::vector<RepoActivity> answers;
        for (auto const& repo : repos) {
            auto const spelling = names.spelling(repo.key()).value_or(repo.text());
            answers.push_back(count_activity(spelling, select(store, window, repo), &people));
        }
        return answers;
    });
}

Async<Result<EventFactsList>> ReferenceEvents::event_facts(RepoName repo, TimeWindow window,
                                                           std::vector<std::string> types) {
    return context_.run<EventFactsList>([window, repo = std::move(repo),
                                         types = std::move(types)](ReferenceStore& store) {
        std::vector<EventFactsRow> rows;
        for (auto const* stored : select(store, window, repo)) {
            auto const& event = stored->event;
            if (!stored->raw) continue;
            if (!types.empty() && std::ranges::find(types, event.type) == types.end()) continue;
            rows.push_back({event.id, event.type, event.created_at, event.actor_id, event.actor_login, event.facts});
        }
        return EventFactsList(std::move(rows));
    });
}

Async<Result<std::optional<RepoSummary>>> ReferenceEvents::find_repository(RepoName repo) {
    return context_.run<std::optional<RepoSummary>>([repo = std::move(repo)](ReferenceStore& store) {
        return summarize(store, ReferenceNames(store.events), repo.key());
    });
}

Async<Result<std::vector<RepoSummary>>> ReferenceEvents::list_repositories(std::string after, std::size_t limit) {
    return context_.run<std::vector<RepoSummary>>([limit, after = ascii_lower(after)](ReferenceStore& store) {
        ReferenceNames const names(store.events);
        std::vector<RepoSummary> list;
        for (auto const& name : names.all_present()) {
            if (name > after && list.size() < limit) list.push_back(*summarize(store, names, name));
        }
        return list;
    });
}

Async<Result<Totals>> ReferenceEvents::totals() {
    return context_.run<Totals>([](ReferenceStore& store) {
        Totals totals;
        std::set<std::string> keys;
        for (auto const& [key, stored] : store.events) {
            ++totals.events;
            keys.insert(std::get<3>(key));
            totals.raw_events += stored.raw ? 1 : 0;
            if (!totals.first_event) totals.first_event = stored.event.created_at;
            totals.last_event = stored.event.created_at;
        }
        totals.repositories = static_cast<std::int64_t>(keys.size());
        return totals;
    });
}

Async<Result<ArrivalPage>> ReferenceEvents::arrivals(std::string after, std::size_t limit) {
    return context_.run<ArrivalPage>(
        [after = std::move(after), limit](ReferenceStore& store) { return store.arrivals.after(after, limit); });
}

Async<Result<std::vector<std::string>>> ReferenceEvents::sources(TimeWindow window, std::optional<RepoName> repo) {
    window = whole_minutes(window);
    return context_.run<std::vector<std::string>>([window, repo = std::move(repo)](ReferenceStore& store) {
        std::set<std::string> found;
        for (auto const* stored : select(store, window, repo)) found.emplace(to_string(stored->event.source));
        return std::vector<std::string>(found.begin(), found.end());
    });
}

} // namespace gem::test
