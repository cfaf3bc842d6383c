// The watch list, and the way to any other repository.
import { useAnswer } from '../api.ts';
import { count } from '../format.ts';
import { useNews } from '../live.ts';
import { AnswerCard, Badge, Card, CoverageBadge, Repo, Time, type Mood } from '../parts.tsx';
import { chosen, go, span_of, type Place } from '../router.ts';
import type { WatchEntry } from '../types.ts';

const moods: Record<string, Mood> = { watched: 'good', parked: 'poor' };

/** Asks for a repository by its name. */
export function RepoForm(props: { label: string; button: string; found: (repo: string) => void }) {
    return (
        <form
            class="inline"
            onSubmit={(event) => {
                event.preventDefault();
                const repo = String(new FormData(event.currentTarget).get('repo') ?? '').trim();
                event.currentTarget.reset();
                if (repo) props.found(repo);
            }}
        >
            <label>
                <span>{props.label}</span>
                <input
                    name="repo"
                    placeholder="owner/name"
                    required
                    pattern="\s*[A-Za-z0-9_.\-]+/[A-Za-z0-9_.\-]+\s*"
                    title="owner/name"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck={false}
                />
            </label>
            <button type="submit">{props.button}</button>
        </form>
    );
}

export function Repositories({ place }: { place: Place }) {
    const span = span_of(place, 168);
    const news = useNews(false);
    const watched = useAnswer<{ repositories: WatchEntry[] }>('/repositories', news);
    return (
        <>
            <div class="page-head">
                <h1>Repositories</h1>
            </div>
            <div class="cards">
                <Card title="Open a repository" wide="full">
                    <RepoForm label="Any repository with stored events" button="Open" found={(repo) => go(['repositories', ...repo.split('/')], chosen(span))} />
                </Card>
                <AnswerCard
                    title="Watch list"
                    wide="full"
                    answer={watched}
                    empty={(data) =>
                        !data.repositories.length &&
                        'Nothing is polled. TARGET_REPOSITORIES, or POST /repositories, names what is; webhooks and backfills need no list.'
                    }
                >
                    {(data) => (
                        <div class="scroll" tabIndex={0} role="group" aria-label="Watch list">
                            <table>
                                <thead>
                                    <tr>
                                        <th scope="col">Repository</th>
                                        <th scope="col">State</th>
                                        <th scope="col" class="number">
                                            Events
                                        </th>
                                        <th scope="col">Newest event</th>
                                        <th scope="col">Last poll</th>
                                        <th scope="col">Next poll</th>
                                        <th scope="col">Coverage</th>
                                    </tr>
                                </thead>
                                <tbody>
                                    {data.repositories.map((row) => (
                                        <tr key={row.repo}>
                                            <th scope="row">
                                                {row.repo.includes('/') ? <Repo name={row.repo} span={span} /> : row.repo}
                                                {row.reason && <small>{row.reason}</small>}
                                            </th>
                                            <td>
                                                <Badge mood={moods[row.state] ?? 'none'}>{row.state}</Badge>
                                            </td>
                                            <td class="number">{count(row.total_events)}</td>
                                            <td>
                                                <Time at={row.last_event} relative />
                                            </td>
                                            <td>
                                                <Time at={row.last_poll} relative />
                                            </td>
                                            <td>
                                                <Time at={row.next_poll} relative />
                                            </td>
                                            <td>{row.total_events ? <CoverageBadge coverage={row.coverage} /> : null}</td>
                                        </tr>
                                    ))}
                                </tbody>
                            </table>
                        </div>
                    )}
                </AnswerCard>
            </div>
        </>
    );
}
