#include "collector/watch_list.hpp"

#include <algorithm>

#include <boost/describe/class.hpp>
#include <fmt/format.h>
#include <simdjson.h>

#include "base/json.hpp"
#include "collector/membership.hpp"
#include "collector/monitors.hpp"
#include "collector/poll_state.hpp"

namespace gem {

namespace {

constexpr std::size_t most_watched = 10'000;

struct WatchEntry {
    std::string repo;
    UtcTime added_at{};
};
BOOST_DESCRIBE_STRUCT(WatchEntry, (), (repo, added_at))

struct ReadEntry {
    RepoName repo;
    std::optional<UtcTime> added_at;
};

Result<ReadEntry> read_entry(StateEntry const& entry) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    std::string_view text;
    auto const& json = entry.value.text();
    bool const readable = parser.parse(json.data(), json.size(), true).get_object().get(object) == simdjson::SUCCESS &&
                          object["repo"].get_string().get(text) == simdjson::SUCCESS;
    auto repo = RepoName::parse(readable ? text : std::string_view());
    if (!repo) return fail(ErrorCode::corrupt, fmt::format("the watch list's entry {} cannot be read", entry.key));
    std::string_view time;
    std::optional<UtcTime> added_at;
    if (object["added_at"].get_string().get(time) == simdjson::SUCCESS) added_at = parse_time(time);
    return ReadEntry{.repo = std::move(*repo), .added_at = added_at};
}

WatchedRepository watched(RepoName repo) {
    return {.repo = std::move(repo),
            .state = "watched",
            .reason = {},
            .next_poll = {},
            .last_poll = {},
            .from_configuration = false,
            .added_at = {}};
}

void apply(WatchedRepository& repository, WatchList::Progress const& progress) {
    repository.state = progress.parked ? "parked" : "watched";
    repository.reason = progress.reason;
    repository.next_poll = progress.next_poll;
    repository.last_poll = progress.last_poll;
}

WatchList::Progress progress_of(PollState const& state) {
    std::optional<UtcTime> next;
    if (state.next_poll > UtcTime{}) next = state.next_poll;
    return {.next_poll = next, .last_poll = state.last_poll, .parked = state.parked, .reason = state.reason};
}

} // namespace

WatchList::WatchList(DatabaseService& database, Clock const& clock, std::vector<RepoName> configured)
    : database_(database), clock_(clock), configured_(std::move(configured)) {}

bool WatchList::configured(RepoName const& repo) const {
    return std::ranges::find(configured_, repo) != configured_.end();
}

WatchList::Progress const* WatchList::progress(std::string const& key) const {
    auto const found = progress_.find(key);
    return found == progress_.end() ? nullptr : &found->second;
}

void WatchList::lay_over(WatchedRepository& repository) const {
    if (auto const* const known = progress(repository.repo.key())) apply(repository, *known);
}

Async<Result<std::vector<RepoName>>> WatchList::added() {
    auto entries = co_await database_.metrics().list_state("watch#");
    if (!entries) co_return fail(entries.error().within("reading the watch list"));
    std::vector<RepoName> names;
    for (auto const& entry : *entries) {
        auto read = read_entry(entry);
        if (!read) co_return fail(read.error());
        if (!configured(read->repo)) names.push_back(std::move(read->repo));
    }
    co_return names;
}

Async<Result<std::vector<WatchedRepository>>> WatchList::list() {
    auto entries = co_await database_.metrics().list_state("watch#");
    if (!entries) co_return fail(entries.error().within("reading the watch list"));
    auto states = co_await database_.metrics().list_state("poll#");
    if (!states) co_return fail(states.error().within("reading the state of polling"));
    std::map<std::string, WatchedRepository> all;
    for (auto const& repo : configured_) all.emplace(repo.key(), watched(repo)).first->second.from_configuration = true;
    for (auto const& entry : *entries) {
        auto read = read_entry(entry);
        if (!read) co_return fail(read.error());
        auto const key = read->repo.key();
        all.emplace(key, watched(std::move(read->repo))).first->second.added_at = read->added_at;
    }
    for (auto const& entry : *states) {
        auto const found = all.find(entry.key.substr(poll_key("").size()));
        if (found == all.end()) continue;
        if (auto const state = parse_poll_state(entry.value.text())) apply(found->second, progress_of(*state));
    }
    std::vector<WatchedRepository> answer;
    answer.reserve(all.size());
    for (auto& [key, repository] : all) {
        lay_over(repository);
        answer.push_back(std::move(repository));
    }
    co_return answer;
}

