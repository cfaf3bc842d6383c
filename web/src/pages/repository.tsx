// One repository: how it does, and why each figure says so.
import { question, useAnswer, type Answer } from '../api.ts';
import { TimeChart } from '../chart.tsx';
import { count, duration, github_url, plural, score, type_name } from '../format.ts';
import { useNews } from '../live.ts';
import {
    AnswerCard,
    Badge,
    Bar,
    Breakdown,
    CoverageBadge,
    CoverageText,
    Figure,
    mood_of,
    Receipts,
    Ring,
    Severity,
    Time,
} from '../parts.tsx';
import { chosen, link, span_of, type Place } from '../router.ts';
import { bucket_minutes, PageHead } from '../span.tsx';
import { CommitsCard } from './commits.tsx';
import { DoraCard, ReleasesCard } from './delivery.tsx';
import { CommunityCard, DevelopersCard } from './people.tsx';
import type { Activity, Anomalies, RepositoryHealth, Security, Series, Waiting } from '../types.ts';

const least_delivery_hours = 720;

export function Repository({ place, repo }: { place: Place; repo: string }) {
    const span = span_of(place, 168);
    const news = useNews(span.until !== null, repo);
    const window = { repo, hours: span.hours, until: span.until };
    const delivery = { ...window, hours: Math.max(span.hours, least_delivery_hours) };
    const minutes = bucket_minutes(span.hours);

    const health = useAnswer<RepositoryHealth>(question('/metrics/repository-health', window), news);
    const activity = useAnswer<Activity>(question('/metrics/repository-activity', window), news);
    const series = useAnswer<Series>(question('/metrics/event-counts-timeseries', { ...window, bucket_minutes: minutes }), news);
    const merge = useAnswer<Waiting>(question('/metrics/pr-merge-time', window), news);
    const response = useAnswer<Waiting>(question('/metrics/issue-first-response', window), news);
    const security = useAnswer<Security>(question('/metrics/security-monitoring', window), news);
    const anomalies = useAnswer<Anomalies>(question('/metrics/event-anomalies', window), news);
    const name = health.data?.repo_name ?? repo;

    return (
        <>
            <PageHead title={name} place={place} span={span}>
                <p class="links">
                    <a href={github_url(name)} rel="noreferrer">
                        On GitHub
                    </a>
                    <a href={link(['live'], { repo: name })}>Live</a>
                    <a href={link(['compare'], { ...chosen(span), repos: name })}>Compare</a>
                </p>
            </PageHead>
            <div class="cards">
                <HealthCard health={health} />
                <AnswerCard
                    title="Activity"
                    wide
                    tall
                    answer={series}
                    empty={(data) => !data.series.some((bucket) => bucket.total > 0) && 'No events of this repository in this window.'}
                >
                    {(data) => <TimeChart series={data.series} minutes={minutes} label={`Events of ${name}`} />}
                </AnswerCard>
                <AnswerCard title="Kinds of events" answer={activity} empty={(data) => !data.total_events && 'No events in this window.'}>
                    {(data) => (
                        <>
                            <dl class="figures small">
                                <Figure name="Events">{count(data.total_events)}</Figure>
                                <Figure name="People">{count(data.unique_actors)}</Figure>
                                <Figure name="Activity score">{score(data.activity_score)}</Figure>
                            </dl>
                            <Breakdown counts={data.event_breakdown} />
                            <Receipts receipts={data.explanation} bots_excluded={data.bots_excluded} />
                        </>
                    )}
                </AnswerCard>
                <div class="stack">
                    <WaitingCard merge={merge} response={response} />
                    <AnswerCard title="Coverage" answer={activity} aside={(data) => <CoverageBadge coverage={data.coverage} />}>
                        {(data) => <CoverageText coverage={data.coverage} />}
                    </AnswerCard>
                </div>
                <CommunityCard window={window} news={news} />
                <DevelopersCard window={window} news={news} />
                <CommitsCard window={window} news={news} />
                <SecurityCard security={security} />
                <div class="stack">
                    <DoraCard window={delivery} news={news} />
                    <AnomaliesCard anomalies={anomalies} />
                </div>
                <ReleasesCard window={delivery} news={news} />
            </div>
        </>
    );
}

