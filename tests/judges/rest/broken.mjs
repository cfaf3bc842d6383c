// Proves that the rules narrowed in spectral.mjs still bite: `write` makes a small copy of the OpenAPI document that breaks each of them,
// and `judge` reads what Spectral says of it: so many complaints of each rule as there are breaks, or more.
// Arguments: write DOCUMENT COPY, or judge RESULTS (Spectral's, as JSON).
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

const [, , what, first, second] = process.argv;
if (what === "write") {
    const document = JSON.parse(readFileSync(first, "utf8"));
    for (const [rule, make] of breaks) {
        const before = JSON.stringify(document);
        make(document);
        if (JSON.stringify(document) === before) throw new Error(`${rule}: nothing was there to be broken by ${make}`);
    }
    // The rest would only take time.
    const broken = new Set(breaks.flatMap(([, make]) => /"(\/[^"]*)"/.exec(make)[1]));
    for (const path of Object.keys(document.paths)) if (!broken.has(path)) delete document.paths[path];
    writeFileSync(second, JSON.stringify(document));
} else {
    const found = JSON.parse(readFileSync(first, "utf8"));
    const rules = [...new Set(breaks.map(([rule]) => rule))];
    const count = (list, rule) => list.filter((each) => (each.code ?? each[0]) === rule).length;
    const toothless = rules.filter((rule) => count(found, rule) < count(breaks, rule));
    for (const rule of toothless) console.error(`${rule} complains ${count(found, rule)} times of ${count(breaks, rule)} breaks`);
    if (toothless.length > 0) process.exit(1);
    console.log(`each of ${rules.length} narrowed rules bites`);
}
