// What fired, and the rules that watch.
import type { ComponentChildren } from 'preact';
import { question, useAnswer, type Answer } from '../api.ts';
import { count, decimal, words } from '../format.ts';
import { useNews } from '../live.ts';
import { AnswerCard, Badge, Card, Repo, Time } from '../parts.tsx';
import { span_of, type Place } from '../router.ts';
import { PageHead } from '../span.tsx';
import type { AlertRules, Alerts as AlertList } from '../types.ts';

/** A server without alerts answers 404; that is no fault and is said as it is. */
function absent(answer: Answer<unknown>): boolean {
    return answer.error?.status === 404 && answer.data === undefined;
}

export function Alerts({ place }: { place: Place }) {
    const span = span_of(place, 168);
    const news = useNews(span.until !== null);
    const alerts = useAnswer<AlertList>(question('/alerts', { hours: span.hours, until: span.until }), news);
    const rules = useAnswer<AlertRules>('/alerts/rules', news);
    if (absent(alerts))
        return (
            <Frame place={place}>
                <Card title="Not available" wide="full">
                    <p class="empty">
                        This server has no alerts. Prometheus can watch its figures at <a href="/metrics">/metrics</a>.
                    </p>
                </Card>
            </Frame>
        );
    return (
        <Frame place={place}>
            <AnswerCard title="Fired" wide="full" answer={alerts} empty={(data) => !data.alerts.length && 'Nothing fired in this window.'}>
                {(data) => (
                    <ul class="rows">
                        {data.alerts.map((alert) => (
                            <li key={alert.id}>
                                <span>
                                    {alert.resolved_at ? <Badge mood="good">resolved</Badge> : <Badge mood="poor">firing</Badge>} <b>{alert.name}</b>{' '}
                                    {alert.message}
                                </span>
                                <small>
                                    {alert.repo && (
                                        <>
                                            <Repo name={alert.repo} /> ·{' '}
                                        </>
                                    )}
                                    since <Time at={alert.fired_at} />
                                    {alert.resolved_at && (
                                        <>
                                            {' '}
                                            until <Time at={alert.resolved_at} />
                                        </>
                                    )}
                                </small>
                            </li>
                        ))}
                    </ul>
                )}
            </AnswerCard>
            <AnswerCard
                title="Rules"
                wide="full"
                answer={rules}
                aside={(data) => <small class="muted">{count(data.rules.length)}</small>}
                empty={(data) => !data.rules.length && 'No rule is set. POST /alerts/rules sets one.'}
            >
                {(data) => (
                    <div class="scroll" tabIndex={0} role="group" aria-label="Rules">
                        <table>
                            <thead>
                                <tr>
                                    <th scope="col">Rule</th>
                                    <th scope="col">Repository</th>
                                    <th scope="col">Fires when</th>
                                    <th scope="col">Tells</th>
                                    <th scope="col">State</th>
                                </tr>
                            </thead>
                            <tbody>
                                {data.rules.map((rule) => (
                                    <tr key={rule.id}>
                                        <th scope="row">{rule.name}</th>
                                        <td>{rule.repo ? <Repo name={rule.repo} /> : 'all'}</td>
                                        <td>
                                            {words(rule.field)} {rule.condition} {decimal(rule.threshold)} <small>over {rule.hours} hours</small>
                                        </td>
                                        <td>{rule.notify.join(', ')}</td>
                                        <td>{rule.enabled ? <Badge mood="good">on</Badge> : <Badge mood="none">off</Badge>}</td>
                                    </tr>
                                ))}
                            </tbody>
                        </table>
                    </div>
                )}
            </AnswerCard>
        </Frame>
    );
}

function Frame({ place, children }: { place: Place; children: ComponentChildren }) {
    return (
        <>
            <PageHead title="Alerts" place={place} span={span_of(place, 168)} />
            <div class="cards">{children}</div>
        </>
    );
}
