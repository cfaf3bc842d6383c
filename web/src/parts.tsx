// What pages are made of: cards with every state, figures, times, receipts, coverage.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Answer } from './api.ts';
import { ago, count, decimal, duration, local_time, plural, score, type_name, unknown, utc_time, words } from './format.ts';
import { colour_of } from './chart.tsx';
import { repo_link, type Span } from './router.ts';
import type { Counts, Coverage, Receipt } from './types.ts';

let clock: ReturnType<typeof setInterval> | undefined;
const watchers = new Set<(now: number) => void>();

/** Milliseconds since 1970, renewed every ten seconds. */
export function useNow(): number {
    const [now, setNow] = useState(Date.now);
    useEffect(() => {
        watchers.add(setNow);
        clock ??= setInterval(() => watchers.forEach((watcher) => watcher(Date.now())), 10_000);
        return () => {
            watchers.delete(setNow);
        };
    }, []);
    return now;
}

/** A moment: in the reader's zone, in UTC when pointed at. */
export function Time({ at, relative }: { at: string | null | undefined; relative?: boolean }) {
    const now = useNow();
    if (!at) return <span class="muted">{unknown}</span>;
    const shown = relative ? ago(at, now) : local_time(at);
    return (
        <time dateTime={at} title={relative ? `${local_time(at)} · ${utc_time(at)}` : utc_time(at)}>
            {shown}
        </time>
    );
}

export function Repo({ name, span }: { name: string; span?: Span }) {
    const slash = name.indexOf('/');
    return (
        <a class="repo" href={repo_link(name, span)}>
            <span>{name.slice(0, slash + 1)}</span>
            <wbr />
            {name.slice(slash + 1)}
        </a>
    );
}

export function Card(props: {
    title: string;
    wide?: boolean | 'full';
    aside?: ComponentChildren;
    children: ComponentChildren;
    busy?: boolean;
    id?: string;
}) {
    const id = props.id ?? props.title.toLowerCase().replaceAll(/[^a-z]+/g, '-');
    return (
        <section class={`card${props.wide ? ' wide' : ''}${props.wide === 'full' ? ' full' : ''}`} aria-labelledby={`title-${id}`} aria-busy={props.busy}>
            <header>
                <h2 id={`title-${id}`}>{props.title}</h2>
                {props.aside}
            </header>
            {props.children}
        </section>
    );
}

const turns: (() => void)[] = [];

function next_turn(): void {
    turns.shift()?.();
    if (turns.length) setTimeout(next_turn);
}

/**
 * Whether it is the caller's turn to draw what it has `wanted` to. Answers often come at the same moment: drawn one after
 * the other, the browser can do what the reader wants in between.
 */
function useTurn(wanted: boolean): boolean {
    const [come, setCome] = useState(false);
    useEffect(() => {
        if (!wanted) return;
        const take = () => setCome(true);
        if (turns.push(take) === 1) setTimeout(next_turn);
        return () => {
            const place = turns.indexOf(take);
            if (place >= 0) turns.splice(place, 1);
        };
    }, [wanted]);
    return come;
}

/**
 * A card around one answer: a placeholder while nothing is known, a sentence when there is nothing, the reason when it
 * failed, and what was known with a remark when it could not be renewed.
 */
export function AnswerCard<T>(props: {
    title: string;
    answer: Answer<T>;
    empty?: (data: T) => string | false;
    wide?: boolean | 'full';
    tall?: boolean; // keeps as much room as a chart takes, so that nothing moves when the answer comes
    aside?: (data: T) => ComponentChildren;
    children: (data: T) => ComponentChildren;
}) {
    const { answer } = props;
    const data = useTurn(answer.data !== undefined) ? answer.data : undefined;
    const nothing = data !== undefined && props.empty ? props.empty(data) : false;
    return (
        <Card
            title={props.title}
            wide={props.wide}
            busy={answer.loading && data === undefined}
            aside={data !== undefined && props.aside ? props.aside(data) : undefined}
        >
            {data !== undefined && answer.error && <Stale answer={answer} />}
            {data === undefined && !answer.error && <Skeleton tall={props.tall} />}
            {data === undefined && answer.error && <Failure answer={answer} />}
            {data !== undefined && (nothing ? <p class="empty">{nothing}</p> : props.children(data))}
        </Card>
    );
}

export function Skeleton({ tall }: { tall?: boolean }) {
    return (
        <div class={tall ? 'skeleton tall' : 'skeleton'} role="status">
            <span class="hidden">Loading</span>
            <i />
            <i />
            <i />
        </div>
    );
}

function Stale({ answer }: { answer: Answer<unknown> }) {
    return (
        <p class="note warn" role="status">
            As of {local_time(new Date(answer.at).toISOString())}; could not be renewed: {answer.error!.message}
        </p>
    );
}

export function Failure({ answer }: { answer: Answer<unknown> }) {
    const error = answer.error!;
    return (
        <div class="failure" role="alert">
            <p>{error.message}</p>
            {error.status === 401 ? (
                <a href="#/settings">Enter a token</a>
            ) : (
                <button type="button" onClick={answer.reload} disabled={answer.loading}>
                    {answer.loading ? 'Trying…' : 'Try again'}
                </button>
            )}
        </div>
    );
}

export function Figure(props: { name: string; children: ComponentChildren; more?: ComponentChildren }) {
    return (
        <div class="figure">
            <dt>{props.name}</dt>
            <dd>
                <b>{props.children}</b>
                {props.more != null && <small>{props.more}</small>}
            </dd>
        </div>
    );
}

