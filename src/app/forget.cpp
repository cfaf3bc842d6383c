#include "app/forget.hpp"

#include <fmt/format.h>

#include "alerts/alert_store.hpp"
#include "base/text.hpp"
#include "collector/monitors.hpp"
#include "storage/private_repositories.hpp"
#include "storage/repo_history.hpp"

namespace gem {

namespace {

/// `watch#OWNER/NAME`, `coverage#gap#events#OWNER/NAME#…`: one part of the key is the repository's, in any spelling.
bool names(std::string const& key, RepoName const& repo) {
    auto const ending = "#" + repo.key();
    auto const lower = ascii_lower(key);
    return lower.ends_with(ending) || lower.find(ending + "#") != std::string::npos;
}

Async<Result<std::int64_t>> forget_states(DatabaseService& database, RepoName repo) {
    std::int64_t gone = 0;
    // First that it is watched: a collector that reads the list meanwhile begins nothing anew. How far a history is
    // goes before its pages: what is stored of it afterwards is taken back.
    for (auto const* const prefix : {"watch#", "poll#", "coverage#", "history#state#", "history#page#", "owed#"}) {
        auto const entries = co_await database.metrics().list_state(prefix);
        if (!entries) co_return fail(entries.error());
        for (auto const& entry : *entries) {
            if (!names(entry.key, repo)) continue;
            auto const removed = co_await database.metrics().remove_state(entry.key);
            if (!removed) co_return fail(removed.error());
            ++gone;
        }
    }
    co_return gone;
}

} // namespace

Async<Result<RemovedCounts>> forget_repository(DatabaseService& database, RepoName repo) {
    // First what would make it come again.
    auto const monitors = co_await remove_monitors_of(database, repo);
    if (!monitors) co_return fail(monitors.error());
    auto const states = co_await forget_states(database, repo);
    if (!states) co_return fail(states.error().within("removing what the collector noted"));
    auto const alerts = co_await alerts::AlertStore(database).forget_repository(repo);
    if (!alerts) co_return fail(alerts.error());
    auto removed = co_await database.maintenance().forget_repository(repo);
    if (!removed) co_return removed;
    removed->other_rows += *monitors + *states + *alerts;
    // Last: while anything of a private repository is there, strangers must not be told of it.
    auto const unmarked = co_await forget_private(database, std::move(repo));
    if (!unmarked) co_return fail(unmarked.error());
    if (*unmarked) ++removed->other_rows;
    co_return removed;
}

Async<Result<RemovedCounts>> forget_actor(DatabaseService& database, std::string login) {
    auto const histories = co_await forget_in_histories(database.metrics(), login);
    if (!histories) co_return fail(histories.error());
    auto removed = co_await database.maintenance().forget_actor(std::move(login));
    if (removed) removed->other_rows += *histories;
    co_return removed;
}

} // namespace gem
