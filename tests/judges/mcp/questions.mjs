// SEED.md's four questions, asked of a server over SQLite and of one over DynamoDB that hold the same events: equal answers,
// and equal to REST's.
// usage: node questions.mjs prepare HOUR OUT.db: prints the repositories that the questions are about, out of an hour, and its
//            end; OUT.db is a database of the program before this one with the commits of their pushes
//        node questions.mjs ask PROGRAM SQLITE_URL DYNAMODB_URL UNTIL REPO,REPO…: PROGRAM as it is, DynamoDB by its settings
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { connect, steady } from './clients.mjs';

const [mode, ...rest] = process.argv.slice(2);

if (mode === 'prepare') {
    const bytes = readFileSync(rest[0]);
    const lines = (rest[0].endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n').filter(Boolean);
    const pushes = new Map();
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(rest[1]);
    database.exec(`BEGIN;
        CREATE TABLE events (id TEXT PRIMARY KEY, event_type TEXT, repo_name TEXT, actor_login TEXT, created_at TEXT, payload TEXT);
        CREATE TABLE commits (sha TEXT PRIMARY KEY, repo_name TEXT, author_name TEXT, author_login TEXT, message TEXT, commit_date TEXT,
            created_at TEXT, branch_name TEXT, parent_shas TEXT, stats_additions INT, stats_deletions INT, stats_total_changes INT, files_changed INT);
        CREATE TABLE commit_files (commit_sha TEXT, filename TEXT, status TEXT, additions INT, deletions INT, changes INT, previous_filename TEXT, patch TEXT);
        CREATE TABLE commit_summaries (commit_sha TEXT PRIMARY KEY, short_summary TEXT, detailed_summary TEXT, change_categories TEXT, impact_score REAL,
            risk_level TEXT, complexity_score REAL, breaking_changes INT, security_relevant INT, performance_impact TEXT)`);
    const add = database.prepare('INSERT OR IGNORE INTO commits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0)');
    let last = '';
    for (const line of lines) {
        const event = JSON.parse(line);
        if (event.created_at > last) last = event.created_at;
        if (event.type !== 'PushEvent') continue;
        const name = event.repo.name;
        if (!pushes.has(name)) pushes.set(name, []);
        pushes.get(name).push(event);
    }
    const busiest = [...pushes].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
    // The busiest, and some of which little is known.
    const picked = new Set([...busiest.slice(0, 6), ...busiest.slice(-6)]);
    for (const name of picked) {
        for (const { actor, created_at, payload } of pushes.get(name)) {
            for (const { sha, author, message } of payload.commits ?? [])
                add.run(sha, name, author.name, actor.login, message, created_at, created_at, payload.ref.replace('refs/heads/', ''), '[]');
        }
    }
    database.exec('COMMIT');
    database.close();
    const until = new Date(Math.ceil((Date.parse(last) + 1000) / 3_600_000) * 3_600_000).toISOString().replace('.000', '');
    console.log([...picked].join(','), until);
    process.exit(0);
}

const [program, sqlite, dynamodb, until, list] = rest;
const repos = list.split(',');
let failed = 0;
let asked = 0;
function check(name, ok, extra = '') {
    asked++;
    if (ok) return;
    failed++;
    console.log(`FAIL ${name} ${extra}`.slice(0, 2000));
}
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const window = { hours: 24, until };
const query = `hours=24&until=${until}`;
const questions = [
    ...repos.map((repo) => ['get_recent_commits', { repo, ...window }, `/commits/recent?repo=${repo}&${query}`]),
    ...repos.map((repo) => ['get_repository_health_score', { repo, ...window }, `/metrics/repository-health?repo=${repo}&${query}`]),
    ['monitor_multiple_repositories', { repos, ...window }, `/monitoring/commits?repos=${list}&${query}`],
    // Across *my* repositories: those of the watch list.
    ['monitor_multiple_repositories', window, `/monitoring/commits?repos=${[...repos].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))}&${query}`],
];
const provider = async (client) => {
    const result = await client.callTool({ name: 'get_database_info', arguments: {} });
    return result.structuredContent.provider;
};
const inRest = async (base, path) => steady(await (await fetch(base + path)).json());

const command = [program, 'mcp', '--log-level', 'warn'];
const over = (url) => [
    ['legacy1', 'http', [url + '/mcp']],
    ['modern', 'http', [url + '/mcp']],
];
const faces = {
    sqlite: [...over(sqlite), ['legacy1', 'stdio', [...command, '--provider', 'sqlite']]],
    dynamodb: [...over(dynamodb), ['modern', 'stdio', [...command, '--provider', 'dynamodb']]],
};

const expected = [];
let commits = 0;
for (const [name, , path] of questions) {
    const body = await inRest(sqlite, path);
    check(`REST answers ${path}`, body.error_code === undefined, JSON.stringify(body));
    check(`${path} is the same on both`, same(body, await inRest(dynamodb, path)));
    if (name === 'get_recent_commits') commits += body.total_commits;
    expected.push(body);
}
check('there are commits to speak of', commits >= repos.length, String(commits));

for (const [kind, clients] of Object.entries(faces)) {
    for (const [era, transport, target] of clients) {
        const client = await connect(era, transport, target);
        check(`the provider of ${kind}`, (await provider(client)) === kind);
        for (const [i, [name, given]] of questions.entries()) {
            const result = await client.callTool({ name, arguments: { ...given, max_bytes: 1000000 } });
            const answer = steady(result.structuredContent);
            check(`${name} over ${kind}, ${era}, ${transport}`, same(answer, expected[i]),
                `${JSON.stringify(given)}: ${JSON.stringify(answer ?? result)} not ${JSON.stringify(expected[i])}`);
        }
        await client.close();
    }
}
console.log(`mcp_questions: ${asked} answers about ${repos.length} repositories with ${commits} commits, ${failed} wrong`);
process.exit(failed ? 1 : 0);
