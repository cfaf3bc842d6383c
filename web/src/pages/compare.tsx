// Repositories side by side.
import { question, useAnswer } from '../api.ts';
import { count, duration, plural, score } from '../format.ts';
import { useNews } from '../live.ts';
import { AnswerCard, Badge, Card, Repo } from '../parts.tsx';
import { go, span_of, type Place } from '../router.ts';
import { PageHead } from '../span.tsx';
import type { Compared, Comparison } from '../types.ts';
import { RepoForm } from './repositories.tsx';

const most = 10;

const rows: { name: string; value: (each: Compared) => number | null; show: (value: number | null) => string; less?: boolean }[] = [
    { name: 'Health', value: (each) => each.health_score, show: score },
    { name: 'Activity', value: (each) => each.activity_score, show: score },
    { name: 'Security', value: (each) => each.security_score, show: score },
    { name: 'Community', value: (each) => each.community_health_score, show: score },
    { name: 'Events', value: (each) => each.total_events, show: count },
    { name: 'People', value: (each) => each.unique_actors, show: count },
    { name: 'Stars', value: (each) => each.stars, show: count },
    { name: 'Pushes', value: (each) => each.push_events, show: count },
    { name: 'Releases', value: (each) => each.releases, show: count },
    { name: 'Bus factor', value: (each) => each.bus_factor, show: count },
    { name: 'Pull request to merge', value: (each) => each.pr_merge_time_median_seconds, show: duration, less: true },
    { name: 'Issue to first response', value: (each) => each.issue_first_response_median_seconds, show: duration, less: true },
];

export function Compare({ place }: { place: Place }) {
    const span = span_of(place, 168);
    const named = (place.query.get('repos') ?? '').split(',').filter((repo) => repo.includes('/'));
    const repos = named.filter((repo, i) => named.findIndex((each) => each.toLowerCase() === repo.toLowerCase()) === i).slice(0, most);
    const news = useNews(span.until !== null || repos.length < 2);
    const target = repos.length >= 2 ? question('/comparison/repositories', { repos: repos.join(','), hours: span.hours, until: span.until }) : null;
    const answer = useAnswer<Comparison>(target, news);
    const show = (list: string[]) => go(['compare'], { ...Object.fromEntries(place.query), repos: list.join(',') });
    return (
        <>
            <PageHead title="Compare" place={place} span={span} />
            <div class="cards">
                <Card title="Repositories" wide="full" id="chosen">
                    {repos.length > 0 && (
                        <ul class="chips">
                            {repos.map((repo) => (
                                <li key={repo}>
                                    {repo}{' '}
                                    <button type="button" aria-label={`Leave out ${repo}`} onClick={() => show(repos.filter((each) => each !== repo))}>
                                        ×
                                    </button>
                                </li>
                            ))}
                        </ul>
                    )}
                    {repos.length < most && <RepoForm label="Add a repository" button="Add" found={(repo) => show([...repos, repo])} />}
                </Card>
                {target === null ? (
                    <Card title="Side by side" wide="full">
                        <p class="empty">Name {repos.length ? 'another repository' : 'two repositories or more'} to see them side by side.</p>
                    </Card>
                ) : (
                    <AnswerCard title="Side by side" wide="full" answer={answer}>
                        {(data) => <SideBySide data={data} />}
                    </AnswerCard>
                )}
            </div>
        </>
    );
}

function SideBySide({ data }: { data: Comparison }) {
    return (
        <>
            <div class="scroll" tabIndex={0} role="group" aria-label="Repositories side by side">
                <table class="compared">
                    <thead>
                        <tr>
                            <th scope="col">Figure</th>
                            {data.repositories.map((each) => (
                                <th scope="col" class="number" key={each.repo}>
                                    <Repo name={each.repo} />
                                </th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {rows.map((row) => {
                            const values = data.repositories.map(row.value);
                            const known = values.filter((value) => value !== null);
                            const best = row.less ? Math.min(...known) : Math.max(...known);
                            const differ = known.some((value) => value !== best);
                            return (
                                <tr key={row.name}>
                                    <th scope="row">{row.name}</th>
                                    {values.map((value, i) => (
                                        <td class="number" key={data.repositories[i]!.repo}>
                                            {value === best && differ && <Badge mood="good">{row.less ? 'shortest' : 'most'}</Badge>} {row.show(value)}
                                        </td>
                                    ))}
                                </tr>
                            );
                        })}
                    </tbody>
                </table>
            </div>
            <p class="muted">
                {data.bots_excluded > 0 && `${plural(data.bots_excluded, 'event')} of bots left out. `}
                {!data.coverage.complete && 'Not all of this window was watched: counts are lower bounds.'}
            </p>
        </>
    );
}
