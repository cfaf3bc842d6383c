#include "system/predecessor_file.hpp"

#include <fmt/format.h>

#include "base/time.hpp"
#include "storage/sqlite/handle.hpp"

namespace gem::tests {

namespace {

constexpr int hours_of_file = 2;
auto const file_begins = parse_time("2024-03-01T10:00:00Z").value();

constexpr auto predecessor_schema = R"(
CREATE TABLE events (id TEXT PRIMARY KEY, event_type TEXT NOT NULL, repo_name TEXT NOT NULL, actor_login TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL, payload TEXT NOT NULL);
CREATE TABLE commits (sha TEXT PRIMARY KEY, repo_name TEXT NOT NULL, author_name TEXT, author_login TEXT, message TEXT,
  commit_date TIMESTAMP, branch_name TEXT, parent_shas TEXT, stats_additions INTEGER DEFAULT 0,
  stats_deletions INTEGER DEFAULT 0, stats_total_changes INTEGER DEFAULT 0, files_changed INTEGER DEFAULT 0,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE commit_files (id INTEGER PRIMARY KEY AUTOINCREMENT, commit_sha TEXT NOT NULL, filename TEXT NOT NULL,
  status TEXT, additions INTEGER DEFAULT 0, deletions INTEGER DEFAULT 0, changes INTEGER DEFAULT 0,
  previous_filename TEXT, patch TEXT);
CREATE TABLE commit_summaries (commit_sha TEXT PRIMARY KEY, repo_name TEXT, short_summary TEXT, detailed_summary TEXT,
  change_categories TEXT, impact_score REAL, risk_level TEXT, complexity_score REAL, breaking_changes BOOLEAN,
  security_relevant BOOLEAN, performance_impact TEXT);
)";

std::string repo_of(int number) { return fmt::format("octo-org/project-{}", number % 7); }
std::string sha_of(int number) { return fmt::format("{:040x}", 0xabcdef0000 + number); }
/// As Python's isoformat() writes it, with and without the offset's colon form that GitHub sends.
std::string time_of(int number, int of) {
    auto const time = format_time(file_begins + seconds(std::int64_t{number} * hours_of_file * 3600 / of));
    return number % 2 == 0 ? time : time.substr(0, time.size() - 1) + "+00:00";
}

void write_events(sqlite::Handle& file, PredecessorContent const& content) {
    auto& insert = file.prepare("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    auto const write = [&](int number, std::string const& type, std::string const& payload) {
        auto const id = std::to_string(36'000'000'000 + number);
        auto const repo = repo_of(number);
        auto const actor = fmt::format("octocat{}", number % 13);
        auto const time = time_of(number, content.events + content.bad_events);
        insert.bind(1, id).bind(2, type).bind(3, repo).bind(4, actor).bind(5, time).bind(6, payload);
        insert.run();
    };
    for (int i = 0; i < content.events; ++i) {
        if (i % 3 == 0) {
            write(i, "WatchEvent", R"({"action": "started"})");
        } else if (i % 3 == 1) {
            write(
                i, "PullRequestEvent",
                fmt::format(
                    R"({{"action": "closed", "number": {}, "pull_request": {{"number": {}, "merged": {}, "title": "Größe — {}"}}}})",
                    i, i, i % 2 == 0, i));
        } else {
            write(
                i, "PushEvent",
                fmt::format(
                    R"({{"push_id": {}, "size": 1, "distinct_size": 1, "ref": "refs/heads/main", "head": "{}", "before": "{}", "commits": []}})",
                    i, sha_of(i), sha_of(i - 1)));
        }
    }
    for (int i = 0; i < content.bad_events; ++i) write(content.events + i, "WatchEvent", "{'action': 'started'}");
}

void write_commits(sqlite::Handle& file, PredecessorContent const& content) {
    auto& commit = file.prepare("INSERT INTO commits VALUES (?1, ?2, 'Ada', 'ada', ?3, ?4, 'main', ?5, ?6, 1, ?6 + 1, "
                                "?7, '2024-03-02 00:00:00')");
    auto& touched = file.prepare("INSERT INTO commit_files (commit_sha, filename, status, additions, deletions, "
                                 "changes, patch) VALUES (?1, ?2, 'modified', 1, 0, 1, '@@ -1 +1,2 @@')");
    auto& summary = file.prepare("INSERT INTO commit_summaries VALUES (?1, ?2, 'A fix', 'A fix of something', "
                                 "'[\"fix\", \"test\"]', ?3, 'medium', 12.5, 0, 1, 'neutral')");
    for (int i = 0; i < content.commits; ++i) {
        auto const sha = sha_of(i);
        auto const repo = repo_of(i);
        auto const message = fmt::format("fix: number {}\n\nIt broke.", i);
        auto const time = time_of(i, content.commits);
        auto const parents = fmt::format("[\"{}\"]", sha_of(i - 1));
        commit.bind(1, sha).bind(2, repo).bind(3, message).bind(4, time).bind(5, parents).bind(6, i).bind(7, i % 4);
        commit.run();
        for (int j = 0; j < i % 4; ++j) {
            auto const name = fmt::format("src/file{}.py", j);
            touched.bind(1, sha).bind(2, name).run();
        }
        if (i % 5 != 0) summary.bind(1, sha).bind(2, repo).bind(3, static_cast<double>(i % 100)).run();
    }
}

} // namespace

void write_predecessor_file(std::string const& path, PredecessorContent const& content) {
    sqlite::Handle file(path, sqlite::OpenMode::create, 2048);
    file.execute(predecessor_schema);
    sqlite::Transaction transaction(file);
    write_events(file, content);
    write_commits(file, content);
    transaction.commit();
}

} // namespace gem::tests
