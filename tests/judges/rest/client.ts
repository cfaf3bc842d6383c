// A small client whose every path, parameter and member comes from the types in api.ts.
import type { components, paths } from "./api.ts";

declare const process: { argv: string[]; exit(status: number): never };
const base = process.argv[2];

type Gets = { [P in keyof paths]: paths[P] extends { get: { responses: { 200: { content: { "application/json": unknown } } } } } ? P : never }[keyof paths];
type Query<P extends Gets> = paths[P] extends { get: { parameters: { query?: infer Q } } } ? Q : never;
type Answer<P extends Gets> = paths[P] extends { get: { responses: { 200: { content: { "application/json": infer A } } } } } ? A : never;

async function get<P extends Gets>(path: P, query: Query<P>): Promise<Answer<P>> {
    const url = new URL(path, base);
    for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>)) url.searchParams.set(name, String(value));
    const response = await fetch(url);
    if (!response.ok) {
        const problem = (await response.json()) as components["schemas"]["Problem"];
        throw new Error(`${problem.status} ${problem.error_code}: ${problem.detail}`);
    }
    return (await response.json()) as Answer<P>;
}

function expect(fact: boolean, sentence: string): void {
    if (fact) return;
    console.error(`typed_client: ${sentence}`);
    process.exit(1);
}

const repo = "octo-org/hello-world";
const until = "2026-03-02T10:00:00Z";

const trending = await get("/metrics/trending", { hours: 24, until, order: "score", bots: "include" });
const first: number = trending.repositories[0].total_events;
expect(first > 0, "something was going on");

const health = await get("/metrics/repository-health", { repo, until });
const scores: string[] = health.explanation.map((signal) => `${signal.signal} ${signal.weight}`);
expect(scores.length > 0, "a score is explained");

const events = await get("/events", { repo, until, limit: 5 });
expect(events.events.length === 5 && events.next_cursor !== null, "there is a next page");
const more = await get("/events", { repo, limit: 5, cursor: events.next_cursor! });
expect(more.events[0].id !== events.events[0].id, "the next page goes on");

const refusal = await get("/metrics/event-counts", { hours: 100000 }).then(() => "", (error: Error) => error.message);
expect(refusal.startsWith("422 INVALID_PARAMETER"), `a refusal has its code: ${refusal}`);
console.log("typed_client: compiles, and the server keeps what the types promise");
