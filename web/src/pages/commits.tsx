// What was committed: the sum of it and the newest.
import { question, useAnswer, type Parameters } from '../api.ts';
import { compact, count, github_url, percent, plural, score, words } from '../format.ts';
import { AnswerCard, Badge, Figure, Severity, Time } from '../parts.tsx';
import type { Commit, CommitSummary, RecentCommits } from '../types.ts';

export function CommitsCard({ window, news }: { window: Parameters; news: number }) {
    const summary = useAnswer<CommitSummary>(question('/commits/summary', window), news);
    const recent = useAnswer<RecentCommits>(question('/commits/recent', { ...window, limit: 12 }), news);
    const repo = String(window.repo);
    return (
        <>
            <AnswerCard
                title="Commits"
                answer={summary}
                empty={(data) => !data.statistics.total_commits && 'No commits are known in this window.'}
            >
                {({ statistics, quality_metrics: quality, change_categories }) => (
                    <>
                        <dl class="figures small">
                            <Figure name="Commits" more={`on ${plural(statistics.branches_active, 'branch', 'branches')}`}>
                                {count(statistics.total_commits)}
                            </Figure>
                            <Figure name="Authors">{count(statistics.unique_authors)}</Figure>
                            <Figure name="Lines" more="added and removed">
                                {statistics.total_additions === null
                                    ? '–'
                                    : `+${compact(statistics.total_additions)} −${compact(statistics.total_deletions)}`}
                            </Figure>
                        </dl>
                        <dl class="pairs">
                            <dt>Breaking changes</dt>
                            <dd>{count(quality.breaking_changes_count)}</dd>
                            <dt>About security</dt>
                            <dd>{count(quality.security_commits_count)}</dd>
                            <dt>High impact</dt>
                            <dd>{count(quality.high_impact_commits_count)}</dd>
                            <dt>Mean impact</dt>
                            <dd>{score(quality.avg_impact_score)}</dd>
                        </dl>
                        <ul class="chips">
                            {Object.entries(change_categories)
                                .sort((a, b) => b[1] - a[1])
                                .map(([name, n]) => (
                                    <li key={name}>
                                        {words(name)} {count(n)} <small>{percent(n / statistics.total_commits)}</small>
                                    </li>
                                ))}
                        </ul>
                    </>
                )}
            </AnswerCard>
            <AnswerCard title="Recent commits" answer={recent} wide empty={(data) => !data.commits.length && 'No commits are known in this window.'}>
                {(data) => (
                    <ul class="rows">
                        {data.commits.map((commit) => (
                            <CommitRow key={commit.sha} commit={commit} repo={repo} />
                        ))}
                    </ul>
                )}
            </AnswerCard>
        </>
    );
}

function CommitRow({ commit, repo }: { commit: Commit; repo: string }) {
    const title = commit.summary?.short || commit.message.split('\n', 1)[0] || 'without a message';
    return (
        <li>
            <span>
                {title}{' '}
                {commit.summary?.breaking_changes && <Badge mood="poor">breaking</Badge>}{' '}
                {commit.summary?.security_relevant && <Badge mood="fair">security</Badge>}{' '}
                {commit.summary && commit.summary.risk_level !== 'low' && commit.summary.risk_level !== 'unknown' && (
                    <>
                        risk <Severity level={commit.summary.risk_level} />
                    </>
                )}
            </span>
            <small>
                <a href={github_url(repo, 'commit', commit.sha)} rel="noreferrer">
                    <code>{commit.sha.slice(0, 7)}</code>
                </a>{' '}
                by {commit.author_login ?? commit.author_name ?? 'somebody'}, <Time at={commit.commit_date} relative />
                {commit.branch_name && <> on {commit.branch_name}</>}
                {commit.stats && ` · +${count(commit.stats.additions)} −${count(commit.stats.deletions)}`}
                {commit.files_changed !== null && ` in ${plural(commit.files_changed, 'file')}`}
            </small>
        </li>
    );
}
