// node github_api.mjs PROGRAM DIRECTORY: the program collects through us. Each of its requests goes to Prism, which
// holds it to GitHub's description; the program gets an answer that leads it to the next kind of request.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const [program, directory] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const here = dirname(new URL(import.meta.url).pathname);
const sha = (digit) => digit.repeat(40);
const repo = { id: 1, name: 'octo-org/hello-world' };

/// The kinds of requests, each with the path that GitHub's description has for it, and what the program is told.
const commit = (id, parent) => ({
    sha: id, parents: parent ? [{ sha: parent }] : [], files: [], stats: { additions: 0, deletions: 0, total: 0 },
    commit: { message: 'fix: a thing', author: { date: '2026-03-01T10:00:00Z' }, committer: { date: '2026-03-01T10:00:00Z' } },
});
const push = (number, before, head) => ({
    id: String(number), type: 'PushEvent', actor: { id: 1, login: 'octo-ana' }, repo, public: true,
    created_at: new Date().toISOString(), payload: { push_id: number, ref: 'refs/heads/main', before, head },
});
const kinds = [
    { path: '/repos/{owner}/{repo}/events', is: /^\/repos\/[^/]+\/[^/]+\/events$/, says: () => [push(1, sha('a'), sha('b')), push(2, sha('0'), sha('c'))] },
    { path: '/orgs/{org}/events', is: /^\/orgs\/[^/]+\/events$/, says: () => [] },
    { path: '/users/{username}/events/public', is: /^\/users\/[^/]+\/events\/public$/, says: () => [] },
    { path: '/events', is: /^\/events$/, says: () => [] },
    { path: '/repos/{owner}/{repo}/compare/{basehead}', is: /^\/repos\/[^/]+\/[^/]+\/compare\/.+$/,
      says: () => ({ total_commits: 2, commits: [commit(sha('d'), sha('a')), commit(sha('b'), sha('d'))], files: [] }) },
    { path: '/repos/{owner}/{repo}/commits', is: /^\/repos\/[^/]+\/[^/]+\/commits$/, says: () => [commit(sha('c'))] },
    { path: '/repos/{owner}/{repo}/commits/{ref}', is: /^\/repos\/[^/]+\/[^/]+\/commits\/[^/]+$/, says: (path) => commit(path.split('/').at(-1)) },
    { path: '/repos/{owner}/{repo}', is: /^\/repos\/[^/]+\/[^/]+$/, says: () => ({ id: 1, full_name: repo.name, private: false }) },
    { path: '/repos/{owner}/{repo}/issues', is: /^\/repos\/[^/]+\/[^/]+\/issues$/, says: () => [] },
    { path: '/repos/{owner}/{repo}/issues/comments', is: /^\/repos\/[^/]+\/[^/]+\/issues\/comments$/, says: () => [] },
    { path: '/repos/{owner}/{repo}/releases', is: /^\/repos\/[^/]+\/[^/]+\/releases$/, says: () => [] },
    { path: '/repos/{owner}/{repo}/deployments', is: /^\/repos\/[^/]+\/[^/]+\/deployments$/,
      says: () => [{ id: 7, environment: 'production', sha: sha('b'), ref: 'main', created_at: new Date().toISOString() }] },
    { path: '/repos/{owner}/{repo}/deployments/{deployment_id}/statuses', is: /^\/repos\/[^/]+\/[^/]+\/deployments\/\d+\/statuses$/,
      says: () => [{ state: 'success', created_at: new Date().toISOString() }] },
];

