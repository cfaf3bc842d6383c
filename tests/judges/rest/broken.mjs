// Proves that the rules narrowed in spectral.mjs still bite: `write` makes copies of the OpenAPI document, each broken in one
// place, and `judge` reads what Spectral says of all of them: each must break its rule at that place, and the whole document none.
// Arguments: write DOCUMENT FOLDER, or judge RESULTS (Spectral's, as JSON).
import { readFileSync, writeFileSync } from "node:fs";

const parameter = (document, path, name) => document.paths[path].get.parameters.find((each) => each.name === name);
const body = (document, path, name) =>
    document.paths[path].post.requestBody.content["application/json"].schema.properties[name];
const answers = (document, path) => document.paths[path].get.responses;

const breaks = [
    ["owasp:api4:2023-string-limit", (d) => delete parameter(d, "/events", "actor").schema.maxLength],
    ["owasp:api4:2023-string-limit", (d) => delete body(d, "/alerts/rules", "name").maxLength],
    ["owasp:api4:2023-string-restricted", (d) => delete parameter(d, "/metrics/stars", "repo").schema.pattern],
    ["owasp:api4:2023-string-restricted", (d) => delete body(d, "/monitors", "repo").pattern],
    ["owasp:api4:2023-integer-limit", (d) => delete parameter(d, "/metrics/stars", "hours").schema.maximum],
    ["owasp:api4:2023-integer-limit", (d) => delete body(d, "/monitors", "interval_seconds").maximum],
    ["owasp:api4:2023-array-limit", (d) => delete parameter(d, "/comparison/repositories", "repos").schema.maxItems],
    ["owasp:api4:2023-array-limit", (d) => delete body(d, "/monitors", "types").maxItems],
    ["owasp:api4:2023-rate-limit", (d) => delete answers(d, "/metrics/stars")["200"].headers],
    ["owasp:api4:2023-rate-limit-responses-429", (d) => delete answers(d, "/metrics/stars")["429"]],
    ["owasp:api8:2023-define-error-responses-401", (d) => delete answers(d, "/metrics/stars")["401"]],
    ["owasp:api2:2023-write-restricted", (d) => (d.paths["/monitors"].post.security = [])],
];
const file = (folder, i) => `${folder}/broken-${i}.json`;

const [, , what, first, second] = process.argv;
if (what === "write") {
    breaks.forEach(([rule, make], i) => {
        const document = JSON.parse(readFileSync(first, "utf8"));
        const before = JSON.stringify(document);
        make(document);
        const after = JSON.stringify(document);
        if (after === before) throw new Error(`${rule}: nothing was there to be broken`);
        writeFileSync(file(second, i), after);
    });
} else {
    const found = JSON.parse(readFileSync(first, "utf8"));
    const toothless = breaks.filter(([rule], i) =>
        !found.some((each) => each.code === rule && each.source.endsWith(file("", i))));
    for (const [rule, make] of toothless) console.error(`${rule} does not bite at ${make}`);
    if (toothless.length > 0) process.exit(1);
    console.log(`each of ${new Set(breaks.map(([rule]) => rule)).size} narrowed rules bites`);
}
