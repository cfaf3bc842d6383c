// Who takes part, and how.
import { question, useAnswer, type Parameters } from '../api.ts';
import { count, github_url, percent, plural, score } from '../format.ts';
import { AnswerCard, Badge, Bar, Figure, mood_of, Receipts, Time } from '../parts.tsx';
import type { Community, Developers } from '../types.ts';

function Person({ login }: { login: string }) {
    return (
        <a href={github_url(login)} rel="noreferrer">
            {login}
        </a>
    );
}

export function DevelopersCard({ window, news }: { window: Parameters; news: number }) {
    const developers = useAnswer<Developers>(question('/metrics/developer-productivity', { ...window, limit: 10 }), news);
    return (
        <AnswerCard
            title="Developers"
            wide="full"
            answer={developers}
            empty={(data) => !data.developers.length && 'No person was active in this window.'}
        >
            {(data) => (
                <>
                    <div class="scroll" tabIndex={0} role="group" aria-label="Developers">
                        <table>
                            <thead>
                                <tr>
                                    <th scope="col">Person</th>
                                    {['Events', 'Commits', 'PRs opened', 'PRs merged', 'Issues', 'Reviews', 'Comments', 'Score'].map((name) => (
                                        <th scope="col" class="number" key={name}>
                                            {name}
                                        </th>
                                    ))}
                                    <th scope="col">Last seen</th>
                                </tr>
                            </thead>
                            <tbody>
                                {data.developers.map((row) => (
                                    <tr key={row.actor_login}>
                                        <th scope="row">
                                            <Person login={row.actor_login} />
                                        </th>
                                        <td class="number">{count(row.total_events)}</td>
                                        <td class="number">{count(row.commits)}</td>
                                        <td class="number">{count(row.prs_opened)}</td>
                                        <td class="number">{count(row.prs_merged)}</td>
                                        <td class="number">{count(row.issues_opened)}</td>
                                        <td class="number">{count(row.reviews_given)}</td>
                                        <td class="number">{count(row.comments_made)}</td>
                                        <td class="number">{score(row.productivity_score)}</td>
                                        <td>
                                            <Time at={row.last_activity} relative />
                                        </td>
                                    </tr>
                                ))}
                            </tbody>
                        </table>
                    </div>
                    <p class="muted">
                        The score measures activity, not worth.
                        {data.bots_excluded > 0 && ` ${plural(data.bots_excluded, 'event')} of bots left out.`}
                    </p>
                </>
            )}
        </AnswerCard>
    );
}

export function CommunityCard({ window, news }: { window: Parameters; news: number }) {
    const community = useAnswer<Community>(question('/metrics/community-engagement', window), news);
    return (
        <AnswerCard
            title="Community"
            answer={community}
            empty={(data) => !data.total_contributors && 'No contributor was seen in this window.'}
            aside={(data) => <Badge mood={mood_of(data.community_health_score)}>{score(data.community_health_score)} of 100</Badge>}
        >
            {(data) => (
                <>
                    <dl class="figures small">
                        <Figure name="Contributors" more={`${count(data.new_contributors)} for the first time`}>
                            {count(data.total_contributors)}
                        </Figure>
                        <Figure name="Active" more="3 events or more">
                            {count(data.active_contributors)}
                        </Figure>
                        <Figure name="Bus factor" more="make over half">
                            {count(data.bus_factor)}
                        </Figure>
                    </dl>
                    <ul class="bars">
                        {data.top_contributors.slice(0, 5).map((each) => (
                            <li key={each.actor_login}>
                                <span>
                                    <Person login={each.actor_login} />
                                    {each.new && <small> new</small>}
                                </span>
                                <Bar share={each.share} />
                                <b>{percent(each.share)}</b>
                            </li>
                        ))}
                    </ul>
                    <Receipts receipts={data.explanation} bots_excluded={data.bots_excluded} />
                </>
            )}
        </AnswerCard>
    );
}
