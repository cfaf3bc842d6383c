"""Writes a database of the Python program before this one, for `import`: what its users have, and SEED.md's repositories."""

import json
import sqlite3
import sys
from datetime import datetime, timedelta, timezone

file = sqlite3.connect(sys.argv[1])
file.executescript("""
CREATE TABLE events (id TEXT PRIMARY KEY, event_type TEXT, repo_name TEXT, actor_login TEXT, created_at TEXT, payload TEXT);
CREATE TABLE commits (sha TEXT PRIMARY KEY, repo_name TEXT, author_name TEXT, author_login TEXT, message TEXT, commit_date TEXT,
    branch_name TEXT, parent_shas TEXT, stats_additions INTEGER, stats_deletions INTEGER, stats_total_changes INTEGER,
    files_changed INTEGER, created_at TEXT);
CREATE TABLE commit_files (commit_sha TEXT, filename TEXT, status TEXT, additions INTEGER, deletions INTEGER, changes INTEGER,
    previous_filename TEXT, patch TEXT);
CREATE TABLE commit_summaries (commit_sha TEXT PRIMARY KEY, short_summary TEXT, detailed_summary TEXT, change_categories TEXT,
    impact_score REAL, risk_level TEXT, complexity_score REAL, breaking_changes INTEGER, security_relevant INTEGER,
    performance_impact TEXT);
""")

now = datetime.now(timezone.utc)


def hours_ago(hours: float) -> str:
    return (now - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


for place, repo in enumerate(["microsoft/vscode", "kubernetes/kubernetes"]):
    for number in range(20):
        sha = f"{place}{number:039x}"
        login = f"octo-{number % 3}"
        when = hours_ago(number + 0.5)
        push = {"ref": "refs/heads/main", "head": sha, "before": "0" * 40, "size": 1, "distinct_size": 1, "commits": []}
        file.execute("INSERT INTO events VALUES (?,?,?,?,?,?)", (f"{place}{number:08}", "PushEvent", repo, login, when, json.dumps(push)))
        star = (f"{place}{number:08}1", "WatchEvent", repo, f"star-{number}", when, json.dumps({"action": "started"}))
        file.execute("INSERT INTO events VALUES (?,?,?,?,?,?)", star)
        commit = (sha, repo, login, login, f"feat: change {number}", when, "main", "[]", number + 1, 1, number + 2, 1, when)
        file.execute(f"INSERT INTO commits VALUES ({','.join('?' * 13)})", commit)
        file.execute("INSERT INTO commit_files VALUES (?,?,?,?,?,?,?,?)", (sha, "src/greet.ts", "modified", number + 1, 1, number + 2, None, None))
file.commit()
