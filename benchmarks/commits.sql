-- For the benchmark of the endpoints: a commit for every push of a database of ours, with invented sizes and one file.
PRAGMA synchronous = OFF;
BEGIN;
INSERT OR IGNORE INTO commits SELECT r.key, e.created_at, lower(hex(b.head)), r.name, '', coalesce(a.login, ''), coalesce(a.login, ''), 'fix: change ' || e.id, coalesce(b.ref, ''), b.id % 97, b.id % 31, b.id % 97 + b.id % 31, 1, 1
  FROM event_rows e JOIN repos r ON r.id = e.repo LEFT JOIN actors a ON a.id = e.actor JOIN event_bodies b ON b.id = e.body WHERE e.type = 'PushEvent' AND typeof(b.head) = 'blob';
INSERT OR IGNORE INTO commit_summaries SELECT repo_key, sha, message, '1 file', 'bugfix', min(50, total_changes / 10.0) + 3, 'low', min(10, total_changes / 10.0), 0, 0, 'unknown' FROM commits;
INSERT OR IGNORE INTO commit_files SELECT sha, repo_key, 'src/main.c', 'modified', additions, deletions, total_changes, NULL, NULL FROM commits;
COMMIT;
