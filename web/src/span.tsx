// The head of a page: its name and the window that it looks at.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { window_name } from './format.ts';
import { Time } from './parts.tsx';
import { go, type Place, type Span } from './router.ts';

const choices = [1, 6, 24, 168, 720, 2160];

/** How long a bucket of a chart is, so that there are about a hundred of them; in minutes. */
export function bucket_minutes(hours: number): number {
    const steps = [1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440];
    return steps.find((step) => (hours * 60) / step <= 120) ?? 1440;
}

/** `2026-03-02T10:00` as an input wants it, in the reader's zone. */
function for_input(iso: string): string {
    const time = new Date(iso);
    return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function PageHead(props: { title: ComponentChildren; place: Place; span: Span; children?: ComponentChildren }) {
    const { place, span } = props;
    const [asking, setAsking] = useState(false);
    const move = (changes: Record<string, string | number | null>) =>
        go(place.path, { ...Object.fromEntries(place.query), ...changes });
    const hours = choices.includes(span.hours) ? choices : [...choices, span.hours].sort((a, b) => a - b);
    return (
        <div class="page-head">
            <h1>{props.title}</h1>
            {props.children}
            <form
                class="span"
                onSubmit={(event) => {
                    event.preventDefault();
                    const given = String(new FormData(event.currentTarget).get('until') ?? '');
                    setAsking(false);
                    move({ until: given ? new Date(given).toISOString().replace(/\.\d+Z$/, 'Z') : null });
                }}
            >
                <label>
                    Last{' '}
                    <select value={span.hours} onChange={(event) => move({ hours: Number(event.currentTarget.value) })}>
                        {hours.map((each) => (
                            <option key={each} value={each}>
                                {window_name(each)}
                            </option>
                        ))}
                    </select>
                </label>
                {asking ? (
                    <>
                        <label>
                            until <input type="datetime-local" name="until" defaultValue={for_input(span.until ?? new Date().toISOString())} required />
                        </label>
                        <button type="submit">Look</button>
                        <button type="button" onClick={() => setAsking(false)}>
                            Cancel
                        </button>
                    </>
                ) : (
                    <>
                        <button type="button" onClick={() => setAsking(true)}>
                            until {span.until ? <Time at={span.until} /> : 'now'}
                        </button>
                        {span.until && (
                            <button type="button" onClick={() => move({ until: null })}>
                                Back to now
                            </button>
                        )}
                    </>
                )}
            </form>
        </div>
    );
}
