// Stacked bars over time: uPlot on the screen, a table for whoever cannot see it.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { count, local_time, once, type_name, utc_time } from './format.ts';
import { on_theme } from './theme.ts';
import type { Bucket, Counts } from './types.ts';

const most_layers = 5;
const height = 220;

export interface Layer {
    name: string;
    types: string[];
    values: number[];
    total: number;
    colour: string; // a CSS variable
}

/** Each kind of event has one colour on every page; what has none shares the sixth. */
const colours: Record<string, string> = {
    PushEvent: '--series-1',
    PullRequestEvent: '--series-2',
    IssuesEvent: '--series-3',
    WatchEvent: '--series-4',
    IssueCommentEvent: '--series-5',
};

export function colour_of(type: string): string {
    return colours[type] ?? '--series-6';
}

export function layers_of(series: Bucket[]): Layer[] {
    const totals: Counts = {};
    for (const bucket of series) for (const [type, n] of Object.entries(bucket.counts)) totals[type] = (totals[type] ?? 0) + n;
    const named = Object.keys(totals)
        .filter((type) => type in colours)
        .sort((a, b) => totals[b]! - totals[a]!)
        .slice(0, most_layers);
    const others = Object.keys(totals).filter((type) => !named.includes(type));
    const layer = (name: string, types: string[], colour: string): Layer => {
        const values = series.map((bucket) => types.reduce((sum, type) => sum + (bucket.counts[type] ?? 0), 0));
        return { name, types, values, total: values.reduce((sum, n) => sum + n, 0), colour };
    };
    const layers = named.map((type) => layer(type_name(type), [type], colour_of(type)));
    if (others.length) layers.push(layer(others.length === 1 ? type_name(others[0]!) : 'Everything else', others, '--series-6'));
    return layers;
}

function css(variable: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}

/** The topmost layer is the sum of all: it is drawn first and the ones below it cover its lower part. */
function plotted(series: Bucket[], layers: Layer[]): uPlot.AlignedData {
    const times = series.map((bucket) => Date.parse(bucket.bucket_start) / 1000);
    const sums: number[][] = [];
    let below = times.map(() => 0);
    for (const layer of layers) {
        below = below.map((sum, i) => sum + layer.values[i]!);
        sums.unshift(below);
    }
    return [times, ...sums];
}

const axis_day = once(() => new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' }));
const axis_time = once(() => new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' }));

/** Midnight and marks a day or more apart are named by their day, the others by their time. */
function axis_text(seconds: number, between: number): string {
    const at = new Date(seconds * 1000);
    const midnight = at.getHours() === 0 && at.getMinutes() === 0;
    return midnight || between >= 86_400 ? axis_day().format(at) : axis_time().format(at);
}

function options_of(width: number, layers: Layer[], seconds: number, at: (index: number | null) => void): uPlot.Options {
    const axis: uPlot.Axis = {
        stroke: css('--muted'),
        font: `12px ${css('--font')}`,
        grid: { stroke: css('--line'), width: 1 },
        ticks: { show: false },
    };
    return {
        width,
        height,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
        scales: {
            x: { range: (_, low, high) => [low - seconds / 2, high + seconds / 2] },
            y: { range: (_, __, high) => [0, Math.max(high * 1.05, 4)] },
        },
        axes: [
            { ...axis, grid: { show: false }, space: 80, size: 32, values: (_, ticks, __, ___, between) => ticks.map((tick) => axis_text(tick, between)) },
            { ...axis, size: 48, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : '')) },
        ],
        series: [
            {},
            ...layers.toReversed().map(
                (layer): uPlot.Series => ({
                    label: layer.name,
                    fill: css(layer.colour),
                    width: 0,
                    paths: uPlot.paths.bars!({ size: [0.86, 64], radius: 0.08 }),
                    points: { show: false },
                }),
            ),
        ],
        hooks: { setCursor: [(chart) => at(chart.cursor.idx ?? null)] },
    };
}

/** Calls `draw` when the browser has nothing more urgent to do, so that it holds up no figure; returns how to call that off. */
function when_idle(draw: () => void): () => void {
    if (!('requestIdleCallback' in globalThis)) { // Safari
        const timer = setTimeout(draw, 50);
        return () => clearTimeout(timer);
    }
    const asked = requestIdleCallback(draw, { timeout: 500 });
    return () => cancelIdleCallback(asked);
}

/** `minutes`: the length of a bucket. */
export function TimeChart(props: { series: Bucket[]; minutes: number; label: string }) {
    const { series, minutes } = props;
    const place = useRef<HTMLDivElement>(null);
    const chart = useRef<uPlot>();
    const [at, setAt] = useState<number | null>(null);
    const [colours_version, recolour] = useState(0);
    const layers = useMemo(() => layers_of(series), [series]);
    const newest = useRef<[Bucket[], Layer[]]>([series, layers]);
    newest.current = [series, layers];
    const shape = layers.map((layer) => layer.name).join();

    useEffect(() => on_theme(() => recolour((n) => n + 1)), []);
    useEffect(() => {
        const element = place.current!;
        const resized = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height }));
        const call_off = when_idle(() => {
            const options = options_of(element.clientWidth, layers, minutes * 60, setAt);
            chart.current = new uPlot(options, plotted(...newest.current), element);
            resized.observe(element);
        });
        return () => {
            call_off();
            resized.disconnect();
            chart.current?.destroy();
            chart.current = undefined;
        };
    }, [shape, minutes, colours_version]);
    useEffect(() => chart.current?.setData(plotted(series, layers)), [series]);

    const total = series.reduce((sum, bucket) => sum + bucket.total, 0);
    const peak = series.reduce((most, bucket) => (bucket.total > most.total ? bucket : most), series[0]!);
    const shown = at === null ? undefined : series[at];
    return (
        <figure class="chart">
            <ul class="legend" aria-hidden="true">
                {layers.map((layer) => (
                    <li key={layer.name}>
                        <i class={`swatch swatch${layer.colour}`} />
                        {layer.name} <b>{count(at === null ? layer.total : layer.values[at])}</b>
                    </li>
                ))}
                <li class="when">{shown ? `${local_time(shown.bucket_start)} · ${count(shown.total)}` : ''}</li>
            </ul>
            <div
                class="plot"
                ref={place}
                role="img"
                aria-label={`${props.label}: ${count(total)} events; at most ${count(peak.total)} in ${minutes} minutes, from ${local_time(peak.bucket_start)}.`}
            />
            <BucketTable series={series} layers={layers} />
        </figure>
    );
}

function BucketTable({ series, layers }: { series: Bucket[]; layers: Layer[] }) {
    const [open, setOpen] = useState(false);
    return (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>As a table</summary>
            {open && (
                <div class="scroll tall" tabIndex={0} role="group" aria-label="Events in each interval">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">From</th>
                                <th scope="col" class="number">
                                    All
                                </th>
                                {layers.map((layer) => (
                                    <th scope="col" class="number" key={layer.name}>
                                        {layer.name}
                                    </th>
                                ))}
                            </tr>
                        </thead>
                        <tbody>
                            {series.map((bucket, i) => (
                                <tr key={bucket.bucket_start}>
                                    <th scope="row">
                                        <time dateTime={bucket.bucket_start} title={utc_time(bucket.bucket_start)}>
                                            {local_time(bucket.bucket_start)}
                                        </time>
                                    </th>
                                    <td class="number">{count(bucket.total)}</td>
                                    {layers.map((layer) => (
                                        <td class="number" key={layer.name}>
                                            {count(layer.values[i])}
                                        </td>
                                    ))}
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </details>
    );
}
