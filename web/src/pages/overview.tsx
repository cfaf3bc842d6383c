// The first page: what happens now, where, and how sure that is.
import { question, useAnswer, type Answer } from '../api.ts';
import { TimeChart } from '../chart.tsx';
import { bytes, compact, count, duration, percent, plural, score, unknown, usd, window_name } from '../format.ts';
import { useLive, useNews } from '../live.ts';
import { AnswerCard, Badge, Bar, Breakdown, CoverageBadge, CoverageText, Figure, Repo, Time } from '../parts.tsx';
import { chosen, go, link, span_of, type Place, type Span } from '../router.ts';
import { bucket_minutes, PageHead } from '../span.tsx';
import type { DatabaseInfo, EventCounts, Health, Series, Trending } from '../types.ts';

export function Overview({ place }: { place: Place }) {
    const span = span_of(place, 24);
    const order = place.query.get('order') === 'score' ? 'score' : 'events';
    const news = useNews(span.until !== null);
    const window = { hours: span.hours, until: span.until };
    const minutes = bucket_minutes(span.hours);

    const health = useAnswer<Health>('/health', news);
    const series = useAnswer<Series>(question('/metrics/event-counts-timeseries', { ...window, bucket_minutes: minutes }), news);
    const counts = useAnswer<EventCounts>(question('/metrics/event-counts', { offset_minutes: span.hours * 60, until: span.until }), news);
    const began = counts.data?.window.from;
    const before = useAnswer<EventCounts>(
        began ? question('/metrics/event-counts', { offset_minutes: span.hours * 60, until: began }) : null,
    );
    const trending = useAnswer<Trending>(question('/metrics/trending', { ...window, limit: 10, order }), news);
    const database = useAnswer<DatabaseInfo>('/database/info', news);

    return (
        <>
            <PageHead title="Overview" place={place} span={span} />
            <Figures counts={counts} before={before} health={health} />
            <div class="cards">
                <AnswerCard
                    title="Events over time"
                    wide
                    tall
                    answer={series}
                    empty={(data) => !data.series.some((bucket) => bucket.total > 0) && nothing(span, health.data)}
                >
                    {(data) => <TimeChart series={data.series} minutes={minutes} label="Events over time" />}
                </AnswerCard>
                <AnswerCard title="Kinds of events" tall answer={counts} empty={(data) => !data.total_events && 'No events in this window.'}>
                    {(data) => <Breakdown counts={data.counts} most={10} />}
                </AnswerCard>
                <TopRepositories trending={trending} span={span} order={order} place={place} />
                <AnswerCard title="Coverage" answer={counts} aside={(data) => <CoverageBadge coverage={data.coverage} />}>
                    {(data) => <CoverageText coverage={data.coverage} />}
                </AnswerCard>
                <Collector health={health} />
                <Store database={database} />
            </div>
        </>
    );
}

function nothing(span: Span, health: Health | undefined): string {
    const stored = health?.total_events_stored;
    const window = `No events in ${span.until ? 'this window' : `the last ${window_name(span.hours)}`}.`;
    if (!stored) return `${window} Nothing is stored yet: once the collector, a webhook or a backfill brings events, they show here.`;
    return `${window} ${plural(stored, 'event')} are stored in all: choose a longer window, or another end for it.`;
}

function Figures(props: { counts: Answer<EventCounts>; before: Answer<EventCounts>; health: Answer<Health> }) {
    const { received } = useLive();
    const now = props.counts.data?.total_events;
    const earlier = props.before.data?.total_events;
    const change = now !== undefined && earlier ? now / earlier - 1 : undefined;
    const comparable = props.before.data?.coverage.complete && props.counts.data?.coverage.complete;
    const health = props.health.data;
    return (
        <dl class="figures">
            <Figure
                name="Events in the window"
                more={
                    change === undefined ? (
                        'nothing to compare with'
                    ) : (
                        <span title={comparable ? undefined : 'One of the two windows was not watched throughout.'}>
                            {change >= 0 ? '▲' : '▼'} {percent(Math.abs(change))} on the one before{comparable ? '' : ' (incomplete)'}
                        </span>
                    )
                }
            >
                {compact(now)}
            </Figure>
            <Figure name="Kinds" more="of events seen">
                {props.counts.data ? count(Object.keys(props.counts.data.counts).length) : unknown}
            </Figure>
            <Figure name="Stored in all" more={received ? `${count(received)} since you opened this page` : 'distinct events'}>
                {compact(health?.total_events_stored)}
            </Figure>
            <Figure name="Last poll" more={health ? `collector: ${health.collector_status}` : undefined}>
                {health?.last_poll ? <Time at={health.last_poll} relative /> : health ? 'never' : unknown}
            </Figure>
        </dl>
    );
}

