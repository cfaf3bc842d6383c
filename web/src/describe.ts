// What an event says, in a few words. Payloads come from outside and may be trimmed: each field may be missing.
import { type_name } from './format.ts';
import type { EventItem } from './types.ts';

function branch(ref: unknown): string {
    return typeof ref === 'string' ? ref.replace(/^refs\/(heads|tags)\//, '') : '';
}

function numbered(what: string, item: any): string {
    const number = item?.number ? ` #${item.number}` : '';
    const title = typeof item?.title === 'string' ? `: ${item.title}` : '';
    return `${what}${number}${title}`;
}

type Payload = Record<string, any>;
const sentences: Record<string, (payload: Payload) => string> = {
    PushEvent: (p) => {
        const n = p.distinct_size ?? p.size;
        const where = branch(p.ref) ? ` to ${branch(p.ref)}` : '';
        return n == null ? `pushed${where}` : `pushed ${n} ${n === 1 ? 'commit' : 'commits'}${where}`;
    },
    PullRequestEvent: (p) => {
        const merged = p.action === 'merged' || (p.action === 'closed' && p.pull_request?.merged === true);
        return numbered(`${merged ? 'merged' : (p.action ?? 'changed')} pull request`, { number: p.number, ...p.pull_request });
    },
    PullRequestReviewEvent: (p) => numbered(`${p.review?.state?.toLowerCase?.().replaceAll('_', ' ') ?? 'reviewed'} pull request`, p.pull_request),
    PullRequestReviewCommentEvent: (p) => numbered('commented on the code of pull request', p.pull_request),
    IssuesEvent: (p) => numbered(`${p.action ?? 'changed'} issue`, p.issue),
    IssueCommentEvent: (p) => numbered(`commented on ${p.issue?.pull_request ? 'pull request' : 'issue'}`, p.issue),
    WatchEvent: () => 'starred it',
    ForkEvent: (p) => (p.forkee?.full_name ? `forked it to ${p.forkee.full_name}` : 'forked it'),
    CreateEvent: (p) => `created ${p.ref_type ?? 'a branch'} ${branch(p.ref)}`.trim(),
    DeleteEvent: (p) => `deleted ${p.ref_type ?? 'a branch'} ${branch(p.ref)}`.trim(),
    ReleaseEvent: (p) => `${p.action ?? 'published'} release ${p.release?.tag_name ?? ''}`.trim(),
    CommitCommentEvent: () => 'commented on a commit',
    GollumEvent: (p) => `edited the wiki${p.pages?.[0]?.title ? `: ${p.pages[0].title}` : ''}`,
    MemberEvent: (p) => `${p.action ?? 'changed'} member ${p.member?.login ?? ''}`.trim(),
    PublicEvent: () => 'made it public',
    DeploymentEvent: (p) => `asked for a deployment${p.deployment?.environment ? ` to ${p.deployment.environment}` : ''}`,
    DeploymentStatusEvent: (p) => `deployment ${p.deployment_status?.state ?? 'changed'}`,
    CheckRunEvent: (p) => `check ${p.check_run?.name ?? ''} ${p.check_run?.conclusion ?? p.action ?? ''}`.trim(),
};

export function describe(item: EventItem): string {
    const sentence = sentences[item.type];
    try {
        if (sentence) return sentence(item.payload ?? {});
    } catch {
        // an odd payload: its kind has to do
    }
    return type_name(item.type).toLowerCase();
}
