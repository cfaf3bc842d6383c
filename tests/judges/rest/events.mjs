// Prints the events that the examples of the OpenAPI document are about, in the hour before 2026-03-02T10:00:00Z.
const start = Date.UTC(2026, 2, 2, 9, 0, 0);
const commit = (sha, message) => ({ sha, message, distinct: true, author: { name: "Octo Ana", email: "ana@example.org" } });
const push = (sha, message) => ({ ref: "refs/heads/main", before: "b".repeat(40), head: sha, size: 1, distinct_size: 1,
    commits: [commit(sha, message)] });
const pull = (number, action) => ({ action, number, pull_request: { number, merged: action === "closed",
    user: { login: "octo-ben" }, created_at: new Date(start).toISOString(), merged_at: null, title: "A change" } });
const kinds = [
    (i) => ["PushEvent", push(i.toString(16).padStart(40, "c"), `fix: change ${i}`)],
    (i) => ["WatchEvent", { action: "started" }],
    (i) => ["IssuesEvent", { action: "opened", issue: { number: i, title: "Odd", user: { login: "octo-cho" } } }],
    (i) => ["PullRequestEvent", pull(i, i % 2 ? "opened" : "closed")],
    (i) => ["ReleaseEvent", { action: "published", release: { tag_name: `v1.${i}`, name: `1.${i}` } }],
];
const repos = ["octo-org/hello-world", "octo-org/spoon-knife"];
const people = ["octo-ana", "octo-ben", "octo-cho", "octo-robot[bot]"];
const print = (i, [type, payload]) => console.log(JSON.stringify({ id: String(5000 + i), type, public: true, payload,
    created_at: new Date(start + i * 50_000).toISOString().replace(/\.\d+Z/, "Z"),
    repo: { id: 700001 + i % 2, name: repos[i % 2] }, actor: { id: 900001 + i % 4, login: people[i % 4] } }));

for (let i = 0; i < 69; ++i) print(i, kinds[i % 5](i));
print(70, ["PushEvent", push("3f1c0a9d5e7b2468ace013579bdf02468ace1357", "feat(greet)!: greet by language")]);
