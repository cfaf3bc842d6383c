// Prints the OpenAPI document without what OpenAPI cannot say, so that no made-up request breaks a rule that only words
// tell: parameters that exclude each other, an opaque cursor, an answer whose type a parameter chooses, one that never
// ends; and without what only GitHub can say: the judge `webhooks` sends real deliveries. The judge `prism` asks about the rest.
import { readFileSync } from "node:fs";

const document = JSON.parse(readFileSync(process.argv[2], "utf8"));

function has(parameters, name) { return parameters.some((each) => each.name === name); }

function leftOut(parameter, parameters) {
    if (parameter.in !== "query") return false;
    if (parameter.description.startsWith("The same as `")) return true; // a second name of another one
    if (parameter.name === "offset_minutes" && has(parameters, "hours")) return true; // one of the two
    if (parameter.name === "actor" || parameter.name === "since") return true; // ask for `repo`
    return parameter.name === "cursor" || parameter.name === "format";
}

delete document.paths["/events/stream"];
delete document.paths["/webhook"]; // most JSON objects are no delivery
delete document.paths["/repositories/{owner}/{name}"].delete; // 204 for what is watched and not configured, which is for a person to know
delete document.paths["/repositories"].post.responses["200"]; // 201 the first time
for (const path of ["/commits/{sha}", "/commits/{sha}/files"]) delete document.paths[path]; // the stand-in for GitHub has no commits
for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item)) {
        // A year in buckets of a minute is a long answer.
        for (const each of operation.parameters ?? [])
            if (each.name === "hours" && has(operation.parameters, "bucket_minutes")) each.schema.maximum = 48;
        operation.parameters &&= operation.parameters.filter((each) => !leftOut(each, operation.parameters));
        for (const response of Object.values(operation.responses)) {
            const types = Object.keys(response.content ?? {});
            if (types.includes("application/json") && types.includes("text/csv")) delete response.content["text/csv"];
        }
    }
}
console.log(JSON.stringify(document));