/// GitHub's description, but only of these: Prism needs minutes for the whole of it.
const whole = JSON.parse(readFileSync(require.resolve('@octokit/openapi/generated/api.github.com.json')));
const unknown = kinds.filter(({ path }) => !whole.paths[path]).map(({ path }) => path);
if (unknown.length > 0) throw new Error(`GitHub describes no ${unknown.join(', ')}`);
const part = { openapi: whole.openapi, info: whole.info, servers: whole.servers, paths: {}, components: {} };
for (const { path } of kinds) part.paths[path] = { get: whole.paths[path].get };
for (let size = -1; size !== JSON.stringify(part).length;) { // what the paths refer to, and what that refers to
    size = JSON.stringify(part).length;
    for (const [, kind, name] of JSON.stringify(part).matchAll(/"#\/components\/([^/"]+)\/([^/"]+)"/g)) {
        part.components[kind] ??= {};
        part.components[kind][name] = whole.components[kind][name];
    }
}
const description = join(directory, 'github.json');
writeFileSync(description, JSON.stringify(part));

const mock = spawn(process.execPath, [join(here, 'node_modules/@stoplight/prism-cli/dist/index.js'), 'mock', '--errors', '--multiprocess', 'false', '--port', '0', '--host', '127.0.0.1', description]);
let heard = '';
const mockUrl = await new Promise((resolve, reject) => {
    const listen = (data) => {
        heard += data;
        const url = heard.match(/listening on (http:\/\/[0-9.:]+)/);
        if (url) resolve(url[1]);
    };
    mock.stdout.on('data', listen);
    mock.stderr.on('data', listen);
    mock.on('exit', () => reject(new Error(`Prism ended: ${heard}`)));
});

const complaints = [];
const seen = new Map();
const judge = async (request) => {
    const { pathname } = new URL(request.url, mockUrl);
    // The description knows answers as application/json only; GitHub's pages ask for this name of the same.
    if (request.headers.accept !== 'application/vnd.github+json') complaints.push(`${request.url}: Accept is ${request.headers.accept}`);
    const headers = { ...request.headers, host: new URL(mockUrl).host, accept: 'application/json' };
    const answer = await fetch(mockUrl + request.url, { method: request.method, headers });
    const violations = answer.headers.get('sl-violations');
    const body = await answer.text();
    // Some of GitHub's own examples lack what its description requires: Prism then says 500 about its answer alone.
    const aboutUs = violations ? violations.includes('"request"') || answer.status !== 500 : answer.status >= 400;
    if (aboutUs)
        complaints.push(`${request.method} ${request.url}: ${answer.status} ${violations ?? body.slice(0, 500)}`);
    const kind = kinds.find(({ is }) => is.test(pathname));
    if (!kind) return complaints.push(`${request.url}: of no known kind`) && [];
    seen.set(kind.path, (seen.get(kind.path) ?? 0) + 1);
    return kind.says(pathname);
};
const door = createServer(async (request, response) => {
    const said = await judge(request).catch((error) => complaints.push(String(error)) && []);
    response.writeHead(200, { 'content-type': 'application/json', etag: 'W/"1"' });
    response.end(JSON.stringify(said));
});
door.listen(0, '127.0.0.1');
await once(door, 'listening');

/// One run of the program; what it says on standard error when it fails.
const run = async (targets) => {
    const child = spawn(program, ['collect', '--once'], {
        env: { DATABASE_PATH: join(directory, 'events.db'), GITHUB_API_BASE: `http://127.0.0.1:${door.address().port}`,
               GITHUB_TOKEN: 'not-a-real-one', TARGET_REPOSITORIES: targets, no_proxy: '127.0.0.1' },
    });
    let said = '';
    child.stderr.on('data', (data) => { said += data; });
    const [status] = await once(child, 'exit');
    if (status !== 0) complaints.push(`collect --once ended with ${status}: ${said}`);
};
const targets = 'octo-org/hello-world,org:octo-org,user:octo-ana,public';
await run(targets);
await run(targets); // with If-None-Match

for (const { path } of kinds) if (!seen.has(path)) complaints.push(`${path} was not asked for`);
mock.removeAllListeners('exit');
mock.kill();
door.close();
for (const complaint of complaints) console.error(`github_api: ${complaint}`);
if (complaints.length > 0) process.exit(1);
console.log(`github_api: Prism accepted ${[...seen.values()].reduce((a, b) => a + b)} requests of ${seen.size} kinds`);
