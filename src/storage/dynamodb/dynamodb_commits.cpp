#include "storage/dynamodb/dynamodb_commits.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "storage/commit_rules.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/metric_rows.hpp"
#include "storage/dynamodb/record_item.hpp"
#include "storage/dynamodb/together.hpp"
#include "storage/dynamodb/tokens.hpp"

namespace gem {

using namespace dynamodb; // NOLINT(google-build-using-namespace): this file is about its types

namespace {

constexpr int tries = 12; ///< against rivals at the same commit

std::string const& text_of(Item const& item, std::string_view name) {
    static std::string const none;
    auto const* const found = find_string(item, name);
    return found == nullptr ? none : *found;
}

Error too_many_rivals(std::string_view sha) {
    return {.code = ErrorCode::unavailable,
            .message = fmt::format("others keep changing the commit {}; try again", sha),
            .retryable = true};
}

} // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Storing

Async<Result<bool>> DynamoDBCommitsRepository::put_commit(std::string const& key, CommitItem& item,
                                                          std::optional<std::string> old) {
    bool const replaces = old.has_value();
    for (int i = 0; i < tries; ++i) {
        item.token = new_token();
        auto const put = co_await context_.client.put(
            {.table = "commits", .item = to_item(key, item), .condition = old ? token_is(*old) : not_there()});
        if (put) co_return true;
        if (put.error().kind != Failure::Kind::condition_failed) co_return fail(to_error(put.error()));
        if (!put.error().old_item) co_return false;
        auto theirs = read_commit_item(*put.error().old_item);
        if (!theirs) co_return fail(theirs.error());
        if (theirs->token == item.token) co_return true; // ours: an answer was lost
        if (replaces) co_return false;
        // Somebody stored it and died before its anchor, or is about to write that: take over what they knew.
        learn(theirs->commit, item.commit);
        item.commit = std::move(theirs->commit);
        item.files_known = item.files_known || theirs->files_known;
        old = std::move(theirs->token);
    }
    co_return fail(too_many_rivals(item.commit.sha));
}

Async<Result<bool>> DynamoDBCommitsRepository::put_anchor(CommitAnchor anchor) {
    auto const token = new_token();
    auto condition = version_is(anchor.version);
    ++anchor.version;
    auto item = to_item(anchor);
    item.emplace("token", AttributeValue::string(token));
    auto const put = co_await context_.client.put(
        {.table = "commit_summaries", .item = std::move(item), .condition = std::move(condition)});
    if (put) co_return true;
    if (put.error().kind != Failure::Kind::condition_failed) co_return fail(to_error(put.error()));
    co_return put.error().old_item&& has_token(*put.error().old_item, token);
}

Async<Result<void>> DynamoDBCommitsRepository::store_files(std::string key, std::string sha,
                                                           std::vector<CommitFile> files) {
    auto const present = co_await all_items(context_.client, under("commit_files", files_hash(key, sha)));
    if (!present) co_return fail(present.error());
    std::map<std::string, Item> wanted;
    for (auto const& file : files) wanted.insert_or_assign(file_range(file.filename), to_item(key, sha, file));
    std::vector<WriteRequest> writes;
    for (auto const& item : *present) {
        auto const found = wanted.find(text_of(item, range_name));
        if (found == wanted.end())
            writes.push_back(
                WriteRequest::remove("commit_files", key_of(files_hash(key, sha), text_of(item, range_name))));
        else if (found->second == item)
            wanted.erase(found);
    }
    for (auto& [range, item] : wanted) writes.push_back(WriteRequest::put("commit_files", std::move(item)));
    if (writes.empty()) co_return Result<void>();
    auto const written = co_await context_.client.batch_write(std::move(writes));
    if (!written) co_return fail(to_error(written.error()));
    co_return Result<void>();
}

Async<Result<bool>> DynamoDBCommitsRepository::store(std::string key, CommitRecord record) {
    auto const& sha = record.commit.sha;
    if (record.files) {
        if (auto stored = co_await store_files(key, sha, *record.files); !stored) co_return fail(stored.error());
    }
    for (int i = 0; i < tries; ++i) {
        auto const found = co_await load(key, sha);
        if (!found) co_return fail(found.error());
        Found now{.anchor = {.key = key, .sha = sha}, .item = {.commit = record.commit, .token = {}}};
        if (*found) {
            now = **found;
            learn(now.item.commit, record.commit);
        }
        now.item.files_known = now.item.files_known || record.files.has_value();
        if (record.summary) now.anchor.summary = record.summary;
        bool const moved = !*found || now.item.commit.commit_date != (*found)->anchor.date;
        bool const same_item =
            *found && now.item.commit == (*found)->item.commit && now.item.files_known == (*found)->item.files_known;
        if (same_item && now.anchor.summary == (*found)->anchor.summary) co_return false;
        if (!same_item) {
            auto const put = co_await put_commit(key, now.item, moved ? std::nullopt : std::optional(now.item.token));
            if (!put) co_return fail(put.error());
            if (!*put) continue;
        }
        if (same_item || moved || now.anchor.summary != (*found)->anchor.summary) {
            now.anchor.date = now.item.commit.commit_date;
            auto const put = co_await put_anchor(now.anchor);
            if (!put) co_return fail(put.error());
            if (!*put) continue;
        }
        if (*found && moved) {
            auto const removed = co_await context_.client.remove(
                {.table = "commits", .key = key_of(key, commit_range((*found)->anchor.date, sha))});
            if (!removed) co_return fail(to_error(removed.error()));
        }
        co_return !found->has_value();
    }
    co_return fail(too_many_rivals(sha));
}

Async<Result<std::size_t>> DynamoDBCommitsRepository::store_commits(std::vector<CommitRecord> commits) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    for (auto const& record : commits) {
        if (auto reason = reason_to_reject(record.commit)) co_return fail(ErrorCode::invalid_argument, *reason);
    }
    std::map<std::string, std::string> keys_by_name;
    ByPlace merged;
    for (auto& record : commits) {
        std::string key;
        if (record.commit.repo_id) {
            key = std::to_string(*record.commit.repo_id);
        } else {
            auto& known = keys_by_name[ascii_lower(record.commit.repo_name)];
            if (known.empty()) {
                auto filed = co_await filing_.key_for(record.commit.repo_name);
                if (!filed) co_return fail(filed.error());
                known = std::move(*filed);
            }
            key = known;
        }
        auto const [place, is_new] = merged.try_emplace({std::move(key), record.commit.sha}, record);
        if (!is_new) learn(place->second, record);
    }
    co_return co_await store_all(std::move(merged));
}

