// Prints 400 events of the last ten hours, pushes with commits among them.
const types = ["PushEvent", "WatchEvent", "IssuesEvent", "PullRequestEvent", "ForkEvent"];
const repos = ["octo-org/hello-world", "octo-org/other", "octo-org/third"];
const start = Math.floor(Date.now() / 1000) - 36000;
for (let i = 0; i < 400; i++) {
    const sha = i.toString(16).padStart(40, "a");
    const type = types[i % 5];
    const payload = type === "PushEvent"
        ? { ref: "refs/heads/main", head: sha, before: "b".repeat(40), size: 1, distinct_size: 1,
            commits: [{ sha, message: `fix: change ${i}`, distinct: true, author: { name: "Octo Cat", email: "o@example.org" } }] }
        : { action: type === "WatchEvent" ? "started" : "opened", number: i };
    console.log(JSON.stringify({ id: String(1000 + i), type, public: true, payload,
        created_at: new Date((start + i * 85) * 1000).toISOString().replace(/\.\d+Z/, "Z"),
        repo: { id: 7 + i % 3, name: repos[i % 3] }, actor: { id: 20 + i % 9, login: `person-${i % 9}` } }));
}
