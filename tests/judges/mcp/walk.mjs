// Walks an MCP server with the official clients: every page, tool, resource, template, prompt and completion.
// usage: node walk.mjs ERA REST_URL OUT.json http URL | stdio COMMAND…
//   ERA: legacy1 (SDK 1.x), legacy2, auto, modern (SDK 2.x). REST_URL: the same store over REST, `-` for none.
//   OUT.json: the answers of SEED.md's four questions, for comparing transports, eras and providers.
import { writeFileSync } from 'node:fs';
import { connect, steady } from './clients.mjs';

const [era, rest, outFile, kind, ...target] = process.argv.slice(2);
const repo = process.env.JUDGE_REPO ?? 'octo-org/hello-world';
let failed = 0;
let passed = 0;
const check = (name, ok, extra = '') => {
    if (ok) passed++;
    else {
        failed++;
        console.log(`FAIL ${name} ${extra}`);
    }
};

async function all(list, key) {
    const out = [];
    let cursor;
    let pages = 0;
    do {
        const page = await list(cursor === undefined ? {} : { cursor });
        out.push(...page[key]);
        cursor = page.nextCursor;
        if (++pages > 50) throw new Error('paging does not end');
    } while (cursor !== undefined);
    return out;
}

/// Arguments that a tool can be called with; undefined if that cannot be known.
function argumentsFor(tool, sha) {
    const given = {};
    for (const name of tool.inputSchema.required ?? []) {
        if (name === 'repo') given.repo = repo;
        else if (name === 'repos') given.repos = [repo, 'octo-org/other'];
        else if (name === 'sha' && sha) given.sha = sha;
        else return undefined;
    }
    return given;
}

const client = await connect(era, kind, target);
const capabilities = client.getServerCapabilities();
check('has a name', !!client.getServerVersion()?.name);
const tools = await all((p) => client.listTools(p), 'tools');
const again = await all((p) => client.listTools(p), 'tools');
check('tools come in the same order', JSON.stringify(tools) === JSON.stringify(again));
const bytes = Buffer.byteLength(JSON.stringify(tools));
const bare = Buffer.byteLength(JSON.stringify(tools.map(({ outputSchema, ...t }) => t)));
check('tools/list is at most 72 KB', bytes <= 72 * 1024, `${bytes}`);
check('tools/list without output schemas is at most 24 KB', bare <= 24 * 1024, `${bare}`);

let sha;
const byName = Object.fromEntries(tools.map((t) => [t.name, t]));
if (byName.get_recent_commits) {
    const commits = await client.callTool({ name: 'get_recent_commits', arguments: { repo, hours: 48 } });
    sha = commits.structuredContent?.commits?.[0]?.sha;
}
let called = 0;
for (const tool of tools) {
    check(`${tool.name} is described`, !!tool.description && tool.inputSchema?.type === 'object');
    check(`${tool.name} reads only`, tool.annotations?.readOnlyHint === true);
    const given = argumentsFor(tool, sha);
    if (given === undefined) continue;
    for (const max_bytes of [undefined, 700]) {
        const sized = tool.inputSchema.properties.max_bytes ? { ...given, ...(max_bytes && { max_bytes }) } : given;
        try {
            const result = await client.callTool({ name: tool.name, arguments: sized });
            called++;
            const text = result.content?.[0]?.text;
            if (result.isError) {
                check(`${tool.name} ${max_bytes ?? ''}`, max_bytes !== undefined && /max_bytes=/.test(text), text);
                continue;
            }
            if (result.content[0].type === 'image') continue;
            check(`${tool.name} repeats its structure as text`, JSON.stringify(JSON.parse(text)) === JSON.stringify(result.structuredContent));
            check(`${tool.name} keeps to max_bytes`, Buffer.byteLength(text) <= (max_bytes ?? 8000), `${Buffer.byteLength(text)}`);
            if (result.structuredContent.truncated) check(`${tool.name} says how to go on`, typeof result.structuredContent.cursor === 'string');
        } catch (error) {
            check(`call ${tool.name}`, false, String(error).slice(0, 300));
        }
    }
}
try {
    await client.callTool({ name: 'no_such_tool', arguments: {} });
    check('an unknown tool is refused', false);
} catch (error) {
    check('an unknown tool is refused', error.code === -32602, `${error}`);
}
const wrong = await client.callTool({ name: 'get_event_counts', arguments: { offset_minutes: 'many' } });
check('bad arguments are a result', wrong.isError === true && /offset_minutes/.test(wrong.content[0].text));
const unknown = await client.callTool({ name: 'get_event_counts', arguments: { repositry: repo } });
check('an unknown argument is mended', unknown.isError === true && /did you mean|Known/.test(unknown.content[0].text));

