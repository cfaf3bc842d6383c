#include "storage/dynamodb/commit_items.hpp"

#include <charconv>

#include <fmt/format.h>

#include "domain/event.hpp"
#include "storage/cursor.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/record_item.hpp"

namespace gem::dynamodb {

namespace {

constexpr std::size_t longest_range = 1024; // DynamoDB's limit for a range key

std::string_view hash_of(Item const& item) {
    auto const* const hash = find_string(item, hash_name);
    return hash == nullptr ? std::string_view() : std::string_view(*hash);
}

std::optional<std::int64_t> number_of(std::string_view key) {
    std::int64_t number = 0;
    auto const [rest, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error != std::errc{} || rest != key.data() + key.size()) return std::nullopt;
    return number;
}

void replace(std::string& known, std::string const& now) {
    if (!now.empty()) known = now;
}

template <class T>
void replace(std::optional<T>& known, std::optional<T> const& now) {
    if (now) known = now;
}

} // namespace

std::string commit_range(UtcTime date, std::string_view sha) { return fmt::format("{}#{}", format_time(date), sha); }

Item to_item(std::string const& key, CommitItem const& commit) {
    auto item = key_of(key, commit_range(commit.commit.commit_date, commit.commit.sha));
    put_members(item, commit.commit);
    item.erase("repo_id"); // told by the key
    item.emplace("sha7", AttributeValue::string(commit.commit.sha.substr(0, 7)));
    if (commit.files_known) item.emplace("files_known", AttributeValue::boolean(true));
    item.emplace("token", AttributeValue::string(commit.token));
    return item;
}

Result<CommitItem> read_commit_item(Item const& item) {
    CommitItem read;
    if (auto members = read_members(item, read.commit); !members) return fail(members.error());
    read.commit.repo_id = number_of(hash_of(item));
    read.files_known = item.contains("files_known");
    if (auto const* const token = find_string(item, "token")) read.token = *token;
    return read;
}

Item to_item(CommitAnchor const& anchor) {
    auto item = key_of(anchor.key, anchor.sha);
    item.emplace("commit_date", AttributeValue::number(to_unix(anchor.date)));
    item.emplace("version", AttributeValue::number(anchor.version));
    if (anchor.summary) {
        item.emplace("summary", record_item::value_of(*anchor.summary));
        if (anchor.summary->impact_score.value >= high_impact)
            item.emplace("impact_score", AttributeValue{shortest(anchor.summary->impact_score.value)});
    }
    return item;
}

Result<CommitAnchor> read_commit_anchor(Item const& item) {
    CommitAnchor anchor{.key = std::string(hash_of(item)), .sha = {}};
    if (auto const* const sha = find_string(item, range_name)) anchor.sha = *sha;
    anchor.date = from_unix(integer_or(item, "commit_date", 0));
    anchor.version = integer_or(item, "version", 0);
    if (auto const* const summary = find_map(item, "summary")) {
        if (auto members = read_members(*summary, anchor.summary.emplace()); !members) return fail(members.error());
    }
    return anchor;
}

Item to_item(std::string const& key, std::string const& sha, CommitFile const& file) {
    auto item = key_of(files_hash(key, sha), file_range(file.filename));
    put_members(item, file);
    if (file.patch) item.insert_or_assign("patch", compressed(*file.patch));
    return item;
}

Result<CommitFile> read_commit_file(Item const& item) {
    CommitFile file;
    auto plain = item;
    plain.erase("patch");
    if (auto members = read_members(plain, file); !members) return fail(members.error());
    if (item.contains("patch")) {
        auto patch = restored(item, "patch");
        if (!patch) return fail(patch.error());
        file.patch = std::move(*patch);
    }
    return file;
}

std::string files_hash(std::string const& key, std::string const& sha) { return sha + '#' + key; }

std::string file_range(std::string const& filename) {
    if (filename.size() <= longest_range) return filename;
    std::size_t cut = 900;
    while ((static_cast<unsigned char>(filename[cut]) & 0xC0U) == 0x80U) --cut; // not within a character
    return fmt::format("{}#{:016x}", filename.substr(0, cut), hash_question({filename}));
}

void learn(Commit& known, Commit const& now) {
    known.commit_date = now.commit_date;
    replace(known.repo_name, now.repo_name);
    if (!now.parents.empty()) known.parents = now.parents;
    replace(known.author_name, now.author_name);
    replace(known.author_login, now.author_login);
    replace(known.message, now.message);
    replace(known.branch_name, now.branch_name);
    replace(known.stats, now.stats);
    replace(known.files_changed, now.files_changed);
}

void learn(CommitRecord& known, CommitRecord const& now) {
    learn(known.commit, now.commit);
    replace(known.summary, now.summary);
    replace(known.files, now.files);
}

} // namespace gem::dynamodb
