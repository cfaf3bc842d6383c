#include "storage/dynamodb/filing.hpp"

#include <algorithm>

#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/record_item.hpp"

namespace gem::dynamodb {

namespace {

constexpr std::size_t most_noted = 100'000;

} // namespace

std::string commit_names_hash(std::string_view lower_name) { return "commits#" + std::string(lower_name); }

Async<Result<std::vector<std::string>>> Filing::keys_with_commits(std::string lower_name) {
    auto const items = co_await all_items(context_.client, under("event_patterns", commit_names_hash(lower_name)));
    if (!items) co_return fail(items.error());
    std::vector<std::string> keys;
    for (auto const& item : *items) {
        if (auto const* const key = find_string(item, range_name)) keys.push_back(*key);
    }
    co_return keys;
}

Async<Result<std::string>> Filing::key_for(std::string name) {
    auto const parsed = RepoName::parse(name);
    if (!parsed) co_return "n:" + ascii_lower(name);
    auto resolved = co_await names_.resolve(*parsed);
    if (!resolved) co_return fail(resolved.error());
    if (std::ranges::any_of(resolved->slices, &NameSlice::whole)) co_return std::move(resolved->filed_under);
    auto const keys = co_await keys_with_commits(parsed->key());
    if (!keys) co_return fail(keys.error());
    co_return keys->empty() ? "n:" + parsed->key() : keys->back();
}

Async<Result<std::vector<FiledUnder>>> Filing::places_of(RepoName name) {
    auto resolved = co_await names_.resolve(name);
    if (!resolved) co_return fail(resolved.error());
    co_return co_await places_of(std::move(name), std::move(resolved->slices));
}

Async<Result<std::vector<FiledUnder>>> Filing::places_of(RepoName name, std::vector<NameSlice> slices) {
    auto const keys = co_await keys_with_commits(name.key());
    if (!keys) co_return fail(keys.error());
    std::vector<FiledUnder> places;
    for (auto& slice : slices) places.push_back({.key = std::move(slice.key), .window = slice.window});
    auto const add = [&](std::string const& key, bool by_name) {
        if (std::ranges::find(places, key, &FiledUnder::key) == places.end())
            places.push_back({.key = key, .by_name = by_name});
    };
    for (auto const& key : *keys) add(key, true);
    add("n:" + name.key(), false);
    co_return places;
}

Async<Result<void>> Filing::note_commits(std::string name, std::string key) {
    auto const lower = ascii_lower(name);
    if (lower.empty()) co_return Result<void>();
    std::pair pair(lower, key);
    if (noted_.contains(pair)) co_return Result<void>();
    auto item = key_of(commit_names_hash(lower), key);
    auto const there = co_await context_.client.get({.table = "event_patterns", .key = item});
    if (!there) co_return fail(to_error(there.error()));
    if (!*there) {
        auto const put = co_await context_.client.put({.table = "event_patterns", .item = std::move(item)});
        if (!put) co_return fail(to_error(put.error()));
    }
    if (noted_.size() >= most_noted) noted_.clear();
    noted_.insert(std::move(pair));
    co_return Result<void>();
}

Async<Result<void>> Filing::forget_commits(RepoName name) {
    auto const keys = co_await keys_with_commits(name.key());
    if (!keys) co_return fail(keys.error());
    noted_.clear();
    for (auto const& key : *keys) {
        auto const removed = co_await context_.client.remove(
            {.table = "event_patterns", .key = key_of(commit_names_hash(name.key()), key)});
        if (!removed) co_return fail(to_error(removed.error()));
    }
    co_return Result<void>();
}

} // namespace gem::dynamodb