function TopRepositories(props: { trending: Answer<Trending>; span: Span; order: string; place: Place }) {
    const { span, order, place } = props;
    return (
        <AnswerCard
            title="Top repositories"
            wide="full"
            tall
            answer={props.trending}
            empty={(data) => !data.repositories.length && 'No repository had an event in this window.'}
            aside={() => (
                <label>
                    by{' '}
                    <select
                        value={order}
                        onChange={(event) => go(place.path, { ...Object.fromEntries(place.query), order: event.currentTarget.value })}
                    >
                        <option value="events">number of events</option>
                        <option value="score">surprise (events above their usual)</option>
                    </select>
                </label>
            )}
        >
            {(data) => {
                const most = Math.max(...data.repositories.map((row) => row.total_events));
                return (
                    <>
                        <div class="scroll" tabIndex={0} role="group" aria-label="Top repositories">
                            <table class="ranked">
                                <thead>
                                    <tr>
                                        <th scope="col">Repository</th>
                                        <th scope="col" class="number">
                                            Events
                                        </th>
                                        <th scope="col" class="roomy" aria-hidden="true" />
                                        <th scope="col" class="number">
                                            Stars
                                        </th>
                                        <th scope="col" class="number">
                                            Pull requests
                                        </th>
                                        <th scope="col" class="number">
                                            Issues
                                        </th>
                                        <th scope="col" class="number">
                                            People
                                        </th>
                                        <th scope="col" class="number">
                                            Activity
                                        </th>
                                    </tr>
                                </thead>
                                <tbody>
                                    {data.repositories.map((row) => (
                                        <tr key={row.repo}>
                                            <th scope="row">
                                                <Repo name={row.repo} span={span} />
                                            </th>
                                            <td class="number">{count(row.total_events)}</td>
                                            <td class="roomy">
                                                <Bar share={row.total_events / most} />
                                            </td>
                                            <td class="number">{count(row.watch_events)}</td>
                                            <td class="number">{count(row.pr_events)}</td>
                                            <td class="number">{count(row.issues_events)}</td>
                                            <td class="number">{count(row.unique_actors)}</td>
                                            <td class="number">{score(row.activity_score)}</td>
                                        </tr>
                                    ))}
                                </tbody>
                            </table>
                        </div>
                        <p class="foot">
                            <a href={link(['compare'], { ...chosen(span), repos: data.repositories.slice(0, 3).map((row) => row.repo).join(',') })}>
                                Compare the first {Math.min(3, data.repositories.length)}
                            </a>
                            {data.bots_excluded > 0 && (
                                <span class="muted">Scores leave {plural(data.bots_excluded, 'event')} of bots out.</span>
                            )}
                        </p>
                    </>
                );
            }}
        </AnswerCard>
    );
}

function Collector({ health }: { health: Answer<Health> }) {
    return (
        <AnswerCard
            title="Collector"
            answer={health}
            aside={(data) => (
                <Badge mood={data.collector_status === 'healthy' ? 'good' : data.collector_status === 'disabled' ? 'none' : 'fair'}>
                    {data.collector_status}
                </Badge>
            )}
        >
            {(data) => (
                <>
                    <dl class="pairs">
                        <dt>Last poll</dt>
                        <dd>{data.last_poll ? <Time at={data.last_poll} relative /> : 'never'}</dd>
                        <dt>Running for</dt>
                        <dd>{duration(data.uptime_seconds)}</dd>
                        <dt>Targets</dt>
                        <dd>{data.target_repositories.length ? plural(data.target_repositories.length, 'target') : 'none configured'}</dd>
                    </dl>
                    <p class="foot">
                        <a href={link(['repositories'])}>Watch list</a>
                    </p>
                </>
            )}
        </AnswerCard>
    );
}

function Store({ database }: { database: Answer<DatabaseInfo> }) {
    return (
        <AnswerCard
            title="Database"
            answer={database}
            aside={(data) => <Badge mood={data.health.status === 'healthy' ? 'good' : 'poor'}>{data.health.status}</Badge>}
        >
            {(data) => {
                const size = data.tables.reduce((sum, table) => sum + (table.bytes ?? 0), 0);
                const { usage } = data;
                return (
                    <>
                        <dl class="pairs">
                            <dt>Provider</dt>
                            <dd>{data.provider === 'dynamodb' ? 'Amazon DynamoDB' : data.provider === 'sqlite' ? 'SQLite' : data.provider}</dd>
                            <dt>Size</dt>
                            <dd>{bytes(size)}</dd>
                            <dt>Cost</dt>
                            <dd>
                                {usage
                                    ? `${usd(usage.cost_usd)} in ${usage.month}, without storage`
                                    : data.provider === 'sqlite'
                                      ? 'no charge by use'
                                      : 'not known yet'}
                            </dd>
                            {usage && (
                                <>
                                    <dt>Units</dt>
                                    <dd>
                                        {compact(usage.read_units)} read, {compact(usage.write_units)} written
                                    </dd>
                                </>
                            )}
                        </dl>
                        <p class="foot">
                            <a href="#/settings">All tables</a>
                        </p>
                    </>
                );
            }}
        </AnswerCard>
    );
}
