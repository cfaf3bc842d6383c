#include "storage/dynamodb/dynamodb_forgetter.hpp"

#include <set>

#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/metric_rows.hpp"

namespace gem {

using namespace dynamodb; // NOLINT(google-build-using-namespace): this file is about its types

template <class Row>
Async<Result<std::int64_t>> DynamoDBForgetter::remove_rows(FiledUnder place, std::string lower_name) {
    using Table = RowTable<Row>;
    auto const rows = co_await rows_in<Row>(context_.client, place, std::move(lower_name), all_time());
    if (!rows) co_return fail(rows.error());
    std::vector<WriteRequest> writes;
    for (auto const& row : *rows)
        writes.push_back(WriteRequest::remove(std::string(Table::table), key_of(place.key, Table::range(row))));
    auto const gone = static_cast<std::int64_t>(writes.size());
    if (writes.empty()) co_return gone;
    auto const written = co_await context_.client.batch_write(std::move(writes));
    if (!written) co_return fail(to_error(written.error()));
    co_return gone;
}

Async<Result<RemovedCounts>> DynamoDBForgetter::forget_repository(RepoName name, ResolvedName resolved) {
    auto const places = co_await filing_.places_of(name, std::move(resolved.slices));
    if (!places) co_return fail(places.error());
    RemovedCounts removed;
    for (auto const& place : *places) {
        auto const goes = [&](Commit const& commit) {
            return place.window.contains(commit.commit_date) &&
                   (!place.by_name || ascii_lower(commit.repo_name) == name.key());
        };
        auto const commits = co_await commits_.remove_commits(place.key, goes);
        if (!commits) co_return fail(commits.error());
        removed.commits += *commits;
        std::vector<Async<Result<std::int64_t>>> work;
        work.push_back(remove_rows<HealthSnapshot>(place, name.key()));
        work.push_back(remove_rows<DeveloperDay>(place, name.key()));
        work.push_back(remove_rows<SecurityMetric>(place, name.key()));
        work.push_back(remove_rows<EventPattern>(place, name.key()));
        work.push_back(remove_rows<DeploymentMetric>(place, name.key()));
        for (auto& one : work) {
            auto const rows = co_await std::move(one);
            if (!rows) co_return fail(rows.error());
            removed.other_rows += *rows;
        }
    }
    auto const forgotten = co_await filing_.forget_commits(std::move(name));
    if (!forgotten) co_return fail(forgotten.error());
    co_return removed;
}

Async<Result<std::vector<Item>>> DynamoDBForgetter::scan_all(std::string table, std::string projection,
                                                             std::map<std::string, std::string> names) {
    Scan scan{.table = std::move(table), .projection = std::move(projection), .names = std::move(names)};
    std::vector<Item> items;
    for (;;) {
        auto page = co_await context_.client.scan(scan);
        if (!page) co_return fail(to_error(page.error()));
        std::ranges::move(page->items, std::back_inserter(items));
        if (!page->next) co_return items;
        scan.start = std::move(page->next);
    }
}

Async<Result<RemovedCounts>> DynamoDBForgetter::forget_actor(std::string login) {
    auto const lower = ascii_lower(login);
    RemovedCounts removed;
    auto const commits = co_await scan_all("commits", "#pk, #login", {{"#pk", "pk"}, {"#login", "author_login"}});
    if (!commits) co_return fail(commits.error());
    std::set<std::string> keys;
    for (auto const& item : *commits) {
        auto const* const key = find_string(item, hash_name);
        auto const* const author = find_string(item, "author_login");
        if (key != nullptr && author != nullptr && ascii_lower(*author) == lower) keys.insert(*key);
    }
    for (auto const& key : keys) {
        auto const gone = co_await commits_.remove_commits(
            key, [&](Commit const& commit) { return ascii_lower(commit.author_login) == lower; });
        if (!gone) co_return fail(gone.error());
        removed.commits += *gone;
    }
    auto const rows = co_await scan_all("developer_metrics", "#pk, #sk, #login",
                                        {{"#pk", "pk"}, {"#sk", "sk"}, {"#login", "actor_login"}});
    if (!rows) co_return fail(rows.error());
    std::vector<WriteRequest> writes;
    for (auto const& item : *rows) {
        auto const* const key = find_string(item, hash_name);
        auto const* const range = find_string(item, range_name);
        auto const* const actor = find_string(item, "actor_login");
        if (key != nullptr && range != nullptr && actor != nullptr && ascii_lower(*actor) == lower)
            writes.push_back(WriteRequest::remove("developer_metrics", key_of(*key, *range)));
    }
    removed.other_rows = static_cast<std::int64_t>(writes.size());
    if (!writes.empty()) {
        auto const written = co_await context_.client.batch_write(std::move(writes));
        if (!written) co_return fail(to_error(written.error()));
    }
    co_return removed;
}

} // namespace gem
