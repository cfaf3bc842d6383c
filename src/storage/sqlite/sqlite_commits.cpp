// SQLiteCommitsRepository.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "storage/commit_rules.hpp"
#include "storage/sqlite/sqlite_repositories.hpp"
#include "storage/sqlite/sqlite_transfer.hpp"

namespace gem {

using sqlite::Handle;
using sqlite::Rows;
using sqlite::Statement;

namespace {

// Lists of shas and of categories hold neither blanks nor commas: one text, readable by a person.
std::string join(std::vector<std::string> const& parts) { return fmt::format("{}", fmt::join(parts, ",")); }

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        auto const comma = text.find(',');
        parts.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    return parts;
}

#define GEM_COMMIT_COLUMNS                                                                                             \
    "c.sha, c.repo_key, c.repo_name, c.parents, c.author_name, c.author_login, c.message, c.commit_date, "             \
    "c.branch_name, "                                                                                                  \
    "c.additions, c.deletions, c.total_changes, c.files_changed, s.short_text, s.detailed, s.categories, "             \
    "s.impact_score, "                                                                                                 \
    "s.risk_level, s.complexity_score, s.breaking_changes, s.security_relevant, s.performance_impact, "                \
    "c.files_known "                                                                                                   \
    "FROM commits c LEFT JOIN commit_summaries s ON s.repo_key = c.repo_key AND s.sha = c.sha"

CommitRecord read_commit(Rows const& row) {
    CommitRecord record;
    auto& commit = record.commit;
    commit.sha = row->text(0);
    auto const key = row->text(1);
    std::int64_t number = 0;
    if (std::from_chars(key.data(), key.data() + key.size(), number).ptr == key.data() + key.size())
        commit.repo_id = number;
    commit.repo_name = row->text(2);
    commit.parents = split(row->text(3));
    commit.author_name = row->text(4);
    commit.author_login = row->text(5);
    commit.message = row->text(6);
    commit.commit_date = from_unix(row->integer(7));
    commit.branch_name = row->text(8);
    if (!row->is_null(11))
        commit.stats =
            CommitStats{.additions = row->integer(9), .deletions = row->integer(10), .total_changes = row->integer(11)};
    commit.files_changed = row->optional_integer(12);
    if (!row->is_null(13)) {
        CommitSummary summary;
        summary.short_text = row->text(13);
        summary.detailed = row->text(14);
        summary.categories = split(row->text(15));
        summary.impact_score = row->real(16);
        summary.risk_level = row->text(17);
        summary.complexity_score = row->real(18);
        summary.breaking_changes = row->integer(19) != 0;
        summary.security_relevant = row->integer(20) != 0;
        summary.performance_impact = row->text(21);
        record.summary = std::move(summary);
    }
    return record;
}

/// Appends the commits under one key, newest first.
void read_commits_of(Handle& handle, std::string_view key, TimeWindow const& window,
                     std::vector<CommitRecord>& commits) {
    auto& list = handle.prepare("SELECT " GEM_COMMIT_COLUMNS
                                " WHERE c.repo_key = ?1 AND c.commit_date >= ?2 AND c.commit_date < ?3 "
                                "ORDER BY c.commit_date DESC, c.sha DESC");
    list.bind(1, key).bind(2, to_unix(window.from)).bind(3, to_unix(window.to));
    Rows rows(list);
    while (rows.next()) commits.push_back(read_commit(rows));
}

std::vector<CommitFile> read_files(Handle& handle, std::string_view sha, std::string_view key) {
    std::vector<CommitFile> files;
    auto& list = handle.prepare("SELECT filename, status, additions, deletions, changes, previous_filename, patch "
                                "FROM commit_files WHERE sha = ?1 AND repo_key = ?2 ORDER BY filename");
    list.bind(1, sha).bind(2, key);
    Rows rows(list);
    while (rows.next()) {
        files.push_back({.filename = std::string(rows->text(0)),
                         .status = std::string(rows->text(1)),
                         .additions = rows->integer(2),
                         .deletions = rows->integer(3),
                         .changes = rows->integer(4),
                         .previous_filename = rows->optional_text(5),
                         .patch = rows->optional_text(6)});
    }
    return files;
}

/// The key of a commit already stored for this repository, else the one it is to be filed under.
std::string key_of(Handle& handle, Commit const& commit) {
    if (commit.repo_id) return std::to_string(*commit.repo_id);
    return sqlite::key_to_file_under(handle, commit.repo_name);
}

/// A commit of a repository that no event has told of yet makes its name known.
void register_name(Handle& handle, std::string const& key, Commit const& commit) {
    auto& known = handle.prepare("SELECT 1 FROM repos WHERE key = ?1");
    known.bind(1, key);
    {
        Rows rows(known);
        if (rows.next()) return;
    }
    handle
        .prepare("INSERT INTO contested_names SELECT lower(?1) WHERE EXISTS (SELECT 1 FROM repos WHERE name = ?1 "
                 "COLLATE NOCASE) OR EXISTS "
                 "(SELECT 1 FROM repo_aliases WHERE name = ?1 COLLATE NOCASE) ON CONFLICT DO NOTHING")
        .bind(1, commit.repo_name)
        .run();
    // No date: an author sets a commit's. The first event brings one; until then last_seen is before all others.
    handle.prepare("INSERT INTO repos(key, name, first_seen, last_seen) VALUES(?1, ?2, 253402300800, 0)")
        .bind(1, key)
        .bind(2, commit.repo_name)
        .run();
}

void store_files(Handle& handle, std::string const& key, std::string const& sha, std::vector<CommitFile> const& files) {
    handle.prepare("DELETE FROM commit_files WHERE sha = ?1 AND repo_key = ?2").bind(1, sha).bind(2, key).run();
    for (auto const& file : files) {
        auto& add = handle.prepare("INSERT OR REPLACE INTO commit_files VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
        add.bind(1, sha)
            .bind(2, key)
            .bind(3, file.filename)
            .bind(4, file.status)
            .bind(5, file.additions)
            .bind(6, file.deletions);
        add.bind(7, file.changes).bind(8, file.previous_filename).bind(9, file.patch).run();
    }
}

void store_summary(Handle& handle, std::string const& key, std::string const& sha, CommitSummary const& summary) {
    auto const categories = join(summary.categories);
    auto& add =
        handle.prepare("INSERT OR REPLACE INTO commit_summaries VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    add.bind(1, key).bind(2, sha).bind(3, summary.short_text).bind(4, summary.detailed).bind(5, categories);
    add.bind(6, summary.impact_score.value).bind(7, summary.risk_level).bind(8, summary.complexity_score.value);
    add.bind(9, summary.breaking_changes)
        .bind(10, summary.security_relevant)
        .bind(11, summary.performance_impact)
        .run();
}

/// True if the commit was not known at all.
bool store_commit(Handle& handle, std::string const& key, CommitRecord const& record) {
    auto const& commit = record.commit;
    register_name(handle, key, commit);
    auto const parents = join(commit.parents);
    auto& known = handle.prepare("SELECT 1 FROM commits WHERE sha = ?1 AND repo_key = ?2");
    known.bind(1, commit.sha).bind(2, key);
    bool fresh = false;
    {
        Rows rows(known);
        fresh = !rows.next();
    }
    auto const bind = [&](Statement& statement) {
        statement.bind(1, key)
            .bind(2, to_unix(commit.commit_date))
            .bind(3, commit.sha)
            .bind(4, commit.repo_name)
            .bind(5, parents);
        statement.bind(6, commit.author_name)
            .bind(7, commit.author_login)
            .bind(8, commit.message)
            .bind(9, commit.branch_name);
        if (commit.stats) {
            statement.bind(10, commit.stats->additions)
                .bind(11, commit.stats->deletions)
                .bind(12, commit.stats->total_changes);
        } else {
            statement.bind_null(10).bind_null(11).bind_null(12);
        }
        statement.bind(13, commit.files_changed).bind(14, record.files.has_value());
        statement.run();
    };
    if (fresh) {
        bind(handle.prepare("INSERT INTO commits VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"));
    } else {
        // What is known now replaces what was unknown; what was known stays where nothing is known now.
        bind(handle.prepare(
            "UPDATE commits SET commit_date = ?2, repo_name = CASE ?4 WHEN '' THEN repo_name ELSE ?4 END, "
            "parents = CASE ?5 WHEN '' THEN parents ELSE ?5 END, author_name = CASE ?6 WHEN '' THEN author_name ELSE "
            "?6 END, "
            "author_login = CASE ?7 WHEN '' THEN author_login ELSE ?7 END, message = CASE ?8 WHEN '' THEN message ELSE "
            "?8 END, "
            "branch_name = CASE ?9 WHEN '' THEN branch_name ELSE ?9 END, additions = coalesce(?10, additions), "
            "deletions = coalesce(?11, deletions), total_changes = coalesce(?12, total_changes), "
            "files_changed = coalesce(?13, files_changed), files_known = max(files_known, ?14) WHERE repo_key = ?1 AND "
            "sha = ?3"));
    }
    if (record.summary) store_summary(handle, key, commit.sha, *record.summary);
    if (record.files) store_files(handle, key, commit.sha, *record.files);
    return fresh;
}

} // namespace

Async<Result<std::size_t>> SQLiteCommitsRepository::store_commits(std::vector<CommitRecord> commits) {
    for (auto const& record : commits) {
        if (auto reason = reason_to_reject(record.commit)) co_return fail(ErrorCode::invalid_argument, *reason);
    }
    if (commits.empty()) co_return std::size_t{0};
    co_return co_await connection_.write([&](Handle& handle) -> Result<std::size_t> {
        sqlite::Transaction transaction(handle);
        std::size_t fresh = 0;
        for (auto const& record : commits) fresh += store_commit(handle, key_of(handle, record.commit), record) ? 1 : 0;
        transaction.commit();
        return fresh;
    });
}

Async<Result<CommitPage>> SQLiteCommitsRepository::find_commits(CommitQuery query) {
    auto const start = read_commit_query(query);
    if (!start) co_return fail(start.error());
    auto const [upper, upper_sha] = start->before.value_or(std::pair(from_unix(253402300800), std::string("~")));
    co_return co_await connection_.read([&](Handle& handle) -> Result<CommitPage> {
        sqlite::ReadTransaction const view(handle);
        std::vector<CommitRecord> found;
        for (auto const& [key, window] : sqlite::keys_filed_under(handle, query.repo)) {
            auto const within = sqlite::intersection(window, query.window);
            if (within.empty()) continue;
            auto& list = handle.prepare("SELECT " GEM_COMMIT_COLUMNS
                                        " WHERE c.repo_key = ?1 AND c.commit_date >= ?2 AND c.commit_date < ?3 AND "
                                        "(c.commit_date, c.sha) < (?4, ?5) AND (?6 IS NULL OR s.impact_score >= ?6) "
                                        "ORDER BY c.commit_date DESC, c.sha DESC LIMIT ?7");
            list.bind(1, key)
                .bind(2, to_unix(within.from))
                .bind(3, to_unix(within.to))
                .bind(4, to_unix(upper))
                .bind(5, upper_sha);
            list.bind(6, query.min_impact_score).bind(7, static_cast<std::int64_t>(query.limit + 1));
            Rows rows(list);
            while (rows.next()) found.push_back(read_commit(rows));
        }
        return page_of_commits(std::move(found), query.limit, start->question);
    });
}

Async<Result<CommitList>> SQLiteCommitsRepository::commits_in(RepoName repo, TimeWindow window) {
    auto const generation = co_await connection_.write_generation();
    co_return co_await connection_.read([&](Handle& handle) -> Result<CommitList> {
        sqlite::ReadTransaction const view(handle);
        std::vector<CommitList> found; // by key
        for (auto const& [key, filed] : sqlite::keys_filed_under(handle, repo)) {
            auto const within = sqlite::intersection(filed, window);
            if (within.empty()) continue;
            auto list = sqlite::rows_within(connection_.commits(), key, generation, within,
                                            [&](TimeWindow const& gap, std::vector<CommitRecord>& rows) {
                                                read_commits_of(handle, key, gap, rows);
                                            });
            if (!list.empty()) found.push_back(std::move(list));
        }
        if (found.empty()) return CommitList();
        if (found.size() == 1) return std::move(found.front());
        std::vector<CommitRecord> all;
        for (auto const& list : found) all.insert(all.end(), list.begin(), list.end());
        put_in_order(all);
        return CommitList(std::move(all));
    });
}

Async<Result<CommitRecord>> SQLiteCommitsRepository::find_commit(std::optional<RepoName> repo, std::string sha) {
    sha = ascii_lower(sha);
    if (auto const valid = check_sha_prefix(sha); !valid) co_return fail(valid.error());
    co_return co_await connection_.read([&](Handle& handle) -> Result<CommitRecord> {
        sqlite::ReadTransaction const view(handle);
        std::vector<std::pair<std::string, TimeWindow>> keys;
        if (repo) keys = sqlite::keys_filed_under(handle, *repo);
        auto& list = handle.prepare("SELECT " GEM_COMMIT_COLUMNS
                                    " WHERE c.sha >= ?1 AND c.sha < ?1 || 'g' ORDER BY c.sha, c.repo_key");
        list.bind(1, sha);
        Rows rows(list);
        std::optional<CommitRecord> found;
        while (rows.next()) {
            if (repo && std::ranges::find(keys, rows->text(1),
                                          [](auto const& key) { return std::string_view(key.first); }) == keys.end())
                continue;
            if (found && found->commit.sha != rows->text(0)) return fail(ambiguous_commit(sha));
            if (found) continue;
            found = read_commit(rows);
            if (rows->integer(22) != 0) found->files = read_files(handle, found->commit.sha, rows->text(1));
        }
        if (!found) return fail(no_such_commit(repo, sha));
        return std::move(*found);
    });
}

Async<Result<std::vector<CommitFile>>> SQLiteCommitsRepository::commit_files(RepoName repo, std::string sha) {
    auto commit = co_await find_commit(repo, sha);
    if (!commit) co_return fail(commit.error());
    co_return std::move(commit->files).value_or(std::vector<CommitFile>());
}

namespace sqlite {

std::size_t CommitsKind::bytes_of(Row const& row) {
    auto const& [commit, summary, files] = row;
    auto const of_all = [](std::vector<std::string> const& texts) {
        std::size_t bytes = 0;
        for (auto const& text : texts) bytes += sizeof text + bytes_beside(text);
        return bytes;
    };
    std::size_t bytes = sizeof row + bytes_beside(commit.sha) + bytes_beside(commit.repo_name) +
                        of_all(commit.parents) + bytes_beside(commit.author_name) + bytes_beside(commit.author_login) +
                        bytes_beside(commit.message) + bytes_beside(commit.branch_name);
    if (summary)
        bytes += bytes_beside(summary->short_text) + bytes_beside(summary->detailed) + of_all(summary->categories) +
                 bytes_beside(summary->risk_level) + bytes_beside(summary->performance_impact);
    return bytes;
}

std::vector<CommitRecord> commits_under(Handle& handle, std::string const& key, UtcTime date, std::string const& sha,
                                        std::size_t limit) {
    std::vector<CommitRecord> found;
    {
        auto& list =
            handle.prepare("SELECT " GEM_COMMIT_COLUMNS " WHERE c.repo_key = ?1 AND (c.commit_date, c.sha) > (?2, ?3) "
                           "ORDER BY c.commit_date, c.sha LIMIT ?4");
        list.bind(1, key).bind(2, to_unix(date)).bind(3, sha).bind(4, static_cast<std::int64_t>(limit));
        Rows rows(list);
        while (rows.next()) {
            found.push_back(read_commit(rows));
            if (rows->integer(22) != 0) found.back().files.emplace();
        }
    }
    for (auto& record : found) {
        if (record.files) record.files = read_files(handle, record.commit.sha, key);
    }
    return found;
}

void put_commit(Handle& handle, std::string const& key, CommitRecord const& record) {
    store_commit(handle, key, record);
}

} // namespace sqlite

} // namespace gem