Async<Result<std::size_t>> DynamoDBCommitsRepository::store_under(std::string key, std::vector<CommitRecord> commits) {
    ByPlace merged;
    for (auto& record : commits) {
        auto const [place, is_new] = merged.try_emplace({key, record.commit.sha}, record);
        if (!is_new) learn(place->second, record);
    }
    co_return co_await store_all(std::move(merged));
}

Async<Result<std::size_t>> DynamoDBCommitsRepository::store_all(ByPlace commits) {
    for (auto const& [place, record] : commits) {
        if (auto noted = co_await filing_.note_commits(record.commit.repo_name, place.first); !noted)
            co_return fail(noted.error());
    }
    std::vector<Async<Result<bool>>> work;
    for (auto& [place, record] : commits) work.push_back(store(place.first, std::move(record)));
    std::size_t fresh = 0;
    std::optional<Error> failed;
    for (auto const& stored : co_await together(std::move(work))) {
        if (!stored)
            failed = stored.error();
        else
            fresh += *stored ? 1 : 0;
    }
    if (!commits.empty()) context_.wrote();
    if (failed) co_return fail(std::move(*failed));
    co_return fresh;
}

// ---------------------------------------------------------------------------------------------------------------------
// Finding

Async<Result<std::optional<DynamoDBCommitsRepository::Found>>> DynamoDBCommitsRepository::load(std::string key,
                                                                                               std::string sha) {
    for (int i = 0; i < tries; ++i) {
        auto const anchor_item = co_await context_.client.get({.table = "commit_summaries", .key = key_of(key, sha)});
        if (!anchor_item) co_return fail(to_error(anchor_item.error()));
        if (!*anchor_item) co_return std::optional<Found>();
        auto anchor = read_commit_anchor(**anchor_item);
        if (!anchor) co_return fail(anchor.error());
        auto const item =
            co_await context_.client.get({.table = "commits", .key = key_of(key, commit_range(anchor->date, sha))});
        if (!item) co_return fail(to_error(item.error()));
        if (!*item) continue; // its date is being changed at this moment
        auto commit = read_commit_item(**item);
        if (!commit) co_return fail(commit.error());
        co_return Found{.anchor = std::move(*anchor), .item = std::move(*commit)};
    }
    co_return fail(ErrorCode::corrupt, fmt::format("the commit {} of {} has a summary, but is not there", sha, key));
}