export type Mood = 'good' | 'fair' | 'poor' | 'none';

export function Badge({ mood, children }: { mood: Mood; children: ComponentChildren }) {
    return <span class={`badge ${mood}`}>{children}</span>;
}

/** METRICS.md's bands of a score. */
export function mood_of(value: number | null): Mood {
    if (value === null) return 'none';
    return value >= 80 ? 'good' : value >= 60 ? 'fair' : 'poor';
}

const severity_moods: Record<string, Mood> = { low: 'good', medium: 'fair', high: 'poor', critical: 'poor' };

export function Severity({ level }: { level: string }) {
    return <Badge mood={severity_moods[level] ?? 'none'}>{level}</Badge>;
}

/** A bar of 0 to 1; the figure beside it says the same, so it is hidden from screen readers. */
export function Bar({ share, colour }: { share: number; colour?: string }) {
    return (
        <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect class="track" width="100" height="6" />
            <rect class={`fill${colour ?? '--accent'}`} width={Math.max(0, Math.min(1, share)) * 100} height="6" />
        </svg>
    );
}

/** A score of 0 to 100 as a ring. */
export function Ring({ value, label }: { value: number | null; label: string }) {
    const round = 2 * Math.PI * 42;
    const spoken = value === null ? `${label}: unknown` : `${label}: ${score(value)} of 100`;
    return (
        <svg class={`ring ${mood_of(value)}`} viewBox="0 0 100 100" role="img" aria-label={spoken}>
            <circle class="track" cx="50" cy="50" r="42" />
            {value !== null && (
                <circle class="value" cx="50" cy="50" r="42" stroke-dasharray={`${(value / 100) * round} ${round}`} transform="rotate(-90 50 50)" />
            )}
            <text x="50" y="52">
                {score(value)}
            </text>
        </svg>
    );
}

export function Receipts(props: { receipts: Receipt[]; bots_excluded?: number }) {
    if (!props.receipts.length) return null;
    return (
        <details class="receipts">
            <summary>How this came about</summary>
            <div class="scroll" tabIndex={0} role="group" aria-label="Receipts of the score">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">Signal</th>
                            <th scope="col" class="number">
                                Value
                            </th>
                            <th scope="col" class="number">
                                Weight
                            </th>
                            <th scope="col" class="number">
                                Points
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        {props.receipts.map((receipt) => (
                            <tr key={receipt.signal} class={receipt.value === null ? 'left-out' : undefined}>
                                <th scope="row">
                                    {words(receipt.signal)}
                                    <small>{receipt.sentence}</small>
                                </th>
                                <td class="number">{decimal(receipt.value)}</td>
                                <td class="number">{receipt.weight === 0 ? unknown : decimal(receipt.weight)}</td>
                                <td class="number">{score(receipt.points)}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
            {props.bots_excluded ? <p class="muted">{plural(props.bots_excluded, 'event')} of bots left out.</p> : null}
        </details>
    );
}

/** Kinds of events with their counts, the most frequent first. */
export function Breakdown({ counts, most = 8 }: { counts: Counts; most?: number }) {
    const rows = Object.entries(counts).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const largest = rows[0]?.[1] ?? 0;
    const shown = rows.slice(0, most);
    const rest = rows.slice(most);
    return (
        <ul class="bars">
            {shown.map(([type, n]) => (
                <li key={type}>
                    <span>{type_name(type)}</span>
                    <Bar share={n / largest} colour={colour_of(type)} />
                    <b>{count(n)}</b>
                </li>
            ))}
            {rest.length > 0 && (
                <li class="muted" title={rest.map(([type, n]) => `${type_name(type)} ${count(n)}`).join(', ')}>
                    <span>{plural(rest.length, 'other kind')}</span>
                    <span />
                    <b>{count(rest.reduce((sum, [, n]) => sum + n, 0))}</b>
                </li>
            )}
        </ul>
    );
}

export function CoverageBadge({ coverage }: { coverage: Coverage }) {
    return coverage.complete ? <Badge mood="good">complete</Badge> : <Badge mood="fair">incomplete</Badge>;
}

/** What of a window nobody watched; the figures of such hours are lower bounds. */
export function CoverageText({ coverage }: { coverage: Coverage }) {
    const most = 5;
    const missing = coverage.gaps.reduce((sum, gap) => sum + (Date.parse(gap.to) - Date.parse(gap.from)) / 1000, 0);
    return (
        <>
            <p>
                {coverage.complete
                    ? 'Everything that the sources can see in this window is stored.'
                    : `Nobody watched for ${duration(missing)} of this window: what happened then may be missing.`}
            </p>
            <p class="muted">Sources: {coverage.sources.length ? coverage.sources.join(', ') : 'none in this window'}</p>
            {coverage.gaps.length > 0 && (
                <ul class="rows">
                    {coverage.gaps.slice(0, most).map((gap) => (
                        <li key={gap.from + gap.reason}>
                            <span>
                                <Time at={gap.from} /> to <Time at={gap.to} />
                            </span>
                            <small>{gap.reason}</small>
                        </li>
                    ))}
                    {coverage.gaps.length > most && <li class="muted">and {plural(coverage.gaps.length - most, 'more gap')}</li>}
                </ul>
            )}
        </>
    );
}