function HealthCard({ health }: { health: Answer<RepositoryHealth> }) {
    const parts = [
        ['Activity', 'activity_score'],
        ['Collaboration', 'collaboration_score'],
        ['Maintenance', 'maintenance_score'],
        ['Security', 'security_score'],
    ] as const;
    return (
        <AnswerCard
            title="Health"
            answer={health}
            aside={(data) => {
                const mood = mood_of(data.health_score);
                return <Badge mood={mood}>{{ good: 'healthy', fair: 'warning', poor: 'critical', none: 'unknown' }[mood]}</Badge>;
            }}
        >
            {(data) => (
                <>
                    <div class="health">
                        <Ring value={data.health_score} label="Health" />
                        <ul class="bars">
                            {parts.map(([name, key]) => (
                                <li key={key}>
                                    <span>{name}</span>
                                    <Bar share={(data[key] ?? 0) / 100} colour={`--${mood_of(data[key])}`} />
                                    <b>{score(data[key])}</b>
                                </li>
                            ))}
                        </ul>
                    </div>
                    {data.health_score === null && <p class="muted">Too little is known for a score. What is unknown is left out, never counted as 0.</p>}
                    <Receipts receipts={data.explanation} bots_excluded={data.bots_excluded} />
                </>
            )}
        </AnswerCard>
    );
}

function WaitingCard({ merge, response }: { merge: Answer<Waiting>; response: Answer<Waiting> }) {
    const figure = (name: string, answer: Answer<Waiting>, done: string) => (
        <Figure
            name={name}
            more={answer.data ? (answer.data.n ? `${count(answer.data.answered)} of ${count(answer.data.n)} ${done}` : 'none opened') : answer.error?.message}
        >
            {duration(answer.data?.median_seconds)}
        </Figure>
    );
    return (
        <AnswerCard title="Waiting times" answer={merge}>
            {() => (
                <>
                    <dl class="figures small">
                        {figure('Pull request to merge', merge, 'merged')}
                        {figure('Issue to first response', response, 'answered')}
                    </dl>
                    <p class="muted">Medians over what is answered and what still waits; a dash where the median is not reached.</p>
                </>
            )}
        </AnswerCard>
    );
}

function SecurityCard({ security }: { security: Answer<Security> }) {
    return (
        <AnswerCard
            title="Security"
            answer={security}
            aside={(data) => (
                <Badge mood={({ low: 'good', medium: 'fair', high: 'poor' } as const)[data.risk_level] ?? 'none'}>
                    {data.risk_level === 'unknown' ? 'unknown' : `${data.risk_level} risk`}
                </Badge>
            )}
        >
            {(data) => (
                <>
                    <dl class="figures small">
                        <Figure name="Score" more="of 100">
                            {score(data.security_score)}
                        </Figure>
                        <Figure name="Findings">{count(data.findings.length)}</Figure>
                    </dl>
                    {data.findings.length > 0 ? (
                        <ul class="rows">
                            {data.findings.map((finding) => (
                                <li key={finding.check + finding.message}>
                                    <span>
                                        <Severity level={finding.severity} /> {finding.message}
                                    </span>
                                    <small title={finding.event_ids.join(', ')}>{plural(finding.event_ids.length, 'event')} as evidence</small>
                                </li>
                            ))}
                        </ul>
                    ) : (
                        <p class="muted">No findings in what the sources show.</p>
                    )}
                    {data.recommendations.length > 0 && (
                        <>
                            <h3>What would help</h3>
                            <ul class="plain">
                                {data.recommendations.map((each) => (
                                    <li key={each}>{each}</li>
                                ))}
                            </ul>
                        </>
                    )}
                    <Receipts receipts={data.explanation} />
                </>
            )}
        </AnswerCard>
    );
}

function AnomaliesCard({ anomalies }: { anomalies: Answer<Anomalies> }) {
    return (
        <AnswerCard
            title="Anomalies"
            answer={anomalies}
            empty={(data) => !data.anomalies.length && 'Nothing unusual in the hours that were watched throughout.'}
        >
            {(data) => (
                <ul class="rows">
                    {data.anomalies.slice(0, 12).map((each) => (
                        <li key={each.event_type + each.bucket_start}>
                            <span>
                                <Severity level={each.severity} /> {type_name(each.event_type)} {each.type}: {count(each.actual_value)} where{' '}
                                {score(each.expected)} were expected
                            </span>
                            <small>
                                hour of <Time at={each.bucket_start} />
                            </small>
                        </li>
                    ))}
                    {data.anomalies.length > 12 && <li class="muted">and {plural(data.anomalies.length - 12, 'more')}</li>}
                </ul>
            )}
        </AnswerCard>
    );
}