Async<Result<std::vector<CommitFile>>> DynamoDBCommitsRepository::load_files(std::string key, std::string sha) {
    auto const items = co_await all_items(context_.client, under("commit_files", files_hash(key, sha)));
    if (!items) co_return fail(items.error());
    std::vector<CommitFile> files;
    for (auto const& item : *items) {
        auto file = read_commit_file(item);
        if (!file) co_return fail(file.error());
        files.push_back(std::move(*file));
    }
    std::ranges::sort(files, {}, &CommitFile::filename);
    co_return files;
}

Async<Result<std::vector<DynamoDBCommitsRepository::Found>>>
DynamoDBCommitsRepository::anchored(std::string key, std::vector<Item> items) {
    std::vector<Found> found;
    std::map<std::string, CommitAnchor> anchors;
    std::vector<Item> keys;
    for (auto const& item : items) {
        auto commit = read_commit_item(item);
        if (!commit) co_return fail(commit.error());
        auto const& sha = commit->commit.sha;
        if (anchors.try_emplace(sha).second) keys.push_back(key_of(key, sha));
        found.push_back({.anchor = {}, .item = std::move(*commit)});
    }
    if (found.empty()) co_return found;
    auto const read = co_await context_.client.batch_get("commit_summaries", std::move(keys), true);
    if (!read) co_return fail(to_error(read.error()));
    for (auto const& item : *read) {
        auto anchor = read_commit_anchor(item);
        if (!anchor) co_return fail(anchor.error());
        anchors.insert_or_assign(anchor->sha, std::move(*anchor));
    }
    for (auto& one : found) one.anchor = anchors.at(one.item.commit.sha);
    std::erase_if(found, [](Found const& one) {
        return one.anchor.version == 0 || one.anchor.date != one.item.commit.commit_date;
    });
    co_return found;
}

bool DynamoDBCommitsRepository::Asked::wants(Found const& found) const {
    auto const& commit = found.item.commit;
    if (!window.contains(commit.commit_date)) return false;
    if (!before.empty() && commit_range(commit.commit_date, commit.sha) >= before) return false;
    if (repo_name && ascii_lower(commit.repo_name) != *repo_name) return false;
    if (!min_impact_score) return true;
    return found.anchor.summary && found.anchor.summary->impact_score.value >= *min_impact_score;
}

Async<Result<std::vector<DynamoDBCommitsRepository::Found>>> DynamoDBCommitsRepository::list_by_time(Asked asked) {
    auto const last =
        asked.before.empty() ? range_before(asked.window.to) : std::min(asked.before, range_before(asked.window.to));
    auto query = between("commits", asked.key, format_time(asked.window.from), last);
    query.forward = false;
    query.limit = static_cast<std::int64_t>(asked.limit + 2); // the one that `before` names may be among them
    std::vector<Found> wanted;
    while (wanted.size() < asked.limit) {
        auto page = co_await context_.client.query(query);
        if (!page) co_return fail(to_error(page.error()));
        auto found = co_await anchored(asked.key, std::move(page->items));
        if (!found) co_return fail(found.error());
        for (auto& one : *found) {
            if (asked.wants(one)) wanted.push_back(std::move(one));
        }
        if (!page->next) break;
        query.start = std::move(page->next);
    }
    co_return wanted;
}

