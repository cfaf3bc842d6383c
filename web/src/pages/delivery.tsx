// What reached people: releases, deployments and the four keys.
import { question, useAnswer, type Parameters } from '../api.ts';
import { count, decimal, duration, github_url, percent, window_name } from '../format.ts';
import { AnswerCard, Badge, Figure, Time, type Mood } from '../parts.tsx';
import type { Dora, ReleaseDeployment } from '../types.ts';

const most_shown = 4;
const deployment_moods: Record<string, Mood> = { success: 'good', failure: 'poor', error: 'poor', in_progress: 'fair', pending: 'fair' };

export function ReleasesCard({ window, news }: { window: Parameters; news: number }) {
    const answer = useAnswer<ReleaseDeployment>(question('/metrics/release-deployment', window), news);
    const repo = String(window.repo);
    const days = window_name(Number(window.hours));
    return (
        <AnswerCard
            title="Releases and deployments"
            answer={answer}
            empty={(data) =>
                !data.releases.total_count &&
                !data.deployments.total_count &&
                `Neither a release nor a deployment in ${days}. Deployments come by webhook only.`
            }
            aside={() => <small class="muted">{days}</small>}
        >
            {({ releases, deployments, deployment_lead_time }) => (
                <>
                    <dl class="figures small">
                        <Figure name="Releases" more={`${decimal(releases.frequency_per_week)} a week`}>
                            {count(releases.total_count)}
                        </Figure>
                        <Figure name="Deployments" more={`${percent(deployments.success_rate)} succeeded`}>
                            {count(deployments.total_count)}
                        </Figure>
                        <Figure name="Release to deployment">
                            {duration(deployment_lead_time === null ? null : deployment_lead_time * 3600)}
                        </Figure>
                    </dl>
                    <ul class="rows">
                        {releases.recent_releases.slice(0, most_shown).map((each) => (
                            <li key={each.tag_name}>
                                <span>
                                    <a href={github_url(repo, 'releases', 'tag', each.tag_name)} rel="noreferrer">
                                        {each.tag_name}
                                    </a>{' '}
                                    {each.type !== 'release' && <Badge mood="none">{each.type}</Badge>}
                                </span>
                                <small>
                                    {each.author_login}, <Time at={each.published_at} />
                                </small>
                            </li>
                        ))}
                        {deployments.recent_deployments.slice(0, most_shown).map((each) => (
                            <li key={each.deployment_id}>
                                <span>
                                    {each.environment} <Badge mood={deployment_moods[each.status ?? ''] ?? 'none'}>{each.status ?? 'no state yet'}</Badge>
                                </span>
                                <small>
                                    {each.ref} {each.sha && <code>{each.sha.slice(0, 7)}</code>}, <Time at={each.created_at} />
                                </small>
                            </li>
                        ))}
                    </ul>
                </>
            )}
        </AnswerCard>
    );
}

const band_moods: Record<string, Mood> = { elite: 'good', high: 'good', medium: 'fair', low: 'poor' };
const bases: Record<string, string> = {
    deployments: 'deployments to production',
    releases: 'published releases, for want of deployments',
    merges: 'merges to the default branch, for want of deployments and releases',
};

function Band({ band }: { band: string | null }) {
    return band === null ? null : <Badge mood={band_moods[band] ?? 'none'}>{band}</Badge>;
}

export function DoraCard({ window, news }: { window: Parameters; news: number }) {
    const answer = useAnswer<Dora>(question('/metrics/dora', window), news);
    const days = window_name(Number(window.hours));
    return (
        <AnswerCard
            title="Four keys (DORA)"
            answer={answer}
            empty={(data) => !data.deployments && `Nothing was delivered in ${days}, so the four keys are unknown.`}
            aside={() => <small class="muted">{days}</small>}
        >
            {(data) => {
                const failure = data.change_failure_rate;
                return (
                    <>
                        <dl class="pairs keys">
                            <dt title={data.deployment_frequency.formula}>Deployment frequency</dt>
                            <dd>
                                {decimal(data.deployment_frequency.per_week)} a week <Band band={data.deployment_frequency.band} />
                            </dd>
                            <dt title={data.lead_time_for_changes.formula}>Lead time for changes</dt>
                            <dd>
                                {duration(data.lead_time_for_changes.median_seconds)} <Band band={data.lead_time_for_changes.band} />
                            </dd>
                            <dt title={failure.formula}>Change failure rate</dt>
                            <dd>
                                <span
                                    title={
                                        failure.interval
                                            ? `95% between ${percent(failure.interval[0])} and ${percent(failure.interval[1])}, of ${failure.n}`
                                            : undefined
                                    }
                                >
                                    {percent(failure.rate)}
                                </span>{' '}
                                <Band band={failure.band} />
                            </dd>
                            <dt title={data.time_to_restore.formula}>Time to restore</dt>
                            <dd>
                                {duration(data.time_to_restore.median_seconds)} <Band band={data.time_to_restore.band} />
                            </dd>
                            <dt title={data.rework_rate.formula}>Rework rate</dt>
                            <dd>
                                {percent(data.rework_rate.rate)} <Band band={data.rework_rate.band} />
                            </dd>
                        </dl>
                        <p class="muted">
                            Counted from {count(data.deployments)} {bases[data.basis ?? ''] ?? data.basis}.
                        </p>
                    </>
                );
            }}
        </AnswerCard>
    );
}
