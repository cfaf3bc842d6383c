// The answers of the server, as far as the pages use them. docs/METRICS.md says what each figure means.

export interface Gap {
    from: string;
    to: string;
    reason: string;
}
export interface Coverage {
    complete: boolean;
    gaps: Gap[];
    sources: string[];
}
export interface Windowed {
    window: { from: string; to: string };
    coverage: Coverage;
    timestamp: string;
}
export interface Receipt {
    signal: string;
    value: number | null;
    weight: number;
    points: number | null;
    sentence: string;
}
export type Counts = Record<string, number>;

export interface Health {
    collector_status: string;
    database: { status: string; provider: string; error?: string; [key: string]: unknown };
    monitored_events_count: number;
    target_repositories: string[];
    status: string;
    version: string;
    uptime_seconds: number;
    last_poll: string | null;
    total_events_stored: number | null;
    timestamp: string;
}
export interface DatabaseInfo {
    provider: string;
    configuration: Record<string, string | null>;
    health: { status: string; tables_found: number; error?: string };
    tables: { name: string; rows: number | null; bytes: number | null; approximate: boolean }[];
    usage?: { month: string; read_units: number; write_units: number; requests: number; cost_usd: number };
    timestamp: string;
}
export interface WatchEntry {
    repo: string;
    state: string;
    reason: string | null;
    from_configuration: boolean;
    last_poll: string | null;
    next_poll: string | null;
    coverage: Coverage;
    first_event: string | null;
    last_event: string | null;
    total_events: number;
}
export interface EventItem {
    id: string;
    type: string;
    created_at: string;
    repo_name: string;
    actor_login: string;
    source: string;
    is_public: boolean;
    payload: Record<string, any> | null;
}
export interface EventCounts extends Windowed {
    total_events: number;
    counts: Counts;
}
export interface Bucket {
    bucket_start: string;
    total: number;
    counts: Counts;
}
export interface Series extends Windowed {
    bucket_minutes: number;
    series: Bucket[];
}
export interface TrendingRow {
    repo: string;
    total_events: number;
    watch_events: number;
    pr_events: number;
    issues_events: number;
    unique_actors: number;
    activity_score: number | null;
}
export interface Trending extends Windowed {
    repositories: TrendingRow[];
    bots_excluded: number;
}
export interface Activity extends Windowed {
    total_events: number;
    event_breakdown: Counts;
    unique_actors: number;
    activity_score: number | null;
    bots_excluded: number;
    explanation: Receipt[];
}
export interface RepositoryHealth extends Windowed {
    repo_name: string;
    total_events: number;
    health_score: number | null;
    activity_score: number | null;
    collaboration_score: number | null;
    maintenance_score: number | null;
    security_score: number | null;
    bots_excluded: number;
    explanation: Receipt[];
    formula_version: number;
}
export interface Waiting extends Windowed {
    n: number;
    answered: number;
    median_seconds: number | null;
    p90: number | null;
}
export interface Commit {
    sha: string;
    author_name: string | null;
    author_login: string | null;
    message: string;
    commit_date: string;
    branch_name: string | null;
    stats: { additions: number; deletions: number; total_changes: number } | null;
    files_changed: number | null;
    summary: {
        short: string;
        categories: string[];
        impact_score: number | null;
        risk_level: string;
        breaking_changes: boolean;
        security_relevant: boolean;
    } | null;
}
export interface RecentCommits extends Windowed {
    total_commits: number;
    commits: Commit[];
}
export interface CommitSummary extends Windowed {
    statistics: {
        total_commits: number;
        unique_authors: number;
        branches_active: number;
        total_additions: number | null;
        total_deletions: number | null;
        total_files_changed: number | null;
        avg_commit_size: number | null;
    };
    quality_metrics: {
        breaking_changes_count: number;
        security_commits_count: number;
        high_impact_commits_count: number;
        avg_impact_score: number | null;
    };
    change_categories: Counts;
}
export interface Developer {
    actor_login: string;
    total_events: number;
    commits: number | null;
    prs_opened: number;
    prs_merged: number;
    issues_opened: number;
    reviews_given: number;
    comments_made: number;
    last_activity: string;
    event_diversity: number;
    productivity_score: number | null;
}
export interface Developers extends Windowed {
    developers: Developer[];
    bots_excluded: number;
}
export interface Community extends Windowed {
    total_contributors: number;
    new_contributors: number;
    active_contributors: number;
    bus_factor: number | null;
    community_health_score: number | null;
    engagement_distribution: { high_engagement: number; medium_engagement: number; low_engagement: number };
    top_contributors: { actor_login: string; total_events: number; engagement_points: number; share: number; new: boolean }[];
    bots_excluded: number;
    explanation: Receipt[];
}
export interface Deployment {
    deployment_id: string;
    environment: string;
    status: string | null;
    sha: string | null;
    ref: string | null;
    created_at: string;
    finished_at: string | null;
}
export interface Security extends Windowed {
    security_score: number | null;
    risk_level: string;
    security_events: Counts;
    findings: { check: string; severity: string; message: string; event_ids: string[] }[];
    recommendations: string[];
    explanation: Receipt[];
}
export interface Anomaly {
    type: string;
    event_type: string;
    severity: string;
    description: string;
    bucket_start: string;
    expected: number;
    threshold: number;
    actual_value: number;
    confidence: number;
    detected_at: string;
}
export interface Anomalies extends Windowed {
    anomalies: Anomaly[];
}
export interface ReleaseDeployment extends Windowed {
    releases: {
        total_count: number;
        frequency_per_week: number | null;
        recent_releases: { tag_name: string; name: string | null; type: string; author_login: string | null; published_at: string }[];
    };
    deployments: {
        total_count: number;
        frequency_per_week: number | null;
        success_rate: number | null;
        environments: Counts;
        recent_deployments: Deployment[];
    };
    deployment_lead_time: number | null;
}
export interface Dora extends Windowed {
    environment: string;
    basis: string | null;
    deployments: number;
    deployment_frequency: { per_week: number | null; median_days_per_week: number | null; band: string | null; formula: string };
    lead_time_for_changes: { n: number; answered: number; median_seconds: number | null; band: string | null; formula: string };
    change_failure_rate: {
        rate: number | null;
        failed: number;
        n: number;
        interval: [number, number] | null;
        band: string | null;
        formula: string;
    };
    time_to_restore: { n: number; answered: number; median_seconds: number | null; band: string | null; formula: string };
    rework_rate: { rate: number | null; rework: number; n: number; band: string | null; formula: string };
}
export interface Compared {
    repo: string;
    total_events: number;
    unique_actors: number;
    activity_score: number | null;
    health_score: number | null;
    security_score: number | null;
    community_health_score: number | null;
    stars: number;
    releases: number;
    push_events: number;
    pr_merge_time_median_seconds: number | null;
    issue_first_response_median_seconds: number | null;
    bus_factor: number | null;
}
export interface Comparison extends Windowed {
    repositories: Compared[];
    ranking: Record<string, string[]>;
    bots_excluded: number;
}
export interface Alert {
    id: string;
    rule_id: string;
    name: string;
    metric: string;
    field: string;
    repo: string | null;
    value: number | null;
    condition: string;
    threshold: number | null;
    message: string;
    fired_at: string;
    resolved_at: string | null;
}
export interface Alerts extends Windowed {
    alerts: Alert[];
}
export interface AlertRules {
    rules: {
        id: string;
        name: string;
        metric: string;
        field: string;
        repo: string | null;
        hours: number;
        condition: string;
        threshold: number | null;
        notify: string[];
        enabled: boolean;
    }[];
}
