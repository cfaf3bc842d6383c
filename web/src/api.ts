// Questions to the server. Answers are kept, so that a page seen before shows at once and is then brought up to date.
import { useCallback, useEffect, useReducer, useRef } from 'preact/hooks';

export class Refused extends Error {
    constructor(
        readonly status: number, // 0: the server could not be reached
        readonly code: string,
        message: string,
        readonly retry_after: number | null = null, // seconds
    ) {
        super(message);
    }
}

const token_key = 'gem-token';

export function token(): string {
    return sessionStorage.getItem(token_key) ?? '';
}

/** Kept until the tab is closed. */
export function set_token(value: string): void {
    if (value) sessionStorage.setItem(token_key, value);
    else sessionStorage.removeItem(token_key);
    kept.clear();
}

export function headers(): Record<string, string> {
    const value = token();
    return value ? { Authorization: `Bearer ${value}` } : {};
}

export type Parameters = Record<string, string | number | null | undefined>;

export function question(path: string, parameters: Parameters = {}): string {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) if (value != null && value !== '') query.set(name, String(value));
    const text = query.toString().replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%2C', ',');
    return text ? `${path}?${text}` : path;
}

export async function refusal_of(response: Response): Promise<Refused> {
    const body = await response.json().catch(() => ({}));
    const wait = Number(response.headers.get('retry-after'));
    const message = body.detail ?? `The server answered ${response.status}.`;
    return new Refused(response.status, body.error_code ?? '', message, wait > 0 ? wait : null);
}

const patience = 30_000; // milliseconds

export async function ask<T>(target: string, signal?: AbortSignal): Promise<T> {
    const limit = AbortSignal.timeout(patience);
    let response: Response;
    try {
        const either = signal ? AbortSignal.any([signal, limit]) : limit;
        response = await fetch(target, { headers: headers(), cache: 'no-cache', signal: either });
    } catch (problem) {
        if (signal?.aborted) throw problem;
        throw new Refused(0, 'UNREACHABLE', limit.aborted ? 'The server did not answer in time.' : 'The server could not be reached.');
    }
    // An unhealthy server tells of its health all the same; a problem has another type.
    const tells_health = response.status === 503 && target === '/health' && response.headers.get('Content-Type')?.startsWith('application/json');
    if (!response.ok && !tells_health) throw await refusal_of(response);
    return (await response.json()) as T;
}

interface Kept {
    body: unknown;
    at: number;
}
const kept = new Map<string, Kept>();
const most_kept = 200;

function keep(target: string, body: unknown): void {
    kept.delete(target);
    kept.set(target, { body, at: Date.now() });
    if (kept.size > most_kept) kept.delete(kept.keys().next().value!);
}

export interface Answer<T> {
    data: T | undefined;
    at: number; // when `data` came
    error: Refused | undefined; // of the last attempt; `data` may still be there and is stale then
    loading: boolean; // an attempt is under way
    reload: () => void;
}

const patient_retry = 10_000; // milliseconds

/**
 * The answer to `target`, asked again whenever `version` changes, after a failure in 10 seconds (or when the server says),
 * and at reload(). A `target` of null asks nothing.
 */
export function useAnswer<T>(target: string | null, version = 0): Answer<T> {
    const [, draw] = useReducer((n: number) => n + 1, 0);
    const [attempt, reload] = useReducer((n: number) => n + 1, 0);
    const state = useRef<{ target: string | null; error?: Refused; loading: boolean }>({ target: null, loading: false });
    if (state.current.target !== target) state.current = { target, loading: target !== null };

    useEffect(() => {
        if (target === null) return;
        const gone = new AbortController();
        let again: ReturnType<typeof setTimeout> | undefined;
        state.current.loading = true;
        draw(0);
        ask<T>(target, gone.signal).then(
            (body) => {
                keep(target, body);
                state.current = { target, loading: false };
                draw(0);
            },
            (problem: unknown) => {
                if (gone.signal.aborted) return;
                const error = problem instanceof Refused ? problem : new Refused(0, 'BROKEN', String(problem));
                state.current = { target, loading: false, error };
                draw(0);
                const passing = error.status === 0 || error.status === 429 || error.status >= 500;
                if (passing) again = setTimeout(() => reload(0), error.retry_after ? error.retry_after * 1000 : patient_retry);
            },
        );
        return () => {
            clearTimeout(again);
            gone.abort();
        };
    }, [target, version, attempt]);

    const known = target === null ? undefined : kept.get(target);
    return {
        data: known?.body as T | undefined,
        at: known?.at ?? 0,
        error: state.current.error,
        loading: state.current.loading,
        reload: useCallback(() => reload(0), []),
    };
}