Async<Result<std::vector<DynamoDBCommitsRepository::Found>>> DynamoDBCommitsRepository::list_by_impact(Asked asked) {
    auto query = under("commit_summaries", asked.key);
    query.index = impact_index;
    query.consistent = false;
    query.key_condition.text += " AND #score >= :score";
    query.key_condition.names.emplace("#score", "impact_score");
    query.key_condition.values.emplace(":score", AttributeValue{shortest(asked.min_impact_score.value_or(0))});
    auto const listed = co_await all_items(context_.client, std::move(query));
    if (!listed) co_return fail(listed.error());
    std::vector<Item> keys;
    for (auto const& item : *listed) keys.push_back(key_of(asked.key, text_of(item, range_name)));
    std::vector<Found> wanted;
    if (keys.empty()) co_return wanted;
    auto const anchors = co_await context_.client.batch_get("commit_summaries", std::move(keys), true);
    if (!anchors) co_return fail(to_error(anchors.error()));
    std::vector<Item> places;
    for (auto const& item : *anchors) {
        auto const anchor = read_commit_anchor(item);
        if (!anchor) co_return fail(anchor.error());
        if (asked.window.contains(anchor->date))
            places.push_back(key_of(asked.key, commit_range(anchor->date, anchor->sha)));
    }
    std::ranges::sort(places, std::greater<>(), [](Item const& key) { return text_of(key, range_name); });
    constexpr std::size_t step = 1000;
    for (std::size_t i = 0; i < places.size() && wanted.size() < asked.limit; i += step) {
        auto const end = std::min(places.size(), i + step);
        std::vector<Item> some(places.begin() + static_cast<std::ptrdiff_t>(i),
                               places.begin() + static_cast<std::ptrdiff_t>(end));
        auto items = co_await context_.client.batch_get("commits", std::move(some), true);
        if (!items) co_return fail(to_error(items.error()));
        auto found = co_await anchored(asked.key, std::move(*items));
        if (!found) co_return fail(found.error());
        for (auto& one : *found) {
            if (asked.wants(one)) wanted.push_back(std::move(one));
        }
    }
    co_return wanted;
}

Async<Result<CommitPage>> DynamoDBCommitsRepository::find_commits(CommitQuery query) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    auto const start = read_commit_query(query);
    if (!start) co_return fail(start.error());
    auto const before = start->before ? commit_range(start->before->first, start->before->second) : std::string();
    auto const places = co_await filing_.places_of(query.repo);
    if (!places) co_return fail(places.error());
    std::vector<CommitRecord> all;
    for (auto const& place : *places) {
        Asked asked{.key = place.key,
                    .window = intersection(place.window, query.window),
                    .repo_name = place.by_name ? std::optional(query.repo.key()) : std::nullopt,
                    .min_impact_score = query.min_impact_score,
                    .before = before,
                    .limit = query.limit + 1};
        if (asked.window.empty()) continue;
        bool const by_impact = query.min_impact_score && *query.min_impact_score >= high_impact;
        auto found = by_impact ? co_await list_by_impact(std::move(asked)) : co_await list_by_time(std::move(asked));
        if (!found) co_return fail(found.error());
        for (auto& one : *found) {
            all.push_back(
                {.commit = std::move(one.item.commit), .summary = std::move(one.anchor.summary), .files = {}});
        }
    }
    co_return page_of_commits(std::move(all), query.limit, start->question);
}

Async<Result<std::vector<std::pair<std::string, std::string>>>>
DynamoDBCommitsRepository::candidates(std::optional<RepoName> repo, std::string prefix) {
    std::vector<std::pair<std::string, std::string>> found;
    if (!repo) {
        auto query = under("commits", {});
        query.index = sha_index;
        query.consistent = false;
        query.key_condition = {.text = "sha7 = :first AND begins_with(sha, :prefix)",
                               .values = {{":first", AttributeValue::string(prefix.substr(0, 7))},
                                          {":prefix", AttributeValue::string(prefix)}}};
        auto const items = co_await all_items(context_.client, std::move(query));
        if (!items) co_return fail(items.error());
        for (auto const& item : *items) found.emplace_back(text_of(item, "sha"), text_of(item, hash_name));
    } else {
        auto const places = co_await filing_.places_of(*repo);
        if (!places) co_return fail(places.error());
        for (auto const& place : *places) {
            auto const items = co_await all_items(context_.client, beginning("commit_summaries", place.key, prefix));
            if (!items) co_return fail(items.error());
            for (auto const& item : *items) {
                auto const& sha = text_of(item, range_name);
                if (place.by_name) {
                    auto const commit = co_await load(place.key, sha);
                    if (!commit) co_return fail(commit.error());
                    if (!*commit || ascii_lower((*commit)->item.commit.repo_name) != repo->key()) continue;
                }
                found.emplace_back(sha, place.key);
            }
        }
    }
    std::ranges::sort(found);
    auto const twins = std::ranges::unique(found);
    found.erase(twins.begin(), twins.end());
    co_return found;
}

