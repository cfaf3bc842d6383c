#include "storage/private_repositories.hpp"

#include <boost/describe/class.hpp>
#include <fmt/format.h>

#include "domain/repo_name.hpp"
#include "storage/stored_json.hpp"

namespace gem {

namespace {

constexpr std::string_view prefix = "private#";
/// How long what another process has written may go unnoticed.
constexpr seconds remembered{60};
/// The time of the latest private event is written again when it has moved on so far.
constexpr seconds moved_on = hours(1);
constexpr int most_attempts = 8;

struct PrivateMark {
    UtcTime at{}; // of the latest private event that was worth writing
};
BOOST_DESCRIBE_STRUCT(PrivateMark, (), (at))

} // namespace

bool is_among(RepositoryNames const& names, std::string_view repo) { return names.contains(ascii_lower(repo)); }

Async<Result<RepositoryNames>> private_repositories(DatabaseService& database) {
    auto const entries = co_await database.metrics().list_state(std::string(prefix));
    if (!entries) co_return fail(entries.error());
    RepositoryNames names;
    for (auto const& entry : *entries) names.insert(entry.key.substr(prefix.size()));
    co_return names;
}

Async<Result<bool>> forget_private(DatabaseService& database, RepoName repo) {
    auto const key = fmt::format("{}{}", prefix, repo.key());
    auto const entry = co_await database.metrics().get_state(key);
    if (!entry) co_return fail(entry.error());
    if (!*entry) co_return false;
    auto const removed = co_await database.metrics().remove_state(key);
    if (!removed) co_return fail(removed.error());
    co_return true;
}

Async<Result<void>> PrivateRepositories::refresh() {
    auto const now = clock_.now();
    if (read_at_ && now >= *read_at_ && now - *read_at_ < remembered) co_return Result<void>{};
    auto const entries = co_await database_.metrics().list_state(std::string(prefix));
    if (!entries) co_return fail(entries.error());
    known_.clear();
    for (auto const& entry : *entries) {
        auto const mark = from_stored<PrivateMark>(entry.value, entry.key);
        if (!mark) co_return fail(mark.error());
        known_[entry.key.substr(prefix.size())] = mark->at;
    }
    read_at_ = now;
    co_return Result<void>{};
}

/// Writes down that it is, unless the store says so of about that time.
Async<Result<void>> PrivateRepositories::note_private(std::string name, UtcTime at) {
    auto const key = fmt::format("{}{}", prefix, name);
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        // Not from memory: somebody may have forgotten the repository, and its mark with it.
        auto const present = co_await database_.metrics().get_state(key);
        if (!present) co_return fail(present.error());
        std::int64_t version = 0;
        if (*present) {
            auto const mark = from_stored<PrivateMark>((*present)->value, key);
            if (!mark) co_return fail(mark.error());
            version = (*present)->version;
            if (at - mark->at < moved_on) {
                known_[name] = mark->at;
                co_return Result<void>{};
            }
        }
        auto const written = co_await database_.metrics().put_state(
            {.key = key,
             .value = JsonText::already_validated(json::to_string(PrivateMark{.at = at})),
             .version = version});
        if (written) {
            known_[name] = at;
            co_return Result<void>{};
        }
        if (written.error().code != ErrorCode::conflict) co_return fail(written.error());
    }
    co_return fail(ErrorCode::unavailable, "others note at this moment that this repository is private; try again");
}

Async<Result<void>> PrivateRepositories::note(std::string repo, bool is_private, UtcTime at) {
    auto const name = ascii_lower(repo);
    if (is_private) co_return co_await note_private(name, at);
    if (auto read = co_await refresh(); !read) co_return fail(std::move(read.error()));
    auto const found = known_.find(name);
    if (found == known_.end() || at < found->second) co_return Result<void>{};
    auto const removed = co_await database_.metrics().remove_state(fmt::format("{}{}", prefix, name));
    if (!removed) co_return fail(removed.error());
    known_.erase(name);
    co_return Result<void>{};
}

} // namespace gem
