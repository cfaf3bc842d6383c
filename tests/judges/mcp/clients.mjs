// The official SDK clients, and answers without what changes from one call to the next.

/** ERA: legacy1 (SDK 1.x), legacy2, auto, modern (SDK 2.x). KIND: http with a URL, stdio with a command. */
export async function connect(era, kind, target) {
    const info = { name: 'judge', version: '1.0.0' };
    const command = { command: target[0], args: target.slice(1), stderr: 'inherit', env: process.env };
    if (era === 'legacy1') {
        const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
        const http = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
        const stdio = await import('@modelcontextprotocol/sdk/client/stdio.js');
        const client = new Client(info, { capabilities: {} });
        await client.connect(
            kind === 'http'
                ? new http.StreamableHTTPClientTransport(new URL(target[0]))
                : new stdio.StdioClientTransport(command),
        );
        return client;
    }
    const sdk = await import('@modelcontextprotocol/client');
    const stdio = await import('@modelcontextprotocol/client/stdio');
    const mode = era === 'legacy2' ? 'legacy' : era === 'auto' ? 'auto' : { pin: '2026-07-28' };
    const client = new sdk.Client(info, { capabilities: {}, versionNegotiation: { mode } });
    await client.connect(
        kind === 'http' ? new sdk.StreamableHTTPClientTransport(new URL(target[0])) : new stdio.StdioClientTransport(command),
    );
    return client;
}

const volatile = new Set(['timestamp', 'uptime_seconds', 'window', 'last_poll', 'bytes', 'generated_at']);
export function steady(value) {
    if (Array.isArray(value)) return value.map(steady);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
        Object.entries(value)
            .filter(([key]) => !volatile.has(key))
            .map(([key, inner]) => [key, steady(inner)]),
    );
}
