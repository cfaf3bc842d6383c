#include "storage/sqlite/schema.hpp"

#include <sqlite3.h>

#include <array>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "storage/database_interface.hpp"

namespace gem::sqlite {

namespace {

// "GEM1": tells our files from others (file(1) and PRAGMA application_id show it).
constexpr int application_id = 0x47454D31;

// Form 1. Times are unix seconds; `hour` is unix seconds / 3600.
constexpr char const* form_1 = R"sql(
-- Dictionaries. One row a repository key, with the first spelling that it was seen under and when; further ones apart.
CREATE TABLE repos(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL);
CREATE INDEX repos_by_name ON repos(name COLLATE NOCASE);
CREATE TABLE repo_aliases(repo INTEGER NOT NULL, name TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
    PRIMARY KEY(repo, name)) WITHOUT ROWID;
CREATE INDEX repo_aliases_by_name ON repo_aliases(name COLLATE NOCASE);
-- Names (lower case) that more than one key has borne.
CREATE TABLE contested_names(name TEXT PRIMARY KEY) WITHOUT ROWID;
-- One row a person: GitHub's number, or l:<lower-case login>; the first spelling of the login.
CREATE TABLE actors(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, actor_id INTEGER, login TEXT NOT NULL, bot INTEGER NOT NULL);
CREATE TABLE event_kinds(id INTEGER PRIMARY KEY, type TEXT NOT NULL, action TEXT NOT NULL, source INTEGER NOT NULL,
    UNIQUE(type, action, source));
CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

-- Events: the identity and what metrics need in one clustered tree, the rest behind it in order of arrival. repo_name and
-- login stand where they differ from the dictionary's.
CREATE TABLE event_rows(repo INTEGER NOT NULL, created_at INTEGER NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
    body INTEGER NOT NULL, repo_name TEXT, actor INTEGER, login TEXT, source INTEGER NOT NULL, public INTEGER NOT NULL,
    action TEXT, number INTEGER, merged INTEGER, size INTEGER, distinct_size INTEGER, state TEXT, author_id INTEGER,
    flag INTEGER, PRIMARY KEY(repo, created_at, type, id)) WITHOUT ROWID;
CREATE INDEX event_rows_by_time ON event_rows(created_at, type, id);
CREATE TABLE event_bodies(id INTEGER PRIMARY KEY, ref TEXT, ref_type TEXT, head BLOB, before BLOB, name TEXT,
    author_login TEXT, payload BLOB NOT NULL);

-- Rollups: change in the same transaction as the events.
CREATE TABLE hour_tallies(hour INTEGER NOT NULL, kind INTEGER NOT NULL, events INTEGER NOT NULL, commits INTEGER NOT NULL,
    commits_unknown INTEGER NOT NULL, PRIMARY KEY(hour, kind)) WITHOUT ROWID;
CREATE TABLE repo_hour_tallies(repo INTEGER NOT NULL, hour INTEGER NOT NULL, kind INTEGER NOT NULL, events INTEGER NOT NULL,
    commits INTEGER NOT NULL, commits_unknown INTEGER NOT NULL, PRIMARY KEY(repo, hour, kind)) WITHOUT ROWID;
-- Immutable parts: an id is never used twice, so that a decoded part may be kept for ever.
CREATE TABLE hour_pages(id INTEGER PRIMARY KEY AUTOINCREMENT, hour INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX hour_pages_by_hour ON hour_pages(hour, id);

CREATE TABLE anomalies(repo_key TEXT NOT NULL, event_type TEXT NOT NULL, bucket_start INTEGER NOT NULL, kind TEXT NOT NULL,
    repo_name TEXT NOT NULL, severity TEXT NOT NULL, expected REAL NOT NULL, threshold REAL NOT NULL, actual_value INTEGER NOT NULL,
    confidence REAL NOT NULL, detected_at INTEGER NOT NULL, resolved_at INTEGER,
    PRIMARY KEY(repo_key, bucket_start, event_type, kind)) WITHOUT ROWID;
CREATE TABLE state_entries(key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE commits(repo_key TEXT NOT NULL, commit_date INTEGER NOT NULL, sha TEXT NOT NULL, repo_name TEXT NOT NULL,
    parents TEXT NOT NULL, author_name TEXT NOT NULL, author_login TEXT NOT NULL, message TEXT NOT NULL, branch_name TEXT NOT NULL,
    additions INTEGER, deletions INTEGER, total_changes INTEGER, files_changed INTEGER, files_known INTEGER NOT NULL,
    PRIMARY KEY(repo_key, commit_date, sha)) WITHOUT ROWID;
CREATE INDEX commits_by_sha ON commits(sha, repo_key);
CREATE TABLE commit_files(sha TEXT NOT NULL, repo_key TEXT NOT NULL, filename TEXT NOT NULL, status TEXT NOT NULL,
    additions INTEGER NOT NULL, deletions INTEGER NOT NULL, changes INTEGER NOT NULL, previous_filename TEXT, patch TEXT,
    PRIMARY KEY(sha, repo_key, filename)) WITHOUT ROWID;
CREATE TABLE commit_summaries(repo_key TEXT NOT NULL, sha TEXT NOT NULL, short_text TEXT NOT NULL, detailed TEXT NOT NULL,
    categories TEXT NOT NULL, impact_score REAL NOT NULL, risk_level TEXT NOT NULL, complexity_score REAL NOT NULL,
    breaking_changes INTEGER NOT NULL, security_relevant INTEGER NOT NULL, performance_impact TEXT NOT NULL,
    PRIMARY KEY(repo_key, sha)) WITHOUT ROWID;

CREATE TABLE repository_health_metrics(repo_key TEXT NOT NULL, window_hours INTEGER NOT NULL, day INTEGER NOT NULL,
    repo_name TEXT NOT NULL, health_score REAL, activity_score REAL, collaboration_score REAL, maintenance_score REAL,
    security_score REAL, detail TEXT NOT NULL, PRIMARY KEY(repo_key, window_hours, day)) WITHOUT ROWID;
CREATE TABLE developer_metrics(repo_key TEXT NOT NULL, day INTEGER NOT NULL, actor_login TEXT NOT NULL, repo_name TEXT NOT NULL,
    total_events INTEGER NOT NULL, pushes INTEGER NOT NULL, commits INTEGER NOT NULL, prs_opened INTEGER NOT NULL,
    prs_merged INTEGER NOT NULL, issues_opened INTEGER NOT NULL, issues_closed INTEGER NOT NULL, reviews_given INTEGER NOT NULL,
    comments_made INTEGER NOT NULL, releases INTEGER NOT NULL, PRIMARY KEY(repo_key, day, actor_login)) WITHOUT ROWID;
CREATE TABLE security_metrics(repo_key TEXT NOT NULL, day INTEGER NOT NULL, metric_type TEXT NOT NULL, repo_name TEXT NOT NULL,
    score REAL, risk_level TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY(repo_key, day, metric_type)) WITHOUT ROWID;
CREATE TABLE deployment_metrics(repo_key TEXT NOT NULL, deployment_id TEXT NOT NULL, repo_name TEXT NOT NULL, environment TEXT NOT NULL,
    status TEXT NOT NULL, sha TEXT NOT NULL, ref TEXT NOT NULL, created_at INTEGER NOT NULL, finished_at INTEGER, detail TEXT NOT NULL,
    PRIMARY KEY(repo_key, deployment_id)) WITHOUT ROWID;

-- For people who open the file. The payload is zstd: `db shell` has gem_payload() to read it.
CREATE VIEW events AS
SELECT e.id AS id, e.type AS type, coalesce(e.repo_name, r.name) AS repo_name, r.key AS repo_key,
    coalesce(e.login, a.login) AS actor_login, a.actor_id AS actor_id,
    strftime('%Y-%m-%dT%H:%M:%SZ', e.created_at, 'unixepoch') AS created_at,
    CASE e.source WHEN 1 THEN 'poll' WHEN 2 THEN 'webhook' WHEN 3 THEN 'archive' ELSE 'import' END AS source,
    e.public AS public, e.action AS action, e.number AS number, b.ref AS ref, b.ref_type AS ref_type,
    CASE typeof(b.head) WHEN 'blob' THEN lower(hex(b.head)) ELSE b.head END AS head,
    CASE typeof(b.before) WHEN 'blob' THEN lower(hex(b.before)) ELSE b.before END AS before,
    e.size AS size, e.distinct_size AS distinct_size, e.merged AS merged, e.state AS state, b.name AS name,
    e.author_id AS author_id, b.author_login AS author_login, e.flag AS flag, b.payload AS payload
FROM event_rows e JOIN repos r ON r.id = e.repo LEFT JOIN actors a ON a.id = e.actor JOIN event_bodies b ON b.id = e.body;
CREATE VIEW event_patterns AS
SELECT 'hour' AS pattern, strftime('%Y-%m-%dT%H:%M:%SZ', t.hour * 3600, 'unixepoch') AS at, NULL AS repo_name, k.type AS event_type,
    k.action AS action, t.events AS value, NULL AS detail FROM hour_tallies t JOIN event_kinds k ON k.id = t.kind
UNION ALL SELECT a.kind, strftime('%Y-%m-%dT%H:%M:%SZ', a.bucket_start, 'unixepoch'), a.repo_name, a.event_type, NULL, a.actual_value,
    a.severity || ': expected ' || a.expected FROM anomalies a
UNION ALL SELECT 'registry', strftime('%Y-%m-%dT%H:%M:%SZ', last_seen, 'unixepoch'), name, NULL, NULL, NULL, key FROM repos
UNION ALL SELECT 'registry', strftime('%Y-%m-%dT%H:%M:%SZ', n.last_seen, 'unixepoch'), n.name, NULL, NULL, NULL, r.key
    FROM repo_aliases n JOIN repos r ON r.id = n.repo
UNION ALL SELECT 'state', NULL, NULL, NULL, NULL, s.version, s.key FROM state_entries s;
)sql";

// Form 2: no index by time, which cost a tenth of an insert: the pages tell which repositories were active when. What
// retention had left to remove is found by an hour from which on there are raw events.
constexpr char const* form_2 = R"sql(
INSERT INTO counters SELECT 'raw_from', min(value, coalesce((SELECT min(created_at) FROM event_rows), value)) / 3600 * 3600
    FROM counters WHERE name = 'purged_before';
DROP INDEX event_rows_by_time;
)sql";

// Form 3. Claims: which happening of a repository that webhooks tell of is stored as which event. `natural` is a hash
// of natural_key(), 0 where there is none. A row without leader is of a stored event, `channels` the set of those that
// have brought it; one with a leader is of an event that was not stored, because the leader is the same happening.
constexpr char const* form_3 = R"sql(
CREATE TABLE event_claims(repo INTEGER NOT NULL, natural INTEGER NOT NULL, created_at INTEGER NOT NULL, type TEXT NOT NULL,
    id TEXT NOT NULL, channels INTEGER NOT NULL, leader_at INTEGER, leader_id TEXT,
    PRIMARY KEY(repo, natural, created_at, type, id)) WITHOUT ROWID;
CREATE INDEX event_claims_by_delivery ON event_claims(id, repo, type) WHERE channels <> 1;
-- The repositories that have claims: all events from `since` on.
CREATE TABLE claimed_repos(repo INTEGER PRIMARY KEY, since INTEGER NOT NULL);
-- The last events in the order in which they were stored. The counter `arrivals` is the last number that was given.
CREATE TABLE arrivals(number INTEGER PRIMARY KEY, repo INTEGER NOT NULL, created_at INTEGER NOT NULL, type TEXT NOT NULL,
    id TEXT NOT NULL);
INSERT INTO counters VALUES('arrivals_epoch', abs(random()) % 1000000000000);
)sql";

// Without SQLite's own.
constexpr char const* count_objects = "SELECT count(*) FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

/// A file changes to a write-ahead log while nobody writes. SQLite's own patience (its busy handler) is for locks that
/// a connection begins with; this one it asks for while it reads, and is refused at once.
void keep_a_log(Handle& handle) {
    auto const until = std::chrono::steady_clock::now() + Handle::patience;
    for (;;) {
        try {
            handle.execute("PRAGMA journal_mode = WAL");
            return;
        } catch (SqliteError const& error) {
            if ((error.code() & 0xFF) != SQLITE_BUSY || std::chrono::steady_clock::now() >= until) throw;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

} // namespace

int count_tables(Handle& handle) {
    int found = 0;
    auto& statement =
        handle.prepare("SELECT count(*) FROM sqlite_master WHERE name = ?1 AND type IN ('table', 'view')");
    for (auto const name : table_names) {
        statement.bind(1, name);
        Rows rows(statement);
        if (rows.next() && rows->integer(0) > 0) ++found;
    }
    return found;
}

Result<void> prepare_schema(Handle& handle, std::string const& path) {
    std::int64_t version = 0;
    std::int64_t id = 0;
    std::int64_t objects = 0;
    {
        ReadTransaction const view(handle); // another process may be making the tables right now
        version = handle.scalar("PRAGMA user_version");
        id = handle.scalar("PRAGMA application_id");
        objects = handle.scalar(count_objects);
    }
    if (version > schema_version) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("{} was written by a later version of this program (form {}, this one knows {}): use that "
                        "version, or another DATABASE_PATH",
                        path, version, schema_version));
    }
    if (objects > 0 && id != application_id) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} is the SQLite database of another program; choose another DATABASE_PATH", path));
    }
    // Larger pages than SQLite's default: a batch touches most leaves of the tree of events, and fewer, larger writes
    // cost less.
    if (objects == 0) handle.execute("PRAGMA page_size = 16384");
    keep_a_log(handle);
    handle.execute("PRAGMA synchronous = FULL");
    if (version < schema_version) {
        Transaction transaction(handle);
        // Somebody else may have been faster.
        version = handle.scalar("PRAGMA user_version");
        if (version < 1) {
            handle.execute(form_1);
            // Page ids of tables that were dropped and made anew must not come again: some process may have kept them.
            handle.execute(
                "INSERT INTO sqlite_sequence(name, seq) VALUES('hour_pages', abs(random()) % 1000000000000)");
        }
        if (version < 2) handle.execute(form_2);
        if (version < 3) handle.execute(form_3);
        handle.execute(
            fmt::format("PRAGMA user_version = {}; PRAGMA application_id = {}", schema_version, application_id));
        transaction.commit();
    }
    return {};
}

} // namespace gem::sqlite
