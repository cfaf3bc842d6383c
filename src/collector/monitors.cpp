#include "collector/monitors.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/json.hpp"
#include "collector/poll_state.hpp"
#include "storage/stored_json.hpp"

namespace gem {

namespace {

constexpr std::string_view monitor_prefix = "monitor#";
constexpr std::string_view ids_key = "monitor_ids";

std::string monitor_key(std::string_view id) { return std::string(monitor_prefix) + std::string(id); }

JsonText to_json(Monitor const& monitor) { return JsonText::already_validated(json::to_string(monitor)); }

Result<Monitor> parse_monitor(StateEntry const& entry) {
    auto monitor = from_stored<Monitor>(entry.value, "the monitor " + entry.key);
    if (monitor && (monitor->id.empty() || monitor->interval_seconds <= 0 || !RepoName::valid(monitor->repo)))
        return fail(ErrorCode::corrupt, fmt::format("the monitor {} cannot be read", entry.key));
    return monitor;
}

Async<Result<std::vector<Monitor>>> monitors_in(DatabaseService& database) {
    auto const entries = co_await database.metrics().list_state(std::string(monitor_prefix));
    if (!entries) co_return fail(entries.error().within("reading the monitors"));
    std::vector<Monitor> all;
    for (auto const& entry : *entries) {
        auto monitor = parse_monitor(entry);
        if (!monitor) co_return fail(monitor.error());
        all.push_back(std::move(*monitor));
    }
    co_return all;
}

} // namespace

std::unexpected<Error> no_such_monitor(std::string_view id) {
    return fail(ErrorCode::not_found, fmt::format("There is no monitor {}.", id));
}

bool Monitor::is_about(std::string_view type) const {
    return types.empty() || std::ranges::find(types, type) != types.end();
}

void Monitors::tell() {
    ++generation_;
    if (changed_) changed_();
}

Async<Result<std::vector<Monitor>>> Monitors::list() { co_return co_await monitors_in(database_); }

Async<Result<std::int64_t>> remove_monitors_of(DatabaseService& database, RepoName repo) {
    auto const all = co_await monitors_in(database);
    if (!all) co_return fail(all.error());
    std::int64_t gone = 0;
    for (auto const& monitor : *all) {
        if (ascii_lower(monitor.repo) != repo.key()) continue;
        auto const removed = co_await database.metrics().remove_state(monitor_key(monitor.id));
        if (!removed) co_return fail(removed.error().within("removing a monitor"));
        ++gone;
    }
    co_return gone;
}

Async<Result<bool>> is_monitored(DatabaseService& database, RepoName repo) {
    auto const all = co_await monitors_in(database);
    if (!all) co_return fail(all.error());
    co_return std::ranges::any_of(
        *all, [&](Monitor const& one) { return one.running() && ascii_lower(one.repo) == repo.key(); });
}

Async<Result<Monitor>> Monitors::find(std::string id) {
    auto const entry = co_await database_.metrics().get_state(monitor_key(id));
    if (!entry) co_return fail(entry.error().within("reading a monitor"));
    if (!*entry) co_return no_such_monitor(id);
    co_return parse_monitor(**entry);
}

/// Counted in the store, so that a removed monitor's id does not come back with another meaning.
Async<Result<std::string>> Monitors::next_id() {
    for (int attempt = 0; attempt < 20; ++attempt) {
        auto const entry = co_await database_.metrics().get_state(std::string(ids_key));
        if (!entry) co_return fail(entry.error());
        std::int64_t last = 0;
        if (*entry) {
            simdjson::dom::parser parser;
            auto const& text = (*entry)->value.text();
            if (parser.parse(text.data(), text.size(), true)["last"].get_int64().get(last) != simdjson::SUCCESS)
                co_return fail(ErrorCode::corrupt, "the number of the last monitor cannot be read");
        }
        ++last;
        auto const written = co_await database_.metrics().put_state(
            {.key = std::string(ids_key),
             .value = JsonText::already_validated(fmt::format(R"({{"last":{}}})", last)),
             .version = *entry ? (*entry)->version : 0});
        if (written) co_return fmt::format("m-{:04}", last);
        if (written.error().code != ErrorCode::conflict) co_return fail(written.error());
    }
    co_return fail(ErrorCode::unavailable, "too many make monitors in this moment; try again");
}

Async<Result<Monitor>> Monitors::add(RepoName repo, seconds interval, std::vector<std::string> types) {
    auto const present = co_await list();
    if (!present) co_return fail(present.error());
    if (present->size() >= most_monitors)
        co_return fail(ErrorCode::invalid_argument,
                       fmt::format("expected at most {} monitors; remove one first", most_monitors));
    auto id = co_await next_id();
    if (!id) co_return fail(id.error().within("making a monitor"));
    std::ranges::sort(types);
    auto const repeated = std::ranges::unique(types);
    types.erase(repeated.begin(), repeated.end());
    Monitor monitor{.id = std::move(*id),
                    .repo = repo.text(),
                    .interval_seconds = interval.count(),
                    .types = std::move(types),
                    .created_at = clock_.now()};
    auto const written =
        co_await database_.metrics().put_state({.key = monitor_key(monitor.id), .value = to_json(monitor)});
    if (!written) co_return fail(written.error().within("making a monitor"));
    tell();
    co_return monitor;
}

Async<Result<Monitor>> Monitors::ended(Monitor monitor) {
    auto const done = co_await watch_list_.let_go(RepoName::parse(monitor.repo).value());
    tell();
    if (!done) co_return fail(done.error());
    co_return monitor;
}

Async<Result<Monitor>> Monitors::stop(std::string id) {
    auto const key = monitor_key(id);
    for (int attempt = 0; attempt < 3; ++attempt) {
        auto const entry = co_await database_.metrics().get_state(key);
        if (!entry) co_return fail(entry.error().within("reading a monitor"));
        if (!*entry) co_return no_such_monitor(id);
        auto monitor = parse_monitor(**entry);
        if (!monitor) co_return monitor;
        if (!monitor->running()) co_return co_await ended(std::move(*monitor)); // maybe half way until now
        auto const polled = co_await last_poll(*monitor);
        if (!polled) co_return fail(polled.error());
        monitor->last_poll = *polled;
        monitor->state = "stopped";
        monitor->stopped_at = clock_.now();
        auto const written = co_await database_.metrics().put_state(
            {.key = key, .value = to_json(*monitor), .version = (*entry)->version});
        if (written) co_return co_await ended(std::move(*monitor));
        if (written.error().code != ErrorCode::conflict) co_return fail(written.error().within("stopping a monitor"));
    }
    co_return fail(ErrorCode::unavailable, "others change this monitor in this moment; try again");
}

Async<Result<void>> Monitors::remove(std::string id) {
    // As long as it is there, whatever fails can be repeated.
    if (auto const stopped = co_await stop(id); !stopped) co_return fail(stopped.error());
    auto const removed = co_await database_.metrics().remove_state(monitor_key(id));
    if (!removed) co_return fail(removed.error().within("removing a monitor"));
    tell();
    co_return Result<void>{};
}

Async<Result<std::optional<UtcTime>>> Monitors::last_poll(Monitor monitor) {
    auto const key = ascii_lower(monitor.repo);
    auto const entry = co_await database_.metrics().get_state(poll_key(key));
    if (!entry) co_return fail(entry.error().within("reading the state of polling"));
    auto const* const heard = watch_list_.progress(key);
    auto const newest = std::max(monitor.last_poll, heard != nullptr ? heard->last_poll : std::nullopt);
    if (!*entry) co_return newest;
    auto const state = parse_poll_state((*entry)->value.text());
    if (!state) co_return fail(state.error());
    co_return std::max(state->last_poll, newest);
}

Async<Result<std::map<RepoName, seconds>>> Monitors::wanted() {
    auto const all = co_await list();
    if (!all) co_return fail(all.error());
    std::map<RepoName, seconds> shortest;
    for (auto const& monitor : *all) {
        auto const repo = RepoName::parse(monitor.repo);
        if (!monitor.running() || !repo) continue;
        seconds const interval(monitor.interval_seconds);
        auto const [place, fresh] = shortest.try_emplace(*repo, interval);
        if (!fresh) place->second = std::min(place->second, interval);
    }
    co_return shortest;
}

} // namespace gem
