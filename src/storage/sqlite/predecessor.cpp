#include "storage/sqlite/predecessor.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include <fmt/format.h>
#include <simdjson.h>

namespace gem::sqlite {

namespace {

/// The texts of a JSON array; none of what is none.
std::vector<std::string> texts_of(std::string_view json) {
    simdjson::dom::parser parser;
    simdjson::dom::array array;
    std::vector<std::string> texts;
    if (parser.parse(json.data(), json.size()).get(array) != simdjson::SUCCESS) return texts;
    for (auto const element : array) {
        std::string_view text;
        if (element.get(text) == simdjson::SUCCESS) texts.emplace_back(text);
    }
    return texts;
}

CommitSummary read_summary(Rows const& row) {
    CommitSummary summary;
    summary.short_text = row->text(12);
    summary.detailed = row->text(13);
    summary.categories = texts_of(row->text(14));
    std::ranges::sort(summary.categories);
    summary.impact_score = row->real(15);
    summary.risk_level = row->text(16);
    summary.complexity_score = row->real(17);
    summary.breaking_changes = row->integer(18) != 0;
    summary.security_relevant = row->integer(19) != 0;
    summary.performance_impact = row->text(20);
    return summary;
}

Commit predecessors_commit(Rows const& row) {
    Commit commit;
    commit.sha = row->text(0);
    commit.repo_name = row->text(1);
    commit.author_name = row->text(2);
    commit.author_login = row->text(3);
    commit.message = row->text(4);
    if (auto const date = parse_time(row->text(5))) commit.commit_date = *date;
    commit.branch_name = row->text(6);
    commit.parents = texts_of(row->text(7));
    CommitStats const stats{
        .additions = row->integer(8), .deletions = row->integer(9), .total_changes = row->integer(10)};
    auto const files = row->integer(11);
    if (stats != CommitStats{} || files != 0) {
        commit.stats = stats;
        commit.files_changed = files;
    }
    return commit;
}

} // namespace

bool Predecessor::is_sqlite(std::string const& path) {
    constexpr std::string_view magic{"SQLite format 3\0", 16};
    std::array<char, magic.size()> head{};
    std::ifstream file(path, std::ios::binary);
    return file.read(head.data(), head.size()) && std::string_view(head.data(), head.size()) == magic;
}

Result<std::unique_ptr<Predecessor>> Predecessor::open(std::string const& path) {
    return guarded([&]() -> Result<std::unique_ptr<Predecessor>> {
        std::unique_ptr<Predecessor> file(new Predecessor(path));
        file->handle_.execute("PRAGMA query_only = ON");
        constexpr auto columns =
            "SELECT count(*) FROM pragma_table_info('events') WHERE name IN ('id', 'event_type', 'repo_name', "
            "'actor_login', 'created_at', 'payload')";
        if (file->handle_.scalar(columns) != 6 || file->handle_.scalar("PRAGMA application_id") != 0) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("{} is an SQLite database, but not of the program before this one. Of this "
                                    "program's own databases give what `export` writes",
                                    path));
        }
        return file;
    });
}

bool Predecessor::has_table(char const* name) {
    auto& find = handle_.prepare("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1");
    find.bind(1, name);
    Rows rows(find);
    return rows.next() && rows->integer(0) > 0;
}

Result<std::vector<PredecessorEvent>> Predecessor::events(std::int64_t row, std::size_t limit) {
    return guarded([&]() -> Result<std::vector<PredecessorEvent>> {
        auto& list = handle_.prepare("SELECT rowid, id, event_type, repo_name, actor_login, created_at, payload FROM "
                                     "events WHERE rowid > ?1 ORDER BY rowid LIMIT ?2");
        list.bind(1, row).bind(2, static_cast<std::int64_t>(limit));
        std::vector<PredecessorEvent> found;
        Rows rows(list);
        while (rows.next()) {
            found.push_back({.row = rows->integer(0),
                             .id = std::string(rows->text(1)),
                             .type = std::string(rows->text(2)),
                             .repo_name = std::string(rows->text(3)),
                             .actor_login = std::string(rows->text(4)),
                             .created_at = std::string(rows->text(5)),
                             .payload = std::string(rows->text(6))});
        }
        return found;
    });
}

std::vector<CommitFile> Predecessor::files(std::string const& sha) {
    auto& list =
        handle_.prepare("SELECT filename, status, additions, deletions, changes, previous_filename, patch FROM "
                        "commit_files WHERE commit_sha = ?1 ORDER BY filename");
    list.bind(1, sha);
    std::vector<CommitFile> found;
    Rows rows(list);
    while (rows.next()) {
        found.push_back({.filename = std::string(rows->text(0)),
                         .status = std::string(rows->text(1)),
                         .additions = rows->integer(2),
                         .deletions = rows->integer(3),
                         .changes = rows->integer(4),
                         .previous_filename = rows->optional_text(5),
                         .patch = rows->optional_text(6)});
    }
    return found;
}

Result<std::vector<CommitRecord>> Predecessor::commits(std::string const& sha, std::size_t limit) {
    return guarded([&]() -> Result<std::vector<CommitRecord>> {
        std::vector<CommitRecord> found;
        // Files that predate commit tracking have none of the three tables.
        if (!has_table("commits") || !has_table("commit_files") || !has_table("commit_summaries")) return found;
        {
            auto& list = handle_.prepare(
                "SELECT c.sha, c.repo_name, coalesce(c.author_name, ''), coalesce(c.author_login, ''), "
                "coalesce(c.message, ''), coalesce(c.commit_date, c.created_at), coalesce(c.branch_name, ''), "
                "coalesce(c.parent_shas, '[]'), c.stats_additions, c.stats_deletions, c.stats_total_changes, "
                "c.files_changed, coalesce(s.short_summary, ''), coalesce(s.detailed_summary, ''), "
                "coalesce(s.change_categories, '[]'), s.impact_score, coalesce(s.risk_level, 'low'), "
                "s.complexity_score, s.breaking_changes, s.security_relevant, "
                "coalesce(s.performance_impact, 'unknown'), s.commit_sha IS NOT NULL FROM commits c LEFT JOIN "
                "commit_summaries s ON s.commit_sha = c.sha WHERE c.sha > ?1 ORDER BY c.sha LIMIT ?2");
            list.bind(1, sha).bind(2, static_cast<std::int64_t>(limit));
            Rows rows(list);
            while (rows.next()) {
                CommitRecord record{.commit = predecessors_commit(rows), .summary = {}, .files = {}};
                if (rows->integer(21) != 0) record.summary = read_summary(rows);
                found.push_back(std::move(record));
            }
        }
        for (auto& record : found) {
            auto some = files(record.commit.sha);
            if (!some.empty()) record.files = std::move(some);
        }
        return found;
    });
}

} // namespace gem::sqlite
