// What fired, and the rules that watch.
import type { ComponentChildren } from 'preact';
import { useAnswer } from '../api.ts';
import { count, decimal, words } from '../format.ts';
import { useNews } from '../live.ts';
import { AnswerCard, Badge, Repo, Time } from '../parts.tsx';
import type { AlertRules, Alerts as AlertList } from '../types.ts';

export function Alerts() {
    const news = useNews(false);
    const alerts = useAnswer<AlertList>('/alerts?limit=100', news);
    const rules = useAnswer<AlertRules>('/alerts/rules', news);
    return (
        <Frame>
            <AnswerCard title="Fired" wide="full" answer={alerts} empty={(data) => !data.alerts.length && 'Nothing has fired.'}>
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
                                            {words(rule.kind)} {rule.threshold !== null && decimal(rule.threshold)} <small>over {rule.hours} hours</small>
                                        </td>
                                        <td>{rule.url ?? 'the log'}</td>
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

function Frame({ children }: { children: ComponentChildren }) {
    return (
        <>
            <div class="page-head">
                <h1>Alerts</h1>
            </div>
            <div class="cards">{children}</div>
        </>
    );
}
