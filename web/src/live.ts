// The one connection to /events/stream: keeps it, resumes it where it broke, and tells pages what arrived.
import { useEffect, useReducer, useRef } from 'preact/hooks';
import { headers, Refused, refusal_of } from './api.ts';
import { MessageReader, type Message } from './sse.ts';
import type { EventItem } from './types.ts';

export type Line = 'connecting' | 'live' | 'reconnecting' | 'offline' | 'refused';

const most_recent = 300;
const silence = 40_000; // milliseconds; the server ticks every 15 s
const longest_wait = 20_000;
const between_refreshes = 3_000;
const between_slow_refreshes = 60_000;

export const live = {
    line: 'connecting' as Line,
    problem: undefined as Refused | undefined,
    stored: undefined as number | undefined, // events in all, by the last tick
    recent: [] as EventItem[], // newest first
    received: 0, // since the page was opened
    resets: 0, // so often the server could not resume, and `recent` began anew
};

const listeners = new Set<(repos: Set<string> | null) => void>();
let position = '';
let connection: AbortController | undefined;
let wait_timer: ReturnType<typeof setTimeout> | undefined;
let attempts = 0;

/** Tells everybody; `repos` are the ones that something happened in, null: it may be any. */
function tell(repos: Set<string> | null): void {
    for (const listener of listeners) listener(repos);
}

function become(line: Line, problem?: Refused): void {
    live.line = line;
    live.problem = problem;
    tell(new Set());
}

function take(messages: Message[]): void {
    const repos = new Set<string>();
    let any = false;
    for (const message of messages) {
        if (message.id) position = message.id;
        if (message.event === 'event') {
            const item = JSON.parse(message.data) as EventItem;
            live.recent.unshift(item);
            ++live.received;
            if (live.stored !== undefined) ++live.stored;
            repos.add(item.repo_name.toLowerCase());
        } else if (message.event === 'tick') {
            live.stored = JSON.parse(message.data).events_stored ?? live.stored;
        } else if (message.event === 'reset') {
            live.recent = []; // what lies between is not in it
            ++live.resets;
            any = true;
        }
    }
    live.recent.length = Math.min(live.recent.length, most_recent);
    tell(any ? null : repos);
}

async function follow(signal: AbortSignal, heard: () => void): Promise<void> {
    const sent = headers();
    if (position) sent['Last-Event-ID'] = position;
    const response = await fetch('/events/stream', { headers: sent, signal, cache: 'no-store' });
    if (!response.ok) throw await refusal_of(response);
    const again = attempts > 0;
    attempts = 0;
    become('live');
    if (again) tell(null);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const messages = new MessageReader();
    while (true) {
        const { value, done } = await reader.read();
        if (done) return;
        heard();
        const whole = messages.read(value);
        if (whole.length) take(whole);
    }
}

async function connect(): Promise<void> {
    connection?.abort();
    clearTimeout(wait_timer);
    const own = (connection = new AbortController());
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => own.abort(), silence);
    };
    let problem: unknown;
    try {
        heard();
        await follow(own.signal, heard);
    } catch (caught) {
        problem = caught;
    }
    clearTimeout(watchdog);
    if (connection !== own) return;
    ++attempts;
    if (problem instanceof Refused && problem.status >= 400 && problem.status < 500 && problem.status !== 429) {
        become('refused', problem);
        return;
    }
    become(navigator.onLine ? 'reconnecting' : 'offline');
    const pause = Math.min(longest_wait, 500 * 2 ** Math.min(attempts, 6)) * (0.75 + Math.random() / 2);
    wait_timer = setTimeout(connect, pause);
}

/** Also after a new token. */
export function reconnect(): void {
    attempts = Math.max(attempts, 1);
    void connect();
}

export function start_live(): void {
    addEventListener('online', reconnect);
    addEventListener('offline', reconnect); // this machine's own server answers without a network: only asking tells
    addEventListener('visibilitychange', () => {
        if (!document.hidden && live.line === 'reconnecting') reconnect();
    });
    void connect();
}

/** Draws the caller anew at each piece of news. */
export function useLive(): typeof live {
    const [, draw] = useReducer((n: number) => n + 1, 0);
    useEffect(() => {
        const listener = () => draw(0);
        listeners.add(listener);
        return () => {
            listeners.delete(listener);
        };
    }, []);
    return live;
}

/**
 * A number that grows when answers may have changed: at once after news, then at most every 3 seconds, and every minute
 * in any case. Only news of `repo` when one is given; nothing grows while `still`.
 */
export function useNews(still: boolean, repo?: string): number {
    const [version, grow] = useReducer((n: number) => n + 1, 0);
    const last = useRef(0);
    useEffect(() => {
        if (still) return;
        let pending: ReturnType<typeof setTimeout> | undefined;
        const refresh = () => {
            pending = undefined;
            if (document.hidden) return;
            last.current = Date.now();
            grow(0);
        };
        const listener = (repos: Set<string> | null) => {
            const concerned = repos === null || (repo ? repos.has(repo.toLowerCase()) : repos.size > 0);
            if (concerned && pending === undefined)
                pending = setTimeout(refresh, Math.max(150, last.current + between_refreshes - Date.now()));
        };
        const slow = setInterval(refresh, between_slow_refreshes);
        const seen = () => !document.hidden && Date.now() - last.current > between_refreshes && refresh();
        listeners.add(listener);
        addEventListener('visibilitychange', seen);
        return () => {
            listeners.delete(listener);
            removeEventListener('visibilitychange', seen);
            clearInterval(slow);
            clearTimeout(pending);
        };
    }, [still, repo]);
    return version;
}
