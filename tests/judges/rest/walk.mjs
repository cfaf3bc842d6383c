// Walks over all GET operations through the proxy: with the required parameters alone, with each of the others, with
// each choice of one, and with a wrong value, whose refusal the server itself is asked for as the proxy keeps such a
// request back. Arguments: DOCUMENT PROXY SERVER.
import { readFileSync } from "node:fs";

const [, , file, proxy, server] = process.argv;
const document = JSON.parse(readFileSync(file, "utf8"));
let asked = 0;
let wrong = 0;

// A rule and a monitor of our own, for the questions about one.
async function make(path, wish) {
    const made = await fetch(server + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish) });
    if (made.status !== 201) throw new Error(`POST ${path}: ${made.status} ${await made.text()}`);
    return `${path}/${(await made.json()).id}`;
}
const own = {
    "/alerts/rules/{id}": await make("/alerts/rules", { kind: "silence", repo: "octo-org/hello-world", hours: 24 }),
    "/monitors/{id}": await make("/monitors", { repo: "octo-org/hello-world" }),
};

function valueOf(parameter) {
    const example = parameter.examples && Object.values(parameter.examples)[0].value;
    const value = example ?? parameter.schema.enum?.[0] ?? parameter.schema.minimum ?? "a";
    return Array.isArray(value) ? value.join(",") : String(value);
}

function target(path, pairs, parameters) {
    for (const [place, made] of Object.entries(own)) path = path.replace(place, made);
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(valueOf(parameters.find((each) => each.name === name))));
    const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
    return filled + (query ? `?${query}` : "");
}

async function ask(base, path, expected) {
    ++asked;
    const response = await fetch(base + path);
    const text = await response.text();
    const fits = expected.includes(response.status) && !text.includes("stoplight.io/prism/errors");
    if (fits) return;
    ++wrong;
    console.error(`${path}: ${response.status} ${text.slice(0, 1500)}`);
}

for (const [path, item] of Object.entries(document.paths)) {
    if (!item.get || path === "/events/stream") continue; // an answer that never ends
    const parameters = item.get.parameters ?? [];
    const query = parameters.filter((each) => each.in === "query");
    const required = query.filter((each) => each.required).map((each) => [each.name, valueOf(each)]);
    const good = Object.keys(item.get.responses).map(Number).filter((status) => status < 300);
    if (path.includes("{sha}")) good.push(404); // commits come from GitHub, and the stand-in has none
    await ask(proxy, target(path, required, parameters), good);
    for (const parameter of query) {
        if (parameter.required || parameter.name === "cursor" || parameter.name === "actor") continue;
        // A start so long ago needs its end.
        const more = parameter.name === "since" ? [["until", "2026-03-02T10:00:00Z"]] : [];
        for (const value of parameter.schema.enum ?? [valueOf(parameter)])
            await ask(proxy, target(path, [...required, ...more, [parameter.name, value]], parameters), good);
        if (parameter.schema.type === "integer")
            await ask(server, target(path, [...required, [parameter.name, "1e9"]], parameters), [400]);
    }
    if (path === "/") continue; // the dashboard: its address is its own
    await ask(server, target(path, [...required, ["no_such_thing", "1"]], parameters), [422]);
}
for (const path of ["/events?repo=octo-org/hello-world&actor=octo-ana", "/events?repo=octo-org/hello-world&limit=2"]) {
    const response = await fetch(proxy + path);
    const page = await response.json();
    await ask(proxy, path, [200]);
    if (page.next_cursor) await ask(proxy, `${path}&cursor=${encodeURIComponent(page.next_cursor)}`, [200]);
}
if (wrong > 0 || asked < 100) {
    console.error(`prism: ${wrong} of ${asked} answers are not as the document says`);
    process.exit(1);
}
console.log(`prism: ${asked} answers, all as the document says`);
