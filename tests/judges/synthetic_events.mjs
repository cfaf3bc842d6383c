// Three weeks of made-up events of made-up people up to now, as lines of an archive file: something of every kind, the
// same at every run but for the dates.

const hour = 3_600_000;
const repos = [
    { id: 700001, name: 'octo-org/hello-world', weight: 5 },
    { id: 700002, name: 'octo-org/spoon-knife', weight: 3 },
    { id: 700003, name: 'octo-labs/sandbox', weight: 2 },
    { id: 700004, name: 'octo-labs/telescope-with-a-rather-long-name', weight: 2 },
    { id: 700005, name: 'acme/rocket', weight: 1 },
];
const people = ['octo-ana', 'octo-ben', 'octo-chloe', 'octo-dan', 'octo-eve', 'octo-finn', 'octo-gita', 'octo-hugo', 'dependabot[bot]'];
const titles = ['Say hello in Latin', 'Trim the name', 'Greet by language', 'Do not crash on an empty list', 'Explain the options', 'Measure before the change'];
const messages = ['feat: greet by language', 'fix: trim the name', 'docs: explain the options', 'perf: keep the list', 'fix(security): escape the name', 'refactor!: one way in'];

/** A small generator of numbers between 0 and 1 (mulberry32). */
function chance(seed) {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

export function synthetic_lines(now = Date.now(), days = 21) {
    const next = chance(7);
    const pick = (list) => list[Math.floor(next() * list.length)];
    const lines = [];
    let id = 50_000_000_000;
    let number = 100;
    const iso = (at) => new Date(at).toISOString().slice(0, 19) + 'Z';
    const hex = () => Array.from({ length: 40 }, () => Math.floor(next() * 16).toString(16)).join('');
    const add = (at, type, repo, login, payload) => {
        // None about a day ago: a window of a day loses nothing while a judge waits for it to gain something.
        if (at >= now || Math.abs(now - 24 * hour - at) < hour / 2) return;
        const actor = { id: 900001 + people.indexOf(login), login };
        lines.push({ id: String(++id), type, actor, repo: { id: repo.id, name: repo.name }, payload, public: true, created_at: iso(at) });
    };
    const item = (at, login) => ({ number: ++number, title: pick(titles), user: { id: 900001 + people.indexOf(login), login }, created_at: iso(at), labels: [] });
    const makers = {
        push: (at, repo, who) => {
            const n = 1 + Math.floor(next() * 3);
            const commits = Array.from({ length: n }, () => ({ sha: hex(), message: pick(messages), distinct: true, author: { name: who, email: `${who}@example.org` } }));
            add(at, 'PushEvent', repo, who, { ref: 'refs/heads/main', head: commits.at(-1).sha, before: hex(), size: n, distinct_size: n, commits });
        },
        pull: (at, repo, who) => {
            const pull = item(at, who);
            add(at, 'PullRequestEvent', repo, who, { action: 'opened', number: pull.number, pull_request: { ...pull, merged: false } });
            const reviewer = people[(people.indexOf(who) + 1) % 8];
            add(at + hour * next() * 9, 'PullRequestReviewEvent', repo, reviewer, { action: 'created', review: { state: 'approved', user: { login: reviewer } }, pull_request: pull });
            const end = at + hour * (9 + next() * 40);
            add(end, 'PullRequestEvent', repo, reviewer, { action: 'closed', number: pull.number, pull_request: { ...pull, merged: true, merged_at: iso(end), closed_at: iso(end) } });
        },
        issue: (at, repo, who) => {
            const issue = item(at, who);
            add(at, 'IssuesEvent', repo, who, { action: 'opened', issue });
            const helper = people[(people.indexOf(who) + 3) % 8];
            add(at + hour * next() * 12, 'IssueCommentEvent', repo, helper, { action: 'created', issue, comment: { body: 'Looks right.' } });
            if (next() < 0.7) add(at + hour * (12 + next() * 60), 'IssuesEvent', repo, helper, { action: 'closed', issue });
        },
        star: (at, repo, who) => add(at, 'WatchEvent', repo, who, { action: 'started' }),
        fork: (at, repo, who) => add(at, 'ForkEvent', repo, who, { forkee: { full_name: `${who}/${repo.name.split('/')[1]}` } }),
        branch: (at, repo, who) => add(at, 'CreateEvent', repo, who, { ref: `topic-${number}`, ref_type: 'branch', master_branch: 'main' }),
    };
    const kinds = ['push', 'push', 'push', 'star', 'star', 'issue', 'pull', 'pull', 'fork', 'branch'];
    for (let at = now - days * 24 * hour; at < now; at += hour) {
        const busy = 0.35 + 0.65 * Math.max(0, Math.sin(((new Date(at).getUTCHours() - 6) / 24) * 2 * Math.PI));
        for (const repo of repos) {
            const events = Math.floor(repo.weight * busy * 1.6 * next() + 0.4);
            for (let i = 0; i < events; ++i) makers[pick(kinds)](at + next() * hour, repo, pick(people));
        }
    }
    releases(now, days, repos[0], add, iso, hex);
    for (let i = 0; i < 40; ++i) makers.star(now - 30 * hour + next() * hour, repos[0], pick(people)); // what an anomaly is
    return lines.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
}

/** A release and its deployment every four days; every third deployment fails afterwards. */
function releases(now, days, repo, add, iso, hex) {
    for (let day = days - 1, minor = 1; day > 0; day -= 4, ++minor) {
        const at = now - day * 24 * hour + hour / 2;
        const sha = hex();
        const tag = `v1.${minor}.0`;
        add(at, 'ReleaseEvent', repo, 'octo-ana', { action: 'published', release: { id: 8000 + minor, tag_name: tag, name: `1.${minor}`, draft: false, prerelease: false, published_at: iso(at), assets: [], author: { login: 'octo-ana' } } });
        const deployment = { id: 710000 + minor, environment: 'production', sha, ref: tag, created_at: iso(at + hour) };
        add(at + hour, 'DeploymentEvent', repo, 'octo-ana', { action: 'created', deployment });
        const states = minor % 3 ? ['success'] : ['success', 'failure'];
        states.forEach((state, i) => add(at + hour * (1.2 + i), 'DeploymentStatusEvent', repo, 'octo-ana', { action: 'created', deployment, deployment_status: { id: 720000 + minor * 2 + i, state, environment: 'production', created_at: iso(at + hour * (1.2 + i)) } }));
    }
}

if (process.argv[1] === import.meta.filename) for (const line of synthetic_lines()) process.stdout.write(`${JSON.stringify(line)}\n`);
