#include "storage/private_repositories.hpp"

#include <fmt/format.h>

#include "domain/repo_name.hpp"

namespace gem {

namespace {

constexpr std::string_view prefix = "private#";
/// How long what another process has written may go unnoticed.
constexpr seconds remembered{60};

} // namespace

Async<Result<RepositoryNames>> private_repositories(DatabaseService& database) {
    auto const entries = co_await database.metrics().list_state(std::string(prefix));
    if (!entries) co_return fail(entries.error());
    RepositoryNames names;
    for (auto const& entry : *entries) names.insert(entry.key.substr(prefix.size()));
    co_return names;
}

Async<Result<void>> PrivateRepositories::note(std::string repo, bool is_private) {
    auto const now = clock_.now();
    if (!read_at_ || now < *read_at_ || now - *read_at_ >= remembered) {
        auto names = co_await private_repositories(database_);
        if (!names) co_return fail(std::move(names.error()));
        known_ = std::move(*names);
        read_at_ = now;
    }
    auto name = ascii_lower(repo);
    if (known_.contains(name) == is_private) co_return Result<void>{};
    auto const key = fmt::format("{}{}", prefix, name);
    if (is_private) {
        auto const written = co_await database_.metrics().put_state(
            {.key = key, .value = JsonText::already_validated("{}"), .version = 0});
        // Somebody else may have written the same a moment ago.
        if (!written && written.error().code != ErrorCode::conflict) co_return fail(written.error());
        known_.insert(std::move(name));
    } else {
        auto const removed = co_await database_.metrics().remove_state(key);
        if (!removed) co_return fail(removed.error());
        known_.erase(name);
    }
    co_return Result<void>{};
}

} // namespace gem
