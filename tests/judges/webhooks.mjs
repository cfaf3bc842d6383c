// node webhooks.mjs URL SECRET: every example payload of GitHub's is accepted when signed, every forgery refused,
// a redelivery stored once, and what was stored can be counted.
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import { sign } from '@octokit/webhooks-methods';

const examples = createRequire(import.meta.url)('@octokit/webhooks-examples/api.github.com/index.json');
const [url, secret] = process.argv.slice(2);
const complaints = [];
const expect = (condition, what) => { if (!condition) complaints.push(what); };

async function post(kind, body, signature, { id = randomUUID(), type = 'application/json' } = {}) {
    const headers = { 'content-type': type, 'user-agent': 'GitHub-Hookshot/abc1234', 'x-github-event': kind, 'x-github-delivery': id };
    if (signature !== undefined) headers['x-hub-signature-256'] = signature;
    const answer = await fetch(`${url}/webhook`, { method: 'POST', body, headers });
    return { ...(await answer.json()), code: answer.status };
}
const total = async () => (await (await fetch(`${url}/health`)).json()).total_events_stored;
const counted = { stored: 0, duplicate: 0, ignored: 0, pong: 0 };
let sent = 0;

// Every example, as GitHub's signer signs it.
for (const { name, examples: payloads } of examples) {
    for (const payload of payloads) {
        const body = JSON.stringify(payload);
        const answer = await post(name, body, await sign(secret, body));
        sent += 1;
        expect(answer.code >= 200 && answer.code < 300, `${name}: ${JSON.stringify(answer)}`);
        if (answer.code < 300) counted[answer.status] += 1;
    }
}
expect(sent >= 329, `only ${sent} examples`);
// /health is asked at most once a second.
await new Promise((done) => setTimeout(done, 1100));
expect((await total()) === counted.stored, `${counted.stored} acknowledged, ${await total()} counted`);

// The same delivery again: known, and not a second event. As a form, too.
const push = examples.find(({ name }) => name === 'push').examples[0];
const body = JSON.stringify({ ...push, ref: 'refs/heads/redelivered' });
const good = await sign(secret, body);
const id = randomUUID();
const first = await post('push', body, good, { id });
const again = await post('push', body, good, { id });
expect(first.code === 202 && again.code === 200, `redelivery: ${first.code}, ${again.code}`);
expect(again.event_id === `wh:${id}`, `redelivery: ${JSON.stringify(again)}`);
const form = new URLSearchParams({ payload: JSON.stringify({ ...push, ref: 'refs/heads/form' }) }).toString();
const formAnswer = await post('push', form, await sign(secret, form), { type: 'application/x-www-form-urlencoded' });
expect(formAnswer.code === 202, `form: ${JSON.stringify(formAnswer)}`);
await new Promise((done) => setTimeout(done, 1100));
expect((await total()) === counted.stored + 2, 'a redelivery was stored twice');

// Forgeries.
const forgeries = {
    'no signature': [body, undefined],
    'an empty one': [body, ''],
    'another secret': [body, await sign('other', body)],
    'both secrets as one': [body, await sign(`an-old-one,${secret}`, body)],
    'a byte more': [`${body} `, good],
    'a byte other': [body.replace('redelivered', 'redeliverec'), good],
    'an empty body': ['', good],
    'cut off': [body, good.slice(0, -2)],
    'longer': [body, `${good}00`],
    'upper case': [body, `sha256=${good.slice(7).toUpperCase()}`],
    'no prefix': [body, good.slice(7)],
    'sha1': [body, good.replace('sha256', 'sha1')],
    'long garbage': [body, `sha256=${'f'.repeat(4000)}`],
    'another delivery\'s': [body, await sign(secret, form)],
};
for (const [what, [text, signature]] of Object.entries(forgeries)) {
    const answer = await post('push', text, signature);
    expect(answer.code === 401, `forged (${what}): ${JSON.stringify(answer)}`);
}
for (const [what, text] of Object.entries({ 'no JSON': '{"a":', 'a list': '[1]', 'nothing': '' })) {
    const answer = await post('push', text, await sign(secret, text || ' ').catch(() => ''));
    expect(answer.code === 400 || answer.code === 401, `${what}: ${JSON.stringify(answer)}`);
}
const unicode = '{"zen":"é世😀"}';
expect((await post('ping', unicode, await sign(secret, unicode))).code === 200, 'a ping with unicode');
await new Promise((done) => setTimeout(done, 1100));
expect((await total()) === counted.stored + 2, 'a forgery was stored');

for (const complaint of complaints) console.log(`BAD ${complaint}`);
console.log(`${sent} deliveries of ${examples.length} kinds: ${JSON.stringify(counted)}; ${Object.keys(forgeries).length} forgeries; ${complaints.length} complaints`);
process.exit(complaints.length === 0 ? 0 : 1);
