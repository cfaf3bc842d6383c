// What is in force: the server's configuration as far as it tells it, its tables, and this browser's token.
import { useState } from 'preact/hooks';
import { set_token, token, useAnswer } from '../api.ts';
import { bytes, count, duration, unknown, words } from '../format.ts';
import { reconnect, useNews } from '../live.ts';
import { AnswerCard, Badge, Card, Time } from '../parts.tsx';
import type { DatabaseInfo, Health } from '../types.ts';

export function Settings() {
    const news = useNews(false);
    const [version, setVersion] = useState(0);
    const health = useAnswer<Health>('/health', news + version);
    const database = useAnswer<DatabaseInfo>('/database/info', news + version);
    return (
        <>
            <div class="page-head">
                <h1>Settings</h1>
            </div>
            <div class="cards">
                <AnswerCard title="Server" answer={health} aside={(data) => <Badge mood={data.status === 'healthy' ? 'good' : 'poor'}>{data.status}</Badge>}>
                    {(data) => (
                        <dl class="pairs">
                            <dt>Version</dt>
                            <dd>{data.version}</dd>
                            <dt>API</dt>
                            <dd>
                                <a href="/docs">Endpoints, to read and to try</a>
                            </dd>
                            <dt>Running for</dt>
                            <dd>{duration(data.uptime_seconds)}</dd>
                            <dt>Collector</dt>
                            <dd>{data.collector_status}</dd>
                            <dt>Last poll</dt>
                            <dd>
                                <Time at={data.last_poll} relative />
                            </dd>
                            <dt>Kinds monitored</dt>
                            <dd>{count(data.monitored_events_count)}</dd>
                            <dt>Events stored</dt>
                            <dd>{count(data.total_events_stored)}</dd>
                        </dl>
                    )}
                </AnswerCard>
                <AnswerCard title="Configuration" answer={database}>
                    {(data) => (
                        <>
                            <dl class="pairs">
                                <dt>Database provider</dt>
                                <dd>{data.provider}</dd>
                                {Object.entries(data.configuration).map(([key, value]) => (
                                    <>
                                        <dt>{words(key)}</dt>
                                        <dd>
                                            <code>{value ?? unknown}</code>
                                        </dd>
                                    </>
                                ))}
                                <dt>Target repositories</dt>
                                <dd>{health.data?.target_repositories.join(', ') || 'none'}</dd>
                            </dl>
                            <p class="muted">
                                All settings with their origin: <code>github-events-monitor config show</code>. Secrets are never shown.
                            </p>
                        </>
                    )}
                </AnswerCard>
                <TokenCard
                    changed={() => {
                        setVersion((n) => n + 1);
                        reconnect();
                    }}
                />
                <Tables database={database} />
            </div>
        </>
    );
}

function TokenCard({ changed }: { changed: () => void }) {
    const [kept, setKept] = useState(token() !== '');
    return (
        <Card title="Token">
            <form
                class="inline"
                onSubmit={(event) => {
                    event.preventDefault();
                    const value = String(new FormData(event.currentTarget).get('token') ?? '').trim();
                    event.currentTarget.reset();
                    set_token(value);
                    setKept(value !== '');
                    changed();
                }}
            >
                <label>
                    <span>One of the server's API_TOKENS</span>
                    <input type="password" name="token" autocomplete="off" required={!kept} />
                </label>
                <button type="submit">Use it</button>
            </form>
            <p class="muted">
                {kept
                    ? 'A token is in use. An empty one forgets it.'
                    : 'Needed only where the server asks for one. It stays in this tab and is forgotten when the tab is closed.'}
            </p>
        </Card>
    );
}

function Tables({ database }: { database: ReturnType<typeof useAnswer<DatabaseInfo>> }) {
    return (
        <AnswerCard title="Tables" wide="full" answer={database} empty={(data) => !data.tables.length && 'The database tells no tables.'}>
            {(data) => (
                <div class="scroll" tabIndex={0} role="group" aria-label="Tables">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">Table</th>
                                <th scope="col" class="number">
                                    Rows
                                </th>
                                <th scope="col" class="number">
                                    Size
                                </th>
                            </tr>
                        </thead>
                        <tbody>
                            {data.tables.map((table) => (
                                <tr key={table.name}>
                                    <th scope="row">
                                        <code>{table.name}</code>
                                    </th>
                                    <td class="number">
                                        {table.approximate && 'about '}
                                        {count(table.rows)}
                                    </td>
                                    <td class="number">{bytes(table.bytes)}</td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </AnswerCard>
    );
}
