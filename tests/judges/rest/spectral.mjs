// Spectral's rules for OpenAPI and OWASP's, with a reason for each that is switched off or narrowed.
import owaspRuleset from "@stoplight/spectral-owasp-ruleset";
import { oas } from "@stoplight/spectral-rulesets";

const owasp = owaspRuleset.default ?? owaspRuleset;

// Limits protect the server from what it is sent. An answer has as many events, and texts as long, as GitHub's: a limit
// in its schema would be invented.
const sent = (type) => [
    `$.paths[*][*].parameters..[?(@ && @.type=="${type}")]`,
    `$.paths[*][*].requestBody.content[*].schema..[?(@ && @.type=="${type}")]`,
];
const ofWhatIsSent = (name, type) => ({ ...owasp.rules[name], given: sent(type) });

// What orchestrators, Prometheus and GitHub ask for is exempt from the rate limit.
const limited = "$.paths[?(!@property.match(/^\\/(health|health\\/live|health\\/ready|metrics|webhook)$/))]";
// Descriptions and probes are for everybody, with or without API_TOKENS.
const closed = "$.paths[?(!@property.match(/^\\/(health|health\\/live|health\\/ready|openapi\\.json|docs|docs\\/rapidoc\\.js)$/))]";

const either = (names) => ({ type: "object", anyOf: names.map((name) => ({ required: [name] })) });

export default {
    extends: [oas, owasp],
    rules: {
        "owasp:api4:2023-string-limit": ofWhatIsSent("owasp:api4:2023-string-limit", "string"),
        "owasp:api4:2023-string-restricted": ofWhatIsSent("owasp:api4:2023-string-restricted", "string"),
        "owasp:api4:2023-integer-limit": ofWhatIsSent("owasp:api4:2023-integer-limit", "integer"),
        "owasp:api4:2023-array-limit": ofWhatIsSent("owasp:api4:2023-array-limit", "array"),
        // The rule wants one kind of header alone; we send the new kind and the older one.
        "owasp:api4:2023-rate-limit": {
            ...owasp.rules["owasp:api4:2023-rate-limit"],
            given: `${limited}..responses[?(@property.match(/^(2|4)/))]`,
            then: { ...owasp.rules["owasp:api4:2023-rate-limit"].then,
                functionOptions: { schema: either(["RateLimit", "X-RateLimit-Limit"]) } },
        },
        "owasp:api4:2023-rate-limit-responses-429": {
            ...owasp.rules["owasp:api4:2023-rate-limit-responses-429"], given: `${limited}..responses`,
        },
        "owasp:api8:2023-define-error-responses-401": {
            ...owasp.rules["owasp:api8:2023-define-error-responses-401"], given: `${closed}..responses`,
        },
        // Reading asks for a token where the operator sets API_TOKENS, and for none by default: the document says so
        // with an empty alternative. What changes something is held to the rule (write-restricted).
        "owasp:api2:2023-read-restricted": "off",
        // These two are about lists of servers; ours is the one that gave the document.
        "owasp:api9:2023-inventory-access": "off",
        "owasp:api9:2023-inventory-environment": "off",
        // Whoever runs the server is the contact; the program does not know them.
        "info-contact": "off",
    },
};
