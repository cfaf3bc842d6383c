// Asks every GET endpoint of the OpenAPI document distinct questions, 200 a second over four connections, and prints a line
// for each: PATH REPOSITORIES P50_MS P99_MS CPU_MS ERRORS. Arguments: URL DOCUMENT FROM TO SECONDS PID [PATTERN], FROM and TO
// in minutes since 1970, PID the server's, PATTERN of the paths that are asked. The window is the default one and ends at
// another minute in each question; the repository is the hottest ("hot"), or one of those that events picked here and there
// are about ("usual"). A question that finds its connection busy waits, and its waiting counts.
import { readFileSync } from "node:fs";
import { Agent, get as httpGet } from "node:http";

const [base, file, from, to, seconds, pid, pattern = "."] = process.argv.slice(2);
const document = JSON.parse(readFileSync(file, "utf8"));
const perSecond = 200, connections = 4;
const agents = Array.from({ length: connections }, () => new Agent({ keepAlive: true, maxSockets: 1 }));

function ask(path, agent) {
    return new Promise((resolve, reject) => {
        httpGet(base + path, { agent }, (response) => {
            const pieces = [];
            response.on("data", (piece) => pieces.push(piece));
            response.on("end", () => resolve({ status: response.statusCode, body: Buffer.concat(pieces) }));
        }).on("error", reject);
    });
}
async function json(path) {
    const { status, body } = await ask(path, agents[0]);
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
    return JSON.parse(body);
}
const minute = (n) => new Date(n * 60_000).toISOString().replace(".000", "");
/// Jumps about, and comes to each minute of the data once before it comes to one again.
const ends = (n) => minute(Number(from) + 1 + (n * 7919) % (to - from));

async function repositories() {
    const hot = (await json(`/metrics/trending?hours=8760&limit=1&until=${minute(to)}`)).repositories[0].repo;
    const usual = new Set();
    for (let i = 0; i < 40; ++i)
        for (const event of (await json(`/events?limit=1000&until=${ends(i * 97)}`)).events.filter((_, k) => k % 100 === 0)) usual.add(event.repo_name);
    return { hot: [hot], usual: [...usual] };
}

async function shas(repos) {
    const found = [];
    for (const repo of repos.slice(0, 60))
        for (const commit of (await json(`/commits/recent?repo=${repo}&hours=8760&limit=20&until=${minute(to)}`)).commits) found.push({ repo, sha: commit.sha });
    return found;
}

/// Pages, streams, and what is about something that this database has none of.
const leftOut = (path) => path === "/" || path.startsWith("/docs") || path.endsWith("/stream") || path.includes("{id}") ||
    path === "/repositories/{owner}/{name}";

/// What makes question n of a path out of its parameters.
function questions(path, parameters, repos, commits) {
    const has = (name) => parameters.some((each) => each.name === name);
    return (n) => {
        const repo = repos?.[n % repos.length] ?? "";
        const commit = commits?.[n % commits.length];
        const query = [];
        if (has("until")) query.push(`until=${ends(n)}`);
        if (path.includes("{sha}")) query.push(`repo=${commit.repo}`);
        else if (has("repo") && repo) query.push(`repo=${repo}`);
        if (has("repos")) query.push(`repos=${repo},${all.usual[(n + 1) % all.usual.length]},${all.usual[(n + 2) % all.usual.length]}`);
        const [owner, name] = repo.split("/");
        const filled = path.replace("{sha}", commit?.sha).replace("{owner}", owner).replace("{name}", name)
            .replace("{metric}", "events");
        return query.length ? `${filled}?${query.join("&")}` : filled;
    };
}

const ticks = () => readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /s, "").split(" ").slice(11, 13).reduce((a, b) => a + Number(b), 0);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function measure(path, kind, question) {
    const times = [], queues = agents.map(() => Promise.resolve());
    let errors = 0, first = "";
    const count = perSecond * seconds, cpu = ticks(), start = performance.now();
    for (let i = 0; i < count; ++i) {
        const wait = start + (i * 1000) / perSecond - performance.now();
        if (wait > 0) await sleep(wait);
        const due = performance.now();
        queues[i % connections] = queues[i % connections].then(async () => {
            const { status, body } = await ask(question(i), agents[i % connections]);
            times.push(performance.now() - due);
            if (status !== 200) { ++errors; first ||= `${question(i)}: ${status} ${body}`; }
        });
    }
    await Promise.all(queues);
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.ceil(share * times.length) - 1].toFixed(2);
    console.log([path, kind, at(0.5), at(0.99), ((ticks() - cpu) * 10 / count).toFixed(2), errors].join(" "));
    if (errors > 0) console.error(first);
}

const all = await repositories();
const commits = { hot: await shas(all.hot), usual: await shas(all.usual) };
for (const [path, item] of Object.entries(document.paths)) {
    if (!item.get || leftOut(path) || !path.match(pattern)) continue;
    const parameters = item.get.parameters ?? [];
    const about = parameters.find((each) => ["repo", "repos", "owner"].includes(each.name));
    if (!about?.required && !path.includes("{sha}")) await measure(path, "all", questions(path, parameters));
    if (!about) continue;
    for (const kind of ["hot", "usual"]) await measure(path, kind, questions(path, parameters, all[kind], commits[kind]));
}
for (const agent of agents) agent.destroy();