Async<Result<std::optional<WatchedRepository>>> WatchList::find(RepoName repo) {
    auto entry = co_await database_.metrics().get_state(watch_key(repo.key()));
    if (!entry) co_return fail(entry.error().within("reading the watch list"));
    std::optional<WatchedRepository> found;
    if (*entry) {
        auto read = read_entry(**entry);
        if (!read) co_return fail(read.error());
        found = watched(std::move(read->repo));
        found->added_at = read->added_at;
    }
    if (auto const named = std::ranges::find(configured_, repo); named != configured_.end()) {
        if (!found) found = watched(*named);
        found->from_configuration = true;
    }
    if (!found) co_return std::optional<WatchedRepository>();
    auto state = co_await database_.metrics().get_state(poll_key(repo.key()));
    if (!state) co_return fail(state.error().within("reading the state of polling"));
    if (*state) {
        if (auto const read = parse_poll_state((*state)->value.text())) apply(*found, progress_of(*read));
    }
    lay_over(*found);
    co_return found;
}

Async<Result<WatchedRepository>> WatchList::add(RepoName repo) {
    auto const entries = co_await added();
    if (!entries) co_return fail(entries.error());
    bool const listed = configured(repo) || std::ranges::find(*entries, repo) != entries->end();
    if (!listed) {
        if (entries->size() >= most_watched) {
            co_return fail(ErrorCode::invalid_argument,
                           fmt::format("expected at most {} watched repositories; remove one first", most_watched));
        }
        StateEntry entry;
        entry.key = watch_key(repo.key());
        entry.value =
            JsonText::already_validated(json::to_string(WatchEntry{.repo = repo.text(), .added_at = clock_.now()}));
        auto const written = co_await database_.metrics().put_state(std::move(entry));
        // A conflict: somebody else added it in this moment, which is as good.
        if (!written && written.error().code != ErrorCode::conflict) {
            co_return fail(written.error().within(fmt::format("adding {} to the watch list", repo.text())));
        }
    }
    auto const key = poll_key(repo.key());
    auto state = co_await database_.metrics().get_state(key);
    if (!state) co_return fail(state.error().within("reading the state of polling"));
    if (*state) {
        auto poll = parse_poll_state((*state)->value.text()).value_or(PollState{});
        if (poll.parked) {
            poll.parked = false;
            poll.reason.clear();
            poll.path.clear();
            poll.next_poll = clock_.now();
            auto const written = co_await database_.metrics().put_state(
                {.key = key, .value = to_json(poll), .version = (*state)->version});
            if (!written) co_return fail(written.error().within(fmt::format("watching {} again", repo.text())));
            progress_.erase(repo.key());
        }
    }
    ++generation_;
    auto found = co_await find(repo);
    if (!found) co_return fail(found.error());
    if (!*found) co_return fail(ErrorCode::conflict, fmt::format("{} was removed in the same moment", repo.text()));
    co_return std::move(**found);
}

Async<Result<void>> WatchList::remove(RepoName repo) {
    if (configured(repo)) {
        co_return fail(ErrorCode::conflict,
                       fmt::format("{} is named in TARGET_REPOSITORIES; take it out there", repo.text()));
    }
    auto const entry = co_await database_.metrics().get_state(watch_key(repo.key()));
    if (!entry) co_return fail(entry.error().within("reading the watch list"));
    if (!*entry) co_return fail(ErrorCode::not_found, fmt::format("{} is not watched", repo.text()));
    // As long as it is in the list, whatever fails can be repeated.
    if (auto const gone = co_await forget_polls(repo); !gone) co_return gone;
    if (auto const removed = co_await database_.metrics().remove_state(watch_key(repo.key())); !removed)
        co_return fail(removed.error().within(fmt::format("removing {} from the watch list", repo.text())));
    ++generation_;
    co_return co_await let_go(std::move(repo)); // a collector may have begun anew in between
}

Async<Result<void>> WatchList::let_go(RepoName repo) {
    if (configured(repo)) co_return Result<void>{};
    auto const entry = co_await database_.metrics().get_state(watch_key(repo.key()));
    if (!entry) co_return fail(entry.error().within("reading the watch list"));
    if (*entry) co_return Result<void>{};
    co_return co_await forget_polls(std::move(repo));
}

/// Unless a monitor or another process's configuration wants them.
Async<Result<void>> WatchList::forget_polls(RepoName repo) {
    auto const monitored = co_await is_monitored(database_, repo);
    if (!monitored) co_return fail(monitored.error());
    if (*monitored) co_return Result<void>{};
    auto const wanted = co_await is_configured_at_work(database_, repo, clock_.now());
    if (!wanted) co_return fail(wanted.error());
    if (*wanted) co_return Result<void>{};
    for (auto const& key : {poll_key(repo.key()), since_key(repo.key())}) {
        auto const removed = co_await database_.metrics().remove_state(key);
        if (!removed) co_return fail(removed.error().within(fmt::format("forgetting the polls of {}", repo.text())));
    }
    progress_.erase(repo.key());
    co_return Result<void>{};
}

} // namespace gem
