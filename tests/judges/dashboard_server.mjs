// What the judges of the dashboard share: the program as a server, and Debian's Chromium.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { chromium } from 'playwright-core';

/** Serves the database that the environment names; on a free port when `port` is 0. */
export async function serve(program, port, environment = {}) {
    const child = spawn(program, ['serve', '--port', String(port), '--poll', 'off'], {
        env: { ...process.env, RATE_LIMIT: 'off', ...environment },
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    const url = await new Promise((found, failed) => {
        child.stderr.on('data', (text) => {
            log += text;
            const listening = /listening url=(http:\/\/[0-9.:]+)/.exec(log);
            if (listening) found(listening[1]);
        });
        child.on('exit', () => failed(new Error(`serve ended: ${log}`)));
    });
    const stop = async () => {
        if (child.exitCode !== null) return;
        child.kill('SIGTERM');
        await once(child, 'exit');
    };
    return { url, port: Number(new URL(url).port), stop };
}

export async function free_port() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    await new Promise((closed) => server.close(closed));
    return port;
}

/** A browser that asks nobody but whom it is sent to. */
export function start_browser(...more) {
    const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
    return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox', ...quiet, ...more] });
}
