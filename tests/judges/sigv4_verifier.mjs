// Answers like DynamoDB to whoever signed well, by aws4's judgement of SigV4: 200 and `{}`, else 400 and both sides'
// signatures. Usage: node sigv4_verifier.mjs ACCESS_KEY SECRET [SESSION_TOKEN]; prints `listening on PORT` to stderr.
import http from 'node:http';
import { createRequire } from 'node:module';

const { RequestSigner } = createRequire(import.meta.url)('aws4');
const [accessKeyId, secretAccessKey, sessionToken = ''] = process.argv.slice(2);

/** What is wrong with a request; nothing if it is signed well. */
function complaint(request, body) {
    const given = request.headers.authorization ?? '';
    const parts = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(given);
    if (!parts) return `no authorization: ${given}`;
    const [, key, day, region, service, signed, signature] = parts;
    const date = request.headers['x-amz-date'] ?? '';
    if (key !== accessKeyId) return `unknown access key ${key}`;
    if (service !== 'dynamodb') return `signed for ${service}`;
    if (!date.startsWith(day)) return `the scope's day ${day} is not that of ${date}`;
    const names = signed.split(';');
    if (names.join() !== [...names].sort().join()) return `signed headers are not sorted: ${signed}`;
    for (const name of names) {
        if (!(name in request.headers)) return `signed header ${name} was not sent`;
    }
    for (const name of ['host', 'x-amz-date', 'x-amz-target', ...(sessionToken ? ['x-amz-security-token'] : [])]) {
        if (!names.includes(name)) return `${name} is not signed`;
    }
    if ((request.headers['x-amz-security-token'] ?? '') !== sessionToken) return 'another session token';
    const signer = new RequestSigner(
        {
            method: request.method,
            host: request.headers.host,
            path: request.url,
            headers: Object.fromEntries(names.map((name) => [name, request.headers[name]])),
            body,
            service,
            region,
            doNotModifyHeaders: true,
        },
        { accessKeyId, secretAccessKey, sessionToken },
    );
    signer.datetime = date;
    const expected = signer.signature();
    return expected === signature ? '' : `signature ${signature}, expected ${expected} of: ${signer.canonicalString()}`;
}

const server = http.createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
        const wrong = complaint(request, Buffer.concat(pieces));
        response.writeHead(wrong ? 400 : 200, { 'Content-Type': 'application/x-amz-json-1.0' });
        response.end(wrong ? JSON.stringify({ __type: 'x#InvalidSignatureException', message: wrong }) : '{}');
    });
});
server.listen(0, '127.0.0.1', () => console.error(`listening on ${server.address().port} `));
