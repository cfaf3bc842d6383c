// Events as they are stored, newest first.
import { useEffect, useState } from 'preact/hooks';
import { question, useAnswer } from '../api.ts';
import { colour_of } from '../chart.tsx';
import { describe } from '../describe.ts';
import { count, plural, type_name } from '../format.ts';
import { useLive } from '../live.ts';
import { Card, Failure, Repo, Skeleton, Time } from '../parts.tsx';
import { go, type Place } from '../router.ts';
import type { EventItem } from '../types.ts';

const most_shown = 100;

const types = [
    'PushEvent', 'PullRequestEvent', 'IssuesEvent', 'WatchEvent', 'IssueCommentEvent', 'ForkEvent', 'CreateEvent', 'DeleteEvent', 'ReleaseEvent',
    'PullRequestReviewEvent', 'PullRequestReviewCommentEvent', 'CommitCommentEvent', 'DeploymentEvent', 'DeploymentStatusEvent', 'CheckRunEvent',
    'CheckSuiteEvent', 'StatusEvent', 'GollumEvent', 'MemberEvent', 'PublicEvent', 'DiscussionEvent',
]; // prettier-ignore

function identity(item: EventItem): string {
    return `${item.id} ${item.type} ${item.repo_name}`;
}

export function LiveFeed({ place }: { place: Place }) {
    const { line, recent, received, resets } = useLive();
    const repo = place.query.get('repo') ?? '';
    const type = place.query.get('type') ?? '';
    const [held, hold] = useState<EventItem[] | null>(null); // what is shown while paused
    const before = useAnswer<{ events: EventItem[] }>(question('/events', { limit: most_shown, repo, type }), resets);
    useEffect(() => hold(null), [repo, type, resets]);

    const fits = (item: EventItem) => (!repo || item.repo_name.toLowerCase() === repo.toLowerCase()) && (!type || item.type === type);
    const fresh = (held ?? recent).filter(fits);
    const known = new Set(fresh.map(identity));
    const shown = [...fresh, ...(before.data?.events ?? []).filter((item) => !known.has(identity(item)))].slice(0, most_shown);
    const since = held?.length ? recent.indexOf(held[0]!) : -1; // -1: all of them came later
    const waiting = held ? (since < 0 ? recent : recent.slice(0, since)).filter(fits).length : 0;
    const filter = (changes: Record<string, string>) => go(['live'], { repo, type, ...changes });

    return (
        <>
            <div class="page-head">
                <h1>Live</h1>
                <form
                    class="span"
                    onSubmit={(event) => {
                        event.preventDefault();
                        filter({ repo: String(new FormData(event.currentTarget).get('repo') ?? '').trim() });
                    }}
                >
                    <label>
                        Repository{' '}
                        <input key={repo} name="repo" defaultValue={repo} placeholder="all" title="owner/name, or empty for all" autocapitalize="none" spellcheck={false} />
                    </label>
                    <label>
                        Kind{' '}
                        <select value={type} onChange={(event) => filter({ type: event.currentTarget.value })}>
                            <option value="">all</option>
                            {types.map((each) => (
                                <option key={each} value={each}>
                                    {type_name(each)}
                                </option>
                            ))}
                        </select>
                    </label>
                    <button type="submit">Filter</button>
                    <button type="button" aria-pressed={held !== null} onClick={() => hold(held ? null : [...recent])}>
                        {held ? (waiting > 0 ? `Resume (${count(waiting)} new)` : 'Resume') : 'Pause'}
                    </button>
                </form>
            </div>
            <div class="cards">
                <Card
                    title="Events"
                    wide="full"
                    id="feed"
                    aside={
                        <small class="muted" role="status">
                            {line === 'live' ? `${plural(received, 'event')} came while you watched` : 'waiting for the server'}
                        </small>
                    }
                >
                    {!shown.length && before.data === undefined && !before.error && <Skeleton />}
                    {!shown.length && before.error && <Failure answer={before} />}
                    {!shown.length && before.data !== undefined && (
                        <p class="empty">Nothing in the last 24 hours. What is stored from now on appears here by itself.</p>
                    )}
                    <ol class="feed">
                        {shown.map((item) => (
                            <li key={identity(item)}>
                                <i class={`swatch swatch${colour_of(item.type)}`} aria-hidden="true" />
                                <span>
                                    <b>{item.actor_login || 'somebody'}</b> {describe(item)}
                                </span>
                                <small>
                                    {item.repo_name.includes('/') ? <Repo name={item.repo_name} /> : item.repo_name} · {type_name(item.type)} · from{' '}
                                    {item.source} · <Time at={item.created_at} relative />
                                </small>
                            </li>
                        ))}
                    </ol>
                </Card>
            </div>
        </>
    );
}