Async<Result<CommitRecord>> DynamoDBCommitsRepository::find_commit(std::optional<RepoName> repo, std::string sha) {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    sha = ascii_lower(sha);
    if (auto const valid = check_sha_prefix(sha); !valid) co_return fail(valid.error());
    auto const found = co_await candidates(repo, sha);
    if (!found) co_return fail(found.error());
    std::optional<CommitRecord> record;
    for (auto const& [whole, key] : *found) {
        if (record && record->commit.sha != whole) co_return fail(ambiguous_commit(sha));
        if (record) continue;
        auto loaded = co_await load(key, whole);
        if (!loaded) co_return fail(loaded.error());
        if (!*loaded) continue; // an index that lags
        record = CommitRecord{
            .commit = std::move((*loaded)->item.commit), .summary = std::move((*loaded)->anchor.summary), .files = {}};
        if (!(*loaded)->item.files_known) continue;
        auto files = co_await load_files(key, whole);
        if (!files) co_return fail(files.error());
        record->files = std::move(*files);
    }
    if (!record) co_return fail(no_such_commit(repo, sha));
    co_return std::move(*record);
}

Async<Result<std::vector<CommitFile>>> DynamoDBCommitsRepository::commit_files(RepoName repo, std::string sha) {
    auto commit = co_await find_commit(std::move(repo), std::move(sha));
    if (!commit) co_return fail(commit.error());
    co_return std::move(commit->files).value_or(std::vector<CommitFile>());
}

Async<Result<std::vector<CommitRecord>>>
DynamoDBCommitsRepository::commits_under(std::string key, std::optional<std::pair<UtcTime, std::string>> after,
                                         std::size_t limit) {
    auto query = under("commits", key);
    if (after) {
        query.key_condition.text += " AND #sk > :after";
        query.key_condition.names.emplace("#sk", range_name);
        query.key_condition.values.emplace(":after", AttributeValue::string(commit_range(after->first, after->second)));
    }
    query.limit = static_cast<std::int64_t>(limit);
    std::vector<CommitRecord> records;
    while (records.empty()) { // what a change of date left behind is no commit
        auto page = co_await context_.client.query(query);
        if (!page) co_return fail(to_error(page.error()));
        auto found = co_await anchored(key, std::move(page->items));
        if (!found) co_return fail(found.error());
        for (auto& one : *found) {
            CommitRecord record{
                .commit = std::move(one.item.commit), .summary = std::move(one.anchor.summary), .files = {}};
            if (one.item.files_known) {
                auto files = co_await load_files(key, record.commit.sha);
                if (!files) co_return fail(files.error());
                record.files = std::move(*files);
            }
            records.push_back(std::move(record));
        }
        if (!page->next) break;
        query.start = std::move(page->next);
    }
    co_return records;
}

// ---------------------------------------------------------------------------------------------------------------------
// Forgetting

Async<Result<std::int64_t>> DynamoDBCommitsRepository::remove_commits(std::string key,
                                                                      std::function<bool(Commit const&)> goes) {
    auto const items = co_await all_items(context_.client, under("commits", key));
    if (!items) co_return fail(items.error());
    std::int64_t gone = 0;
    for (auto const& item : *items) {
        auto const commit = read_commit_item(item);
        if (!commit) co_return fail(commit.error());
        if (!goes(commit->commit)) continue;
        auto const& sha = commit->commit.sha;
        auto const files = co_await all_items(context_.client, under("commit_files", files_hash(key, sha)));
        if (!files) co_return fail(files.error());
        // The anchor first: from then on the commit is not there, whatever happens to the rest.
        std::vector<WriteRequest> writes;
        auto const anchor = co_await context_.client.remove({.table = "commit_summaries", .key = key_of(key, sha)});
        if (!anchor) co_return fail(to_error(anchor.error()));
        writes.push_back(WriteRequest::remove("commits", key_of(key, text_of(item, range_name))));
        for (auto const& file : *files) {
            writes.push_back(
                WriteRequest::remove("commit_files", key_of(files_hash(key, sha), text_of(file, range_name))));
        }
        auto const written = co_await context_.client.batch_write(std::move(writes));
        if (!written) co_return fail(to_error(written.error()));
        ++gone;
    }
    co_return gone;
}

} // namespace gem