for (const resource of await all((p) => client.listResources(p), 'resources')) {
    const read = await client.readResource({ uri: resource.uri });
    check(`read ${resource.uri}`, read.contents.length === 1 && !!JSON.parse(read.contents[0].text));
}
const templates = await all((p) => client.listResourceTemplates(p), 'resourceTemplates');
check('there are templates', templates.length === 3, `${templates.length}`);
for (const template of templates) {
    const [owner, name] = repo.split('/');
    const uri = template.uriTemplate.replace('{event_type}', 'PushEvent').replace('{owner}', owner).replace('{name}', name);
    try {
        const read = await client.readResource({ uri });
        check(`read ${uri}`, read.contents[0].uri === uri);
    } catch (error) {
        check(`read ${uri}`, /commits/.test(uri) && !byName.get_recent_commits, `${error}`);
    }
}
try {
    await client.readResource({ uri: 'zz://nope' });
    check('an unknown resource is refused', false);
} catch (error) {
    check('an unknown resource is refused', [-32002, -32602].includes(error.code), `${error}`);
}
const prompts = await all((p) => client.listPrompts(p), 'prompts');
check('there are prompts', prompts.length === 4);
for (const prompt of prompts) {
    const given = Object.fromEntries((prompt.arguments ?? []).map((a) => [a.name, repo]));
    const got = await client.getPrompt({ name: prompt.name, arguments: given });
    check(`prompt ${prompt.name}`, got.messages[0].content.text.includes(repo));
}
const completed = await client.complete({
    ref: { type: 'ref/prompt', name: 'repository_health_assessment' },
    argument: { name: 'repo', value: repo.slice(0, 4) },
});
check('repositories are completed', completed.completion.values.includes(repo), JSON.stringify(completed));
const types = await client.complete({
    ref: { type: 'ref/resource', uri: 'github://events/recent/{event_type}' },
    argument: { name: 'event_type', value: 'push' },
});
check('event types are completed', types.completion.values.includes('PushEvent'));

// SEED.md's four sentences, as far as this build has the tools, and two that it has in any case.
// All walks ask up to the same full hour: a window up to now moves on between two of them.
const until = process.env.JUDGE_UNTIL;
const questions = [
    ['get_recent_commits', { repo, hours: 48, until }, `/commits/recent?repo=${repo}&hours=48&until=${until}`],
    ['get_repository_health_score', { repo, until }, `/metrics/repository-health?repo=${repo}&until=${until}`],
    ['monitor_multiple_repositories', { repos: [repo, 'octo-org/other'], until }, `/monitoring/commits?repos=${repo},octo-org/other&until=${until}`],
    ['get_database_info', {}, '/database/info'],
    ['get_event_counts', { hours: 48, until }, `/metrics/event-counts?hours=48&until=${until}`],
    ['get_repository_activity', { repo, hours: 48, until }, `/metrics/repository-activity?repo=${repo}&hours=48&until=${until}`],
];
const answers = {};
for (const [name, given, path] of questions) {
    if (!byName[name]) continue;
    const result = await client.callTool({ name, arguments: { ...given, max_bytes: 200000 } });
    check(`ask ${name}`, !result.isError, result.content?.[0]?.text);
    answers[name] = steady(result.structuredContent);
    if (rest !== '-') {
        const body = steady(await (await fetch(rest + path)).json());
        check(`${name} says what REST says`, JSON.stringify(body) === JSON.stringify(answers[name]));
    }
}
writeFileSync(outFile, JSON.stringify(answers, null, 1));
await client.close();
console.log(`${era} ${kind}: ${passed} passed, ${failed} failed; ${tools.length} tools, ${called} calls, tools/list ${bytes} bytes, ${bare} without output schemas; capabilities ${Object.keys(capabilities).sort().join(' ')}`);
process.exit(failed ? 1 : 0);
